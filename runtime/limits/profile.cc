#include "runtime/limits/profile.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

namespace offing {

namespace {

using Done = std::expected<void, std::string>;
using Field = uint64_t Limits::*;

// What limits.cpu_ms and limits.subrequests mean. A cron run of 15 minutes keeps them.
constexpr Field kCpuFields[] = {&Limits::request_cpu_ms, &Limits::cron_cpu_ms,
                                &Limits::queue_cpu_ms, &Limits::actor_event_cpu_ms};
constexpr Field kSubrequestFields[] = {&Limits::external_subrequests,
                                       &Limits::internal_subrequests};

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  unsigned parts[3] = {};
  constexpr std::pair<size_t, size_t> kPlaces[] = {{0, 4}, {5, 2}, {8, 2}};
  for (size_t i = 0; i < 3; ++i) {
    const char* begin = text.data() + kPlaces[i].first;
    const char* end = begin + kPlaces[i].second;
    if (std::from_chars(begin, end, parts[i]).ptr != end) return false;
  }
  using namespace std::chrono;
  return year_month_day(year(static_cast<int>(parts[0])), month(parts[1]), day(parts[2])).ok();
}

std::expected<std::string, std::string> checked_date(std::string_view text, std::string_view whole,
                                                     std::string_view today) {
  const std::string what = "--limits " + quoted(whole) + ": ";
  if (!is_date(text))
    return std::unexpected(what + quoted(text) + " is no date; write YYYY-MM-DD, as in "
                           "free@2025-09-01");
  if (text < kLimitsFirstDate)
    return std::unexpected(what + "the limits before " + std::string(kLimitsFirstDate) +
                           " are not known; choose that day or a later one");
  const std::string_view last = std::max(today, kLimitsKnownUntil);
  if (text > last)
    return std::unexpected(what + "the limits after " + std::string(last) +
                           " are not known; choose that day or an earlier one");
  return std::string(text);
}

struct UnitRow {
  std::string_view name;  // lower case
  uint64_t factor;
};
constexpr UnitRow kTimes[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"min", 60'000},
                              {"h", 3'600'000}};
constexpr UnitRow kSizes[] = {{"b", 1},           {"kb", 1 << 10},  {"kib", 1 << 10},
                              {"mb", 1 << 20},    {"mib", 1 << 20}, {"gb", uint64_t{1} << 30},
                              {"gib", uint64_t{1} << 30}};

std::string unit_help(LimitUnit unit) {
  switch (unit) {
    case LimitUnit::kMs: return "is no time: write a number and ms, s, min or h, as in 400ms";
    case LimitUnit::kBytes: return "is no size: write a number and B, KiB, MiB or GiB, as in 3MiB";
    case LimitUnit::kCount: return "is no whole number";
  }
  return "";
}

// "2.5", "MiB" to whole bytes; nullopt: not a number, not whole, or out of range.
std::optional<uint64_t> scaled(std::string_view digits, std::string_view unit_name,
                               std::span<const UnitRow> units) {
  std::string lower(unit_name);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  });
  const auto unit = std::ranges::find(units, std::string_view(lower), &UnitRow::name);
  double number = 0;
  const char* end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, number, std::chars_format::fixed);
  if (unit == units.end() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  const double value = number * static_cast<double>(unit->factor);
  if (!(value >= 0 && value <= 0x1p53) || value != std::floor(value)) return std::nullopt;
  return static_cast<uint64_t>(value);
}

std::optional<uint64_t> counted(std::string_view text) {
  std::string digits;
  for (const char c : text)
    if (c != '_' && c != ',') digits += c;
  uint64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, value);
  if (digits.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

std::string whose(const Profile& profile) {
  return "on the " + std::string(plan_name(profile.plan)) + " plan on " + profile.date;
}

// Why a key of the Wrangler file cannot be set at all.
std::string not_configurable(const Profile& profile, std::string_view key) {
  const bool cpu = key == "limits.cpu_ms";
  std::string text = " cannot be configured " + whose(profile);
  if (profile.plan == Plan::kFree)
    return text + (cpu ? ": deploying fails with \"CPU limits are not supported for the Free "
                         "plan.\" (100328)"
                       : "") +
           ". Remove it, or choose --limits paid.";
  text += cpu ? ": it can be since 2023-10-20" : ": it can be since 2026-02-11";
  return text + ". Remove it, or choose a later day: --limits paid@DATE.";
}

Done apply_key(Profile& profile, const WranglerLimits& wrangler, std::string_view key,
               std::optional<int64_t> value, uint64_t most, std::span<const Field> fields) {
  if (!value) return {};
  const std::string what = (wrangler.file.empty() ? "" : wrangler.file + ": ") + std::string(key) +
                           " = " + std::to_string(*value);
  if (most == 0) return std::unexpected(what + not_configurable(profile, key));
  if (*value < 1 || static_cast<uint64_t>(*value) > most)
    return std::unexpected(what + " is outside 1 to " + std::to_string(most) +
                           ", what may be configured " + whose(profile) + ".");
  for (const Field field : fields) profile.limits.*field = static_cast<uint64_t>(*value);
  return {};
}

// The fields a name stands for, and their unit; empty: unknown.
std::pair<std::vector<Field>, LimitUnit> fields_named(std::string_view name) {
  if (name == "cpu") return {{std::begin(kCpuFields), std::end(kCpuFields)}, LimitUnit::kMs};
  if (name == "subrequests")
    return {{std::begin(kSubrequestFields), std::end(kSubrequestFields)}, LimitUnit::kCount};
  const LimitRow* row = find_limit(name);
  if (row == nullptr) return {};
  return {{row->field}, row->unit};
}

}  // namespace

