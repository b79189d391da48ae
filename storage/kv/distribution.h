// A span of time that may be drawn anew each time: "60s", "const:5s", "uniform:0s..60s", "exp:20s",
// "list:1s,5s,30s" (each as likely as the others). Units: ms, s, m, h, d; a bare "0" needs none.
// Invariant: every draw lies in [0, kLongestMs].
#ifndef OFFING_STORAGE_KV_DISTRIBUTION_H_
#define OFFING_STORAGE_KV_DISTRIBUTION_H_

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "storage/kv/randomness.h"

namespace offing {

class Distribution {
 public:
  static constexpr int64_t kLongestMs = 365LL * 24 * 3600 * 1000;

  Distribution() = default;  // always 0
  static Distribution constant(int64_t ms);
  static Distribution uniform(int64_t low_ms, int64_t high_ms);
  static Distribution exponential(int64_t mean_ms);
  static Distribution one_of(std::vector<int64_t> list_ms);

  int64_t draw_ms(Randomness& random) const;
  // No draw is longer; for "exp" that is kLongestMs.
  int64_t longest_ms() const;
  bool is_constant() const { return kind_ == Kind::kConstant; }
  std::string text() const;  // as parse_lag reads it
  bool operator==(const Distribution&) const = default;

 private:
  enum class Kind : uint8_t { kConstant, kUniform, kExponential, kList };
  Kind kind_ = Kind::kConstant;
  int64_t low_ms_ = 0;   // the constant; the mean of an exponential
  int64_t high_ms_ = 0;
  std::vector<int64_t> list_ms_;
};

// The error names what was read, what is allowed and gives an example.
std::expected<Distribution, std::string> parse_lag(std::string_view text);
std::expected<int64_t, std::string> parse_duration_ms(std::string_view text);

}  // namespace offing

#endif  // OFFING_STORAGE_KV_DISTRIBUTION_H_
