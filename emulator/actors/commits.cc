#include "emulator/actors/commits.h"

#include <utility>

namespace offing {

// spec/durable-objects.md 3.3, rules 16, 17 and 19.
static constexpr int64_t kLockUs = 30'000'000;
static constexpr const char* kTimedOut =
    "Durable Object storage operation exceeded timeout which caused object to be reset.";
static constexpr const char* kFailed =
    "Internal error in Durable Object storage write caused object to be reset.";

static GuestError failed() { return GuestError::reset(kFailed); }

bool Commits::make_durable(Done done) {
  const bool fail = world_.fault(FaultPoint::kDurableCommitFail);
  if (!fail && !on_disk_ && delay_us_ == 0) {
    (void)store_.sync();
    return true;
  }
  waiting_.push_back({std::move(done), fail});
  if (waiting_.size() > 1) return false;
  world_.at_turn_end([this] {
    std::vector<Waiting> waiting = std::exchange(waiting_, {});
    if (delay_us_ == 0) return sync(std::move(waiting));
    if (delay_us_ > kLockUs) {
      world_.schedule_after(kLockUs, [waiting = std::move(waiting)]() mutable {
        GuestError error = GuestError::reset(kTimedOut);
        error.overloaded = true;
        for (Waiting& one : waiting) one.done(std::unexpected(error));
      });
      return;
    }
    world_.schedule_after(delay_us_, [this, waiting = std::move(waiting)]() mutable {
      sync(std::move(waiting));
    });
  });
  return false;
}

// Those that are to fail are told first: their objects' commits are taken back before the rest is
// kept.
void Commits::sync(std::vector<Waiting> waiting) {
  for (Waiting& one : waiting) {
    if (one.fail) one.done(std::unexpected(failed()));
  }
  auto synced = store_.sync();
  for (Waiting& one : waiting) {
    if (one.fail) continue;
    if (synced) {
      one.done({});
    } else {
      GuestError error = failed();
      error.message += " (" + synced.error() + ")";
      one.done(std::unexpected(std::move(error)));
    }
  }
}

void Commits::flush() {
  if (store_.needs_sync()) (void)store_.sync();
}

}  // namespace offing