std::string Profile::name() const {
  return off ? "off" : std::string(plan_name(plan)) + "@" + date;
}

std::expected<Profile, std::string> parse_profile(std::string_view text, std::string_view today) {
  Profile profile;
  profile.date = today;
  if (text == "off") {
    profile.off = true;
    const Limits newest = limits_of(Plan::kPaid, today);
    for (const LimitRow& row : limit_rows())
      if (row.area == LimitArea::kApi) profile.limits.*row.field = newest.*row.field;
    return profile;
  }
  const size_t at = text.find('@');
  const std::string_view plan = text.substr(0, at);
  if (plan != "free" && plan != "paid")
    return std::unexpected("--limits " + quoted(text) + ": " + quoted(plan) +
                           " is no profile; it is paid, free or off, and may name a day: "
                           "free@2025-09-01");
  profile.plan = plan == "free" ? Plan::kFree : Plan::kPaid;
  if (at != std::string_view::npos) {
    auto date = checked_date(text.substr(at + 1), text, today);
    if (!date) return std::unexpected(std::move(date.error()));
    profile.date = std::move(*date);
  }
  profile.limits = limits_of(profile.plan, profile.date);
  return profile;
}

std::expected<uint64_t, std::string> parse_limit(LimitUnit unit, std::string_view text) {
  if (text == "none") return 0;
  const size_t split = std::min(text.find_first_not_of("0123456789."), text.size());
  std::string_view name = text.substr(split);
  while (name.starts_with(' ')) name.remove_prefix(1);
  const std::optional<uint64_t> value =
      unit == LimitUnit::kCount ? counted(text)
      : unit == LimitUnit::kMs  ? scaled(text.substr(0, split), name, kTimes)
                                : scaled(text.substr(0, split), name, kSizes);
  if (!value) {
    const std::string whole = unit == LimitUnit::kMs      ? ", in whole milliseconds"
                              : unit == LimitUnit::kBytes ? ", in whole bytes"
                                                          : "";
    return std::unexpected(quoted(text) + " " + unit_help(unit) + whole +
                           "; none is no limit");
  }
  if (*value == 0)
    return std::unexpected(quoted(text) + " leaves nothing that could run; the least is 1, and "
                           "none is no limit");
  return *value;
}

std::expected<LimitOverride, std::string> parse_override(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return std::unexpected("--limit " + quoted(text) + ": write NAME=VALUE, as in "
                           "startup-cpu=400ms; `offing limits` lists the names");
  return LimitOverride{"--limit", std::string(text.substr(0, equals)),
                       std::string(text.substr(equals + 1))};
}

std::expected<void, std::string> apply_wrangler_limits(Profile& profile,
                                                       const WranglerLimits& wrangler) {
  if (profile.off) return {};
  if (auto done = apply_key(profile, wrangler, "limits.cpu_ms", wrangler.cpu_ms,
                            profile.limits.cpu_ms_max, kCpuFields);
      !done)
    return done;
  return apply_key(profile, wrangler, "limits.subrequests", wrangler.subrequests,
                   profile.limits.subrequests_max, kSubrequestFields);
}

std::expected<void, std::string> apply_override(Profile& profile, const LimitOverride& override) {
  const auto [fields, unit] = fields_named(override.name);
  if (fields.empty())
    return std::unexpected(override.option + ": " + quoted(override.name) +
                           " is no limit; `offing limits` lists the names");
  auto value = parse_limit(unit, override.value);
  if (!value) {
    const bool named = override.option == "--" + override.name;
    return std::unexpected(override.option + (named ? "" : " " + override.name) + ": " +
                           value.error());
  }
  for (const Field field : fields) profile.limits.*field = *value;
  return {};
}

std::expected<Profile, std::string> make_profile(std::string_view limits, std::string_view today,
                                                 const WranglerLimits& wrangler,
                                                 const std::vector<LimitOverride>& overrides) {
  auto profile = parse_profile(limits, today);
  if (!profile) return profile;
  if (auto done = apply_wrangler_limits(*profile, wrangler); !done)
    return std::unexpected(std::move(done.error()));
  for (const LimitOverride& override : overrides)
    if (auto done = apply_override(*profile, override); !done)
      return std::unexpected(std::move(done.error()));
  return profile;
}

}  // namespace offing
