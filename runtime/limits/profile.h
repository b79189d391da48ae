// What a user asks for (`--limits free@2025-09-01`, `--startup-cpu 400ms`, limits.cpu_ms of the
// Wrangler file) to the Limits of a run. Later ones win: the table's row, then the Wrangler file,
// then the command line. Pure functions; today's date is an argument. Errors are complete texts:
// they name the option or the file and its key, the value, the limit and the way out.
#ifndef OFFING_RUNTIME_LIMITS_PROFILE_H_
#define OFFING_RUNTIME_LIMITS_PROFILE_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/limits/limits.h"
#include "runtime/limits/table.h"

namespace offing {

struct Profile {
  bool off = false;  // nothing that a plan limits is limited; limits of APIs (kApi) stay
  Plan plan = Plan::kPaid;
  std::string date;  // YYYY-MM-DD
  Limits limits;

  std::string name() const;  // "paid@2026-02-11", "off"
};

// One limit set by hand. Names are those of rows, and two that stand for several, as the keys of
// the Wrangler file do: "cpu" (request, cron below 1 h, queue, actor) and "subrequests" (both
// kinds).
struct LimitOverride {
  std::string option;  // "--startup-cpu", for errors
  std::string name;    // "startup-cpu"
  std::string value;   // "400ms", "none"
};

// `limits` of a Wrangler file.
struct WranglerLimits {
  std::string file;  // as shown to the user
  std::optional<int64_t> cpu_ms;
  std::optional<int64_t> subrequests;
};

// "paid", "free", "free@2025-09-01", "off". Dates from kLimitsFirstDate to today, or to
// kLimitsKnownUntil if that is later; without one, `today`.
std::expected<Profile, std::string> parse_profile(std::string_view text, std::string_view today);
// "400ms", "30s", "5min"; "3MiB" ("3MB" is the same); "10000" or "10_000"; "none".
std::expected<uint64_t, std::string> parse_limit(LimitUnit unit, std::string_view text);
std::expected<LimitOverride, std::string> parse_override(std::string_view text);  // NAME=VALUE

// spec/limits.md 1: limits.cpu_ms up to cpu-max, limits.subrequests up to subrequests-max of the
// profile's plan and day. With "off" they are not looked at.
std::expected<void, std::string> apply_wrangler_limits(Profile& profile,
                                                       const WranglerLimits& wrangler);
std::expected<void, std::string> apply_override(Profile& profile, const LimitOverride& override);

// All of it, in order.
std::expected<Profile, std::string> make_profile(std::string_view limits, std::string_view today,
                                                 const WranglerLimits& wrangler,
                                                 const std::vector<LimitOverride>& overrides);

}  // namespace offing

#endif  // OFFING_RUNTIME_LIMITS_PROFILE_H_
