// What a Durable Object says to the outside waits until what it has written is durable
// (spec/durable-objects.md 3.3).
//
// Each transaction with a confirmed write is a lock, numbered in order; `open_through` opens all up
// to a number. A message waits for the locks taken before it, not for later ones, and messages
// leave in order. After `break_for_good` nothing leaves any more: what is held, and what comes, is
// told so.
#ifndef OFFING_RUNTIME_ACTOR_OUTPUT_GATE_H_
#define OFFING_RUNTIME_ACTOR_OUTPUT_GATE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

namespace offing {

class OutputGate {
 public:
  // `left`: the message may go. False: it never will; whoever waits for it must be told.
  using Task = std::move_only_function<void(bool left)>;
  using Lock = uint64_t;

  Lock lock() { return ++last_; }
  Lock last() const { return last_; }
  bool locked() const { return last_ > open_ && !defective; }

  // Runs `message` now or when the locks taken so far are open.
  void pass(Task message) {
    if (broken_) return message(false);
    if (!locked() && held_.empty()) return message(true);
    held_.push_back({last_, std::move(message)});
  }

  // Locks up to `lock` are durable. Messages run here: never call it from inside a turn.
  void open_through(Lock lock) {
    if (lock > open_) open_ = lock;
    while (!broken_ && !held_.empty() && held_.front().lock <= open_) {
      Task message = std::move(held_.front().message);
      held_.pop_front();
      message(true);
    }
  }

  void break_for_good() {
    broken_ = true;
    std::deque<Held> held = std::exchange(held_, {});
    for (Held& dropped : held) dropped.message(false);
  }
  bool broken() const { return broken_; }
  size_t held() const { return held_.size(); }

  // Test-only: lets everything pass (`gate.output.defective` of emulator/world/faults.h).
  bool defective = false;

 private:
  struct Held {
    Lock lock;
    Task message;
  };
  Lock last_ = 0;
  Lock open_ = 0;
  bool broken_ = false;
  std::deque<Held> held_;
};

}  // namespace offing

#endif  // OFFING_RUNTIME_ACTOR_OUTPUT_GATE_H_
