#include "emulator/world/cpu_guard.h"

#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace offing {

struct CpuGuard::Watch {
  clockid_t clock;  // CPU time of the watched thread
  int64_t deadline_us;
  std::function<void()> expired;
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  std::thread thread;

  int64_t used_us() const {
    timespec time{};
    clock_gettime(clock, &time);
    return int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000;
  }
  void run();
};

// CPU time never passes faster than real time: what is left of it is the shortest time to sleep.
void CpuGuard::Watch::run() {
  constexpr int64_t kShortestSleepUs = 500;
  std::unique_lock lock(mutex);
  while (!done) {
    const int64_t left_us = deadline_us - used_us();
    if (left_us <= 0) {
      done = true;
      lock.unlock();
      expired();
      return;
    }
    changed.wait_for(lock, std::chrono::microseconds(std::max(left_us, kShortestSleepUs)));
  }
}

CpuGuard::CpuGuard(int64_t budget_us, std::function<void()> expired)
    : watch_(std::make_unique<Watch>()) {
  assert(budget_us > 0);
  [[maybe_unused]] const int failed = pthread_getcpuclockid(pthread_self(), &watch_->clock);
  assert(failed == 0);
  watch_->deadline_us = watch_->used_us() + budget_us;
  watch_->expired = std::move(expired);
  watch_->thread = std::thread([watch = watch_.get()] { watch->run(); });
}

CpuGuard::~CpuGuard() {
  {
    std::lock_guard lock(watch_->mutex);
    watch_->done = true;
  }
  watch_->changed.notify_all();
  watch_->thread.join();
}

}  // namespace offing
