#include "emulator/cli/ctl_arguments.h"

#include <CLI/CLI.hpp>

namespace offing::cli {

CLI::App* add_ctl_command(CLI::App& app, CtlArguments& a) {
  CLI::App* ctl = app.add_subcommand(
      "ctl",
      "Time, state, links and faults of a running `offing dev`; alone, it lists what there is");
  // The words are what is left over: as a positional, CLI11 would take lists such as [1,2] apart.
  // Help is the list of verbs, or of one verb.
  ctl->set_help_flag();
  ctl->allow_extras();
  ctl->add_option("--url", a.url);
  ctl->add_option("--world", a.world);
  ctl->add_flag("--json", a.json);
  ctl->callback([ctl, &a] { a.words = ctl->remaining(); });
  return ctl;
}

}  // namespace offing::cli
