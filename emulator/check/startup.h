// How much CPU a Worker's start takes: several times, each in a fresh isolate, and once more under a
// profiler, whose own cost would spoil the other figures. CPU time is that of the thread the guest
// runs in: waiting does not count, and neither does what V8 does in helper threads.
#ifndef OFFING_EMULATOR_CHECK_STARTUP_H_
#define OFFING_EMULATOR_CHECK_STARTUP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/isolate/engine.h"
#include "runtime/isolate/startup.h"
#include "runtime/modules/bundle.h"

namespace offing::check {

struct StartupOptions {
  int runs = 9;
  int64_t enough_us = 10'000'000;     // no further run when those before took so long together
  int64_t stop_after_us = 10'000'000; // a start that takes more is stopped
  int profile_interval_us = 100;      // 0: no profile
};

struct StartupResult {
  std::string error;            // why it does not start, as the platform words it; empty: it does
  bool stopped = false;         // after stop_after_us
  std::vector<int64_t> runs_us; // CPU time of each, in order; of a failed start, that one's
  int64_t median_us = 0;
  int64_t min_us = 0;
  int64_t max_us = 0;
  int64_t memory_bytes = 0;     // the most of any run; see StartupRecorder
  std::vector<StartupExport> exports;
  std::vector<std::string> output;  // what it printed while starting
  StartupProfile profile;
};

StartupResult measure_startup(Engine& engine, const Bundle& bundle, const WorkerOptions& worker,
                              const StartupOptions& options);

int64_t median_of(std::vector<int64_t> values);  // not empty

}  // namespace offing::check

#endif  // OFFING_EMULATOR_CHECK_STARTUP_H_
