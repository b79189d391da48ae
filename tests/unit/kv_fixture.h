// A KV service in a virtual world: calls made in order, answers as values.
#ifndef OFFING_TESTS_UNIT_KV_FIXTURE_H_
#define OFFING_TESTS_UNIT_KV_FIXTURE_H_

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "emulator/services/kv_service.h"
#include "emulator/trace/readers.h"

namespace offing::test {

struct ReadSeen {
  uint64_t served, newest;
  int64_t staleness_ms;
  std::string cause;
};

struct WriteSeen {
  uint64_t version;
  std::string error;
};

// A state directory that goes with its test.
struct Directory {
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "offing-kv-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Directory() { std::filesystem::remove_all(path); }
  std::string path;
};

class KvFixture : public trace::Reader {
 public:
  enum : size_t { A, B, C };

  explicit KvFixture(KvSettings settings = {}, uint64_t seed = 1, std::string state_dir = "")
      : world(seed) {
    world.trace().add_reader(this);
    auto opened = KvService::open(world, std::move(settings), {"LHR", "SIN", "SFO"}, state_dir);
    REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error()));
    kv = std::move(*opened);
  }
  // Runs the world to the answer, not further than this instant.
  KvAnswer call(size_t location, KvCall call, std::string_view ns = "ns") {
    KvAnswer got;
    bool answered = false;
    kv->call(location, 0, ns, std::move(call), [&got, &answered](KvAnswer a) {
      got = std::move(a);
      answered = true;
    });
    CHECK_FALSE(answered);
    at_turn();
    CHECK(answered);
    return got;
  }
  void at_turn() { world.run_now(); }
  void after_ms(int64_t ms) { world.move(ms); }
  std::string get(size_t location, std::string key, std::optional<int32_t> cache_ttl_s = {}) {
    KvCall c;
    c.key = std::move(key);
    c.cache_ttl_s = cache_ttl_s;
    KvAnswer a = call(location, std::move(c));
    if (a.error) return *a.error;
    status = a.cache_status.value_or("");
    metadata = a.value.metadata_json.value_or("");
    return a.value.found ? *a.value.value : "null";
  }
  static KvCall put_call(std::string key, std::string value) {
    KvCall c;
    c.op = KvCall::Op::kPut;
    c.key = std::move(key);
    c.value = std::move(value);
    return c;
  }
  std::string run(size_t location, KvCall c) { return call(location, std::move(c)).error.value_or(""); }
  std::string put(size_t location, std::string key, std::string value,
                  std::optional<int32_t> ttl_s = {}, std::optional<std::string> metadata = {}) {
    KvCall c = put_call(std::move(key), std::move(value));
    c.expiration_ttl_s = ttl_s;
    c.metadata_json = std::move(metadata);
    return run(location, std::move(c));
  }
  std::string del(size_t location, std::string key) {
    KvCall c;
    c.op = KvCall::Op::kDelete;
    c.key = std::move(key);
    return run(location, std::move(c));
  }
  KvAnswer list(size_t location, std::optional<int32_t> limit = {},
                std::optional<std::string> prefix = {}, std::optional<std::string> cursor = {}) {
    KvCall c;
    c.op = KvCall::Op::kList;
    c.limit = limit;
    c.prefix = std::move(prefix);
    c.cursor = std::move(cursor);
    return call(location, std::move(c));
  }
  std::string names(size_t location) {
    std::string all;
    for (const KvListedKey& k : list(location).listed) all += (all.empty() ? "" : " ") + k.name;
    return all;
  }
  void on_event(const trace::Stamp& stamp, const trace::Event& event) override {
    hash.on_event(stamp, event);
    if (const auto* r = std::get_if<trace::KvReadEvent>(&event))
      last = {r->version_served, r->version_newest, r->staleness_ms, std::string(r->cause)};
    if (const auto* w = std::get_if<trace::KvWriteEvent>(&event))
      writes.push_back({w->version, std::string(w->error)});
    if (std::get_if<trace::KvPropagateEvent>(&event)) ++propagated;
    if (const auto* l = std::get_if<trace::KvListEvent>(&event)) stale_keys = l->stale_keys;
  }

  // A world that runs what is due and moves on by request only.
  class World final : public offing::World {
   public:
    explicit World(uint64_t seed)
        : offing::World({seed, VirtualWorld::kDefaultStartUs, Faults(seed)}) {}
    bool is_virtual() const override { return true; }
    void run() override { run_now(); }
    void run_now() { CHECK(run_turn(SIZE_MAX)); }
    void move(int64_t ms) {
      const int64_t until_us = now_us_ + ms * 1000;
      for (run_now(); auto due = scheduler_.next_due_us(); run_now()) {
        if (*due > until_us) break;
        now_us_ = *due;
      }
      now_us_ = until_us;
      run_now();
    }
  };
  World world;
  std::unique_ptr<KvService> kv;
  trace::Hash hash;
  ReadSeen last{};
  std::vector<WriteSeen> writes;
  uint64_t propagated = 0, stale_keys = 0;
  std::string status, metadata;
};

inline KvSettings settings_of(std::string_view json) {
  auto parsed = parse_kv_settings(json);
  REQUIRE_MESSAGE(parsed.has_value(), (parsed ? "" : parsed.error()));
  return *parsed;
}

}  // namespace offing::test

#endif  // OFFING_TESTS_UNIT_KV_FIXTURE_H_
