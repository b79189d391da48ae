// The KV model: namespaces of keys, their versions, and what each location sees of them at a time.
// Pure: time is an argument that never falls, randomness is lent (randomness.h), nothing waits.
//
// A write is accepted first (limits, the write limiter) and published later, by `apply`, when it is
// durable; what is never applied leaves nothing behind (spec/kv.md K24, 2.3 iv). `advance` delivers
// what is under way between replicas; call it with the current time before a read, a list or an apply
// when `next_due_ms()` has come.
// Hot path: one hash lookup by string_view, no copy of a value, no allocation for a cache hit.
// Not thread-safe.
#ifndef OFFING_STORAGE_KV_STORE_H_
#define OFFING_STORAGE_KV_STORE_H_

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "storage/kv/entry.h"
#include "storage/kv/rules.h"
#include "storage/kv/places.h"
#include "storage/kv/visibility.h"

namespace offing::kv {

struct ReadResult {
  VersionRef version;  // null or absent at the time: the key reads as absent
  bool found = false;
  Cause cause = Cause::kCentral;
  bool hit = false;
  uint64_t newest_seq = 0;
  bool newest_absent = true;
  int64_t staleness_ms = 0;

  uint64_t seq() const { return version ? version->seq : 0; }
};

// A write on its way. `value` null means delete.
struct Write {
  uint32_t ns = 0;
  uint32_t location = 0;
  uint64_t request = 0;
  std::string key;
  std::shared_ptr<const std::string> value;
  std::optional<std::string> metadata_json;
  int64_t expiration_s = 0;
  uint64_t seq = 0;  // from reserve_seq; 0 = the next one
};

struct Applied {
  uint64_t seq = 0;  // 0: there was nothing to delete
};

struct ListAsk {
  uint32_t location = 0;
  int64_t now_ms = 0;
  std::string_view prefix;
  std::string_view after;  // a cursor's name; empty = from the start
  int32_t limit = kListLimitMax;
};
struct ListedKey {
  std::string_view name;  // valid until the next write or sweep
  int64_t expiration_s = 0;
  const std::optional<std::string>* metadata_json = nullptr;
};
struct ListPage {
  std::vector<ListedKey> keys;
  bool complete = true;
  std::string_view last;    // where to go on; set unless complete
  uint64_t stale_keys = 0;  // names shown or hidden against the newest state
};

class Store {
 public:
  static std::expected<std::unique_ptr<Store>, std::string> open(
      KvSettings settings, std::vector<std::string> locations, RandomStreams& streams,
      int64_t now_ms);

  // All of it, under the same numbers, with randomness of its own. Values are shared, nothing else.
  std::unique_ptr<Store> copy(RandomStreams& streams) const;
  // Goes on with other settings: of the same locations, with what is stored and cached. Delays that
  // were drawn stay; a change of `mode` lets all that is under way between replicas arrive. The
  // error is that of `open`, and nothing has changed.
  std::expected<void, std::string> set_settings(KvSettings settings, RandomStreams& streams);

  uint32_t ns(std::string_view name);  // interns
  std::optional<uint32_t> find_ns(std::string_view name) const;
  size_t namespaces() const { return namespaces_.size(); }
  const std::string& ns_name(uint32_t ns) const { return namespaces_[ns]->name; }
  uint64_t last_seq(uint32_t ns) const { return namespaces_[ns]->last_seq; }
  const Places& places() const { return places_; }
  const KvSettings& settings() const { return places_.settings; }

  ReadResult read(uint32_t ns, std::string_view key, const Ask& ask);
  // What `read` would see, without its traces in caches. Null `entry`: of a key without one.
  Peeked peek(const Entry* entry, uint32_t location, int64_t now_ms) const;
  ListPage list(uint32_t ns, const ListAsk& ask);
  // The write limiter (K22). A refusal consumes nothing. `bulk`: an entry of a REST bulk request.
  Checked admit(const Write& write, int64_t now_ms, bool bulk = false);
  // How long put waits for the central store (mode adversarial, ack = central, a "->central" link).
  int64_t ack_delay_ms(uint32_t location);
  // A version number for a write that is saved before it is applied. One that never is leaves a gap.
  uint64_t reserve_seq(uint32_t ns) { return ++namespaces_[ns]->last_seq; }
  // Publishes; `now_ms` is the moment of acknowledgement.
  Applied apply(Write write, int64_t now_ms);
  // Stores a version as if it were old: visible everywhere. `seq` 0 takes the next one.
  void load(Write write, uint64_t seq, int64_t written_at_ms);
  void raise_seq(uint32_t ns, uint64_t seq);
  const Entry* find(uint32_t ns, std::string_view key) const;
  // Every entry with a newest version that is there, by key.
  template <class Visit>
  void for_each_present(uint32_t ns, int64_t now_ms, Visit visit) const {
    for (const auto& [key, entry] : namespaces_[ns]->index)
      if (!entry->newest_absent(now_ms)) visit(key, *entry->newest());
  }

  // Links as they are from now on (mode adversarial): messages over a cut one wait until it is whole.
  void set_cut(uint32_t from, uint32_t to, bool cut, int64_t now_ms);
  // Likewise a location's way to the central store. While it is off, the caller reads there only what
  // is a hit by `peek` (mode documented), and writes nothing.
  void set_off_central(uint32_t location, bool off, int64_t now_ms);

  bool evict(uint32_t ns, std::string_view key, uint32_t location, int64_t now_ms);
  int64_t next_due_ms() const { return visibility_->next_due_ms(); }
  void advance(int64_t now_ms, Watcher* watcher) { visibility_->advance(now_ms, watcher); }
  // Forgets what nobody can see; happens by itself, in proportion to growth.
  void sweep(uint32_t ns, int64_t now_ms);
  size_t entries(uint32_t ns) const { return namespaces_[ns]->entries.size(); }

 private:
  struct Namespace {
    std::string name;
    std::unordered_map<std::string_view, std::unique_ptr<Entry>> entries;  // keyed by Entry::key
    std::map<std::string_view, Entry*> index;  // names ever written, by UTF-8 bytes (L1)
    uint64_t last_seq = 0;
    size_t work = 0;  // entries made and versions written since the last sweep
    size_t kept = 0;  // entries that the last sweep left
  };
  explicit Store(Places places);
  Entry& entry_of(Namespace& space, std::string_view key, int64_t now_ms);
  Entry* lookup(Namespace& space, std::string_view key) const;
  void publish(Namespace& space, Entry& entry, const VersionRef& version);
  void links_changed(int64_t now_ms);
  bool scanned(const Version* shown, int64_t now_ms) const;

  Places places_;
  std::unique_ptr<Visibility> visibility_;
  std::vector<std::unique_ptr<Namespace>> namespaces_;
  std::unordered_map<std::string_view, uint32_t> by_name_;
};

}  // namespace offing::kv

#endif  // OFFING_STORAGE_KV_STORE_H_
