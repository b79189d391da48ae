#include "emulator/world/clocks.h"

#include <ctime>

namespace offing {

static int64_t clock_us(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return static_cast<int64_t>(t.tv_sec) * 1000000 + t.tv_nsec / 1000;
}

int64_t thread_cpu_us() { return clock_us(CLOCK_THREAD_CPUTIME_ID); }
int64_t monotonic_us() { return clock_us(CLOCK_MONOTONIC); }
int64_t wall_clock_us() { return clock_us(CLOCK_REALTIME); }

}  // namespace offing
