#include "runtime/isolate/memory.h"

#include <v8-statistics.h>

#include <algorithm>
#include <cstdlib>

namespace offing {

static constexpr size_t kLargeBytes = 256 << 10;

bool GuestMemory::reserve(size_t length) {
  const size_t before = used_bytes_.fetch_add(length, std::memory_order_relaxed);
  if (length <= limit_bytes_ && before <= limit_bytes_ - length) {
    if (length >= kLargeBytes && watching_peak_)
      peak_bytes_ = std::max(peak_bytes_.load(), heap_bytes_ + before + length);
    return true;
  }
  used_bytes_.fetch_sub(length, std::memory_order_relaxed);
  return false;
}

void* GuestMemory::Allocate(size_t length) {
  return reserve(length) ? std::calloc(length == 0 ? 1 : length, 1) : nullptr;
}

void* GuestMemory::AllocateUninitialized(size_t length) {
  return reserve(length) ? std::malloc(length == 0 ? 1 : length) : nullptr;
}

void GuestMemory::Free(void* data, size_t length) {
  std::free(data);
  used_bytes_.fetch_sub(length, std::memory_order_relaxed);
}

void GuestMemory::charge(size_t bytes) {
  if (bytes == 0) return;
  const size_t before = used_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  isolate_->AdjustAmountOfExternalAllocatedMemory(static_cast<int64_t>(bytes));
  // What is garbage may still be among it: after_collection decides.
  if (before + bytes > limit_bytes_) isolate_->LowMemoryNotification();
}

void GuestMemory::discharge(size_t bytes) {
  if (bytes == 0) return;
  used_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  isolate_->AdjustAmountOfExternalAllocatedMemory(-static_cast<int64_t>(bytes));
}

void GuestMemory::watch(v8::Isolate* isolate) {
  isolate_ = isolate;
  isolate->AddNearHeapLimitCallback(near_heap_limit, this);
  isolate->AddGCEpilogueCallback(after_collection, this, v8::kGCTypeMarkSweepCompact);
}

void GuestMemory::watch_peak() {
  watching_peak_ = true;
  isolate_->AddGCPrologueCallback(before_collection, this);
}

void GuestMemory::look() {
  v8::HeapStatistics heap;
  isolate_->GetHeapStatistics(&heap);
  heap_bytes_ = heap.used_heap_size();
  peak_bytes_ = std::max(peak_bytes_.load(), heap_bytes_ + buffers_bytes());
}

void GuestMemory::before_collection(v8::Isolate*, v8::GCType, v8::GCCallbackFlags, void* self) {
  static_cast<GuestMemory*>(self)->look();
}

size_t GuestMemory::take_peak() {
  look();
  return peak_bytes_.exchange(0);
}

void GuestMemory::exceed() {
  heap_exceeded_ = newly_exceeded_ = true;
  isolate_->TerminateExecution();
}

// Heap and buffers together, as the platform counts (spec/limits.md 2). What is no garbage is known
// after a full collection only.
void GuestMemory::after_collection(v8::Isolate* isolate, v8::GCType, v8::GCCallbackFlags,
                                   void* self) {
  auto* memory = static_cast<GuestMemory*>(self);
  v8::HeapStatistics heap;
  isolate->GetHeapStatistics(&heap);
  if (heap.used_heap_size() + memory->buffers_bytes() > memory->limit_bytes_) memory->exceed();
}

// V8 aborts the process when this gives no more; the guest is terminated at its next safe point,
// and until then it may use what is added here.
size_t GuestMemory::near_heap_limit(void* self, size_t current_bytes, size_t initial_bytes) {
  auto* memory = static_cast<GuestMemory*>(self);
  memory->exceed();
  return current_bytes + initial_bytes / 2;
}

}  // namespace offing
