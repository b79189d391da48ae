// An answer that takes its time: what a fault rule's latency makes of a callback.
#ifndef OFFING_EMULATOR_SERVICES_DELAYED_H_
#define OFFING_EMULATOR_SERVICES_DELAYED_H_

#include <functional>
#include <utility>

#include "emulator/world/world.h"

namespace offing {

template <class Answer>
std::move_only_function<void(Answer)> delayed(World& world, int64_t us,
                                              std::move_only_function<void(Answer)> done) {
  return [&world, us, done = std::move(done)](Answer answer) mutable {
    world.schedule_after(us, [done = std::move(done), answer = std::move(answer)]() mutable {
      done(std::move(answer));
    });
  };
}

}  // namespace offing

#endif  // OFFING_EMULATOR_SERVICES_DELAYED_H_
