// How the locations of a run reach what is stored in one place for all (KV's central store, R2): the way
// is open, or what wants to go waits, or it fails. Those that wait try again, in order and as events of
// that instant, when their location's way changes.
// Owner: the service. Threading: the loop thread.
#ifndef OFFING_EMULATOR_SERVICES_CENTRAL_WAY_H_
#define OFFING_EMULATOR_SERVICES_CENTRAL_WAY_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "emulator/world/link_state.h"
#include "emulator/world/world.h"

namespace offing {

class CentralWay {
 public:
  explicit CentralWay(World& world) : world_(world) {}

  bool all_open() const { return closed_.empty(); }
  LinkState state(std::string_view location) const {
    for (const Closed& one : closed_) {
      if (one.location == location) return one.state;
    }
    return LinkState::kOpen;
  }
  void set(std::string_view location, LinkState state) {
    std::vector<Task> waiting;
    for (Closed& one : closed_) {
      if (one.location == location) waiting = std::move(one.waiting);
    }
    std::erase_if(closed_, [location](const Closed& one) { return one.location == location; });
    if (state != LinkState::kOpen) closed_.push_back({std::string(location), state, {}});
    for (Task& task : waiting) world_.post(std::move(task));
  }
  // Until the state of this location, which is not open, changes.
  void wait(std::string_view location, Task retry) {
    for (Closed& one : closed_) {
      if (one.location == location) return one.waiting.push_back(std::move(retry));
    }
  }

 private:
  struct Closed {
    std::string location;
    LinkState state;
    std::vector<Task> waiting;
  };
  World& world_;
  std::vector<Closed> closed_;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_SERVICES_CENTRAL_WAY_H_
