// KV as a whole: copies of a service, its dump and load, its settings at run time, and what `inspect`
// says of a key.
#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "emulator/services/kv_service.h"
#include "emulator/trace/readers.h"
#include "tests/unit/copies_kit.h"

namespace offing::test {
namespace {

using Inspected = KvService::Inspected;
const std::vector<std::string> kPlaces = {"LHR", "SIN", "SFO"};

struct Kv final : trace::Reader {
  explicit Kv(KvSettings settings = {}, std::string state = "") : world(1) {
    begin(KvService::open(world, std::move(settings), kPlaces, std::move(state)));
  }
  Kv(const KvService::State& state, int64_t now_us, uint64_t seed = 1) : world(seed, now_us) {
    begin(KvService::open(world, state));
  }
  ~Kv() override { world.trace().remove_reader(this); }
  void begin(std::expected<std::unique_ptr<KvService>, std::string> opened) {
    REQUIRE_MESSAGE(opened.has_value(), opened.error());
    kv = std::move(*opened);
    world.trace().add_reader(this);
  }
  void on_event(const trace::Stamp& stamp, const trace::Event& event) override {
    hash.on_event(stamp, event);
    const auto* read = std::get_if<trace::KvReadEvent>(&event);
    if (read == nullptr) return;
    last.version = read->version_served;
    last.absent = read->served_absent;
    last.staleness_ms = read->staleness_ms;
    cause = read->cause;
  }
  KvAnswer call(size_t location, KvCall call) {
    KvAnswer got;
    bool answered = false;
    kv->call(location, 0, "ns", std::move(call), [&, this](KvAnswer answer) {
      got = std::move(answer);
      answered = true;
      world.stop();
    });
    world.run();
    world.go_on();
    REQUIRE(answered);
    return got;
  }
  std::string get(size_t location, std::string key, std::optional<int32_t> ttl_s = {}) {
    KvCall c;
    c.key = std::move(key);
    c.cache_ttl_s = ttl_s;
    const KvAnswer answer = call(location, std::move(c));
    return answer.error ? *answer.error : answer.value.found ? *answer.value.value : "null";
  }
  std::string put(size_t location, std::string key, std::string value,
                  std::optional<int32_t> ttl_s = {}) {
    KvCall c;
    c.op = KvCall::Op::kPut;
    c.key = std::move(key);
    c.value = std::move(value);
    c.expiration_ttl_s = ttl_s;
    return call(location, std::move(c)).error.value_or("");
  }
  std::string remove(size_t location, std::string key) {
    KvCall c;
    c.op = KvCall::Op::kDelete;
    c.key = std::move(key);
    return call(location, std::move(c)).error.value_or("");
  }
  std::string names(size_t location) {
    KvCall c;
    c.op = KvCall::Op::kList;
    std::string all;
    for (const KvListedKey& key : call(location, std::move(c)).listed) all += key.name + " ";
    return all;
  }
  // Everything that is known of these keys, as text.
  std::string seen(int keys = 8) const {
    std::string all;
    for (int i = 0; i < keys; ++i) all += text(kv->inspect("ns", "k" + std::to_string(i))) + "\n";
    return all;
  }
  static std::string text(const Inspected& of) {
    std::string out = std::to_string(of.version) + (of.absent ? " absent " : " ") +
                      std::to_string(of.size_bytes) + " " + std::to_string(of.written_at_ms);
    for (const Inspected::Place& p : of.locations)
      out += " | " + p.location + " " + std::to_string(p.version) + (p.absent ? " absent " : " ") +
             std::string(p.cause) + " " + std::to_string(p.staleness_ms) + " " +
             std::to_string(p.age_ms.value_or(-1)) + " " +
             std::to_string(p.cached_until_ms.value_or(-1));
    return out;
  }
  void advance(int64_t ms) { test::advance(world, ms); }
  std::shared_ptr<const KvService::State> copy() const { return kv->copy_state(); }

  VirtualWorld world;
  std::unique_ptr<KvService> kv;
  trace::Hash hash;
  Inspected::Place last;
  std::string cause;
};

KvSettings settings_of(std::string_view json) {
  auto parsed = parse_kv_settings(json);
  REQUIRE_MESSAGE(parsed.has_value(), parsed.error());
  return *parsed;
}

const std::vector<std::string> kModes = {
    R"({"mode": "documented", "write_limit": {"per_s": 0}})",
    R"({"mode": "documented", "write_limit": {"per_s": 0}, "tiers": "regional", "ryow": 0.5,
        "lag": "uniform:5s..40s", "refresh_ahead": {"fraction": 0.5, "min_hits": 2},
        "regions": {"far": ["SIN", "SFO"]}, "tier_revalidate_delay": "uniform:0s..20s"})",
    R"({"mode": "documented", "write_limit": {"per_s": 0}, "links": {"LHR->SIN": "exp:20s"}})",
    R"({"mode": "adversarial", "write_limit": {"per_s": 0}})",
    R"({"mode": "adversarial", "write_limit": {"per_s": 0}, "ryow": 0.5, "reorder_keys": false,
        "partitions": [{"a": ["LHR"], "b": ["SIN"], "from": "10s", "to": "200s"}]})",
    R"({"mode": "strong", "write_limit": {"per_s": 0}})"};

