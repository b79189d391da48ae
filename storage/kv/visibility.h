// Who may see which version, when: one interface, three answers.
//   documented   a central store and a cache for each location (spec/kv.md 2.2)
//   adversarial  independent replicas, fed by messages that take their time (2.3)
//   strong       everybody sees the newest version
// The store keeps the entries; a Visibility decides. It is told of each version before it is
// published (`stamp`: draws the delays) and after (`wrote`: caches, messages).
// Rule: no answer is a version past its expiration unless it is served as absent (K15).
#ifndef OFFING_STORAGE_KV_VISIBILITY_H_
#define OFFING_STORAGE_KV_VISIBILITY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "storage/kv/entry.h"
#include "storage/kv/places.h"

namespace offing::kv {

// Why a read saw what it saw; the words of the trace.
enum class Cause : uint8_t {
  kCentral,        // fetched from the central store
  kCacheHit,       // the location's cache held a value
  kNegativeCache,  // the location's cache held a miss
  kTier,           // the region's tier, up to date
  kStaleTier,      // the region's tier, behind
  kLinkLag,        // fetched, but a link's delay hides something newer (documented, `links`)
  kReplica,        // the location's replica, up to date
  kReplicaLag,     // the location's replica, behind
  kNonMonotonic,   // an older version that this location had seen replaced
  kExpired,        // the version found is past its expiration
  kStrong,
};
std::string_view cause_name(Cause cause);

struct Ask {
  uint32_t location = 0;
  int64_t now_ms = 0;
  int32_t cache_ttl_s = 0;  // explicit cacheTtl, 0 for none; validated
};

struct Seen {
  VersionRef version;  // null: never written, as far as this location knows
  Cause cause = Cause::kCentral;
  bool hit = false;
};

// What a read would get now, as far as no chance decides it (`evict_rate`, `non_monotonic`).
struct Peeked {
  Seen seen;
  int64_t fetched_at_ms = 0;   // of what the location has cached; with a `hit` only
  int64_t cached_until_ms = 0;
};

// What the versions and entries of a store have become in its copy. Each version is copied once, so
// that whoever shared one shares its copy.
class Copied {
 public:
  // Of what an entry holds, or what is under way to it; the copy `to` has its versions already.
  VersionRef of(const VersionRef& version, const Entry& from, const Entry& to);
  std::unordered_map<const Entry*, Entry*> entries;  // those with messages under way

 private:
  std::unordered_map<const Version*, VersionRef> old_;  // those that are no entry's any more
};

// Told when a version arrives at a location's replica.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void arrived(uint32_t ns, const Entry& entry, const Version& version,
                       uint32_t location) = 0;
};

class Visibility {
 public:
  explicit Visibility(const Places& places) : places_(places) {}
  virtual ~Visibility() = default;
  static std::unique_ptr<Visibility> make(const Places& places);

  // Of the same mode, for a copy of the store; what it holds of entries and versions as copied.
  virtual std::unique_ptr<Visibility> copy(const Places& places, Copied& copied) const = 0;

  virtual Seen read(Entry& entry, const Ask& ask) = 0;
  // As `read` without a cacheTtl, but changes nothing.
  virtual Peeked peek(const Entry& entry, uint32_t location, int64_t now_ms) const = 0;
  // What a list in `location` knows of the key; null for nothing.
  virtual const Version* listed(const Entry& entry, uint32_t location, int64_t now_ms) const = 0;
  virtual void stamp(Version& version) = 0;
  virtual void wrote(uint32_t ns, Entry& entry, const VersionRef& version) = 0;
  // As if the newest version were old: everybody sees it.
  virtual void settle(Entry& entry);
  // The entry comes from another mode: what was written has arrived everywhere, caches stay.
  virtual void adopt(Entry& entry) {}
  // The location forgets what it cached; false when there was nothing.
  bool evict(Entry& entry, uint32_t location, int64_t now_ms);

  // Messages under way: when the next is due, and delivery of all that are due by `now_ms`.
  virtual int64_t next_due_ms() const { return kNever; }
  virtual void advance(int64_t now_ms, Watcher* watcher) {}

  // A link is whole again: what waited for it goes on.
  virtual void reconnected(int64_t now_ms) {}

  // Drops versions that the store will show to nobody any more.
  void trim(Entry& entry, int64_t now_ms) const;
  // Drops cached state that has lapsed; true when the key is absent everywhere for good.
  bool sweep(Entry& entry, int64_t now_ms) const;
  // A version superseded in the instant of its writing, which nobody could see.
  bool unseen(const Version& older, const Version& newer) const;

 protected:
  Slot* slots(Entry& entry) const {
    if (!entry.slots) entry.slots = std::make_unique<Slot[]>(places_.count());
    return entry.slots.get();
  }
  const KvSettings& settings() const { return places_.settings; }
  // How long a location keeps what it just fetched (K4, K5, K7).
  int64_t fill_ms(bool absent, const Ask& ask) const;
  // The index that list reads: lags behind the writes of other locations (K17).
  const Version* indexed(const Entry& entry, uint32_t location, int64_t now_ms) const;

  const Places& places_;
};

std::unique_ptr<Visibility> make_documented(const Places& places);
std::unique_ptr<Visibility> make_adversarial(const Places& places);

}  // namespace offing::kv

#endif  // OFFING_STORAGE_KV_VISIBILITY_H_
