// Bucket locks (spec/r2.md 2): rules of a bucket that forbid to overwrite or remove what is there.
// One predicate, `lock_until`, decides for every path. It is asked at the moment a mutation commits:
// rules are not stamped on objects, so adding, shortening or removing one works on what is stored.
#ifndef OFFING_STORAGE_R2_LOCK_H_
#define OFFING_STORAGE_R2_LOCK_H_

#include <cstdint>
#include <expected>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace offing::r2 {

struct LockRule {
  enum class Kind : uint8_t { kAge, kDate, kIndefinite };
  std::string id;
  bool enabled = true;
  std::string prefix;       // "" is the whole bucket; compared after NFC (2.2 item 8)
  Kind kind = Kind::kIndefinite;
  int64_t age_s = 0;        // kAge
  int64_t date_ms = 0;      // kDate
  std::string date;         // kDate, as it was given (RFC 3339)
};

inline constexpr int64_t kUnlocked = std::numeric_limits<int64_t>::min();
inline constexpr int64_t kLockedForever = std::numeric_limits<int64_t>::max();

// When an object of this key (NFC) uploaded at that time may be changed: the latest of all enabled
// rules with a matching prefix (2.2 items 1 and 2). Locked at `now` iff now < result.
int64_t lock_until(std::string_view nfc_key, int64_t uploaded_ms, std::span<const LockRule> rules);

// `{"rules":[…]}`, the document of `wrangler r2 bucket lock set` and of REST. The error names the rule,
// the field, the value and what is expected.
std::expected<std::vector<LockRule>, std::string> parse_lock_rules(std::string_view json);
// The same document, sorted by id (2.1).
std::string lock_rules_json(std::span<const LockRule> rules);

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_LOCK_H_
