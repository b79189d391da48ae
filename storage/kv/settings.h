// Every knob of the KV model, as data. docs/kv.md explains each to users; the defaults are those of
// spec/kv.md 2.2 and 2.3, and `D` in a comment marks the modes it has an effect in:
// D documented, A adversarial, S strong. A knob set for another mode than the one in use is ignored,
// so that one file can serve several runs.
#ifndef OFFING_STORAGE_KV_SETTINGS_H_
#define OFFING_STORAGE_KV_SETTINGS_H_

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/kv/distribution.h"

namespace offing {

enum class KvMode : uint8_t { kDocumented, kAdversarial, kStrong };

struct KvRefreshAhead {
  double fraction = 0.8;  // of the entry's TTL that must have passed
  uint32_t min_hits = 10;
  bool operator==(const KvRefreshAhead&) const = default;
};

struct KvWriteLimit {
  enum class Scope : uint8_t { kGlobal, kLocation };
  double per_s = 1;  // 0 = no limit. spec/kv.md 1.4, K22
  Scope scope = Scope::kGlobal;
  bool count_deletes = false;
  bool count_bulk = false;
  bool operator==(const KvWriteLimit&) const = default;
};

struct KvPartition {
  std::vector<std::string> a, b;  // locations that cannot reach each other
  int64_t from_ms = 0;            // since the store was opened
  int64_t to_ms = 0;
  bool operator==(const KvPartition&) const = default;
};

struct KvSettings {
  enum class TtlPolicy : uint8_t { kKeep, kShrink };
  enum class Tiers : uint8_t { kNone, kRegional };
  enum class ListSource : uint8_t { kIndex, kReplica };
  enum class Ack : uint8_t { kCentral, kLocal };

  KvMode mode = KvMode::kDocumented;
  // D: replaces default_cache_ttl_s (and negative_ttl_s unless that is set), drawn at each cache
  // fill; a read's own cacheTtl wins over it. A: the delay of every write on every link; default
  // uniform:0s..60s. S: ignored.
  std::optional<Distribution> lag;
  // "LHR->SIN" or "LHR->central". A: the delay of that link instead of `lag`. D: writes made in LHR
  // are behind by this even for a location that caches nothing (against K3; none by default).
  std::map<std::string, Distribution> links;

  int32_t default_cache_ttl_s = 60;             // D A  K1, K7
  int32_t min_cache_ttl_s = 30;                 // D A S  1.3, 1.4
  std::optional<int32_t> negative_ttl_s;        // D A  K4; unset = as a value's default
  bool negative_uses_cache_ttl = false;         // D A  K5
  TtlPolicy ttl_policy = TtlPolicy::kKeep;      // D  K9
  std::optional<KvRefreshAhead> refresh_ahead;  // D  K10; unset = off
  double ryow = 1;                              // D A  K6: always = 1, never = 0
  Tiers tiers = Tiers::kNone;                   // D  K8
  std::map<std::string, std::vector<std::string>> regions;  // D  which locations share a tier
  Distribution tier_revalidate_delay;           // D  K8
  double evict_rate = 0;                        // D A  K8, K20: for each read of a cached key

  Distribution list_lag = Distribution::constant(60'000);  // D A  K17
  bool list_own_writes = true;                  // D A  K17
  std::optional<bool> tombstone_pages;          // D A S  L3; unset = only in A
  int32_t tombstone_hold_s = 60;                // D A S  L3, K16: how long they occupy the scan
  KvWriteLimit write_limit;                     // D A S  K22

  int32_t max_staleness_s = 60;                 // A  cap of a delay, and of a hold without cacheTtl
  std::vector<KvPartition> partitions;          // A
  bool reorder_keys = true;                     // A  K19
  double non_monotonic = 0;                     // A  K20
  bool negative_hold = true;                    // A  K4
  ListSource list_source = ListSource::kIndex;  // A  K17, K18
  Ack ack = Ack::kCentral;                      // A  when put resolves, if a "X->central" link is set

  bool operator==(const KvSettings&) const = default;
};

// Reads a settings file (JSON, // and /* */ comments allowed) over `base`. The error names the key,
// the value and what it may be. An unknown key is an error.
std::expected<KvSettings, std::string> parse_kv_settings(std::string_view json,
                                                         KvSettings base = {});
std::expected<KvMode, std::string> parse_kv_mode(std::string_view text);  // --kv-mode
std::string_view kv_mode_name(KvMode mode);
// For --help: what --kv-lag means in each mode, with an example.
std::string_view kv_lag_help();

}  // namespace offing

#endif  // OFFING_STORAGE_KV_SETTINGS_H_
