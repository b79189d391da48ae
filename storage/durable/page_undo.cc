#include "storage/durable/page_undo.h"

#include <cassert>
#include <cstring>

namespace offing::durable {
namespace {

constexpr uint32_t kWord = 8;
constexpr uint32_t kBlock = 64;
// Two ranges nearer than this are one: a range's own header takes four bytes.
constexpr uint32_t kGapBytesMin = 16;

template <class T>
void put_number(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
template <class T>
T take_number(const char*& at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  at += sizeof value;
  return value;
}

bool same(const Page& a, const Page& b, uint32_t at, uint32_t length) {
  return std::memcmp(a.data() + at, b.data() + at, length) == 0;
}
uint32_t next_difference(const Page& a, const Page& b, uint32_t at) {
  while (at < kPageBytes) {
    if (at % kBlock == 0 && same(a, b, at, kBlock)) at += kBlock;
    else if (same(a, b, at, kWord)) at += kWord;
    else return at;
  }
  return kPageBytes;
}

}  // namespace

bool PageUndo::add(uint32_t number, const Page& before, const Page* after) {
  const size_t start = ranges_.size();
  put_number(ranges_, number);
  const size_t count_at = ranges_.size();
  uint16_t count = 0;
  put_number(ranges_, count);
  auto add_range = [&](uint32_t from, uint32_t to) {
    put_number(ranges_, static_cast<uint16_t>(from));
    put_number(ranges_, static_cast<uint16_t>(to - from));
    ranges_.append(reinterpret_cast<const char*>(before.data()) + from, to - from);
    ++count;
  };
  if (!after) {
    add_range(0, kPageBytes);
  } else {
    for (uint32_t from = next_difference(before, *after, 0); from < kPageBytes;) {
      uint32_t to = from + kWord;
      uint32_t next = next_difference(before, *after, to);
      while (next < kPageBytes && next - to < kGapBytesMin) {
        to = next + kWord;
        next = next_difference(before, *after, to);
      }
      // Up to the next difference's word only: `to` is the end of the last differing word.
      add_range(from, to);
      from = next;
    }
  }
  std::memcpy(ranges_.data() + count_at, &count, sizeof count);
  if (count == 0) ranges_.resize(start);
  return count > 0;
}

void PageUndo::apply(const std::function<Page&(uint32_t)>& page) const {
  const char* at = ranges_.data();
  const char* const end = at + ranges_.size();
  while (at < end) {
    Page& target = page(take_number<uint32_t>(at));
    for (uint16_t count = take_number<uint16_t>(at); count > 0; --count) {
      const auto from = take_number<uint16_t>(at);
      const auto length = take_number<uint16_t>(at);
      assert(from + length <= kPageBytes);
      std::memcpy(target.data() + from, at, length);
      at += length;
    }
  }
  assert(at == end);
}

size_t PageUndo::bytes() const {
  size_t total = sizeof *this + ranges_.capacity();
  if (whole) {
    total += whole->pages.capacity() * sizeof(PagePtr);
    for (const PagePtr& page : whole->pages) total += page ? kPageBytes : 0;
  }
  return total;
}

}  // namespace offing::durable