// Random operations, the same for the same `chance`.
void act(Kv& kv, std::mt19937& chance, int steps, bool check_inspect = false) {
  for (int i = 0; i < steps; ++i) {
    const size_t at = chance() % 3;
    const std::string key = "k" + std::to_string(chance() % 8);
    const auto what = chance() % 10;
    const int32_t ttl_s = chance() % 2 ? 60 : 90;
    if (what == 0) kv.put(at, key, "lives " + std::to_string(i), ttl_s);
    else if (what == 1) kv.put(at, key, "stays " + std::to_string(i));
    else if (what == 2) kv.remove(at, key);
    else if (what == 3) kv.names(at);
    else if (what < 6) kv.advance(chance() % 15'000);
    else {
      const Inspected::Place said = kv.kv->inspect("ns", key).locations[at];
      // A read with a cacheTtl of its own is served the same.
      kv.get(at, key, what == 6 ? std::optional(ttl_s) : std::nullopt);
      if (!check_inspect) continue;
      CHECK(said.version == kv.last.version);
      CHECK(said.absent == kv.last.absent);
      CHECK(said.cause == kv.cause);
      CHECK(said.staleness_ms == kv.last.staleness_ms);
    }
  }
}

}  // namespace

TEST_CASE("inspect says what a read then gets, in all modes, and changes nothing") {
  for (const std::string& mode : kModes) {
    CAPTURE(mode);
    std::mt19937 chance(7), again(7);
    Kv watched(settings_of(mode)), alone(settings_of(mode));
    act(watched, chance, 600, true);
    for (int i = 0; i < 600; ++i) (void)watched.seen();
    act(alone, again, 600);
    CHECK(watched.hash.hex() == alone.hash.hex());
  }
}

