#include "storage/kv/visibility.h"

#include <algorithm>

namespace offing::kv {

std::string_view cause_name(Cause cause) {
  switch (cause) {
    case Cause::kCentral: return "central";
    case Cause::kCacheHit: return "cache-hit";
    case Cause::kNegativeCache: return "negative-cache";
    case Cause::kTier: return "tier";
    case Cause::kStaleTier: return "stale-tier";
    case Cause::kLinkLag: return "link-lag";
    case Cause::kReplica: return "replica";
    case Cause::kReplicaLag: return "replica-lag";
    case Cause::kNonMonotonic: return "non-monotonic";
    case Cause::kExpired: return "expired";
    case Cause::kStrong: return "strong";
  }
  return "";
}

namespace {

class Strong final : public Visibility {
 public:
  using Visibility::Visibility;
  std::unique_ptr<Visibility> copy(const Places& places, Copied&) const override {
    return std::make_unique<Strong>(places);
  }
  Seen read(Entry& entry, const Ask& ask) override {
    return peek(entry, ask.location, ask.now_ms).seen;
  }
  Peeked peek(const Entry& entry, uint32_t, int64_t now_ms) const override {
    const Version* newest = entry.newest();
    const bool expired = newest && !newest->deleted && newest->absent(now_ms);
    return {.seen = {entry.newest_ref(), expired ? Cause::kExpired : Cause::kStrong, false}};
  }
  const Version* listed(const Entry& entry, uint32_t, int64_t) const override {
    return entry.newest();
  }
  void stamp(Version& version) override {
    version.listed_at_ms = version.tiered_at_ms = version.settled_at_ms = version.written_at_ms;
  }
  void wrote(uint32_t, Entry&, const VersionRef&) override {}
};

}  // namespace

VersionRef Copied::of(const VersionRef& version, const Entry& from, const Entry& to) {
  if (!version) return nullptr;
  for (size_t i = from.versions.size(); i-- > 0;)  // mostly the last
    if (from.versions[i] == version) return to.versions[i];
  VersionRef& made = old_[version.get()];
  if (!made) made = std::make_shared<const Version>(*version);
  return made;
}

std::unique_ptr<Visibility> Visibility::make(const Places& places) {
  switch (places.settings.mode) {
    case KvMode::kDocumented: return make_documented(places);
    case KvMode::kAdversarial: return make_adversarial(places);
    case KvMode::kStrong: break;
  }
  return std::make_unique<Strong>(places);
}

void Visibility::settle(Entry& entry) {
  if (entry.versions.size() > 1) entry.versions.erase(entry.versions.begin(), entry.versions.end() - 1);
  entry.slots.reset();
  entry.tiers.reset();
}

bool Visibility::evict(Entry& entry, uint32_t location, int64_t now_ms) {
  if (!entry.slots || !entry.slots[location].filled(now_ms)) return false;
  entry.slots[location].forget();
  return true;
}

void Visibility::trim(Entry& entry, int64_t now_ms) const {
  auto& all = entry.versions;
  if (all.empty() || all.size() < entry.trim_at) return;
  size_t keep = all.size() - 1;
  while (keep > 0 && all[keep]->settled_at_ms > now_ms) --keep;
  all.erase(all.begin(), all.begin() + static_cast<ptrdiff_t>(keep));
  entry.trim_at = std::max<uint32_t>(4, static_cast<uint32_t>(all.size() * 2));
}

bool Visibility::sweep(Entry& entry, int64_t now_ms) const {
  bool live = entry.messages > 0;
  for (auto [array, count] : {std::pair{&entry.slots, places_.count()},
                              std::pair{&entry.tiers, places_.regions}}) {
    bool any = false;
    for (uint32_t i = 0; *array && i < count; ++i) {
      if ((*array)[i].filled(now_ms)) any = true;
      else (*array)[i].forget();
    }
    if (!any) array->reset();
    live = live || any;
  }
  const uint32_t debts = !entry.write_free_at_us ? 0
                         : settings().write_limit.scope == KvWriteLimit::Scope::kLocation
                             ? places_.count() : 1;
  for (uint32_t i = 0; i < debts; ++i) live = live || entry.write_free_at_us[i] > now_ms * 1000;
  entry.trim_at = 0;
  trim(entry, now_ms);
  const Version* newest = entry.newest();
  if (live || !newest) return !live;
  if (!newest->absent(now_ms) || newest->settled_at_ms > now_ms) return false;
  const int64_t gone_ms = newest->deleted ? newest->listed_at_ms : newest->expiration_s * 1000;
  return gone_ms + settings().tombstone_hold_s * 1000LL <= now_ms;
}

bool Visibility::unseen(const Version& older, const Version& newer) const {
  return older.written_at_ms == newer.written_at_ms && older.location == newer.location &&
         older.listed_at_ms >= newer.listed_at_ms && older.tiered_at_ms >= newer.tiered_at_ms &&
         older.fetched_from_ms.empty() && newer.fetched_from_ms.empty() &&
         settings().non_monotonic == 0;
}

int64_t Visibility::fill_ms(bool absent, const Ask& ask) const {
  const KvSettings& s = settings();
  // UNKNOWN (spec/kv.md K5): whether a miss is kept for the read's cacheTtl; it is not, by default.
  if (ask.cache_ttl_s > 0 && (!absent || s.negative_uses_cache_ttl))
    return ask.cache_ttl_s * 1000LL;
  if (absent && s.negative_ttl_s) return *s.negative_ttl_s * 1000LL;
  if (s.lag && s.mode == KvMode::kDocumented) return s.lag->draw_ms(*places_.fill[ask.location]);
  return s.default_cache_ttl_s * 1000LL;
}

const Version* Visibility::indexed(const Entry& entry, uint32_t location, int64_t now_ms) const {
  // UNKNOWN (spec/kv.md K17): whether the writing location lists its own change at once.
  const bool own = settings().list_own_writes;
  for (auto it = entry.versions.rbegin(); it != entry.versions.rend(); ++it)
    if ((*it)->listed_at_ms <= now_ms || (own && (*it)->location == location)) return it->get();
  return nullptr;
}

}  // namespace offing::kv
