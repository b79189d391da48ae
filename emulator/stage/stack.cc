#include "emulator/stage/stack.h"

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <utility>

#include "emulator/stage/http_limits.h"
#include "storage/kv/settings.h"

namespace offing {

std::string date_of(int64_t us) {
  const std::chrono::sys_time<std::chrono::microseconds> time{std::chrono::microseconds(us)};
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(time)};
  char text[16];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(day.year()),
                static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
  return text;
}

static std::expected<std::string, std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::unexpected(path + ": cannot be read");
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// Settings file first, flags over it.
static std::expected<KvSettings, std::string> kv_settings(const WorkerArguments& a) {
  KvSettings settings;
  if (!a.kv_settings.empty()) {
    auto text = read_file(a.kv_settings);
    if (!text) return std::unexpected("--kv-settings " + text.error());
    auto parsed = parse_kv_settings(*text);
    if (!parsed) return std::unexpected("--kv-settings " + a.kv_settings + ": " + parsed.error());
    settings = std::move(*parsed);
  }
  if (!a.kv_mode.empty()) {
    auto mode = parse_kv_mode(a.kv_mode);
    if (!mode) return std::unexpected("--kv-mode: " + mode.error());
    settings.mode = *mode;
  }
  if (!a.kv_lag.empty()) {
    auto lag = parse_lag(a.kv_lag);
    if (!lag) return std::unexpected("--kv-lag: " + lag.error());
    settings.lag = std::move(*lag);
  }
  return settings;
}

std::expected<std::unique_ptr<Stack>, std::string> Stack::build(World& world,
                                                                const Process& process,
                                                                const WorkerArguments& a) {
  std::unique_ptr<Stack> stack(new Stack(world, a));
  for (const std::string& rule : a.faults) {
    if (auto armed = world.faults().arm(rule); !armed)
      return std::unexpected("--fault: " + armed.error());
  }
  auto locations = parse_locations(a.locations);
  if (!locations) return std::unexpected("--locations: " + locations.error());
  auto idle_ms = parse_duration_ms(a.isolate_idle);
  if (!idle_ms) return std::unexpected("--isolate-idle: " + idle_ms.error());

  auto project = load(a);
  if (!project) return std::unexpected(project.error());
  auto limits = limits_for(a, *project);
  if (!limits) return std::unexpected(limits.error());
  stack->limits_ = std::move(*limits);
  stack->project_ = std::make_shared<config::Project>(std::move(*project));
  stack->project_->worker.limits = stack->limits_.limits;
  stack->source_maps_ = std::make_shared<config::BundleSourceMaps>(stack->project_->bundle);

  auto engine = Engine::start(process.platform, world.loop(),
                              process.directory + "/offing-snapshot.bin");
  if (!engine) return std::unexpected(engine.error());
  stack->engine_ = std::move(*engine);
  Engine::limit_wasm_memory(stack->limits_.limits.memory_bytes);
  if (world.is_virtual()) stack->engine_->keep_code();

  auto settings = kv_settings(a);
  if (!settings) return std::unexpected(settings.error());
  auto kv = KvService::open(world, std::move(*settings), *locations, a.state);
  if (!kv) return std::unexpected(kv.error());
  stack->kv_ = std::move(*kv);

  if (auto opened = stack->open_r2(); !opened) return std::unexpected(opened.error());

  if (auto opened = stack->open_outbound(); !opened) return std::unexpected(opened.error());
  stack->watch_ = std::make_shared<GuestWatch>(world.is_virtual() || a.seed.has_value());
  stack->open_topology(std::move(*locations), *idle_ms);
  auto commit_delay_ms = parse_duration_ms(a.commit_delay);
  if (!commit_delay_ms) return std::unexpected("--do-commit-delay: " + commit_delay_ms.error());
  auto actors = Actors::open(world, *stack->topology_, stack->project_->worker,
                             {a.state, *commit_delay_ms * 1000, a.links});
  if (!actors) return std::unexpected(actors.error());
  stack->actors_ = std::move(*actors);
  stack->services_->guest_calls = stack->actors_.get();
  stack->crons_ = std::make_unique<Crons>(world, *stack->topology_, stack->project_->crons);
  stack->open_network();
  return stack;
}

