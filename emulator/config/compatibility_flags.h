// The registry of compatibility flags, as data (spec/config.md 6.1).
#ifndef OFFING_EMULATOR_CONFIG_COMPATIBILITY_FLAGS_H_
#define OFFING_EMULATOR_CONFIG_COMPATIBILITY_FLAGS_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace offing::config {

struct CompatibilityFlag {
  enum class Kind : uint8_t { kDated, kImplied, kOptIn, kExperimental };
  std::string_view enable;
  std::string_view disable;       // empty: cannot be turned off
  std::string_view default_date;  // on from this date; empty: never by date alone
  Kind kind;
};

// `flag` comes on when `parent` is on and the date has reached `date`, unless it is disabled.
struct ImpliedFlag {
  std::string_view flag;
  std::string_view parent;
  std::string_view date;
};

std::span<const CompatibilityFlag> compatibility_flags();
std::span<const ImpliedFlag> implied_flags();

}  // namespace offing::config

#endif  // OFFING_EMULATOR_CONFIG_COMPATIBILITY_FLAGS_H_
