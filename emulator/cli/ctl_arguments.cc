#include "emulator/cli/ctl_arguments.h"

#include <CLI/CLI.hpp>

namespace offing::cli {

CLI::App* add_ctl_command(CLI::App& app, CtlArguments& a) {
  CLI::App* ctl = app.add_subcommand(
      "ctl", "Time, state, links and faults of a running `offing dev`; alone, it lists what there is");
  ctl->add_option("words", a.words,
                  "A verb and its arguments: clock advance 60s | kv inspect SESSIONS user:1 | partition LHR SIN; "
                  "in order, as KEY=VALUE, or as one JSON object");
  ctl->add_option("--url", a.url, "Where `offing dev` serves")->capture_default_str();
  ctl->add_option("--world", a.world, "Which world (default: main)");
  ctl->add_flag("--json", a.json, "Print the answer as JSON");
  return ctl;
}

}  // namespace offing::cli
