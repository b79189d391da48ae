// Workers KV as guests reach it: turns a KvCall into an operation of storage/kv at a world time,
// writes the trace and answers.
//
// Every answer is an event of the world: never before `call` returns. Without a state directory a
// write is applied at once. With one, all writes of a world turn are one SQLite transaction, made at
// the turn's end; only after its COMMIT (synchronous=FULL) are they visible and answered. If it
// fails they are answered "500 Internal Server Error" and leave nothing behind.
// A state directory belongs to one process at a time. What is loaded from it counts as old enough to
// be visible everywhere; locations start with empty caches.
// Threading: the loop thread. The service outlives every callback given to it.
#ifndef OFFING_EMULATOR_SERVICES_KV_SERVICE_H_
#define OFFING_EMULATOR_SERVICES_KV_SERVICE_H_

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/world/link_state.h"
#include "emulator/world/world.h"
#include "runtime/bindings/kv_call.h"
#include "storage/kv/settings.h"

namespace offing {

class KvService {
 public:
  // What the central store holds, for tools and tests. Values are shared, not copied.
  struct Newest {
    uint64_t version = 0;
    std::shared_ptr<const std::string> value;
    std::optional<std::string> metadata_json;
    std::optional<int64_t> expiration_s;
  };

  // What is known of a key, and what each location would be served of it now.
  struct Inspected {
    struct Place {
      std::string location;
      uint64_t version = 0;                    // 0: none
      bool absent = true;
      std::string_view cause;                  // as in the trace
      int64_t staleness_ms = 0;
      std::optional<int64_t> age_ms;           // since it was fetched into the cache; none: uncached
      std::optional<int64_t> cached_until_ms;
    };
    uint64_t version = 0;                      // the newest; 0: never written, as far as is known
    bool absent = true;
    uint64_t size_bytes = 0;
    int64_t written_at_ms = 0;
    std::optional<int64_t> expiration_s;
    std::vector<Place> locations;
  };
  // All that is stored, cached and under way between locations, at one moment. Immutable: any number
  // of services may begin from one.
  class State;

  // `locations`: IATA codes, at least one. `state_dir`: an existing or creatable directory, "" for
  // memory. Errors: bad settings (a link or partition naming no location), a state directory that is
  // in use, damaged or written by a newer offing.
  static std::expected<std::unique_ptr<KvService>, std::string> open(
      World& world, KvSettings settings, std::vector<std::string> locations,
      std::string state_dir = "");
  // Goes on from there, in memory: what was under way arrives when it would have; namespaces keep
  // their numbers. Calls without an answer, and values on their way, stay with the original.
  static std::expected<std::unique_ptr<KvService>, std::string> open(World& world,
                                                                     const State& state);
  std::shared_ptr<const State> copy_state() const;
  // Writes `directory`/kv.sqlite, as `--state` has it: newest versions, no caches. The error: it is
  // there already, or cannot be written.
  std::expected<void, std::string> dump(const std::string& directory) const;
  // What a state directory holds, all of it old. It is free again when this returns. The error is
  // that of `open`, or that there is no such directory.
  static std::expected<std::shared_ptr<const State>, std::string> load_state(
      World& world, KvSettings settings, std::vector<std::string> locations,
      const std::string& directory);
  ~KvService();
  KvService(const KvService&) = delete;
  KvService& operator=(const KvService&) = delete;

  // Interns a namespace id; resolve each binding once and keep the number.
  uint32_t ns(std::string_view namespace_id);

  // `location` indexes `locations`; `request` is the client request for the trace, 0 for none.
  void call(size_t location, uint64_t request, uint32_t ns, KvCall call, KvCallback done);
  void call(size_t location, uint64_t request, std::string_view namespace_id, KvCall call,
            KvCallback done) {
    this->call(location, request, ns(namespace_id), std::move(call), std::move(done));
  }

  // Fixtures: stores a value as if written long ago, visible everywhere. No write limit; the key,
  // size and metadata rules hold. The error is what a put would have answered.
  std::expected<void, std::string> seed(std::string_view namespace_id, std::string key,
                                        std::string value,
                                        std::optional<std::string> metadata_json = {},
                                        std::optional<int64_t> expiration_s = {});
  // The newest version, whatever any location sees; nullopt when absent.
  std::optional<Newest> newest(std::string_view namespace_id, std::string_view key);
  // Fixtures: the key is absent everywhere, as if for long.
  std::expected<void, std::string> seed_absent(std::string_view namespace_id, std::string key);
  // A page of the newest state, whatever any location sees: `prefix`, `cursor` and `limit` of `page` count.
  KvAnswer list_newest(std::string_view namespace_id, const KvCall& page);
  // Changes no cache and draws no number: of the knobs that decide by chance at a read (`evict_rate`,
  // `non_monotonic`) it knows nothing.
  Inspected inspect(std::string_view namespace_id, std::string_view key) const;
  // Other settings from now on (kv::Store::set_settings): delays and lives that were drawn stay as
  // they are. Partitions count from when the store was first opened. The error names what this run
  // does not have (a location), and nothing has changed.
  std::expected<void, std::string> set_settings(KvSettings settings);
  // ---- Links (emulator/topology/network.h owns them; docs/faults.md says what follows).
  // Between two locations, one way: unless it is open, what replicas send waits (mode adversarial).
  void set_link(size_t from, size_t to, LinkState state);
  // Between a location and the central store, both ways: what needs that answers 503 (cut) or waits.
  void set_central(size_t location, LinkState state);
  // Commits what waits for the turn's end, now. Call before destroying the world.
  void flush();

  const KvSettings& settings() const;

 private:
  class Impl;
  explicit KvService(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_SERVICES_KV_SERVICE_H_
