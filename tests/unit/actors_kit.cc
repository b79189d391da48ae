#include "tests/unit/actors_kit.h"

#include <doctest/doctest.h>

#include <utility>

#include "runtime/isolate/engine.h"

namespace offing::test {

static Engine& shared_engine() {
  static std::unique_ptr<Engine> engine = [] {
    auto started =
        Engine::start(host_process().platform, uv_default_loop(), OFFING_SNAPSHOT_PATH);
    REQUIRE_MESSAGE(started.has_value(), started.error());
    return std::move(*started);
  }();
  return *engine;
}

void ActorsRun::Log::on_event(const trace::Stamp&, const trace::Event& event) {
  if (const auto* exception = std::get_if<trace::ExceptionEvent>(&event)) {
    lines.push_back(std::string(exception->where) + ": " + std::string(exception->text));
  } else if (const auto* console = std::get_if<trace::ConsoleEvent>(&event)) {
    lines.emplace_back(console->text);
  } else if (const auto* object = std::get_if<trace::ObjectEvent>(&event)) {
    lines.push_back("object " + std::string(object->what) + ": " + std::string(object->why));
  } else if (const auto* alarm = std::get_if<trace::AlarmEvent>(&event)) {
    lines.push_back("alarm " + std::string(alarm->what));
  }
}

ActorsRun::ActorsRun(std::string_view main_module, ActorsRunOptions options)
    : world_(std::make_unique<VirtualWorld>(options.seed)), log_(std::make_unique<Log>()) {
  world_->trace().add_reader(&hash_);
  world_->trace().add_reader(log_.get());
  for (const std::string& rule : options.faults) {
    auto armed = world_->faults().arm(rule);
    REQUIRE_MESSAGE(armed.has_value(), armed.error());
  }
  bundle_.main = "index.js";
  bundle_.modules.push_back({.name = "index.js", .kind = Module::Kind::kEsModule,
                             .bytes = std::string(main_module), .source_map = {}});
  worker_.name = "test";
  worker_.compatibility_date = options.compatibility_date;
  for (const char* flag : {"rpc", "global_fetch_strictly_public"}) worker_.flags.insert(flag);
  if (options.classes.empty()) options.classes.push_back({"Actor", "test-Actor", true});
  worker_.actor_classes = options.classes;
  for (const ActorClass& actor_class : options.classes) {
    std::string name = actor_class.class_name;
    for (char& c : name) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    worker_.actor_bindings.push_back({name, actor_class.class_name, actor_class.unique_key});
  }
  source_maps_ = std::make_unique<config::BundleSourceMaps>(bundle_);
  auto kv = KvService::open(*world_, KvSettings{}, options.locations, "");
  REQUIRE(kv.has_value());
  kv_ = std::move(*kv);
  auto outbound = Outbound::open(*world_, {});
  REQUIRE(outbound.has_value());
  outbound_ = std::move(*outbound);
  services_.reset(new Services{*world_, *kv_, *outbound_, *source_maps_, {}, {}, nullptr});
  TopologyOptions places;
  places.locations = options.locations;
  topology_ = std::make_unique<Topology>(*services_, shared_engine(), bundle_, worker_, places);
  auto actors = Actors::open(*world_, *topology_, worker_,
                             {options.state, options.commit_delay_us, {}});
  REQUIRE_MESSAGE(actors.has_value(), actors.error());
  actors_ = std::move(*actors);
  services_->guest_calls = actors_.get();
  gateway_ = std::make_unique<WorkerGateway>(*world_, *topology_);
  start_us_ = world_->now_us();
}

ActorsRun::~ActorsRun() {
  topology_->stop();
  world_->trace().remove_reader(log_.get());
  world_->trace().remove_reader(&hash_);
}

const ActorsRun::Answer& ActorsRun::send(int64_t at_us, std::string_view location,
                                         std::string_view path, std::string_view body) {
  answers_.push_back(std::make_unique<Answer>());
  Answer* answer = answers_.back().get();
  Request request;
  request.method = body.empty() ? "GET" : "POST";
  request.url = "http://test.example" + std::string(path);
  request.headers.add("offing-location", location);
  request.has_body = !body.empty();
  request.body = body;
  ++outstanding_;
  world_->schedule(start_us_ + at_us, [this, answer, request = std::move(request)]() mutable {
    answer->sent_us = world_->now_us() - start_us_;
    gateway_->dispatch(++last_request_, std::move(request), [this, answer](Response response) {
      answer->came = true;
      answer->status = response.status;
      answer->body = std::move(response.body);
      answer->came_us = world_->now_us() - start_us_;
      if (--outstanding_ == 0 && stop_when_answered_) world_->stop();
    });
  });
  return *answer;
}

void ActorsRun::run() {
  stop_when_answered_ = true;
  if (outstanding_ > 0) world_->run();
  stop_when_answered_ = false;
  world_->go_on();
}

void ActorsRun::advance(int64_t us) {
  world_->schedule_after(us, [this] { world_->stop(); });
  world_->run();
  world_->go_on();
}

ActorsRun::Answer ActorsRun::ask(std::string_view path, std::string_view location) {
  const Answer& answer = send(world_->now_us() - start_us_, location, path);
  run();
  return answer;
}

}  // namespace offing::test
