// How R2 is to behave, and what is in it at the start: `--r2-settings FILE` (docs/r2.md). Every value
// has a default; rows of spec/r2.md that are UNKNOWN or where sources disagree are switches here.
#ifndef OFFING_EMULATOR_SERVICES_R2_SETTINGS_H_
#define OFFING_EMULATOR_SERVICES_R2_SETTINGS_H_

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "storage/r2/bucket.h"

namespace offing {

// An S3 key (spec/r2.md 5.1).
struct R2Token {
  enum class Scope : uint8_t { kAdminReadWrite, kAdminRead, kObjectReadWrite, kObjectRead };
  std::string name;
  std::string access_key_id;        // 32 hex digits
  std::string secret_access_key;    // 64 hex digits: SHA-256 of the token's value
  std::string token_value;          // what REST takes as `Authorization: Bearer`; may be empty
  Scope scope = Scope::kAdminReadWrite;
  std::vector<std::string> buckets; // of object scopes; empty: all
};

struct R2Settings {
  struct StartBucket {
    r2::BucketSettings settings;
    std::vector<r2::LockRule> locks;
    std::vector<r2::LifecycleRule> lifecycle = {r2::default_abort_rule()};
    std::vector<r2::CorsRule> cors;
    std::vector<r2::NotificationRule> notifications;
  };
  std::string account_id = "0ff1490ff1490ff1490ff1490ff14900";
  bool refuse_overlapping_writes = true;   // C9
  int64_t write_window_ms = 1000;          // after an overlap, how far apart writes to a key must be
  uint16_t locked_status = 409;            // or 403: HTTP status of 10069 (2.4)
  uint16_t expired_status = 403;           // or 400: of 10018
  bool empty_bucket_refused_by_locks = false;   // the docs; observed: the job runs, deletes nothing (2.3)
  bool strict_unsigned_trailers = false;   // refuse STREAMING-UNSIGNED-PAYLOAD-TRAILER (5.1)
  size_t list_metadata_bytes = 256 * 1024; // L5
  int64_t lifecycle_sweep_ms = 86'400'000; // expired objects go at multiples of this, in UTC (3.1)
  int64_t latency_ms = 0;                  // from the last byte of a write to its commit
  bool sync = true;                        // with --state: acknowledged survives power loss too
  std::vector<R2Token> tokens;
  std::vector<StartBucket> buckets;        // made when they are not there yet
};

// The error names the key, the value and what is expected.
std::expected<R2Settings, std::string> parse_r2_settings(std::string_view json);

}  // namespace offing

#endif  // OFFING_EMULATOR_SERVICES_R2_SETTINGS_H_
