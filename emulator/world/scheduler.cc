#include "emulator/world/scheduler.h"

#include <algorithm>
#include <utility>

namespace offing {

EventId Scheduler::add(int64_t due_us, int64_t now_us, Task task) {
  const EventId id = next_id_++;
  if (due_us <= now_us) {
    ready_.push_back({now_us, id, std::move(task)});
  } else {
    heap_.push_back({due_us, id, std::move(task)});
    std::push_heap(heap_.begin(), heap_.end(), later);
    waiting_.insert(id);
  }
  return id;
}

bool Scheduler::cancel(EventId id) {
  if (waiting_.erase(id) == 0) {
    // Perhaps in the FIFO: rare, and short-lived, so a search is fine.
    for (Entry& entry : ready_) {
      if (entry.id == id && entry.task) {
        entry.task = nullptr;
        return true;
      }
    }
    return false;
  }
  cancelled_.insert(id);
  return true;
}

void Scheduler::drop_cancelled() {
  while (!ready_.empty() && !ready_.front().task) ready_.pop_front();
  while (!heap_.empty() && cancelled_.erase(heap_.front().id) != 0) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
  }
}

std::optional<Task> Scheduler::pop(int64_t now_us) {
  drop_cancelled();
  const bool heap_due = !heap_.empty() && heap_.front().due_us <= now_us;
  if (heap_due && (ready_.empty() || later(ready_.front(), heap_.front()))) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    Entry entry = std::move(heap_.back());
    heap_.pop_back();
    waiting_.erase(entry.id);
    return std::move(entry.task);
  }
  if (ready_.empty()) return std::nullopt;
  Task task = std::move(ready_.front().task);
  ready_.pop_front();
  return task;
}

std::optional<int64_t> Scheduler::next_due_us() {
  drop_cancelled();
  std::optional<int64_t> due;
  if (!ready_.empty()) due = ready_.front().due_us;
  if (!heap_.empty() && (!due || heap_.front().due_us < *due)) due = heap_.front().due_us;
  return due;
}

}  // namespace offing
