// A table from non-zero 64-bit ids to values: open addressing, linear probing, no allocation while
// it does not grow. For what is looked up several times in each request.
// A reference into the table lives until the next add or remove.
#ifndef OFFING_RUNTIME_ISOLATE_ID_TABLE_H_
#define OFFING_RUNTIME_ISOLATE_ID_TABLE_H_

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace offing {

template <class Value>
class IdTable {
 public:
  IdTable() : slots_(16) {}

  Value* find(uint64_t id) {
    if (id == 0) return nullptr;
    for (size_t at = home(id);; at = next(at)) {
      if (slots_[at].id == id) return &slots_[at].value;
      if (slots_[at].id == 0) return nullptr;
    }
  }

  Value& add(uint64_t id, Value value) {
    assert(id != 0 && find(id) == nullptr);
    if ((size_ + 1) * 2 > slots_.size()) grow();
    ++size_;
    size_t at = home(id);
    while (slots_[at].id != 0) at = next(at);
    slots_[at] = {id, std::move(value)};
    return slots_[at].value;
  }

  // True when it was there. Later entries of the same run move up, so no tombstones remain.
  bool remove(uint64_t id) {
    if (id == 0) return false;
    size_t at = home(id);
    while (slots_[at].id != id) {
      if (slots_[at].id == 0) return false;
      at = next(at);
    }
    for (size_t from = next(at); slots_[from].id != 0; from = next(from)) {
      const size_t want = home(slots_[from].id);
      if (((from - want) & mask()) < ((from - at) & mask())) continue;
      slots_[at] = std::move(slots_[from]);
      at = from;
    }
    slots_[at] = {};
    --size_;
    return true;
  }

  size_t size() const { return size_; }

  // `visit(id, value)`; it must not add or remove.
  template <class Visit>
  void for_each(Visit visit) {
    for (Slot& slot : slots_) {
      if (slot.id != 0) visit(slot.id, slot.value);
    }
  }

 private:
  struct Slot {
    uint64_t id = 0;
    Value value{};
  };
  size_t mask() const { return slots_.size() - 1; }
  size_t home(uint64_t id) const { return (id * 0x9e3779b97f4a7c15u >> 32) & mask(); }
  size_t next(size_t at) const { return (at + 1) & mask(); }
  void grow() {
    std::vector<Slot> old = std::move(slots_);
    slots_ = std::vector<Slot>(old.size() * 2);
    size_ = 0;
    for (Slot& slot : old) {
      if (slot.id != 0) add(slot.id, std::move(slot.value));
    }
  }

  std::vector<Slot> slots_;
  size_t size_ = 0;
};

}  // namespace offing

#endif  // OFFING_RUNTIME_ISOLATE_ID_TABLE_H_
