// The platform's limits as data: what each is (LimitRow), and what it was from which day to which
// for which plan (LimitValue), with the source of the number. Everything else about limits (the
// Limits of a day, what changed, `offing limits`) is read from here. Constant data, no state.
//
// Dates are "YYYY-MM-DD" and compare as text; both ends of a range are in it, "" is open. The
// ranges of a row and a plan neither overlap nor leave a gap, except before the first known value.
// Sources are abbreviated as in spec/limits.md: D docs page, C changelog, P docs pull request,
// WP workers-sdk pull request, W workerd, S workers-sdk; `offing limits` prints the key.
#ifndef OFFING_RUNTIME_LIMITS_TABLE_H_
#define OFFING_RUNTIME_LIMITS_TABLE_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/limits/limits.h"

namespace offing {

// The first day the table speaks of, and the last on which its sources were read.
inline constexpr std::string_view kLimitsFirstDate = "2022-11-01";
inline constexpr std::string_view kLimitsKnownUntil = "2026-09-17";

enum class LimitUnit : uint8_t { kBytes, kMs, kCount };
enum class LimitArea : uint8_t {
  kDeploy, kCpu, kMemory, kSubrequests, kRequests, kApi, kWall, kAccount
};

// What of a limit a Worker meets here.
enum class Enforcement : uint8_t {
  kEnforced,  // with the profile's value
  kFixed,     // with today's value, whatever the profile
  kWarned,    // a warning says that deploying would fail
  kNever,     // nothing local that it could limit, or it counts within another one
};

struct LimitRow {
  std::string_view name;  // "bundle-gzip": in tables, and in --limit NAME=VALUE
  LimitArea area;
  LimitUnit unit;
  uint64_t Limits::*field;
  std::string_view about;
  Enforcement enforcement;
  std::string_view where;  // what enforces it, or why nothing does
};

struct LimitValue {
  enum class Plans : uint8_t { kFree, kPaid, kBoth };
  std::string_view name;  // of the row
  Plans plans;
  uint64_t value;          // 0 = no limit
  std::string_view from;   // first day; "" = since before the table begins
  std::string_view until;  // last day; "" = still
  std::string_view source;
  std::string_view note = {};  // what is unknown or special about it
  std::string_view how = {};   // what is counted, if that has changed: printed after the number;
                               // with 0 instead of "none"
};

struct LimitChange {
  std::string_view date;  // first day of the new value
  const LimitRow* row;
  const LimitValue* before;
  const LimitValue* after;
};

std::span<const LimitRow> limit_rows();      // in order of areas
std::span<const LimitValue> limit_values();  // of a row together, oldest first

const LimitRow* find_limit(std::string_view name);  // null: no such row
// The value in force; null: no value is known for that plan and day, and nothing is limited.
const LimitValue* limit_value(const LimitRow& row, Plan plan, std::string_view date);
// The limits of one plan on one day, including texts and how connections are counted.
Limits limits_of(Plan plan, std::string_view date);
// What changed for a plan after `since`, up to and on `until`; by date, then in order of rows.
std::vector<LimitChange> changes_since(Plan plan, std::string_view since, std::string_view until);

std::string_view plan_name(Plan plan);              // "free", "paid"
std::string_view area_name(LimitArea area);         // "Deploying and starting"
std::string_view enforcement_name(Enforcement e);   // "enforced", "not yet"
// "3 MiB", "400 ms", "10,000"; 0 is "none".
std::string limit_text(LimitUnit unit, uint64_t value);

}  // namespace offing

#endif  // OFFING_RUNTIME_LIMITS_TABLE_H_
