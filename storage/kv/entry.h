// All that is known of one key of one namespace: its versions, and what each location holds of it.
// An entry is made by the first read or write of the key (misses are cached too, spec/kv.md K4) and
// dropped by a sweep once the key is absent and no location can see anything but that.
//
// Invariants: `versions` rises in seq; its last is the newest; an older one stays only while the
// store may still show it (`settled_at_ms` of a later one lies ahead). What a cache slot or a replica
// holds it owns a share of, so dropping history never changes a read.
#ifndef OFFING_STORAGE_KV_ENTRY_H_
#define OFFING_STORAGE_KV_ENTRY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "storage/kv/version.h"

namespace offing::kv {

// Cached state of (location, key) or (tier, key): a version or a miss, until a time.
struct Slot {
  VersionRef version;  // null: a miss of a key that was never written
  int64_t fetched_at_ms = 0;
  int64_t valid_until_ms = 0;  // 0 = nothing cached
  int64_t hold_ms = 0;         // the cacheTtl that was asked for explicitly, 0 for none
  uint32_t hits = 0;

  bool filled(int64_t now_ms) const { return now_ms < valid_until_ms; }
  void forget() { *this = Slot(); }
};

struct Entry {
  std::string key;
  std::vector<VersionRef> versions;
  int64_t first_written_at_ms = kNever;
  std::unique_ptr<Slot[]> slots;           // by location
  std::unique_ptr<Slot[]> tiers;           // by region
  std::unique_ptr<VersionRef[]> replicas;  // by location (mode adversarial)
  uint32_t messages = 0;                   // under way to replicas
  uint32_t trim_at = 4;                    // size of `versions` at which trimming is tried
  bool indexed = false;                    // stands in the ordered index
  std::unique_ptr<int64_t[]> write_free_at_us;  // write limiter: one, or one by location

  const Version* newest() const { return versions.empty() ? nullptr : versions.back().get(); }
  VersionRef newest_ref() const { return versions.empty() ? nullptr : versions.back(); }
  bool newest_absent(int64_t now_ms) const {
    return versions.empty() || versions.back()->absent(now_ms);
  }
  // ms since the first version newer than `served` (null: the time before any) was acknowledged; 0
  // when nothing newer could be told apart. At least 1 when stale.
  int64_t staleness_ms(const Version* served, int64_t now_ms) const {
    const Version* last = newest();
    if (served == last || (newest_absent(now_ms) && (!served || served->absent(now_ms)))) return 0;
    const int64_t since = served ? served->superseded_at_ms : first_written_at_ms;
    return now_ms > since ? now_ms - since : 1;
  }
};

}  // namespace offing::kv

#endif  // OFFING_STORAGE_KV_ENTRY_H_
