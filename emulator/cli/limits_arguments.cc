#include "emulator/cli/limits_arguments.h"

#include <CLI/CLI.hpp>
#include <utility>

namespace offing::cli {

namespace {

struct Flag {
  const char* option;
  const char* about;
};

// The limits that are set most often; --limit reaches every other one. Their names are the rows'.
constexpr Flag kFlags[] = {
    {"--bundle-gzip", "All modules, compressed: 3MiB"},
    {"--bundle-size", "All modules, uncompressed: 64MiB"},
    {"--startup-cpu", "CPU time of parsing and top-level code: 400ms"},
    {"--cpu", "CPU time of an invocation, as limits.cpu_ms: 50ms"},
    {"--memory", "Memory of an isolate: 64MiB"},
    {"--subrequests", "Subrequests of an invocation, as limits.subrequests: 50"},
    {"--connections", "Connections of an invocation at a time: 6"},
};
constexpr const char* kGroup = "Limits (a value, or none)";

}  // namespace

void add_limit_options(CLI::App& app, LimitArguments& a) {
  app.add_option("--limits", a.profile,
                 "Limits of a plan, today's or those of a day: paid, free, free@2025-09-01; off "
                 "for none (`offing limits` shows them)")
      ->capture_default_str()
      ->group(kGroup);
  for (const Flag& flag : kFlags) {
    const std::string option = flag.option;
    const auto keep = [&a, option](const std::string& value) {
      a.overrides.push_back({option, option.substr(2), value});
    };
    app.add_option_function<std::string>(option, keep, flag.about)->group(kGroup);
  }
  // Last, and so applied last: the exact name wins over one that stands for several.
  const auto keep_named = [&a](const std::vector<std::string>& all) {
    for (const std::string& text : all) {
      auto parsed = parse_override(text);
      if (!parsed) throw CLI::ValidationError(parsed.error());
      a.overrides.push_back(std::move(*parsed));
    }
  };
  app.add_option_function<std::vector<std::string>>(
         "--limit", keep_named, "Any limit by its name: NAME=VALUE, as in actor-cpu=5s")
      ->allow_extra_args(false)
      ->group(kGroup);
}

CLI::App* add_limits_command(CLI::App& app, LimitsArguments& a) {
  CLI::App* command = app.add_subcommand(
      "limits", "Show the platform's limits of a plan and a day, and what has changed since");
  command->add_option("profile", a.profile, "paid, free, or with a day: free@2025-09-01")
      ->capture_default_str();
  command->add_flag("--json", a.json, "Print JSON");
  return command;
}

}  // namespace offing::cli
