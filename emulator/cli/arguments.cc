// With the other *_arguments.cc the only file that includes CLI11, whose templates take their time to
// compile.
#include "emulator/cli/arguments.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <utility>

#include "storage/kv/settings.h"
#include "emulator/world/faults.h"

namespace offing::cli {

static constexpr const char* kAbout =
    "offing: a local Cloudflare Workers platform with honest storage semantics.\n"
    "Runs a prebuilt Worker offline, in several locations: KV lags, objects forget.";

static std::string fault_help() {
  std::string text =
      "Make a fault happen: NAME=PROBABILITY, NAME=always or NAME=#N (the Nth time). Names:";
  for (size_t i = 0; i < static_cast<size_t>(FaultPoint::kCount); ++i) {
    const auto point = static_cast<FaultPoint>(i);
    text += "\n  " + std::string(Faults::name(point)) + ": " + std::string(Faults::help(point));
  }
  return text;
}

void add_worker_options(CLI::App& app, WorkerArguments& a) {
  app.add_option("-e,--env", a.environment, "Environment of the Wrangler file (env.NAME)");
  app.add_option("-c,--config", a.config, "Wrangler file, when it is not in the project's folder");
  app.add_option("--locations", a.locations, "Simulated locations, IATA codes")
      ->capture_default_str();
  app.add_option("--isolates", a.isolates, "Isolates per location")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--isolate-idle", a.isolate_idle, "Evict an isolate that was idle for so long")
      ->capture_default_str();
  app.add_option("--kv-lag", a.kv_lag, std::string(kv_lag_help()));
  app.add_option(
      "--kv-mode", a.kv_mode,
      "documented (default): central store and a cache in each location, as documented;\n"
      "adversarial: a replica in each location, as stale as the contract allows;\n"
      "strong: every read is fresh");
  app.add_option("--kv-settings", a.kv_settings, "JSON file with every KV knob (docs/kv.md)");
  app.add_option("--r2-settings", a.r2_settings,
                 "JSON file with R2's buckets, rules, tokens and every knob (docs/r2.md)");
  app.add_option("--do-commit-delay", a.commit_delay,
                 "Time between a Durable Object's commit and its acknowledgement")
      ->capture_default_str();
  app.add_option("--link", a.links, "Time between two locations: LHR-SIN=90ms, LHR->SIN=90ms")
      ->allow_extra_args(false);
  app.add_option("--state", a.state,
                 "Keep state in this folder; what was acknowledged survives a kill");
  app.add_option("--seed", a.seed, "Seed of all randomness: the same seed gives the same run");
  app.add_option("--fault", a.faults, fault_help())->allow_extra_args(false);
  app.add_option("--allow-net", a.allow_net, "Let the Worker fetch HOST[:PORT] (\"*\": anything)")
      ->allow_extra_args(false);
  app.add_flag("--allow-loopback", a.allow_loopback, "Let the Worker fetch localhost, any port");
  app.add_option("--outbound", a.outbound, "Answer the Worker's fetches from this HAR recording")
      ->check(CLI::ExistingFile);
  app.add_option("--trace", a.trace, "Write every event to this file, as NDJSON (docs/trace.md)");
  app.add_flag("--trace-measured", a.trace_measured,
               "Write measured CPU time and memory there too; equal runs then differ. `dev` does "
               "without a seed");
  add_limit_options(app, a.limits);
}

static CLI::App* add_dev(CLI::App& app, DevArguments& dev) {
  CLI::App* command = app.add_subcommand("dev", "Serve a Worker on http://127.0.0.1:8787");
  command->add_option("project", dev.worker.project,
                      "Folder with a Wrangler file, the file itself, or one built module")
      ->required();
  command->add_option("-p,--port", dev.port, "Port; 0 takes any free one (default: 8787)");
  command->add_option(
      "--s3-port", dev.s3_port,
      "Port of R2's S3 API; 0 takes any free one (default: 9000, or a free one, when "
      "there are R2 buckets)");
  command->add_option("--host", dev.host, "Address to listen on (default: 127.0.0.1)");
  command->add_option("--allow-host", dev.allow_hosts,
                      "Also answer requests whose Host is this name")
      ->allow_extra_args(false);
  CLI::Option* quiet = command->add_flag("-q,--quiet", dev.quiet, "No request log");
  command->add_flag("--verbose", dev.verbose,
                    "In the request log, what each request used: CPU time, memory, subrequests")
      ->excludes(quiet);
  command->add_option_function<std::string>(
             "--clock",
             [&dev](const std::string& clock) { dev.virtual_clock = clock == "virtual"; },
             "real (default): the system's; virtual: stands still until a request waits or somebody moves "
             "it\n(docs/control.md)")
      ->check(CLI::IsMember({"real", "virtual"}));
  command->add_option("--start", dev.start,
                      "Where a virtual clock begins: 2026-01-01T00:00:00Z (default)");
  command->add_flag("!--no-auto-skip", dev.auto_skip,
                    "A virtual clock does not skip by itself while a request waits");
  command->add_flag("--exit-with-stdin", dev.exit_with_stdin,
                    "End when standard input ends: with the process that started this one");
  add_worker_options(*command, dev.worker);
  return command;
}

static CLI::App* add_replay(CLI::App& app, ReplayArguments& replay) {
  CLI::App* command = app.add_subcommand(
      "replay", "Send recorded traffic to a Worker, compare the answers, name every stale read");
  command->add_option("traffic", replay.traffic,
                      "HAR, NDJSON, Vegeta targets or a wrangler tail (docs/replay.md)")
      ->required();
  command->add_option("--project", replay.worker.project,
                      "The Worker to run, in virtual time: folder, Wrangler file or module");
  command->add_option("--url", replay.url, "A running server instead, in real time");
  command->add_option("--format", replay.format, "har, ndjson, vegeta or tail, if it is not clear");
  command->add_option("--location", replay.location, "Where requests land that do not say so");
  command->add_option("--origin", replay.origin,
                      "Origin in the recording that is the project's (default: the first entry's)");
  command->add_option("--header-fill", replay.header_fill,
                      "JSON file {\"authorization\": \"…\"}: values for headers a tail redacted");
  command->add_option("--speed", replay.speed, "2 sends twice as fast as recorded")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--repeat", replay.repeat, "Send the traffic so many times")
      ->check(CLI::Range(1u, 1000000u))
      ->capture_default_str();
  command->add_option("--rate", replay.rate, "Vegeta targets a second")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--report", replay.reports,
                      "What to tell: staleness, limits, or both as staleness,limits")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"staleness", "limits"}))
      ->capture_default_str();
  command->add_option("--json", replay.json_file, "Write the whole report here (\"-\": stdout)");
  command->add_option("--junit", replay.junit_file, "Write a JUnit report here");
  command->add_option("--seeds", replay.seeds,
                      "Once under each of these seeds, in virtual time: 1..20, or 3,17");
  command->add_flag("-q,--quiet", replay.quiet, "Only the report");
  add_worker_options(*command, replay.worker);
  return command;
}

