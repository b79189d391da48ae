#include "emulator/cli/test_arguments.h"

#include <CLI/CLI.hpp>

#include "emulator/cli/arguments.h"

namespace offing::cli {

CLI::App* add_test_command(CLI::App& app, TestArguments& test) {
  CLI::App* command = app.add_subcommand("test",
                                         "Run scenarios (docs/scenarios.md), or the test() of "
                                         "every export of a Worker, in virtual time");
  command->footer(
      "  offing test scenarios/                           every scenario, each under its own seed\n"
      "  offing test sign_out.toml --seeds 1..200 -j 2    one under many\n"
      "  offing test my-worker                            the test() exports of a project\n"
      "Exit code 0: all passed; 1: not; 2: bad input, named with file, line and key.");
  command
      ->add_option(
          "path", test.paths,
          "Scenario files, folders of them; or one project: folder, Wrangler file or module")
      ->required();
  command->add_option("--only", test.only, "Of a project: only the test() of these exports")
      ->allow_extra_args(false);
  command->add_flag("--json", test.json, "A line of JSON for each run");
  command->add_option(
      "--seeds", test.seeds,
      "Run each scenario under each of these seeds: 1..20, or 3,17 (default: its own, or 1)");
  command->add_option("-j,--jobs", test.jobs, "Share the runs among so many processes")
      ->check(CLI::Range(1, 64));
  command->add_option("--shard", test.shard,
                      "Only one part of the runs: 2/5 is the second of five");
  command->add_flag("--fail-fast", test.fail_fast, "End with the first run that fails");
  CLI::Option* twice =
      command->add_flag("--twice", test.twice,
                        "Run each seed twice and compare the traces (default: the first seed)");
  command->add_flag("--once", test.once, "Do not run the first seed twice")->excludes(twice);
  command->add_option("--junit", test.junit_file, "Write a JUnit report here");
  command->add_flag("--tap", test.tap, "Tell the results as TAP");
  command->add_option(
      "--history", test.history_file,
      "Write what was read and written, for checkers of histories: .edn, or JSON lines");
  const size_t own = command->get_options().size();
  add_worker_options(*command, test.worker);
  // A scenario's file says these itself, under [options].
  const auto all = command->get_options();
  for (size_t i = own; i < all.size(); ++i) {
    CLI::Option* option = command->get_option(all[i]->get_name());
    const bool both = option->get_name() == "--seed" || option->get_name() == "--trace";
    if (!both && option->get_group() == "Options")
      option->group("Of projects only (a scenario's file says these)");
  }
  command->callback([command, own, &test] {
    const auto options = command->get_options();
    for (size_t i = own; i < options.size(); ++i) {
      const std::string name = options[i]->get_name();
      if (options[i]->count() > 0 && name != "--seed" && name != "--trace")
        test.of_projects.push_back(name);
    }
  });
  return command;
}

}  // namespace offing::cli
