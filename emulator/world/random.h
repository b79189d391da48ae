// A stream of random numbers, split by purpose and owner (DESIGN rule 3): drawing more from one
// stream never shifts another. xoshiro256** seeded through SplitMix64; the numbers are the same on
// every machine. Not for secrets.
#ifndef OFFING_EMULATOR_WORLD_RANDOM_H_
#define OFFING_EMULATOR_WORLD_RANDOM_H_

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace offing {

class Random {
 public:
  Random(uint64_t seed, std::string_view stream);

  uint64_t next();
  double uniform();                              // [0, 1)
  int64_t between(int64_t low, int64_t high);    // both ends included; low <= high
  double exponential(double mean);
  bool chance(double probability) { return probability > 0 && uniform() < probability; }
  void fill(std::span<uint8_t> bytes);

 private:
  std::array<uint64_t, 4> state_;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_WORLD_RANDOM_H_
