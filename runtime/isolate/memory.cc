#include "runtime/isolate/memory.h"

#include <cstdlib>

namespace offing {

bool GuestMemory::reserve(size_t length) {
  const size_t before = used_bytes_.fetch_add(length, std::memory_order_relaxed);
  if (length <= limit_bytes_ && before <= limit_bytes_ - length) return true;
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

void GuestMemory::watch(v8::Isolate* isolate) {
  isolate_ = isolate;
  isolate->AddNearHeapLimitCallback(near_heap_limit, this);
}

// V8 aborts the process when this gives no more; the guest is terminated at its next safe point,
// and until then it may use what is added here.
size_t GuestMemory::near_heap_limit(void* self, size_t current_bytes, size_t initial_bytes) {
  auto* memory = static_cast<GuestMemory*>(self);
  memory->heap_exceeded_ = true;
  memory->isolate_->TerminateExecution();
  return current_bytes + initial_bytes / 2;
}

}  // namespace offing
