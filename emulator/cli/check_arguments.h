// The command line of `offing check`.
#ifndef OFFING_EMULATOR_CLI_CHECK_ARGUMENTS_H_
#define OFFING_EMULATOR_CLI_CHECK_ARGUMENTS_H_

#include <string>

#include "emulator/cli/limits_arguments.h"

namespace offing::cli {

struct CheckArguments {
  std::string project;
  std::string environment;  // --env
  std::string config;       // --config
  LimitArguments limits;
  int runs = 9;
  bool scaled = false;
  std::string profile = "startup.cpuprofile";  // empty: none
  bool json = false;
};

// Outlives the parsing.
CLI::App* add_check_command(CLI::App& app, CheckArguments& arguments);

}  // namespace offing::cli

#endif  // OFFING_EMULATOR_CLI_CHECK_ARGUMENTS_H_
