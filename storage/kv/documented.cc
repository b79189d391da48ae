// Mode documented (spec/kv.md 2.2): reads go location cache -> regional tier (if on) -> central store
// and fill on the way; writes go to the central store and touch no cache but the writer's.
#include <algorithm>
#include <cassert>

#include "storage/kv/visibility.h"

namespace offing::kv {
namespace {

bool expired(const VersionRef& version, int64_t now_ms) {
  return version && !version->deleted && version->absent(now_ms);
}
bool is_absent(const VersionRef& version, int64_t now_ms) {
  return !version || version->absent(now_ms);
}

class Documented final : public Visibility {
 public:
  using Visibility::Visibility;
  std::unique_ptr<Visibility> copy(const Places& places, Copied&) const override {
    return std::make_unique<Documented>(places);
  }
  Seen read(Entry& entry, const Ask& ask) override;
  Peeked peek(const Entry& entry, uint32_t location, int64_t now_ms) const override;
  const Version* listed(const Entry& entry, uint32_t location, int64_t now_ms) const override {
    return indexed(entry, location, now_ms);
  }
  void stamp(Version& version) override;
  void wrote(uint32_t ns, Entry& entry, const VersionRef& version) override;

 private:
  Seen from_cache(Entry& entry, Slot& slot, const Ask& ask);
  Seen from_above(Entry& entry, const Ask& ask);
  Seen from_tier(const Entry& entry, const VersionRef& version, int64_t now_ms) const;
  Seen from_central(const Entry& entry, uint32_t location, int64_t now_ms) const;
  static VersionRef revalidated(const Entry& entry, const Slot& tier, int64_t now_ms);
  void fill(Slot& slot, const VersionRef& version, const Ask& ask);
  bool tiered() const { return settings().tiers == KvSettings::Tiers::kRegional; }
};

Seen Documented::read(Entry& entry, const Ask& ask) {
  Slot& slot = slots(entry)[ask.location];
  if (places_.is_off(ask.location)) {  // what is cached stays, nothing else can be had
    assert(slot.filled(ask.now_ms));
    ++slot.hits;
    return {slot.version,
            is_absent(slot.version, ask.now_ms) ? Cause::kNegativeCache : Cause::kCacheHit, true};
  }
  if (slot.filled(ask.now_ms)) {
    // UNKNOWN (spec/kv.md K9): whether a smaller cacheTtl on a later read shortens the entry's life.
    if (settings().ttl_policy == KvSettings::TtlPolicy::kShrink && ask.cache_ttl_s > 0)
      slot.valid_until_ms =
          std::min(slot.valid_until_ms, slot.fetched_at_ms + ask.cache_ttl_s * int64_t{1000});
    if (places_.evict[ask.location]->chance(settings().evict_rate)) slot.forget();
    // K15: a copy past its expiration is not served; the central store may hold a newer version.
    if (slot.filled(ask.now_ms) && !expired(slot.version, ask.now_ms))
      return from_cache(entry, slot, ask);
  }
  Seen seen = from_above(entry, ask);
  fill(slot, seen.version, ask);
  if (expired(seen.version, ask.now_ms)) seen.cause = Cause::kExpired;
  return seen;
}

Peeked Documented::peek(const Entry& entry, uint32_t location, int64_t now_ms) const {
  if (entry.slots) {
    const Slot& slot = entry.slots[location];
    if (slot.filled(now_ms) && !expired(slot.version, now_ms))
      return {{slot.version,
               is_absent(slot.version, now_ms) ? Cause::kNegativeCache : Cause::kCacheHit, true},
              slot.fetched_at_ms, slot.valid_until_ms};
  }
  Peeked peeked{.seen = from_central(entry, location, now_ms)};
  if (tiered() && entry.tiers) {
    const Slot& tier = entry.tiers[places_.region_of[location]];
    const VersionRef there = revalidated(entry, tier, now_ms);
    if (tier.filled(now_ms) && !expired(there, now_ms))
      peeked.seen = from_tier(entry, there, now_ms);
  }
  if (expired(peeked.seen.version, now_ms)) peeked.seen.cause = Cause::kExpired;
  return peeked;
}

Seen Documented::from_cache(Entry& entry, Slot& slot, const Ask& ask) {
  ++slot.hits;
  Seen seen{slot.version,
            is_absent(slot.version, ask.now_ms) ? Cause::kNegativeCache : Cause::kCacheHit, true};
  // UNKNOWN (spec/kv.md K10): when a background refresh starts. Its result is there at once here, so
  // the old version is served this once more.
  if (const auto& ahead = settings().refresh_ahead; ahead && slot.hits >= ahead->min_hits) {
    const double life_ms = static_cast<double>(slot.valid_until_ms - slot.fetched_at_ms);
    if (static_cast<double>(ask.now_ms - slot.fetched_at_ms) >= life_ms * ahead->fraction)
      fill(slot, from_above(entry, ask).version, ask);
  }
  return seen;
}

Seen Documented::from_above(Entry& entry, const Ask& ask) {
  if (!tiered()) return from_central(entry, ask.location, ask.now_ms);
  if (!entry.tiers) entry.tiers = std::make_unique<Slot[]>(places_.regions);
  Slot& tier = entry.tiers[places_.region_of[ask.location]];
  if (tier.filled(ask.now_ms)) {
    tier.version = revalidated(entry, tier, ask.now_ms);
    if (!expired(tier.version, ask.now_ms)) return from_tier(entry, tier.version, ask.now_ms);
  }
  Seen seen = from_central(entry, ask.location, ask.now_ms);
  fill(tier, seen.version, ask);
  return seen;
}

// K8: on a write the tiers are revalidated, after `tier_revalidate_delay`.
VersionRef Documented::revalidated(const Entry& entry, const Slot& tier, int64_t now_ms) {
  for (auto it = entry.versions.rbegin(); it != entry.versions.rend(); ++it) {
    if ((*it)->tiered_at_ms > now_ms) continue;
    if (!tier.version || tier.version->seq < (*it)->seq) return *it;
    break;
  }
  return tier.version;
}

Seen Documented::from_tier(const Entry& entry, const VersionRef& version, int64_t now_ms) const {
  const bool stale = entry.staleness_ms(version.get(), now_ms) > 0;
  return {version, stale ? Cause::kStaleTier : Cause::kTier, false};
}

// K3: fresh, unless a link between locations was given a delay.
Seen Documented::from_central(const Entry& entry, uint32_t location, int64_t now_ms) const {
  if (!places_.any_link) return {entry.newest_ref(), Cause::kCentral, false};
  for (auto it = entry.versions.rbegin(); it != entry.versions.rend(); ++it) {
    const auto& from_ms = (*it)->fetched_from_ms;
    if (from_ms.empty() || from_ms[location] <= now_ms)
      return {*it, it == entry.versions.rbegin() ? Cause::kCentral : Cause::kLinkLag, false};
  }
  return {nullptr, entry.versions.empty() ? Cause::kCentral : Cause::kLinkLag, false};
}

void Documented::fill(Slot& slot, const VersionRef& version, const Ask& ask) {
  slot.version = version;
  slot.fetched_at_ms = ask.now_ms;
  slot.valid_until_ms = ask.now_ms + fill_ms(is_absent(version, ask.now_ms), ask);
  slot.hold_ms = ask.cache_ttl_s * 1000LL;
  slot.hits = 0;
}

void Documented::stamp(Version& version) {
  const int64_t at_ms = version.written_at_ms;
  version.listed_at_ms = at_ms + settings().list_lag.draw_ms(*places_.list_lag);
  version.tiered_at_ms =
      tiered() ? at_ms + settings().tier_revalidate_delay.draw_ms(*places_.tier_delay) : at_ms;
  version.settled_at_ms = std::max(version.listed_at_ms, version.tiered_at_ms);
  if (!places_.any_link) return;
  version.fetched_from_ms.assign(places_.count(), at_ms);
  for (uint32_t to = 0; to < places_.count(); ++to) {
    const Link& link = places_.link(version.location, to);
    if (!link.delay || to == version.location) continue;
    version.fetched_from_ms[to] = at_ms + link.delay->draw_ms(*link.random);
    version.settled_at_ms = std::max(version.settled_at_ms, version.fetched_from_ms[to]);
  }
}

// K6. With `ryow` the writer's cache holds its own write from now on; where nothing was cached the
// next read is fresh anyway, unless a tier would answer it.
void Documented::wrote(uint32_t, Entry& entry, const VersionRef& version) {
  if (!places_.ryow[version->location]->chance(settings().ryow)) return;
  const int64_t now_ms = version->written_at_ms;
  const bool cached = entry.slots && entry.slots[version->location].filled(now_ms);
  if (!cached && !tiered()) return;
  fill(slots(entry)[version->location], version, {version->location, now_ms, 0});
}

}  // namespace

std::unique_ptr<Visibility> make_documented(const Places& places) {
  return std::make_unique<Documented>(places);
}

}  // namespace offing::kv
