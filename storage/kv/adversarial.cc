// Mode adversarial (spec/kv.md 2.3): each location has a replica of its own. A write reaches every
// other replica as a message of its own delay, so messages overtake each other across keys and across
// writes; a replica takes only what is newer than what it has. An explicit cacheTtl, and a miss, pin
// what was read.
#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

#include "storage/kv/visibility.h"

namespace offing::kv {
namespace {

const Distribution kDefaultDelay = Distribution::uniform(0, 60'000);  // 2.3, `delay`

class Adversarial final : public Visibility {
 public:
  explicit Adversarial(const Places& places)
      : Visibility(places), last_due_ms_(size_t{places.count()} * places.count(), 0) {}
  std::unique_ptr<Visibility> copy(const Places& places, Copied& copied) const override;
  Seen read(Entry& entry, const Ask& ask) override;
  Peeked peek(const Entry& entry, uint32_t location, int64_t now_ms) const override;
  const Version* listed(const Entry& entry, uint32_t location, int64_t now_ms) const override;
  void stamp(Version& version) override;
  void wrote(uint32_t ns, Entry& entry, const VersionRef& version) override;
  void settle(Entry& entry) override;
  void adopt(Entry& entry) override;
  int64_t next_due_ms() const override { return heap_.empty() ? kNever : heap_.front().due_ms; }
  void advance(int64_t now_ms, Watcher* watcher) override;
  void reconnected(int64_t now_ms) override;

 private:
  struct Message {
    int64_t due_ms;
    uint64_t id;  // order of sending
    uint32_t ns, from, to;
    Entry* entry;  // stays while `messages` counts it
    VersionRef version;
  };
  static bool later(const Message& a, const Message& b) {
    return a.due_ms != b.due_ms ? a.due_ms > b.due_ms : a.id > b.id;
  }
  void send(uint32_t ns, Entry& entry, const VersionRef& version, uint32_t to, int64_t extra_ms);
  void push(Message message);
  int64_t heal_ms(uint32_t from, uint32_t to, int64_t now_ms) const;
  int64_t arrives_ms(const Message& message) const;
  bool pinned(const Entry& entry, const Slot& pin, int64_t now_ms) const;
  VersionRef* replicas(Entry& entry) const;
  VersionRef choose(Entry& entry, const Ask& ask, Cause& cause) const;
  int64_t cap_ms() const { return settings().max_staleness_s * 1000LL; }

  std::vector<Message> heap_;
  std::vector<Message> waiting_;      // due, for a link that is cut, in the order of delivery
  std::vector<int64_t> last_due_ms_;  // by link, for reorder_keys = false
  uint64_t next_id_ = 1;
};

VersionRef* Adversarial::replicas(Entry& entry) const {
  if (!entry.replicas) entry.replicas = std::make_unique<VersionRef[]>(places_.count());
  return entry.replicas.get();
}

std::unique_ptr<Visibility> Adversarial::copy(const Places& places, Copied& copied) const {
  auto made = std::make_unique<Adversarial>(places);
  made->heap_.reserve(heap_.size());
  const auto one = [&copied](const Message& m) -> Message {
    Entry* entry = copied.entries.at(m.entry);
    return {m.due_ms, m.id, m.ns, m.from, m.to, entry, copied.of(m.version, *m.entry, *entry)};
  };
  for (const Message& m : heap_)  // in the heap's own order: it is a heap again
    made->heap_.push_back(one(m));
  for (const Message& m : waiting_) made->waiting_.push_back(one(m));
  made->last_due_ms_ = last_due_ms_;
  made->next_id_ = next_id_;
  return made;
}

void Adversarial::settle(Entry& entry) {
  Visibility::settle(entry);
  adopt(entry);
}

void Adversarial::adopt(Entry& entry) {
  for (uint32_t i = 0; i < places_.count(); ++i) replicas(entry)[i] = entry.newest_ref();
}

void Adversarial::stamp(Version& version) {
  const int64_t at_ms = version.written_at_ms;
  version.listed_at_ms = at_ms + settings().list_lag.draw_ms(*places_.list_lag);
  version.tiered_at_ms = at_ms;
  version.settled_at_ms = version.listed_at_ms;
  if (settings().non_monotonic > 0)
    version.settled_at_ms = std::max(version.settled_at_ms, at_ms + cap_ms());
}

void Adversarial::wrote(uint32_t ns, Entry& entry, const VersionRef& version) {
  const uint32_t from = version->location;
  const Link& central = places_.to_central[from];
  // With ack = local the writer went on before the central store had it: others wait that much more.
  const int64_t extra_ms = settings().ack == KvSettings::Ack::kLocal && central.delay
                               ? central.delay->draw_ms(*central.random) : 0;
  for (uint32_t to = 0; to < places_.count(); ++to) {
    if (to != from) {
      send(ns, entry, version, to, extra_ms);
    } else if (places_.ryow[from]->chance(settings().ryow)) {
      replicas(entry)[from] = version;
      if (entry.slots) entry.slots[from].forget();
    } else {
      send(ns, entry, version, to, 0);
    }
  }
}

void Adversarial::send(uint32_t ns, Entry& entry, const VersionRef& version, uint32_t to,
                       int64_t extra_ms) {
  const uint32_t from = version->location;
  const Link& link = places_.link(from, to);
  const Distribution& delay = link.delay       ? *link.delay
                              : settings().lag ? *settings().lag
                                               : kDefaultDelay;
  int64_t due_ms =
      version->written_at_ms + std::min(delay.draw_ms(*link.random) + extra_ms, cap_ms());
  int64_t& last_ms = last_due_ms_[size_t{from} * places_.count() + to];
  if (!settings().reorder_keys) due_ms = std::max(due_ms, last_ms);
  last_ms = due_ms;
  ++entry.messages;
  push({due_ms, next_id_++, ns, from, to, &entry, version});
}

void Adversarial::push(Message message) {
  heap_.push_back(std::move(message));
  std::push_heap(heap_.begin(), heap_.end(), later);
}

// When the partition that keeps the two apart is over; `now_ms` if there is none.
int64_t Adversarial::heal_ms(uint32_t from, uint32_t to, int64_t now_ms) const {
  for (const Partition& p : places_.partitions)
    if (p.separates(from, to) && p.from_ms <= now_ms && now_ms < p.to_ms) return p.to_ms;
  return now_ms;
}

int64_t Adversarial::arrives_ms(const Message& message) const {
  for (int64_t at_ms = message.due_ms;;) {
    const int64_t heal = heal_ms(message.from, message.to, at_ms);
    if (heal == at_ms) return at_ms;
    at_ms = heal;
  }
}

void Adversarial::advance(int64_t now_ms, Watcher* watcher) {
  while (!heap_.empty() && heap_.front().due_ms <= now_ms) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    Message message = std::move(heap_.back());
    heap_.pop_back();
    if (const int64_t heal = heal_ms(message.from, message.to, message.due_ms);
        heal > message.due_ms) {
      message.due_ms = heal;
      push(std::move(message));
      continue;
    }
    if (places_.apart(message.from, message.to)) {
      waiting_.push_back(std::move(message));
      continue;
    }
    Entry& entry = *message.entry;
    assert(entry.messages > 0);
    --entry.messages;
    VersionRef& held = replicas(entry)[message.to];
    if (held && held->seq >= message.version->seq) continue;  // K12: the last write wins
    held = message.version;
    if (watcher) watcher->arrived(message.ns, entry, *message.version, message.to);
  }
}

void Adversarial::reconnected(int64_t now_ms) {
  for (Message& message : std::exchange(waiting_, {})) {
    if (places_.apart(message.from, message.to)) {
      waiting_.push_back(std::move(message));
      continue;
    }
    message.due_ms = now_ms;
    push(std::move(message));
  }
}

VersionRef Adversarial::choose(Entry& entry, const Ask& ask, Cause& cause) const {
  const VersionRef& held = replicas(entry)[ask.location];
  cause = held == entry.newest_ref() ? Cause::kReplica : Cause::kReplicaLag;
  // UNKNOWN (spec/kv.md K20): whether a location may go back to what it had seen replaced.
  if (!held || !places_.history[ask.location]->chance(settings().non_monotonic)) return held;
  const auto& all = entry.versions;
  size_t first = 0, end = 0;
  while (end < all.size() && all[end]->seq < held->seq) ++end;
  // By age, not by staleness: an old tombstone is not stale while the key is absent, but the values
  // behind it are.
  while (first < end && ask.now_ms - all[first]->superseded_at_ms > cap_ms()) ++first;
  if (first == end) return held;
  cause = Cause::kNonMonotonic;
  const double pick = places_.history[ask.location]->uniform() * static_cast<double>(end - first);
  return all[first + static_cast<size_t>(pick)];
}

bool Adversarial::pinned(const Entry& entry, const Slot& pin, int64_t now_ms) const {
  const bool lapsed = pin.version && !pin.version->deleted && pin.version->absent(now_ms);
  return !lapsed &&
         entry.staleness_ms(pin.version.get(), now_ms) <= std::max(cap_ms(), pin.hold_ms);
}

Peeked Adversarial::peek(const Entry& entry, uint32_t location, int64_t now_ms) const {
  if (entry.slots && entry.slots[location].filled(now_ms)) {
    const Slot& pin = entry.slots[location];
    const bool absent = !pin.version || pin.version->absent(now_ms);
    if (pinned(entry, pin, now_ms))
      return {{pin.version, absent ? Cause::kNegativeCache : Cause::kCacheHit, true},
              pin.fetched_at_ms, pin.valid_until_ms};
  }
  VersionRef held = entry.replicas ? entry.replicas[location] : nullptr;
  for (const Message& m : heap_) {  // those that a read would have delivered first
    if (m.entry == &entry && m.to == location && (!held || held->seq < m.version->seq) &&
        arrives_ms(m) <= now_ms && !places_.apart(m.from, m.to))
      held = m.version;
  }
  Cause cause = held == entry.newest_ref() ? Cause::kReplica : Cause::kReplicaLag;
  if (held && !held->deleted && held->absent(now_ms)) cause = Cause::kExpired;
  return {.seen = {std::move(held), cause, false}};
}

Seen Adversarial::read(Entry& entry, const Ask& ask) {
  if (entry.slots && entry.slots[ask.location].filled(ask.now_ms)) {
    Slot& pin = entry.slots[ask.location];
    const bool absent = !pin.version || pin.version->absent(ask.now_ms);
    if (pinned(entry, pin, ask.now_ms) &&
        !places_.evict[ask.location]->chance(settings().evict_rate))
      return {pin.version, absent ? Cause::kNegativeCache : Cause::kCacheHit, true};
    pin.forget();
  }
  Seen seen;
  seen.version = choose(entry, ask, seen.cause);
  const bool absent = !seen.version || seen.version->absent(ask.now_ms);
  if (absent ? settings().negative_hold : ask.cache_ttl_s > 0) {
    const int64_t hold_ms = fill_ms(absent, ask);
    const bool asked = ask.cache_ttl_s > 0 && hold_ms == ask.cache_ttl_s * 1000LL;
    slots(entry)[ask.location] = {seen.version, ask.now_ms, ask.now_ms + hold_ms,
                                  asked ? hold_ms : 0, 0};
  }
  if (absent && seen.version && !seen.version->deleted) seen.cause = Cause::kExpired;
  return seen;
}

const Version* Adversarial::listed(const Entry& entry, uint32_t location, int64_t now_ms) const {
  if (settings().list_source == KvSettings::ListSource::kIndex)
    return indexed(entry, location, now_ms);
  return entry.replicas ? entry.replicas[location].get() : nullptr;
}

}  // namespace

std::unique_ptr<Visibility> make_adversarial(const Places& places) {
  return std::make_unique<Adversarial>(places);
}

}  // namespace offing::kv
