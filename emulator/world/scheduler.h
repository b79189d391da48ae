// Events in order of (due time, sequence number): DESIGN rule 2.
//
// Two queues hold them. What is due now goes to a FIFO, which is the hot path: no heap, no lookup.
// What is due later waits in a binary heap and leaves it in the same total order. A cancelled event
// stays in its queue as an empty slot until its turn. What kind an event is of changes nothing of the
// order: it says what a world that looks for something to do makes of it.
// Invariant: `pop` never returns an event that is due after `now_us`, nor out of order.
#ifndef OFFING_EMULATOR_WORLD_SCHEDULER_H_
#define OFFING_EMULATOR_WORLD_SCHEDULER_H_

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <unordered_set>
#include <vector>

namespace offing {

using Task = std::move_only_function<void()>;
// Names an event until it has run; 0 names none.
using EventId = uint64_t;

enum class EventKind : uint8_t {
  kWork,       // somebody or something waits for it
  kUpkeep,     // nobody does, and it comes to an end by itself: eviction of what is idle
  kRecurring,  // comes again for ever: a cron trigger
};

class Scheduler {
 public:
  EventId add(int64_t due_us, int64_t now_us, Task task, EventKind kind = EventKind::kWork);
  // True when the event had not run yet; it will not.
  bool cancel(EventId id);
  // The next event due at or before `now_us`, if any.
  std::optional<Task> pop(int64_t now_us);
  // When the earliest event is due, of those kinds up to `last`. What is due now is work.
  std::optional<int64_t> next_due_us(EventKind last = EventKind::kRecurring);
  bool empty() { return !next_due_us().has_value(); }

 private:
  struct Entry {
    int64_t due_us;
    EventId id;  // doubles as the sequence number
    Task task;
  };
  static bool later(const Entry& a, const Entry& b) {
    return a.due_us != b.due_us ? a.due_us > b.due_us : a.id > b.id;
  }
  using Heap = std::vector<Entry>;
  void drop_cancelled();
  // The one with the earliest event of those kinds; null: they are empty.
  Heap* earliest(EventKind last);

  EventId next_id_ = 1;
  std::deque<Entry> ready_;
  std::array<Heap, 3> heaps_;               // one for each kind
  std::unordered_set<EventId> waiting_;    // ids in heaps_ that may still be cancelled
  std::unordered_set<EventId> cancelled_;  // ids cancelled, not yet dropped
};

}  // namespace offing

#endif  // OFFING_EMULATOR_WORLD_SCHEDULER_H_
