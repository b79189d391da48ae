#include "emulator/world/random.h"

#include <bit>
#include <cmath>

namespace offing {

static uint64_t split_mix(uint64_t& state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

Random::Random(uint64_t seed, std::string_view stream) {
  uint64_t mixed = seed;
  for (unsigned char c : stream) mixed = (mixed ^ c) * 0x100000001b3ULL + 0x9e3779b9ULL;
  for (uint64_t& word : state_) word = split_mix(mixed);
}

uint64_t Random::next() {
  const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double Random::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

int64_t Random::between(int64_t low, int64_t high) {
  const uint64_t span = static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1;
  if (span == 0) return static_cast<int64_t>(next());
  return low + static_cast<int64_t>(next() % span);
}

double Random::exponential(double mean) { return -mean * std::log1p(-uniform()); }

void Random::fill(std::span<uint8_t> bytes) {
  size_t i = 0;
  while (i < bytes.size()) {
    uint64_t word = next();
    for (int k = 0; k < 8 && i < bytes.size(); ++k, word >>= 8) bytes[i++] = word & 0xff;
  }
}

}  // namespace offing
