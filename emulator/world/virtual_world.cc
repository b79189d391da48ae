#include <utility>

#include "emulator/world/world.h"

namespace offing {

// Events that one `settle` runs at most, so that a daemon hears of its sockets in between.
constexpr size_t kEventsPerSettle = 16384;

void VirtualWorld::run() {
  while (!stopping()) {
    run_turn(SIZE_MAX);
    if (stopping()) return;  // time stays where it was stopped
    if (externals_awaited_ > 0) {
      uv_run(loop(), UV_RUN_ONCE);
      continue;
    }
    if (awaits_external()) uv_run(loop(), UV_RUN_NOWAIT);
    if (!scheduler_.next_due_us(EventKind::kUpkeep)) return;
    jump_to(*scheduler_.next_due_us());
  }
}

bool VirtualWorld::settle() {
  if (settling_) return false;
  settling_ = true;
  const uint64_t began = events_run();
  bool more = true;
  while (more && !stopping() && events_run() - began < kEventsPerSettle) {
    if (!run_turn(kEventsPerSettle)) break;
    more = externals_awaited_ == 0 && step();
  }
  settling_ = false;
  return more && !stopping();
}

// What is next, now that this instant is over. False: nothing.
bool VirtualWorld::step() {
  const auto due = scheduler_.next_due_us();
  const auto work_due = scheduler_.next_due_us(EventKind::kWork);
  if (!moves_.empty()) {
    Move& move = moves_.front();
    if (due && *due <= move.target_us && (work_due || !move.until_idle)) {
      jump_to(*due);
      return true;
    }
    if (work_due || !move.until_idle) jump_to(move.target_us);
    Move made = std::move(move);
    moves_.pop_front();
    skipped_from_us_ = now_us_;
    made.done({events_run() - made.events_before, !work_due});
    return true;
  }
  if (!auto_skip_ || waiting_ == 0) return false;
  if (!work_due || *work_due > skipped_from_us_ + kSkipUsMax) return false;
  jump_to(*due);
  return true;
}

void VirtualWorld::end_wait() {
  --waiting_;
  skipped_from_us_ = now_us_;
}

void VirtualWorld::advance_to(int64_t target_us, MoveDone done) {
  moves_.push_back({target_us, false, events_run(), std::move(done)});
}

void VirtualWorld::run_until_idle(int64_t limit_us, MoveDone done) {
  moves_.push_back({limit_us, true, events_run(), std::move(done)});
}

}  // namespace offing
