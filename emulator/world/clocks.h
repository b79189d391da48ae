// The system's clocks, as numbers. Only for what is not part of a run: limits, reports, the user's day,
// and the parent process, which has no world. A run's time is World::now_us().
#ifndef OFFING_EMULATOR_WORLD_CLOCKS_H_
#define OFFING_EMULATOR_WORLD_CLOCKS_H_

#include <cstdint>

namespace offing {

// CPU time of the calling thread: for measuring limits and benchmarks, never for decisions of order.
int64_t thread_cpu_us();
// A stopwatch on the system's monotonic clock, for reports of real time.
int64_t monotonic_us();
// The calendar's time, for what is about the user's day and not about the run.
int64_t wall_clock_us();

}  // namespace offing

#endif  // OFFING_EMULATOR_WORLD_CLOCKS_H_
