#include "emulator/cli/check_arguments.h"

#include <CLI/CLI.hpp>

namespace offing::cli {

CLI::App* add_check_command(CLI::App& app, CheckArguments& a) {
  CLI::App* command = app.add_subcommand(
      "check", "Say what a deploy would: size, startup CPU, handlers, bindings (docs/check.md)");
  command->add_option("project", a.project,
                      "Folder with a Wrangler file, the file itself, or one built module")
      ->required();
  command->add_option("-e,--env", a.environment, "Environment of the Wrangler file (env.NAME)");
  command->add_option("-c,--config", a.config,
                      "Wrangler file, when it is not in the project's folder");
  command->add_option("--runs", a.runs, "How many fresh isolates to start")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_flag("--scaled", a.scaled,
                    "Compare the startup limit with the estimate for the reference machine instead "
                    "of the time measured here");
  command->add_option("--profile", a.profile,
                      "Where to write the startup's CPU profile; \"\" for nowhere")
      ->capture_default_str();
  command->add_flag("--json", a.json, "Print the result as JSON");
  add_limit_options(*command, a.limits);
  return command;
}

}  // namespace offing::cli
