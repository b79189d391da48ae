// `offing test SCENARIO…`: scenarios under seeds, here or in processes of their own.
#ifndef OFFING_EMULATOR_CLI_TEST_SCENARIOS_H_
#define OFFING_EMULATOR_CLI_TEST_SCENARIOS_H_

#include <string>
#include <vector>

#include "emulator/cli/arguments.h"
#include "emulator/stage/stack.h"

namespace offing::cli {

// The process's exit code.
int run_scenarios(const Process& process, const TestArguments& arguments,
                  const std::vector<std::string>& files);

}  // namespace offing::cli

#endif  // OFFING_EMULATOR_CLI_TEST_SCENARIOS_H_
