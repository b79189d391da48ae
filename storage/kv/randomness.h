// Randomness is an argument: storage owns no generator. Whoever opens a store lends it streams, each
// named by purpose and owner ("kv/link/LHR-SIN"), so that drawing more in one place never shifts
// another. A stream outlives the store; the store asks for each name once, when it is opened.
#ifndef OFFING_STORAGE_KV_RANDOMNESS_H_
#define OFFING_STORAGE_KV_RANDOMNESS_H_

#include <string_view>

namespace offing {

class Randomness {
 public:
  virtual ~Randomness() = default;
  virtual double uniform() = 0;  // [0, 1)
  // Draws nothing for the certain cases, so that a knob at rest costs no numbers.
  bool chance(double probability) {
    return probability > 0 && (probability >= 1 || uniform() < probability);
  }
};

class RandomStreams {
 public:
  virtual ~RandomStreams() = default;
  // The reference stays valid for as long as this object lives.
  virtual Randomness& stream(std::string_view name) = 0;
};

}  // namespace offing

#endif  // OFFING_STORAGE_KV_RANDOMNESS_H_
