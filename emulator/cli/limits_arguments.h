// What the command line says about limits: options of every command that runs or checks a Worker,
// and `offing limits`. Values are as typed; runtime/limits/profile.h understands them.
#ifndef OFFING_EMULATOR_CLI_LIMITS_ARGUMENTS_H_
#define OFFING_EMULATOR_CLI_LIMITS_ARGUMENTS_H_

#include <string>
#include <vector>

#include "emulator/stage/worker_arguments.h"

namespace CLI {
class App;
}

namespace offing::cli {

struct LimitsArguments {
  std::string profile = "paid";
  bool json = false;
};

// Both outlive the parsing.
void add_limit_options(CLI::App& app, LimitArguments& arguments);
CLI::App* add_limits_command(CLI::App& app, LimitsArguments& arguments);

}  // namespace offing::cli

#endif  // OFFING_EMULATOR_CLI_LIMITS_ARGUMENTS_H_
