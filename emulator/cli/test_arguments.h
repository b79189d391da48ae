// `offing test`: its command line.
#ifndef OFFING_EMULATOR_CLI_TEST_ARGUMENTS_H_
#define OFFING_EMULATOR_CLI_TEST_ARGUMENTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "emulator/stage/worker_arguments.h"

namespace CLI {
class App;
}

namespace offing::cli {

struct TestArguments {
  WorkerArguments worker;  // of a project; a scenario says all but seed and trace itself
  std::vector<std::string> paths;
  bool json = false;
  std::vector<std::string> only;
  // Of scenarios:
  std::string seeds;  // "1..20"; empty: the scenario's own
  uint32_t jobs = 1;
  std::string shard;  // "2/5"
  std::string junit_file;
  std::string history_file;
  bool tap = false;
  bool fail_fast = false;
  bool twice = false;  // each seed, not only the first
  bool once = false;   // not even the first
  // Options that were given and that a scenario has in its file: "--kv-mode".
  std::vector<std::string> of_projects;
};

CLI::App* add_test_command(CLI::App& app, TestArguments& test);

}  // namespace offing::cli

#endif  // OFFING_EMULATOR_CLI_TEST_ARGUMENTS_H_