std::expected<std::unique_ptr<Stack>, std::string> Stack::fork(World& world, Stack& from,
                                                               const StackState& state) {
  std::unique_ptr<Stack> stack(new Stack(world, from.arguments_));
  stack->project_ = from.project_;
  stack->limits_ = from.limits_;
  stack->source_maps_ = from.source_maps_;
  stack->engine_ = from.engine_;
  stack->watch_ = from.watch_;
  auto kv = KvService::open(world, *state.kv);
  if (!kv) return std::unexpected(kv.error());
  stack->kv_ = std::move(*kv);
  stack->r2_tokens_ = R2Tokens::open(world, *state.r2_tokens);
  auto r2 = R2Service::open(world, *state.r2);
  if (!r2) return std::unexpected(r2.error());
  stack->r2_ = std::move(*r2);
  if (auto opened = stack->open_outbound(); !opened) return std::unexpected(opened.error());
  stack->open_topology(from.topology_->locations(), from.topology_->options().idle_evict_ms);
  stack->services_->next_number = state.next_number;
  auto actors = Actors::open(world, *stack->topology_, stack->project_->worker, *state.actors);
  if (!actors) return std::unexpected(actors.error());
  stack->actors_ = std::move(*actors);
  stack->services_->guest_calls = stack->actors_.get();
  stack->crons_ = std::make_unique<Crons>(world, *stack->topology_, stack->project_->crons,
                                          state.cron_due_us);
  stack->open_network();
  return stack;
}

StackState Stack::copy_state() {
  return {world_.state(), kv_->copy_state(), r2_->copy_state(), r2_tokens_->copy_state(),
          actors_->copy_state(), services_->next_number, crons_->due_us()};
}

std::expected<void, std::string> Stack::open_outbound() {
  auto outbound = Outbound::open(
      world_, {.allowed = arguments_.allow_net, .allow_loopback = arguments_.allow_loopback,
               .recording_path = arguments_.outbound, .client = client_options(limits_.limits)});
  if (!outbound) return std::unexpected("--outbound " + outbound.error());
  outbound_ = std::move(*outbound);
  return {};
}

void Stack::open_topology(std::vector<std::string> locations, int64_t idle_ms) {
  services_.reset(new Services{world_, *kv_, *r2_, *outbound_, *source_maps_, kv_namespaces(),
                               r2_buckets(), nullptr});
  services_->cpu_watch = watch_.get();
  services_->measure_memory = arguments_.measure_memory;
  topology_ = std::make_unique<Topology>(
      *services_, *engine_, project_->bundle, project_->worker,
      TopologyOptions{std::move(locations), arguments_.isolates, idle_ms});
  gateway_ = std::make_unique<WorkerGateway>(world_, *topology_);
}

void Stack::open_network() {
  network_ = std::make_unique<Network>(
      world_, actors_->links(), *kv_, *r2_,
      [actors = actors_.get()](size_t from, size_t to) { actors->link_changed(from, to); });
}

std::expected<config::Project, std::string> Stack::load(const WorkerArguments& a) {
  // The calendar of compatibility dates is the user's, even when the run's clock is not.
  auto project = config::load_project(
      a.project, {a.environment, a.config, date_of(wall_clock_us())});
  if (!project) return std::unexpected(project.error().text());
  return std::move(*project);
}

std::expected<Profile, std::string> Stack::limits_for(const WorkerArguments& a,
                                                      const config::Project& project) {
  const std::string& file = project.config_file;
  return make_profile(a.limits.profile, date_of(wall_clock_us()),
                      {file.substr(file.rfind('/') + 1), project.limits.cpu_ms,
                       project.limits.subrequests},
                      a.limits.overrides);
}

