// The commands. Each runs to its end and gives the process's exit code: 0 as expected, 1 not, 2 bad
// input or usage.
#ifndef OFFING_EMULATOR_CLI_COMMANDS_H_
#define OFFING_EMULATOR_CLI_COMMANDS_H_

#include "emulator/cli/arguments.h"
#include "emulator/stage/stack.h"

namespace offing::cli {

int run_check(const Process& process, const CheckArguments& arguments);
int run_ctl(const CtlArguments& arguments);
int run_dev(const Process& process, const DevArguments& arguments);
int run_limits(const LimitsArguments& arguments);
int run_replay(const Process& process, const ReplayArguments& arguments);
int run_r2(const R2Arguments& arguments);
int run_test(const Process& process, const TestArguments& arguments);

}  // namespace offing::cli

#endif  // OFFING_EMULATOR_CLI_COMMANDS_H_
