// `offing replay TRAFFIC`: recorded traffic against a Worker in virtual time, or against a server.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

#include "emulator/cli/commands.h"
#include "emulator/cli/console.h"
#include "emulator/http/client.h"
#include "emulator/http/content_coding.h"
#include "emulator/replay/limit_usage.h"
#include "emulator/replay/report.h"
#include "emulator/replay/runner.h"
#include "emulator/replay/staleness.h"
#include "emulator/replay/traffic.h"
#include "emulator/scenario/find.h"
#include "emulator/trace/readers.h"

namespace offing::cli {
namespace {

int fail(const std::string& text) {
  std::fprintf(stderr, "offing: %s\n", text.c_str());
  return 2;
}

std::expected<replay::ReadOptions, std::string> read_options(const ReplayArguments& a) {
  replay::ReadOptions options;
  if (!a.format.empty()) {
    options.format = replay::format_from(a.format);
    if (!options.format)
      return std::unexpected("--format: \"" + a.format + "\" is none of har, ndjson, vegeta, tail");
  }
  if (!a.origin.empty()) options.origins.push_back(a.origin);
  if (!a.header_fill.empty()) {
    auto fill = replay::read_header_fill(a.header_fill);
    if (!fill) return std::unexpected("--header-fill " + fill.error().text());
    options.header_fill = std::move(*fill);
  }
  options.vegeta_interval_us = static_cast<int64_t>(1e6 / a.rate);
  return options;
}

// A line that overwrites itself on a terminal; nothing when piped.
class Progress {
 public:
  explicit Progress(bool on) : on_(on) {}
  void show(uint64_t done, uint64_t total) {
    if (!on_ || monotonic_us() - last_us_ < 100'000) return;
    last_us_ = monotonic_us();
    std::fprintf(stderr, "\r%llu of %llu requests", static_cast<unsigned long long>(done),
                 static_cast<unsigned long long>(total));
    shown_ = true;
  }
  void clear() {
    if (shown_) std::fprintf(stderr, "\r\x1b[K");
  }

 private:
  bool on_;
  bool shown_ = false;
  int64_t last_us_ = 0;
};

void run_to_end(World& world, replay::Runner& runner, bool show_progress) {
  Progress progress(show_progress && isatty(STDERR_FILENO));
  runner.on_progress = [&progress](const replay::Result&, uint64_t done, uint64_t total) {
    progress.show(done, total);
  };
  runner.start([&world] { world.stop(); });
  world.run();
  progress.clear();
}

bool write_file(const std::string& path, const std::string& text) {
  if (path == "-") return std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (!file) return false;
  const bool whole = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  return std::fclose(file) == 0 && whole;
}

struct Run {
  replay::Traffic traffic;
  replay::Results results;
  std::string hash;
  int64_t real_us = 0;
};

bool wants(const ReplayArguments& a, std::string_view name) {
  return std::ranges::find(a.reports, name) != a.reports.end();
}

// Null: not asked for, or not known.
struct Reports {
  const replay::StalenessReport* staleness = nullptr;
  const replay::LimitUsage* limits = nullptr;
};

int report(const ReplayArguments& a, const Run& run, Reports reports) {
  const bool colour = isatty(STDOUT_FILENO);
  if (a.json_file != "-") {
    std::string text = replay::report_text(run.traffic, run.results, {colour});
    if (reports.staleness) text += "\n" + reports.staleness->text({colour});
    if (reports.limits) text += "\n" + reports.limits->text({colour});
    if (!run.hash.empty()) {
      char line[160];
      std::snprintf(line, sizeof line,
                    "\n%.1f s of traffic in %.2f s of real time; seed %llu, trace %s\n",
                    static_cast<double>(run.results.duration_us) / 1e6,
                    static_cast<double>(run.real_us) / 1e6,
                    static_cast<unsigned long long>(a.worker.seed.value_or(1)), run.hash.c_str());
      text += line;
    }
    std::fwrite(text.data(), 1, text.size(), stdout);
  }
  if (!a.json_file.empty() &&
      !write_file(a.json_file, replay::report_json(run.traffic, run.results,
                                                   reports.staleness ? reports.staleness->json() : "",
                                                   reports.limits ? reports.limits->json() : "")))
    return fail("--json " + a.json_file + ": cannot be written");
  if (!a.junit_file.empty() &&
      !write_file(a.junit_file, replay::report_junit(run.traffic, run.results)))
    return fail("--junit " + a.junit_file + ": cannot be written");
  std::fflush(stdout);
  return run.results.exit_code();
}

// Against a running server: real time, its own storage; only the answers can be judged.
int against_server(const ReplayArguments& a, replay::Traffic traffic) {
  RealWorld world(a.worker.seed);
  http::Client client(world);
  uint64_t next_id = 1;
  replay::RunOptions options{a.speed, a.repeat, a.location, a.url};
  replay::Runner runner(
      world, std::move(traffic), options,
      [&client, &next_id](Request request, std::string_view location, ResponseCallback respond) {
        if (!location.empty()) request.headers.set("offing-location", location);
        client.fetch(std::move(request), [respond = std::move(respond)](
                                             std::expected<Response, std::string> answer) mutable {
          Response response;
          if (answer) response = std::move(*answer);
          else response.status = 0, response.reason = std::move(answer.error());
          http::decode_body(response);
          respond(std::move(response));
        });
        return next_id++;
      });
  run_to_end(world, runner, !a.quiet);
  Run run{runner.traffic(), runner.finish(), {}, 0};
  return report(a, run, {});
}

// Numbers them from 1. Compared is what the client makes of an answer, not how its bytes were packed.
replay::SendFn send_to(WorkerGateway& gateway) {
  return [&gateway, next_id = uint64_t{1}](Request request, std::string_view location,
                                           ResponseCallback respond) mutable {
    if (!location.empty()) request.headers.set("offing-location", location);
    const uint64_t id = next_id++;
    gateway.dispatch(id, std::move(request),
                     [respond = std::move(respond)](Response response) mutable {
                       http::decode_body(response);
                       respond(std::move(response));
                     });
    return id;
  };
}

std::expected<void, std::string> check_locations(const replay::Traffic& traffic, Stack& stack,
                                                 const ReplayArguments& a) {
  for (const std::string& location : traffic.locations) {
    if (!stack.topology().find_location(location))
      return std::unexpected(traffic.file + ": requests land in " + location +
                             ", which is not one of " + a.worker.locations +
                             "; add it to --locations");
  }
  return {};
}

// One run of many: a world of its own that begins as `built` was.
bool one_seed(Stack& built, const StackState& initial, const ReplayArguments& a,
              const replay::Traffic& traffic, uint64_t seed) {
  WorldState state = initial.world;
  state.seed = seed;
  state.streams.clear();
  state.faults.reseed(seed);
  VirtualWorld world(std::move(state));
  trace::Hash hash;
  replay::StalenessReport staleness;
  world.trace().add_reader(&hash);
  world.trace().add_reader(&staleness);
  auto stack = Stack::fork(world, built, initial);
  if (!stack) return fail(stack.error()), false;
  replay::Runner runner(world, traffic, {a.speed, a.repeat, a.location},
                        send_to((*stack)->gateway()));
  run_to_end(world, runner, !a.quiet);
  const replay::Results results = runner.finish();
  std::printf("seed %llu: %zu of %zu as expected, %llu stale reads, trace %s\n",
              static_cast<unsigned long long>(seed), results.requests.size() - results.differing,
              results.requests.size(), static_cast<unsigned long long>(staleness.stale_reads()),
              hash.hex().c_str());
  std::fflush(stdout);
  return results.exit_code() == 0;
}

int many_seeds(const Process& process, const ReplayArguments& a, const replay::Traffic& traffic) {
  auto seeds = scenario::parse_seeds(a.seeds);
  if (!seeds) return fail(seeds.error());
  if (!a.worker.state.empty())
    return fail("--seeds: each run begins anew, so state cannot be kept in a folder (--state)");
  if (!a.worker.trace.empty() || !a.json_file.empty() || !a.junit_file.empty())
    return fail("--seeds tells a line for each run; --trace, --json and --junit are of one, with --seed");
  VirtualWorld base(seeds->front(), traffic.start_us.value_or(VirtualWorld::kDefaultStartUs));
  auto built = Stack::build(base, process, a.worker);
  if (!built) return fail(built.error());
  if (auto known = check_locations(traffic, **built, a); !known) return fail(known.error());
  const StackState initial = (*built)->copy_state();
  std::string failing;
  for (uint64_t seed : *seeds) {
    if (!one_seed(**built, initial, a, traffic, seed))
      failing += (failing.empty() ? "" : ", ") + std::to_string(seed);
  }
  if (failing.empty()) return 0;
  std::printf("not as expected: seeds %s; --seed N tells one of them whole\n", failing.c_str());
  return 1;
}

int in_process(const Process& process, const ReplayArguments& a, replay::Traffic traffic) {
  const int64_t began_us = monotonic_us();
  VirtualWorld world(a.worker.seed.value_or(1),
                     traffic.start_us.value_or(VirtualWorld::kDefaultStartUs));
  auto output = TraceOutput::open(
      world, a.worker.trace, true,
      a.worker.trace_measured ? trace::Measured::kWritten : trace::Measured::kLeftOut);
  if (!output) return fail(output.error());
  replay::StalenessReport staleness;
  world.trace().add_reader(&staleness);
  Console console(world, stderr, {false, static_cast<bool>(isatty(STDERR_FILENO))});
  if (!a.quiet) world.trace().add_reader(&console);

  WorkerArguments worker = a.worker;
  worker.measure_memory = worker.trace_measured || wants(a, "limits");
  auto stack = Stack::build(world, process, worker);
  if (!stack) return fail(stack.error());
  for (const config::Problem& warning : (*stack)->project().warnings)
    std::fprintf(stderr, "warning: %s\n", warning.text().c_str());
  if (auto known = check_locations(traffic, **stack, a); !known) return fail(known.error());
  if (auto started = (*stack)->start_first_isolate(); !started)
    return fail("the Worker does not start: " + started.error());

  replay::LimitUsage limits((*stack)->limits());
  if (wants(a, "limits")) world.trace().add_reader(&limits);
  replay::Runner runner(world, std::move(traffic), {a.speed, a.repeat, a.location},
                        send_to((*stack)->gateway()));
  run_to_end(world, runner, !a.quiet);
  Run run{runner.traffic(), runner.finish(), (*output)->finish(), monotonic_us() - began_us};
  return report(a, run, {wants(a, "staleness") ? &staleness : nullptr,
                         wants(a, "limits") ? &limits : nullptr});
}

}  // namespace

int run_replay(const Process& process, const ReplayArguments& a) {
  auto options = read_options(a);
  if (!options) return fail(options.error());
  auto traffic = replay::read_traffic(a.traffic, *options);
  if (!traffic) return fail(traffic.error().text());
  for (const std::string& warning : traffic->warnings)
    std::fprintf(stderr, "warning: %s\n", warning.c_str());
  if (!a.url.empty() && wants(a, "limits"))
    return fail("--report limits: what a server's requests use is not known; take --project");
  if (!a.url.empty() && !a.seeds.empty())
    return fail("--seeds: a server has a seed of its own; take --project");
  if (!a.url.empty()) return against_server(a, std::move(*traffic));
  if (!a.seeds.empty()) return many_seeds(process, a, *traffic);
  return in_process(process, a, std::move(*traffic));
}

}  // namespace offing::cli
