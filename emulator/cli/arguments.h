// The command line as typed values. Parsing prints help, version and mistakes itself.
#ifndef OFFING_EMULATOR_CLI_ARGUMENTS_H_
#define OFFING_EMULATOR_CLI_ARGUMENTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "emulator/cli/check_arguments.h"
#include "emulator/cli/ctl_arguments.h"
#include "emulator/cli/limits_arguments.h"
#include "emulator/cli/r2_arguments.h"
#include "emulator/cli/test_arguments.h"
#include "emulator/stage/worker_arguments.h"

namespace offing::cli {

struct DevArguments {
  WorkerArguments worker;
  std::string host;  // empty: the project's [dev] ip, else 127.0.0.1
  std::optional<uint16_t> port;
  std::optional<uint16_t> s3_port;
  std::vector<std::string> allow_hosts;
  bool virtual_clock = false;   // --clock virtual
  std::string start;            // --start: where a virtual clock begins
  bool auto_skip = true;        // --no-auto-skip
  bool exit_with_stdin = false;
  bool quiet = false;
  bool verbose = false;
};

struct ReplayArguments {
  WorkerArguments worker;
  std::string traffic;
  std::string format;  // empty: found out
  std::string url;     // --url: a running server instead of a project
  std::string location;
  std::string origin;       // --origin: which recorded origin is the project's
  std::string header_fill;  // file
  double speed = 1;
  uint32_t repeat = 1;
  double rate = 10;  // Vegeta targets a second
  std::string json_file;
  std::string junit_file;
  std::vector<std::string> reports = {"staleness"};  // --report
  std::string seeds;     // --seeds: "1..20"; once for each, a line for each
  bool quiet = false;
};

using Arguments = std::variant<DevArguments, ReplayArguments, TestArguments, R2Arguments,
                               LimitsArguments, CheckArguments, CtlArguments>;

// Of this program.
const char* version();
// Options of every command that runs a Worker.
void add_worker_options(CLI::App& app, WorkerArguments& arguments);
// The arguments, or the exit code with which to end (0 after --help, 2 after a mistake).
std::variant<Arguments, int> parse_arguments(std::vector<std::string> args);

}  // namespace offing::cli

#endif  // OFFING_EMULATOR_CLI_ARGUMENTS_H_
