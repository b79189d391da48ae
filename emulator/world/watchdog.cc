#include "emulator/world/watchdog.h"

#include <pthread.h>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <condition_variable>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <string_view>
#include <thread>

#include "emulator/world/world.h"

namespace offing {

constexpr int64_t kTickUs = 4'000;
constexpr uint32_t kLookTicks = 4;
constexpr int64_t kLongUs = 1'000;        // a stay whose CPU time is worth a system call
constexpr int64_t kAnchorAgeUs = 20'000;  // how old the known CPU time may be at `enter`

struct Watchdog::Core {
  Stop stop;
  Stop look;
  // Odd: inside, and each stay has a number of its own. The watchdog stores `stopped` before it looks
  // at `stay` again, `leave` changes `stay` before it looks at `stopped`: one of them sees the other.
  std::atomic<uint64_t> stay = 0;
  std::atomic<uint64_t> stopped = 0;
  std::atomic<int64_t> budget_us = 0;
  std::atomic<void*> what = nullptr;

  // The loop's thread alone.
  int64_t entered_us = 0;
  int64_t anchor_us = 0;       // when the CPU time was looked at last,
  int64_t anchor_cpu_us = 0;   // and what it was

  clockid_t clock;             // CPU time of the loop's thread
  std::mutex mutex;            // held while `stop` is called
  std::condition_variable changed;
  bool ending = false;
  std::thread thread;

  int64_t cpu_us() const {
    timespec time{};
    clock_gettime(clock, &time);
    return int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000;
  }
  void watch();
};

[[noreturn]] void give_up() {
  constexpr std::string_view kText =
      "offing: what was stopped 2 s ago still runs, in code of V8 that cannot be stopped: the "
      "process ends\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kText.data(), kText.size());
  std::abort();
}

void Watchdog::Core::watch() {
  uint64_t seen = 0;
  int64_t seen_cpu_us = 0;
  int64_t stopped_cpu_us = 0;
  uint32_t ticks = 0;
  std::unique_lock lock(mutex);
  while (!ending) {
    changed.wait_for(lock, std::chrono::microseconds(kTickUs));
    const uint64_t now = stay.load();
    if (now % 2 == 0) continue;
    if (now != seen) {
      seen = now;
      ticks = 0;
      seen_cpu_us = cpu_us();
      continue;
    }
    if (look != nullptr && ++ticks % kLookTicks == 0) look(what.load(std::memory_order_relaxed));
    const int64_t allowed_us = budget_us.load(std::memory_order_relaxed);
    if (allowed_us <= 0) continue;
    const int64_t now_cpu_us = cpu_us();
    if (now_cpu_us - seen_cpu_us < allowed_us) continue;
    if (stopped.load() != now) stopped_cpu_us = now_cpu_us;
    if (now_cpu_us - stopped_cpu_us > kGraceUs) give_up();
    stopped.store(now);
    if (stay.load() == now) stop(what.load(std::memory_order_relaxed));
  }
}

Watchdog::Watchdog(Stop stop, Stop look) : core_(std::make_unique<Core>()) {
  core_->stop = stop;
  core_->look = look;
  [[maybe_unused]] const int failed = pthread_getcpuclockid(pthread_self(), &core_->clock);
  assert(failed == 0);
  core_->thread = std::thread([core = core_.get()] { core->watch(); });
}

Watchdog::~Watchdog() {
  {
    std::lock_guard lock(core_->mutex);
    core_->ending = true;
  }
  core_->changed.notify_all();
  core_->thread.join();
}

void Watchdog::enter(void* what) {
  Core& core = *core_;
  core.entered_us = monotonic_us();
  if (core.entered_us - core.anchor_us > kAnchorAgeUs) {
    core.anchor_us = core.entered_us;
    core.anchor_cpu_us = core.cpu_us();
  }
  core.what.store(what, std::memory_order_relaxed);
  core.budget_us.store(0, std::memory_order_relaxed);
  core.stay.fetch_add(1, std::memory_order_release);
}

void Watchdog::allow(int64_t budget_us) {
  core_->budget_us.store(budget_us, std::memory_order_relaxed);
}

bool Watchdog::is_stopping() const { return core_->stopped.load() == core_->stay.load(); }

Watchdog::Stay Watchdog::leave() {
  Core& core = *core_;
  const uint64_t number = core.stay.fetch_add(1);
  assert(number % 2 == 1);
  Stay stay;
  if (core.stopped.load() == number) {
    stay.stopped = true;
    quiet();
  }
  const int64_t now_us = monotonic_us();
  stay.used_us = now_us - core.entered_us;
  if (stay.used_us < kLongUs) return stay;
  const int64_t cpu_us = core.cpu_us();
  stay.used_us = std::min(stay.used_us, cpu_us - core.anchor_cpu_us);
  core.anchor_us = now_us;
  core.anchor_cpu_us = cpu_us;
  return stay;
}

void Watchdog::quiet() { std::lock_guard lock(core_->mutex); }

}  // namespace offing
