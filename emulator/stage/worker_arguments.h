// What every command that runs a Worker is told about it: the command line's words, as typed. Whoever
// uses one understands it, and says which flag is wrong.
#ifndef OFFING_EMULATOR_STAGE_WORKER_ARGUMENTS_H_
#define OFFING_EMULATOR_STAGE_WORKER_ARGUMENTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/limits/profile.h"

namespace offing {

struct LimitArguments {
  std::string profile = "paid";          // --limits
  std::vector<LimitOverride> overrides;  // in the order in which they are to be applied
};

// What every command that runs a Worker takes.
struct WorkerArguments {
  std::string project;
  std::string environment;  // --env
  std::string config;       // --config
  std::string locations = "LHR,SIN,IAD";
  uint32_t isolates = 1;
  std::string isolate_idle = "10m";
  std::string kv_lag;
  std::string kv_mode;
  std::string kv_settings;  // file
  std::string r2_settings;  // file
  std::string state;        // directory; empty = memory
  std::string commit_delay = "0ms";   // --do-commit-delay
  std::vector<std::string> links;      // --link
  std::optional<uint64_t> seed;
  std::vector<std::string> faults;
  std::vector<std::string> allow_net;
  bool allow_loopback = false;
  std::string outbound;  // HAR file
  std::string trace;     // NDJSON file
  bool trace_measured = false;   // --trace-measured
  bool measure_memory = false;   // somebody reads what memory each request has
  LimitArguments limits;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_STAGE_WORKER_ARGUMENTS_H_