std::expected<void, std::string> Stack::open_r2() {
  R2Settings settings;
  if (!arguments_.r2_settings.empty()) {
    auto text = read_file(arguments_.r2_settings);
    if (!text) return std::unexpected("--r2-settings " + text.error());
    auto parsed = parse_r2_settings(*text);
    if (!parsed)
      return std::unexpected("--r2-settings " + arguments_.r2_settings + ": " + parsed.error());
    settings = std::move(*parsed);
  }
  auto tokens = R2Tokens::open(world_, settings.tokens, arguments_.state);
  if (!tokens) return std::unexpected(tokens.error());
  r2_tokens_ = std::move(*tokens);
  auto r2 = R2Service::open(world_, std::move(settings), arguments_.state);
  if (!r2) return std::unexpected(r2.error());
  r2_ = std::move(*r2);
  return {};
}

std::vector<uint32_t> Stack::r2_buckets() {
  std::vector<uint32_t> buckets;
  for (const R2Binding& binding : project_->worker.r2_bindings)
    buckets.push_back(r2_->bucket_for_binding(binding.bucket_name, binding.jurisdiction));
  return buckets;
}

std::vector<uint32_t> Stack::kv_namespaces() {
  std::vector<uint32_t> namespaces;
  for (const KvBinding& binding : project_->worker.kv_bindings)
    namespaces.push_back(kv_->ns(binding.namespace_id));
  return namespaces;
}

std::expected<void, std::string> Stack::reload() {
  auto project = load(arguments_);
  if (!project) return std::unexpected("not reloaded: " + project.error());
  auto limits = limits_for(arguments_, *project);
  if (!limits) return std::unexpected("not reloaded: " + limits.error());
  actors_->reset_for_new_code();
  topology_->evict(std::nullopt, "reload");
  const std::vector<ActorClass> old_classes = std::move(project_->worker.actor_classes);
  *project_ = std::move(*project);
  limits_ = std::move(*limits);
  project_->worker.limits = limits_.limits;
  source_maps_->forget();
  services_->kv_namespaces = kv_namespaces();
  services_->r2_buckets = r2_buckets();
  actors_->classes_changed(old_classes);
  crons_->changed();
  if (auto started = start_first_isolate(); !started)
    return std::unexpected("reloaded, and the Worker does not start: " + started.error());
  return {};
}

void Stack::flush() {
  if (kv_) kv_->flush();
  if (r2_) r2_->flush();
  if (actors_) actors_->flush();
}

Stack::~Stack() {
  flush();
  // Guests end while what they hold on to is still there.
  if (topology_) topology_->stop();
}

std::expected<void, std::string> Stack::start_first_isolate() {
  auto first = topology_->acquire(0);
  if (!first) return std::unexpected(source_maps_->map_stack(first.error()));
  return {};
}

std::expected<std::unique_ptr<TraceOutput>, std::string> TraceOutput::open(World& world,
                                                                           const std::string& path,
                                                                           bool hash_always,
                                                                           trace::Measured measured) {
  std::unique_ptr<TraceOutput> output(new TraceOutput(world));
  if (!path.empty()) {
    auto writer = trace::NdjsonWriter::open(path, measured);
    if (!writer) return std::unexpected(writer.error());
    output->writer_ = std::move(*writer);
    world.trace().add_reader(output->writer_.get());
  }
  if (hash_always || !path.empty()) {
    output->hash_ = std::make_unique<trace::Hash>();
    world.trace().add_reader(output->hash_.get());
  }
  return output;
}

TraceOutput::~TraceOutput() {
  if (writer_) world_.trace().remove_reader(writer_.get());
  if (hash_) world_.trace().remove_reader(hash_.get());
}

std::string TraceOutput::finish() {
  const std::string hash = hash_ ? hash_->hex() : "";
  if (writer_) writer_->finish(world_.trace().count(), hash);
  return hash;
}

}  // namespace offing