const char* version() { return OFFING_VERSION; }

std::variant<Arguments, int> parse_arguments(std::vector<std::string> args) {
  CLI::App app(kAbout, "offing");
  app.set_version_flag("--version", "offing " OFFING_VERSION);
  app.require_subcommand(1);
  DevArguments dev;
  ReplayArguments replay;
  TestArguments test;
  R2Arguments r2;
  LimitsArguments limits;
  CheckArguments check;
  CLI::App* dev_command = add_dev(app, dev);
  CLI::App* replay_command = add_replay(app, replay);
  add_test_command(app, test);
  CLI::App* r2_command = add_r2_command(app, r2);
  CLI::App* limits_command = add_limits_command(app, limits);
  CLI::App* check_command = add_check_command(app, check);
  CtlArguments ctl;
  CLI::App* ctl_command = add_ctl_command(app, ctl);
  try {
    // CLI11 takes them from the back.
    std::vector<std::string> reversed(args.rbegin(), args.rend());
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (*dev_command) return Arguments(std::move(dev));
  if (*r2_command) return Arguments(std::move(r2));
  if (*limits_command) return Arguments(std::move(limits));
  if (*ctl_command) return Arguments(std::move(ctl));
  if (*check_command) return Arguments(std::move(check));
  if (!*replay_command) return Arguments(std::move(test));
  if (replay.worker.project.empty() == replay.url.empty()) {
    std::cerr << "offing replay: give either --project PROJECT (runs the Worker here, in virtual "
                 "time) or --url URL (a running server)\n";
    return 2;
  }
  return Arguments(std::move(replay));
}

}  // namespace offing::cli
