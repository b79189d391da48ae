// The memory of one guest isolate: an ArrayBuffer allocator that counts and refuses beyond a limit
// (the guest then sees `RangeError: Array buffer allocation failed`), and a look at heap and
// buffers together after collections: beyond the limit the guest is stopped, not the process.
//
// V8 ends the process when an allocation does not fit into its heap, so that its own limit is far
// beyond ours: what one operation asks for (a map that doubles its table) fits, and the guest is
// stopped after it. V8's helper threads free buffers too, hence the atomic counter.
#ifndef OFFING_RUNTIME_ISOLATE_MEMORY_H_
#define OFFING_RUNTIME_ISOLATE_MEMORY_H_

#include <v8-array-buffer.h>
#include <v8-isolate.h>

#include <atomic>
#include <cstddef>
#include <utility>

#include "runtime/limits/cpu_watch.h"

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
  // From now on the most that was held is known: before each collection, after a large buffer came,
  // and when it is asked for. What is garbage and not collected yet is held.
  void watch_peak();
  // Since the last time.
  size_t take_peak();
  // Before the isolate is made: how V8 is to size a heap whose limit is `heap_bytes`.
  static void size_heap(v8::ResourceConstraints& constraints, size_t heap_bytes);
  // Looks at `isolate` from now on. `watch`, or null, sees to it that the guest really stops.
  void watch(v8::Isolate* isolate, CpuWatch* watch);
  // After a long stay: is more than twice the limit held? One operation may have taken that much
  // without a collection (a string of 500 MB).
  void look_at_end();

 private:
  static size_t near_heap_limit(void* self, size_t current_bytes, size_t initial_bytes);
  static void after_collection(v8::Isolate* isolate, v8::GCType, v8::GCCallbackFlags, void* self);
  static void before_collection(v8::Isolate* isolate, v8::GCType, v8::GCCallbackFlags, void* self);
  void look();
  static void after_scavenge(v8::Isolate* isolate, v8::GCType, v8::GCCallbackFlags, void* self);
  static void collect(v8::Isolate* isolate, void* self);
  void look_closely();
  void exceed();
  size_t held_bytes() const;
  bool reserve(size_t length);

  const size_t limit_bytes_;
  std::atomic<size_t> used_bytes_ = 0;
  v8::Isolate* isolate_ = nullptr;
  bool watching_peak_ = false;
  size_t heap_bytes_ = 0;                   // when it was looked at last
  std::atomic<size_t> peak_bytes_ = 0;
  CpuWatch* watch_ = nullptr;
  size_t collect_above_bytes_ = 0;   // after a scavenge; there may be too much that is no garbage
  bool collecting_ = false;          // asked for
  int extensions_ = 0;               // of V8's own limit
  bool heap_exceeded_ = false;
  bool newly_exceeded_ = false;
};

}  // namespace offing

#endif  // OFFING_RUNTIME_ISOLATE_MEMORY_H_
