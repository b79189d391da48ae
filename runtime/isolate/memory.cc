#include "runtime/isolate/memory.h"

#include <v8-statistics.h>

#include <algorithm>
#include <cstdlib>

namespace offing {

static constexpr size_t kLargeBytes = 256 << 10;
// Beyond the limit: what one operation may take before the guest is stopped after it.
constexpr size_t kRoomBytes = 1024u << 20;
constexpr int kExtensions = 2;
constexpr int kCollections = 3;   // until what is held is known

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

void GuestMemory::size_heap(v8::ResourceConstraints& constraints, size_t heap_bytes) {
  constraints.ConfigureDefaultsFromHeapSize(0, heap_bytes);
  constraints.set_initial_old_generation_size_in_bytes(heap_bytes / 2);
  constraints.set_max_old_generation_size_in_bytes(heap_bytes + kRoomBytes);
}

void GuestMemory::watch(v8::Isolate* isolate, CpuWatch* watch) {
  isolate_ = isolate;
  watch_ = watch;
  collect_above_bytes_ = limit_bytes_;
  isolate->AddNearHeapLimitCallback(near_heap_limit, this);
  isolate->AddGCEpilogueCallback(after_collection, this, v8::kGCTypeMarkSweepCompact);
  isolate->AddGCEpilogueCallback(after_scavenge, this, v8::kGCTypeScavenge);
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
  if (watch_ != nullptr) watch_->allow(1);
}

// V8 counts buffers that are not of this allocator too: resizable ones, WebAssembly's, bodies. What a
// collection frees is freed by another thread, and counted as free when the next one begins.
size_t GuestMemory::held_bytes() const {
  v8::HeapStatistics heap;
  isolate_->GetHeapStatistics(&heap);
  const int64_t external_bytes = isolate_->AdjustAmountOfExternalAllocatedMemory(0);
  return heap.used_heap_size() +
         std::max({heap.external_memory(), buffers_bytes(), static_cast<size_t>(external_bytes)});
}

void GuestMemory::look_at_end() {
  if (held_bytes() > 2 * limit_bytes_) collect(isolate_, this);
}

// Heap and buffers together, as the platform counts (spec/limits.md 2). What is no garbage is known
// after a full collection only.
void GuestMemory::after_collection(v8::Isolate* isolate, v8::GCType, v8::GCCallbackFlags,
                                   void* self) {
  auto* memory = static_cast<GuestMemory*>(self);
  v8::HeapStatistics heap;
  isolate->GetHeapStatistics(&heap);
  // A collection that began under the guest before this one keeps what that one left.
  if (heap.used_heap_size() > 2 * memory->limit_bytes_) return memory->exceed();
  const size_t held_bytes = memory->held_bytes();
  memory->collect_above_bytes_ =
      std::max(memory->limit_bytes_, held_bytes + memory->limit_bytes_ / 8);
  if (held_bytes > memory->limit_bytes_) memory->look_closely();
}

// V8 would let much more garbage gather, since its own limit is far away.
void GuestMemory::after_scavenge(v8::Isolate*, v8::GCType, v8::GCCallbackFlags, void* self) {
  auto* memory = static_cast<GuestMemory*>(self);
  if (memory->held_bytes() > memory->collect_above_bytes_) memory->look_closely();
}

void GuestMemory::look_closely() {
  if (std::exchange(collecting_, true)) return;
  isolate_->RequestInterrupt(collect, this);
}

// Each collection but the first one tells what the one before freed.
void GuestMemory::collect(v8::Isolate* isolate, void* self) {
  auto* memory = static_cast<GuestMemory*>(self);
  memory->collecting_ = !memory->newly_exceeded_;
  if (memory->newly_exceeded_) return;
  for (int i = 0; i < kCollections; ++i) {
    isolate->MemoryPressureNotification(v8::MemoryPressureLevel::kCritical);
    if (memory->newly_exceeded_ || memory->held_bytes() <= memory->limit_bytes_) break;
  }
  memory->collecting_ = false;
  if (memory->held_bytes() > memory->limit_bytes_) memory->exceed();
}

// V8 ends the process when this gives no more; the guest is terminated at its next safe point, and
// until then it may use what is added here.
size_t GuestMemory::near_heap_limit(void* self, size_t current_bytes, size_t) {
  auto* memory = static_cast<GuestMemory*>(self);
  memory->exceed();
  if (memory->extensions_++ >= kExtensions) return current_bytes;
  return current_bytes + memory->limit_bytes_ / 2;
}

}  // namespace offing
