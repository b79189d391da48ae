// A thread that looks at the loop's thread: has one stay of control somewhere used more CPU time than
// it may? Then it calls `stop`, from its own thread, again every few milliseconds until the stay is
// over. `enter` and `leave` cost a few atomic operations and two looks at a clock: they are on the
// path of every request.
//
// What runs on for kGraceUs of CPU time after it was stopped cannot be stopped (some of V8's own
// loops never look): then the process ends by SIGABRT, rather than be dead to all for ever.
//
// Budgets are CPU time as the watchdog sees it, to the next tick. What `leave` says a stay took is real
// time while that is short, and CPU time when it was longer.
// Threading: made and used by the loop's thread. Destroying it ends its thread.
#ifndef OFFING_EMULATOR_WORLD_WATCHDOG_H_
#define OFFING_EMULATOR_WORLD_WATCHDOG_H_

#include <cstdint>
#include <memory>

namespace offing {

class Watchdog {
 public:
  using Stop = void (*)(void* what);
  static constexpr int64_t kGraceUs = 2'000'000;

  // `look`, if there is one, is called every 16 ms of a long stay, as `stop` is.
  explicit Watchdog(Stop stop, Stop look = nullptr);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;

  void enter(void* what);
  void allow(int64_t budget_us);   // from the stay's beginning; 0: without end
  bool is_stopping() const;
  struct Stay {
    int64_t used_us = 0;
    bool stopped = false;
  };
  Stay leave();
  // After this `stop` is not being called, nor will be until the next `enter`.
  void quiet();

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_WORLD_WATCHDOG_H_
