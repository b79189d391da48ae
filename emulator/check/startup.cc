#include "emulator/check/startup.h"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <utility>

#include "emulator/check/refusing_host.h"
#include "emulator/world/clocks.h"
#include "emulator/world/watchdog.h"
#include "runtime/isolate/isolate.h"

namespace offing::check {

namespace {

// Starts the Worker once and lets go of it. False: it does not start.
bool start_once(Engine& engine, const Bundle& bundle, const WorkerOptions& worker,
                int64_t stop_after_us, StartupRecorder& recorder, StartupResult& result) {
  RefusingHost host;
  std::expected<std::unique_ptr<Isolate>, std::string> started;
  {
    Watchdog watchdog([](void* starting) { static_cast<StartupRecorder*>(starting)->stop(); });
    watchdog.enter(&recorder);
    watchdog.allow(stop_after_us);
    started = Isolate::start(engine, host, bundle, worker, &recorder);
    watchdog.leave();
  }
  result.output = host.lines();
  if (!started) result.error = started.error();
  return started.has_value();
}

}  // namespace

int64_t median_of(std::vector<int64_t> values) {
  assert(!values.empty());
  std::ranges::sort(values);
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

StartupResult measure_startup(Engine& engine, const Bundle& bundle, const WorkerOptions& worker,
                              const StartupOptions& options) {
  assert(options.runs > 0);
  StartupResult result;
  int64_t total_us = 0;
  bool starts = true;
  for (int run = 0; run < options.runs && starts && total_us < options.enough_us; ++run) {
    StartupRecorder recorder(thread_cpu_us);
    starts = start_once(engine, bundle, worker, options.stop_after_us, recorder, result);
    result.stopped = recorder.stopped();
    result.runs_us.push_back(recorder.cpu_us());
    result.memory_bytes = std::max(result.memory_bytes, recorder.memory_bytes());
    result.exports = recorder.exports();
    total_us += recorder.cpu_us();
  }
  result.median_us = median_of(result.runs_us);
  result.min_us = *std::ranges::min_element(result.runs_us);
  result.max_us = *std::ranges::max_element(result.runs_us);
  // Of a start that never ends, a second shows well enough where it is.
  if (options.profile_interval_us > 0 && (starts || result.stopped)) {
    StartupRecorder recorder(thread_cpu_us, options.profile_interval_us);
    StartupResult profiled;
    start_once(engine, bundle, worker, result.stopped ? 1'000'000 : options.stop_after_us * 2,
               recorder, profiled);
    result.profile = recorder.take_profile();
  }
  return result;
}

}  // namespace offing::check
