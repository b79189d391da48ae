#include "storage/kv/store.h"

#include <algorithm>
#include <cassert>

namespace offing::kv {

std::expected<std::unique_ptr<Store>, std::string> Store::open(KvSettings settings,
                                                               std::vector<std::string> locations,
                                                               RandomStreams& streams,
                                                               int64_t now_ms) {
  auto places = Places::resolve(std::move(settings), std::move(locations), streams, now_ms);
  if (!places) return std::unexpected(places.error());
  return std::unique_ptr<Store>(new Store(std::move(*places)));
}

Store::Store(Places places)
    : places_(std::move(places)), visibility_(Visibility::make(places_)) {}

uint32_t Store::ns(std::string_view name) {
  if (auto it = by_name_.find(name); it != by_name_.end()) return it->second;
  const auto number = static_cast<uint32_t>(namespaces_.size());
  namespaces_.push_back(std::make_unique<Namespace>());
  namespaces_.back()->name = name;
  by_name_.emplace(namespaces_.back()->name, number);
  return number;
}

std::optional<uint32_t> Store::find_ns(std::string_view name) const {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? std::nullopt : std::optional(it->second);
}

Entry* Store::lookup(Namespace& space, std::string_view key) const {
  auto it = space.entries.find(key);
  return it == space.entries.end() ? nullptr : it->second.get();
}

const Entry* Store::find(uint32_t ns, std::string_view key) const {
  return lookup(*namespaces_[ns], key);
}

Entry& Store::entry_of(Namespace& space, std::string_view key, int64_t now_ms) {
  if (Entry* found = lookup(space, key)) return *found;
  if (++space.work > 1024 + space.kept) sweep(by_name_.at(space.name), now_ms);
  auto made = std::make_unique<Entry>();
  made->key = key;
  Entry& entry = *made;
  space.entries.emplace(entry.key, std::move(made));
  return entry;
}

ReadResult Store::read(uint32_t ns, std::string_view key, const Ask& ask) {
  assert(ns < namespaces_.size() && ask.location < places_.count());
  Entry& entry = entry_of(*namespaces_[ns], key, ask.now_ms);
  Seen seen = visibility_->read(entry, ask);
  ReadResult result;
  result.staleness_ms = entry.staleness_ms(seen.version.get(), ask.now_ms);
  result.newest_seq = entry.versions.empty() ? 0 : entry.versions.back()->seq;
  result.newest_absent = entry.newest_absent(ask.now_ms);
  result.found = seen.version && !seen.version->absent(ask.now_ms);
  result.version = std::move(seen.version);
  result.cause = seen.cause;
  result.hit = seen.hit;
  return result;
}

Peeked Store::peek(const Entry* entry, uint32_t location, int64_t now_ms) const {
  assert(location < places_.count());
  const Entry none;
  return visibility_->peek(entry ? *entry : none, location, now_ms);
}

// UNKNOWN (spec/kv.md K22): the window's shape. Here: a bucket of max(1, per_s) writes that refills
// at per_s; at the default 1, a write within one second of the last accepted one is refused.
Checked Store::admit(const Write& write, int64_t now_ms, bool bulk) {
  const KvWriteLimit& limit = settings().write_limit;
  const bool counted = limit.per_s > 0 && (write.value || limit.count_deletes) &&
                       (!bulk || limit.count_bulk);
  if (!counted) return {};
  const bool by_location = limit.scope == KvWriteLimit::Scope::kLocation;
  Entry& entry = entry_of(*namespaces_[write.ns], write.key, now_ms);
  if (!entry.write_free_at_us)
    entry.write_free_at_us = std::make_unique<int64_t[]>(by_location ? places_.count() : 1);
  int64_t& free_at_us = entry.write_free_at_us[by_location ? write.location : 0];
  const double interval_us = 1e6 / limit.per_s;
  const double burst_us = std::max(0.0, limit.per_s - 1) * interval_us;
  const int64_t now_us = now_ms * 1000;
  if (free_at_us > now_us + static_cast<int64_t>(burst_us))
    return std::unexpected(refuse(write.value ? Op::kPut : Op::kDelete, kTooManyRequests));
  free_at_us = std::max(free_at_us, now_us) + static_cast<int64_t>(interval_us);
  return {};
}

int64_t Store::ack_delay_ms(uint32_t location) {
  const Link& link = places_.to_central[location];
  if (settings().mode != KvMode::kAdversarial || !link.delay ||
      settings().ack != KvSettings::Ack::kCentral)
    return 0;
  return link.delay->draw_ms(*link.random);
}

void Store::publish(Namespace& space, Entry& entry, const VersionRef& version) {
  if (!entry.versions.empty()) {
    const Version& last = *entry.versions.back();
    assert(last.seq < version->seq);
    last.superseded_at_ms = version->written_at_ms;
    if (visibility_->unseen(last, *version)) entry.versions.pop_back();
  } else if (entry.first_written_at_ms == kNever) {
    entry.first_written_at_ms = version->written_at_ms;
  }
  entry.versions.push_back(version);
  if (entry.indexed) return;
  space.index.emplace(entry.key, &entry);
  entry.indexed = true;
}

Applied Store::apply(Write write, int64_t now_ms) {
  assert(write.key.size() <= kKeyBytesMax && write.location < places_.count());
  Namespace& space = *namespaces_[write.ns];
  Entry* found = lookup(space, write.key);
  // A key of which nothing is known can only be absent everywhere: no tombstone is needed.
  if (!write.value && (!found || found->versions.empty())) return {};
  if (++space.work > 1024 + 4 * space.entries.size()) {
    sweep(write.ns, now_ms);
    found = lookup(space, write.key);
    if (!write.value && !found) return {};
  }
  Entry& entry = found ? *found : entry_of(space, write.key, now_ms);
  auto version = std::make_shared<Version>();
  version->seq = write.seq != 0 ? write.seq : ++space.last_seq;
  version->deleted = !write.value;
  version->value = std::move(write.value);
  version->metadata_json = std::move(write.metadata_json);
  version->expiration_s = write.expiration_s;
  version->written_at_ms = now_ms;
  version->location = write.location;
  version->request = write.request;
  visibility_->stamp(*version);
  const VersionRef shared = std::move(version);
  publish(space, entry, shared);
  visibility_->wrote(write.ns, entry, shared);
  visibility_->trim(entry, now_ms);
  return {shared->seq};
}

void Store::load(Write write, uint64_t seq, int64_t written_at_ms) {
  Namespace& space = *namespaces_[write.ns];
  Entry& entry = entry_of(space, write.key, written_at_ms);
  auto version = std::make_shared<Version>();
  version->seq = seq != 0 ? seq : space.last_seq + 1;
  raise_seq(write.ns, version->seq);
  version->deleted = !write.value;
  version->value = std::move(write.value);
  version->metadata_json = std::move(write.metadata_json);
  version->expiration_s = write.expiration_s;
  version->written_at_ms = version->listed_at_ms = version->tiered_at_ms =
      version->settled_at_ms = written_at_ms;
  publish(space, entry, version);
  visibility_->settle(entry);
}

void Store::raise_seq(uint32_t ns, uint64_t seq) {
  namespaces_[ns]->last_seq = std::max(namespaces_[ns]->last_seq, seq);
}

bool Store::evict(uint32_t ns, std::string_view key, uint32_t location, int64_t now_ms) {
  Entry* entry = lookup(*namespaces_[ns], key);
  return entry && visibility_->evict(*entry, location, now_ms);
}

void Store::sweep(uint32_t ns, int64_t now_ms) {
  Namespace& space = *namespaces_[ns];
  space.work = 0;
  for (auto it = space.entries.begin(); it != space.entries.end();) {
    Entry& entry = *it->second;
    if (!visibility_->sweep(entry, now_ms)) {
      ++it;
      continue;
    }
    if (entry.indexed) space.index.erase(entry.key);
    it = space.entries.erase(it);
  }
  space.kept = space.entries.size();
}

// Whether a name occupies the scan although a list does not show it (L3, K16).
bool Store::scanned(const Version* shown, int64_t now_ms) const {
  const KvSettings& s = settings();
  if (!shown || !s.tombstone_pages.value_or(s.mode == KvMode::kAdversarial)) return false;
  const int64_t gone_ms = shown->deleted ? shown->listed_at_ms : shown->expiration_s * 1000;
  return now_ms < gone_ms + s.tombstone_hold_s * 1000LL;
}

ListPage Store::list(uint32_t ns, const ListAsk& ask) {
  assert(ask.limit > 0 && ask.limit <= kListLimitMax);
  Namespace& space = *namespaces_[ns];
  ListPage page;
  int32_t places_used = 0;
  // A key may be the prefix itself: a cursor that stands on it goes on behind it.
  auto it = !ask.after.empty() && ask.after >= ask.prefix
                ? space.index.upper_bound(ask.after) : space.index.lower_bound(ask.prefix);
  for (; it != space.index.end() && it->first.starts_with(ask.prefix); ++it) {
    const Entry& entry = *it->second;
    const Version* shown = visibility_->listed(entry, ask.location, ask.now_ms);
    const bool visible = shown && !shown->absent(ask.now_ms);
    const bool occupies = visible || scanned(shown, ask.now_ms);
    if (places_used == ask.limit) {
      if (!occupies) continue;
      page.complete = false;
      break;
    }
    if (visible == entry.newest_absent(ask.now_ms)) ++page.stale_keys;
    if (visible) page.keys.push_back({it->first, shown->expiration_s, &shown->metadata_json});
    if (!occupies) continue;
    ++places_used;
    page.last = it->first;
  }
  return page;
}

}  // namespace offing::kv
