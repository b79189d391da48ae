// A compatibility date and a list of flags to the set of flags that are on (spec/config.md 6).
//
// A mistake is an error with the platform's text; what is merely redundant or newer than the
// registry is a warning. Experimental flags are errors, as they are on deploy.
#ifndef OFFING_EMULATOR_CONFIG_COMPATIBILITY_H_
#define OFFING_EMULATOR_CONFIG_COMPATIBILITY_H_

#include <expected>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace offing::config {

// The newest date whose behaviour the registry knows.
inline constexpr std::string_view kNewestCompatibilityDate = "2026-08-29";

struct Compatibility {
  std::string date;             // YYYY-MM-DD, in force
  std::set<std::string> flags;  // enable-names that are on
  std::vector<std::string> warnings;
};

// `date` may be empty: then it is `today`, or the newest known date if that is earlier, with a
// warning. `today` empty: no check for the future.
std::expected<Compatibility, std::string> evaluate_compatibility(
    std::string_view date, const std::vector<std::string>& flags, std::string_view today);

}  // namespace offing::config

#endif  // OFFING_EMULATOR_CONFIG_COMPATIBILITY_H_
