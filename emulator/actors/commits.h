// Group commit of Durable Objects: everything that was committed in one turn of the loop becomes
// durable together, and each object is told then (spec/durable-objects.md 3.3, 3.4).
//
// In memory, without a delay or a fault, a commit is durable at once. A delay (`--do-commit-delay`)
// and the fault point `do.commit.fail` stand between commit and acknowledgement, where a real
// platform has its replicas: nothing may leave an object in that time.
// Owner: the Stack. Threading: the loop thread only.
#ifndef OFFING_EMULATOR_ACTORS_COMMITS_H_
#define OFFING_EMULATOR_ACTORS_COMMITS_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <vector>

#include "emulator/world/world.h"
#include "runtime/actor/guest_error.h"
#include "storage/durable/store.h"

namespace offing {

class Commits {
 public:
  using Done = std::move_only_function<void(std::expected<void, GuestError>)>;

  // `on_disk`: the store has a directory.
  Commits(World& world, durable::Store& store, bool on_disk, int64_t delay_us)
      : world_(world), store_(store), on_disk_(on_disk), delay_us_(delay_us) {}

  // As Host::make_durable.
  bool make_durable(Done done);
  // At the end of a run: what is committed is made durable now.
  void flush();

 private:
  void sync(std::vector<Done> waiting);
  void fail_later(Done done);
  void fail(uint64_t number);

  World& world_;
  durable::Store& store_;
  bool on_disk_;
  int64_t delay_us_;
  std::vector<Done> waiting_;          // of this turn
  std::map<uint64_t, Done> failing_;   // by the fault; not told yet
  uint64_t last_failing_ = 0;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_ACTORS_COMMITS_H_
