// The system's entropy and environment (its clocks: clocks.cc). No other room of the tree may read them.
#include <sys/random.h>
#include <cstdlib>
#include <optional>

#include "emulator/world/world.h"

namespace offing {

// Events run in one go before the loop polls its sockets again.
constexpr size_t kEventsPerTurn = 4096;

uint64_t system_seed() {
  uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, 0) != sizeof seed) std::abort();
  return seed;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

static WorldState real_state(uint64_t seed) { return {seed, wall_clock_us(), Faults(seed)}; }

RealWorld::RealWorld(std::optional<uint64_t> seed)
    : World(real_state(seed ? *seed : system_seed())), seeded_(seed.has_value()) {
  wall_offset_us_ = now_us_ - monotonic_us();
  uv_timer_init(loop(), &timer_);
  uv_prepare_init(loop(), &prepare_);
  uv_check_init(loop(), &check_);
  uv_idle_init(loop(), &idle_);
  timer_.data = prepare_.data = check_.data = idle_.data = this;
  uv_prepare_start(&prepare_, [](uv_prepare_t* h) { static_cast<RealWorld*>(h->data)->turn(); });
  uv_check_start(&check_, [](uv_check_t* h) { static_cast<RealWorld*>(h->data)->turn(); });
  uv_unref(reinterpret_cast<uv_handle_t*>(&prepare_));
  uv_unref(reinterpret_cast<uv_handle_t*>(&check_));
}

RealWorld::~RealWorld() = default;

void RealWorld::random_bytes(std::string_view stream, std::span<uint8_t> bytes) {
  if (seeded_) return World::random_bytes(stream, bytes);
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = getrandom(bytes.data() + done, bytes.size() - done, 0);
    if (n > 0) done += static_cast<size_t>(n);
  }
}

void RealWorld::turn() {
  if (in_turn_ || stopping()) return;
  in_turn_ = true;
  const int64_t now_us = monotonic_us() + wall_offset_us_;
  if (now_us > now_us_) now_us_ = now_us;
  bool drained = run_turn(kEventsPerTurn);
  if (!inner_.empty()) drained = settle_inner() && drained;
  in_turn_ = false;
  if (drained) {
    uv_idle_stop(&idle_);
    arm_timer();
  } else {
    uv_idle_start(&idle_, [](uv_idle_t*) {});  // keep the loop from sleeping
  }
}

// What they post to this world belongs to this turn, and may be news to them.
bool RealWorld::settle_inner() {
  bool drained = true;
  do {
    for (size_t i = 0; i < inner_.size(); ++i) {
      if (inner_[i] && inner_[i]->settle()) drained = false;
    }
    std::erase(inner_, nullptr);
    const auto due = scheduler_.next_due_us();
    if (!due || *due > now_us_) return drained;
  } while (run_turn(kEventsPerTurn));
  return false;
}

void RealWorld::let_go(VirtualWorld& inner) {
  for (VirtualWorld*& held : inner_) {
    if (held == &inner) held = nullptr;
  }
  if (!in_turn_) std::erase(inner_, nullptr);
}

// Most turns leave the next due event where it was: the timer is touched only when that moves.
void RealWorld::arm_timer() {
  const auto due = scheduler_.next_due_us();
  if (due == armed_due_us_) return;
  armed_due_us_ = due;
  if (!due) {
    uv_timer_stop(&timer_);
    return;
  }
  const int64_t wait_us = *due - (monotonic_us() + wall_offset_us_);
  const uint64_t wait_ms = wait_us <= 0 ? 0 : static_cast<uint64_t>((wait_us + 999) / 1000);
  uv_update_time(loop());
  uv_timer_start(
      &timer_,
      [](uv_timer_t* h) {
        auto* self = static_cast<RealWorld*>(h->data);
        self->armed_due_us_.reset();
        self->turn();
      },
      wait_ms, 0);
}

void RealWorld::run() {
  turn();
  while (!stopping()) uv_run(loop(), UV_RUN_DEFAULT);
}

}  // namespace offing
