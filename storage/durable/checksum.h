// A fast 64-bit checksum of whole 8-byte words, in four lanes; finds torn and flipped bytes, not
// malice.
#ifndef OFFING_STORAGE_DURABLE_CHECKSUM_H_
#define OFFING_STORAGE_DURABLE_CHECKSUM_H_

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace offing::durable {

class Checksum {
 public:
  void add(const void* bytes, size_t size) {  // a multiple of 8
    assert(size % 8 == 0);
    const auto* at = static_cast<const uint8_t*>(bytes);
    size_t words = size / 8;
    while (words > 0 && next_ != 0) add_word(at), at += 8, --words;
    for (; words >= 4; words -= 4, at += 32)
      for (int lane = 0; lane < 4; ++lane) mix(lane, load(at + 8 * lane));
    for (; words > 0; --words, at += 8) add_word(at);
  }
  uint64_t value() const {
    uint64_t out = next_;
    for (uint64_t lane : lanes_) out = (out ^ lane ^ (lane >> 29)) * kMultiplier;
    return out ^ (out >> 32);
  }

 private:
  static constexpr uint64_t kMultiplier = 0x9fb21c651e98df25;
  static uint64_t load(const uint8_t* at) {
    uint64_t word;
    std::memcpy(&word, at, sizeof word);
    return word;
  }
  void mix(int lane, uint64_t word) {
    const uint64_t x = (lanes_[lane] ^ word) * kMultiplier;
    lanes_[lane] = x ^ (x >> 31);
  }
  void add_word(const uint8_t* at) {
    mix(next_, load(at));
    next_ = (next_ + 1) % 4;
  }

  uint64_t lanes_[4] = {1, 2, 3, 4};
  int next_ = 0;
};

}  // namespace offing::durable

#endif  // OFFING_STORAGE_DURABLE_CHECKSUM_H_