TEST_CASE("inspect: a cache's age and end; a key and a namespace that nobody knows") {
  Kv kv;
  CHECK(Kv::text(kv.kv->inspect("other", "k")) ==
        "0 absent 0 0 | LHR 0 absent central 0 -1 -1 | SIN 0 absent central 0 -1 -1 | "
        "SFO 0 absent central 0 -1 -1");
  const int64_t now_ms = kv.world.now_ms();
  kv.put(0, "k", "value");
  kv.get(1, "k");
  kv.advance(20'000);
  kv.put(0, "k", "longer value", 100);
  kv.advance(5'000);
  const Inspected found = kv.kv->inspect("ns", "k");
  CHECK(found.size_bytes == 12);
  CHECK(found.written_at_ms == now_ms + 20'000);
  CHECK(found.expiration_s == now_ms / 1000 + 120);
  CHECK(Kv::text(found).substr(Kv::text(found).find('|')) ==
        "| LHR 2 central 0 -1 -1 | SIN 1 cache-hit 5000 25000 " + std::to_string(now_ms + 60'000) +
            " | SFO 2 central 0 -1 -1");
}

TEST_CASE("a copy shows the same, and what one does the other does not see") {
  for (const std::string& mode : kModes) {
    CAPTURE(mode);
    Kv kv(settings_of(mode));
    std::mt19937 chance(3);
    act(kv, chance, 300);
    const auto state = kv.copy();
    const std::string before = kv.seen();
    Kv copy(*state, kv.world.now_us());
    CHECK(copy.seen() == before);
    std::mt19937 one(11), other(12);
    act(copy, one, 200);
    CHECK(kv.seen() == before);
    const std::string there = copy.seen();
    act(kv, other, 200);
    CHECK(copy.seen() == there);
  }
}

TEST_CASE("copies in worlds of one seed go on alike, copies of copies too; of another seed they do not") {
  for (const std::string& mode : kModes) {
    CAPTURE(mode);
    Kv kv(settings_of(mode));
    std::mt19937 chance(5);
    act(kv, chance, 300);
    const int64_t now_us = kv.world.now_us();
    const auto state = kv.copy();
    act(kv, chance, 100);  // the original goes on; the state does not
    Kv a(*state, now_us, 9), between(*state, now_us, 4), c(*state, now_us, 10);
    Kv b(*between.copy(), now_us, 9);
    act(between, chance, 50);
    std::mt19937 one(6), two(6), three(6);
    act(a, one, 300);
    act(b, two, 300);
    act(c, three, 300);
    CHECK(a.hash.hex() == b.hash.hex());
    if (mode.find("adversarial") != mode.npos) CHECK(a.hash.hex() != c.hash.hex());
  }
}

TEST_CASE("what is under way between replicas arrives in each copy when it would have") {
  Kv kv(settings_of(R"({"mode": "adversarial", "lag": "10s", "negative_hold": false})"));
  kv.put(0, "k", "new");
  kv.advance(4'000);
  Kv copy(*kv.copy(), kv.world.now_us(), 2);
  CHECK(copy.get(1, "k") == "null");
  copy.advance(5'999);
  CHECK(copy.get(1, "k") == "null");
  copy.advance(1);
  CHECK(copy.get(1, "k") == "new");
  CHECK(copy.get(2, "k") == "new");
  CHECK(kv.get(1, "k") == "null");
  kv.advance(6'000);
  CHECK(kv.get(1, "k") == "new");
}

TEST_CASE("K22: the write limiter's debt goes along; staleness is each copy's own") {
  Kv kv;
  kv.put(0, "k", "1");
  kv.get(1, "k");
  Kv copy(*kv.copy(), kv.world.now_us());
  CHECK(copy.put(0, "k", "2").find("429") != std::string::npos);
  copy.advance(1'000);
  CHECK(copy.put(0, "k", "2") == "");
  copy.advance(500);
  kv.advance(1'500);
  CHECK(copy.kv->inspect("ns", "k").locations[1].staleness_ms == 500);
  CHECK(kv.kv->inspect("ns", "k").locations[1].staleness_ms == 0);
}

TEST_CASE("a dump opened with --state, or loaded, shows the newest of everything") {
  ScratchFolder folder;
  Kv kv;
  for (int i = 0; i < 50; ++i) kv.put(0, "key " + std::to_string(i), std::string(i * 10, 'x'));
  kv.put(0, "short", "lived", 60);
  kv.put(0, "gone", "x");
  kv.advance(2'000);
  kv.remove(0, "gone");
  const std::string directory = folder.path() + "/new/one";
  auto dumped = kv.kv->dump(directory);
  REQUIRE_MESSAGE(dumped.has_value(), dumped.error());
  auto twice = kv.kv->dump(directory);
  REQUIRE_FALSE(twice.has_value());
  CHECK(twice.error().find("is there already") != std::string::npos);

  auto loaded = KvService::load_state(kv.world, {}, kPlaces, directory);
  REQUIRE_MESSAGE(loaded.has_value(), loaded.error());
  Kv copy(**loaded, kv.world.now_us()), stored({}, directory);
  for (Kv* other : {&copy, &stored}) {
    for (int i = 0; i < 50; ++i) {
      const std::string key = "key " + std::to_string(i);
      CHECK(other->get(1, key) == kv.get(0, key));
      CHECK(other->kv->inspect("ns", key).version == kv.kv->inspect("ns", key).version);
    }
    CHECK(other->get(1, "short") == "lived");
    CHECK(other->get(1, "gone") == "null");
    // A version number is not given twice.
    other->put(0, "more", "x");
    CHECK(other->kv->inspect("ns", "more").version == 54);
  }
  auto in_use = KvService::load_state(kv.world, {}, kPlaces, directory);
  CHECK(in_use.error().find("is in use by another process") != std::string::npos);
  CHECK(KvService::load_state(kv.world, {}, kPlaces, folder.path() + "/none").error().find(
            "there is no state directory") == 0);
  auto empty = KvService::load_state(kv.world, {}, kPlaces, folder.path());
  REQUIRE(empty.has_value());
  CHECK(Kv(**empty, kv.world.now_us()).names(0) == "");
}

TEST_CASE("settings at run time: entries and caches stay, a location that is not there changes nothing") {
  Kv kv(settings_of(R"({"mode": "adversarial", "lag": "10s", "write_limit": {"per_s": 0}})"));
  kv.put(0, "k", "1");
  auto refused = kv.kv->set_settings(settings_of(R"({"links": {"LHR->XXX": "5s"}})"));
  CHECK(refused.error().find("names the location \"XXX\", which this run does not have") !=
        std::string::npos);
  CHECK(kv.kv->settings().mode == KvMode::kAdversarial);
  REQUIRE(kv.kv->set_settings(settings_of(R"({"write_limit": {"per_s": 0}})")).has_value());
  CHECK(kv.get(1, "k") == "1");   // documented now: fetched from the central store
  kv.put(0, "k", "2");
  CHECK(kv.get(1, "k") == "1");   // cached
  REQUIRE(kv.kv->set_settings(settings_of(R"({"mode": "strong"})")).has_value());
  CHECK(kv.get(1, "k") == "2");
  REQUIRE(kv.kv->set_settings(settings_of(R"({"mode": "adversarial", "lag": "10s"})")).has_value());
  CHECK(kv.get(2, "k") == "2");   // all that was written has arrived
  kv.advance(61'000);
  kv.put(0, "k", "3");
  CHECK(kv.get(2, "k") == "2");
  CHECK(kv.put(0, "k", "4").find("429") != std::string::npos);
  kv.advance(10'000);
  CHECK(kv.get(2, "k") == "3");
  for (int i = 0; i < 60; ++i) {  // whatever follows whatever
    std::mt19937 chance(i);
    REQUIRE(kv.kv->set_settings(settings_of(kModes[chance() % kModes.size()])).has_value());
    act(kv, chance, 30, true);
  }
}

}  // namespace offing::test
