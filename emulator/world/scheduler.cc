#include "emulator/world/scheduler.h"

#include <algorithm>
#include <utility>

namespace offing {

EventId Scheduler::add(int64_t due_us, int64_t now_us, Task task, EventKind kind) {
  const EventId id = next_id_++;
  if (due_us <= now_us) {
    ready_.push_back({now_us, id, std::move(task)});
  } else {
    Heap& heap = heaps_[static_cast<size_t>(kind)];
    heap.push_back({due_us, id, std::move(task)});
    std::push_heap(heap.begin(), heap.end(), later);
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
  if (cancelled_.empty()) return;
  for (Heap& heap : heaps_) {
    while (!heap.empty() && cancelled_.erase(heap.front().id) != 0) {
      std::pop_heap(heap.begin(), heap.end(), later);
      heap.pop_back();
    }
  }
}

Scheduler::Heap* Scheduler::earliest(EventKind last) {
  Heap* first = nullptr;
  for (size_t i = 0; i <= static_cast<size_t>(last); ++i) {
    if (heaps_[i].empty()) continue;
    if (first == nullptr || later(first->front(), heaps_[i].front())) first = &heaps_[i];
  }
  return first;
}

std::optional<Task> Scheduler::pop(int64_t now_us) {
  drop_cancelled();
  Heap* heap = earliest(EventKind::kRecurring);
  const bool heap_due = heap != nullptr && heap->front().due_us <= now_us;
  if (heap_due && (ready_.empty() || later(ready_.front(), heap->front()))) {
    std::pop_heap(heap->begin(), heap->end(), later);
    Entry entry = std::move(heap->back());
    heap->pop_back();
    waiting_.erase(entry.id);
    return std::move(entry.task);
  }
  if (ready_.empty()) return std::nullopt;
  Task task = std::move(ready_.front().task);
  ready_.pop_front();
  return task;
}

std::optional<int64_t> Scheduler::next_due_us(EventKind last) {
  drop_cancelled();
  std::optional<int64_t> due;
  if (!ready_.empty()) due = ready_.front().due_us;
  const Heap* heap = earliest(last);
  if (heap != nullptr && (!due || heap->front().due_us < *due)) due = heap->front().due_us;
  return due;
}

}  // namespace offing
