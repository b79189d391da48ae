// Memory of one guest isolate outside V8's own heap: an ArrayBuffer allocator that counts and
// refuses beyond a limit (the guest then sees `RangeError: Array buffer allocation failed`), and
// what happens when the JavaScript heap nears its limit: the guest is stopped, not the process.
// V8's helper threads free buffers too, hence the atomic counter.
#ifndef OFFING_RUNTIME_ISOLATE_MEMORY_H_
#define OFFING_RUNTIME_ISOLATE_MEMORY_H_

#include <v8-array-buffer.h>
#include <v8-isolate.h>

#include <atomic>
#include <cstddef>
#include <utility>

namespace offing {

class GuestMemory final : public v8::ArrayBuffer::Allocator {
 public:
  explicit GuestMemory(size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  void* Allocate(size_t length) override;
  void* AllocateUninitialized(size_t length) override;
  void Free(void* data, size_t length) override;

  // What the isolate is charged for something that is no memory of its own. Beyond the limit the
  // guest is stopped at its next safe point.
  void charge(size_t bytes);
  void discharge(size_t bytes);

  // With what is charged.
  size_t buffers_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }
  bool heap_exceeded() const { return heap_exceeded_; }
  bool is_newly_exceeded() const { return newly_exceeded_; }
  // Once for each time that the limit was passed.
  bool take_exceeded() { return std::exchange(newly_exceeded_, false); }
  // Asks V8 to tell this object when the heap of `isolate` is nearly full.
  void watch(v8::Isolate* isolate);
  // From now on the most that was held is known: before each collection, after a large buffer came,
  // and when it is asked for. What is garbage and not collected yet is held.
  void watch_peak();
  // Since the last time.
  size_t take_peak();

 private:
  static size_t near_heap_limit(void* self, size_t current_bytes, size_t initial_bytes);
  static void after_collection(v8::Isolate* isolate, v8::GCType, v8::GCCallbackFlags, void* self);
  static void before_collection(v8::Isolate* isolate, v8::GCType, v8::GCCallbackFlags, void* self);
  void exceed();
  void look();
  bool reserve(size_t length);

  const size_t limit_bytes_;
  std::atomic<size_t> used_bytes_ = 0;
  v8::Isolate* isolate_ = nullptr;
  bool watching_peak_ = false;
  size_t heap_bytes_ = 0;                   // when it was looked at last
  std::atomic<size_t> peak_bytes_ = 0;
  bool heap_exceeded_ = false;
  bool newly_exceeded_ = false;
};

}  // namespace offing

#endif  // OFFING_RUNTIME_ISOLATE_MEMORY_H_
