// Stops guests that compute for too long: the runtime's CpuWatch on the world's watchdog thread. In a
// virtual world, or under a seed, what a run does must not depend on how fast the machine is: there
// it only stops what has run for kRunawayUs without a pause, whatever the profile says, and that is
// what the log says too (DESIGN rule 4).
// Owner: the Stack; it outlives every isolate.
#ifndef OFFING_EMULATOR_TOPOLOGY_GUEST_WATCH_H_
#define OFFING_EMULATOR_TOPOLOGY_GUEST_WATCH_H_

#include "emulator/world/watchdog.h"
#include "runtime/limits/cpu_watch.h"

namespace offing {

class GuestWatch final : public CpuWatch {
 public:
  static constexpr int64_t kRunawayUs = 10'000'000;

  explicit GuestWatch(bool only_runaways);
  void enter(v8::Isolate* isolate) override;
  void allow(int64_t budget_us) override;
  bool is_stopping() const override { return watchdog_.is_stopping(); }
  Stay leave() override;
  void forget(v8::Isolate*) override { watchdog_.quiet(); }

 private:
  bool only_runaways_;
  Watchdog watchdog_;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_TOPOLOGY_GUEST_WATCH_H_
