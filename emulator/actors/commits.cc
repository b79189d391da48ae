#include "emulator/actors/commits.h"

#include <algorithm>
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
  if (world_.fault(FaultPoint::kDurableCommitFail)) {
    fail_later(std::move(done));
    return false;
  }
  if (!on_disk_ && delay_us_ == 0 && failing_.empty()) {
    (void)store_.sync();
    return true;
  }
  waiting_.push_back(std::move(done));
  if (waiting_.size() > 1) return false;
  world_.at_turn_end([this] {
    std::vector<Done> waiting = std::exchange(waiting_, {});
    if (delay_us_ == 0) return sync(std::move(waiting));
    if (delay_us_ > kLockUs) {
      world_.schedule_after(kLockUs, [waiting = std::move(waiting)]() mutable {
        GuestError error = GuestError::reset(kTimedOut);
        error.overloaded = true;
        for (Done& one : waiting) one(std::unexpected(error));
      });
      return;
    }
    world_.schedule_after(delay_us_, [this, waiting = std::move(waiting)]() mutable {
      sync(std::move(waiting));
    });
  });
  return false;
}

void Commits::fail_later(Done done) {
  const uint64_t number = ++last_failing_;
  failing_.emplace(number, std::move(done));
  world_.at_turn_end([this, number] {
    if (delay_us_ == 0) return fail(number);
    world_.schedule_after(std::min(delay_us_, kLockUs), [this, number] { fail(number); });
  });
}

void Commits::fail(uint64_t number) {
  auto found = failing_.find(number);
  if (found == failing_.end()) return;
  Done done = std::move(found->second);
  failing_.erase(found);
  done(std::unexpected(failed()));
}

// The store keeps everything or nothing. So those that are to fail are told first, however long
// they would have waited: their objects' commits are taken back before the rest is kept.
void Commits::sync(std::vector<Done> waiting) {
  while (!failing_.empty()) fail(failing_.begin()->first);
  auto synced = store_.sync();
  for (Done& one : waiting) {
    if (synced) {
      one({});
    } else {
      GuestError error = failed();
      error.message += " (" + synced.error() + ")";
      one(std::unexpected(std::move(error)));
    }
  }
}

void Commits::flush() {
  if (store_.needs_sync()) (void)store_.sync();
}

}  // namespace offing
