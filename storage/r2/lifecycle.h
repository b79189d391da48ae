// Lifecycle rules (spec/r2.md 3.1): when an object expires or moves to Infrequent Access, and when an
// incomplete upload is aborted. Pure: the service asks at sweeps of the world's clock, and a lock wins
// over an expiration.
#ifndef OFFING_STORAGE_R2_LIFECYCLE_H_
#define OFFING_STORAGE_R2_LIFECYCLE_H_

#include <cstdint>
#include <expected>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/r2/values.h"

namespace offing::r2 {

struct LifecycleCondition {
  enum class Kind : uint8_t { kAge, kDate };
  Kind kind = Kind::kAge;
  int64_t age_s = 0;
  int64_t date_ms = 0;
  std::string date;   // as given
};

struct LifecycleRule {
  std::string id;
  bool enabled = true;
  std::string prefix;
  std::optional<LifecycleCondition> expire;
  std::vector<LifecycleCondition> to_infrequent_access;
  std::optional<LifecycleCondition> abort_uploads;   // kAge only
};

inline constexpr int64_t kNeverDue = std::numeric_limits<int64_t>::max();

// The rule every new bucket has: uploads are aborted after 7 days (M9).
LifecycleRule default_abort_rule();

// The earliest due times; kNeverDue for none.
int64_t expires_at(std::string_view nfc_key, int64_t uploaded_ms, std::span<const LifecycleRule> rules);
// The rule that makes it so, for x-amz-expiration; null for none.
const LifecycleRule* expiring_rule(std::string_view nfc_key, int64_t uploaded_ms,
                                   std::span<const LifecycleRule> rules);
int64_t transitions_at(std::string_view nfc_key, int64_t uploaded_ms,
                       std::span<const LifecycleRule> rules);
int64_t upload_aborts_at(std::string_view nfc_key, int64_t created_ms,
                         std::span<const LifecycleRule> rules);

// REST's and Wrangler's `{"rules":[…]}`.
std::expected<std::vector<LifecycleRule>, std::string> parse_lifecycle_rules(std::string_view json);
std::string lifecycle_rules_json(std::span<const LifecycleRule> rules);

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_LIFECYCLE_H_
