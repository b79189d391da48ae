// Promises that a native function gave to the guest and that an answer of the host will settle.
// Each is named by a ticket: a slot number and a generation, so that an answer which comes after its
// request has ended finds nothing.
#ifndef OFFING_RUNTIME_ISOLATE_PENDING_H_
#define OFFING_RUNTIME_ISOLATE_PENDING_H_

#include <v8-persistent-handle.h>
#include <v8-promise.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/host.h"
#include "runtime/isolate/memory.h"

namespace offing {

using Ticket = uint64_t;

class PendingTable {
 public:
  explicit PendingTable(GuestMemory& memory) : memory_(memory) {}
  struct Taken {
    v8::Local<v8::Promise::Resolver> resolver;
    RequestId request;
  };

  // `section`: of an actor's input gate, in which the answer belongs; 0 for none.
  Ticket open(v8::Isolate* isolate, v8::Local<v8::Promise::Resolver> resolver, RequestId request,
              uint32_t section = 0) {
    if (free_.empty()) {
      free_.push_back(static_cast<uint32_t>(slots_.size()));
      slots_.emplace_back();
    }
    const uint32_t index = free_.back();
    free_.pop_back();
    Slot& slot = slots_[index];
    slot.resolver.Reset(isolate, resolver);
    slot.request = request;
    slot.section = section;
    return static_cast<Ticket>(slot.generation) << 32 | index;
  }

  // Whose answer it is, without taking it: {0, 0} when the request has ended.
  std::pair<RequestId, uint32_t> owner_of(Ticket ticket) const {
    const uint32_t index = static_cast<uint32_t>(ticket);
    if (index >= slots_.size() || slots_[index].generation != ticket >> 32) return {0, 0};
    return {slots_[index].request, slots_[index].section};
  }

  // Until this is settled or dropped the guest's memory is charged so much (spec/limits.md 2.1).
  void charge(Ticket ticket, uint32_t bytes) {
    Slot& slot = slots_[static_cast<uint32_t>(ticket)];
    slot.charged_bytes = bytes;
    memory_.charge(bytes);
  }

  // Needs an open handle scope. Each ticket is good for one take.
  std::optional<Taken> take(v8::Isolate* isolate, Ticket ticket) {
    const uint32_t index = static_cast<uint32_t>(ticket);
    if (index >= slots_.size() || slots_[index].generation != ticket >> 32) return std::nullopt;
    Slot& slot = slots_[index];
    Taken taken{slot.resolver.Get(isolate), slot.request};
    release(index);
    return taken;
  }

  void drop_of(RequestId request) {
    for (uint32_t i = 0; i < slots_.size(); ++i) {
      if (!slots_[i].resolver.IsEmpty() && slots_[i].request == request) release(i);
    }
  }

  void clear() { slots_.clear(), free_.clear(); }

 private:
  struct Slot {
    v8::Global<v8::Promise::Resolver> resolver;
    RequestId request = 0;
    uint32_t section = 0;
    uint32_t generation = 1;
    uint32_t charged_bytes = 0;
  };
  void release(uint32_t index) {
    slots_[index].resolver.Reset();
    ++slots_[index].generation;
    memory_.discharge(std::exchange(slots_[index].charged_bytes, 0));
    free_.push_back(index);
  }

  GuestMemory& memory_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
};

}  // namespace offing

#endif  // OFFING_RUNTIME_ISOLATE_PENDING_H_
