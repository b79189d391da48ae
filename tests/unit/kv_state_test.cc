#include <signal.h>
#include <sys/resource.h>

#include <deque>

#include "storage/kv/store.h"
#include "tests/unit/kv_fixture.h"

using offing::KvAnswer;
using offing::test::Directory;
using offing::test::KvFixture;
using offing::test::settings_of;

namespace {

// A disk that has no room left: for as long as this lives, no file grows past the size that the
// directory's log has now, so that the next COMMIT fails as it would on a full disk.
class FullDisk {
 public:
  explicit FullDisk(const Directory& dir) : signal_(signal(SIGXFSZ, SIG_IGN)) {
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before_) == 0);
    rlimit full = before_;
    full.rlim_cur = std::filesystem::file_size(dir.path + "/kv.sqlite-wal");
    REQUIRE(full.rlim_cur > 0);
    REQUIRE(setrlimit(RLIMIT_FSIZE, &full) == 0);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, signal_);
  }

 private:
  rlimit before_{};
  void (*signal_)(int);
};

class Streams final : public offing::RandomStreams {
 public:
  offing::Randomness& stream(std::string_view name) override { return all_.emplace_back(name); }

 private:
  struct One final : offing::Randomness {
    explicit One(std::string_view name) : random(1, name) {}
    double uniform() override { return random.uniform(); }
    offing::Random random;
  };
  std::deque<One> all_;
};

// A store and its clock.
struct Model {
  explicit Model(const char* settings)
      : store(std::move(
            offing::kv::Store::open(settings_of(settings), {"LHR", "SIN", "SFO"}, streams, 0)
                .value())),
        ns(store->ns("ns")) {}
  void move(int64_t ms) {
    now_ms += ms;
    store->advance(now_ms, nullptr);
  }
  bool read(uint32_t location, std::string_view key) {
    return store->read(ns, key, {location, now_ms, 0}).found;
  }
  void write(std::string key, std::shared_ptr<const std::string> value) {
    offing::kv::Write w;
    w.ns = ns;
    w.key = std::move(key);
    w.value = std::move(value);
    store->apply(std::move(w), now_ms);
  }
  Streams streams;
  std::unique_ptr<offing::kv::Store> store;
  uint32_t ns;
  int64_t now_ms = 1'000'000;
};

constexpr const char* kModes[] = {R"({})", R"({"mode": "adversarial"})",
                                  R"({"mode": "adversarial", "non_monotonic": 0.1})",
                                  R"({"mode": "strong"})"};

std::shared_ptr<const std::string> value() { return std::make_shared<const std::string>("value"); }

}  // namespace

TEST_CASE("DESIGN rule 8: when COMMIT fails its writers are told and nothing of it is ever seen") {
  Directory dir;
  {
    KvFixture f({}, 1, dir.path);
    CHECK(f.put(f.A, "k", "v1", {}, "1") == "");
    CHECK(f.put(f.A, "gone", "v1") == "");
    f.after_ms(1000);
    {
      FullDisk full(dir);
      std::vector<std::string> told;
      auto tell = [&told](KvAnswer a) { told.push_back(a.error.value_or("")); };
      offing::KvCall del;
      del.op = offing::KvCall::Op::kDelete;
      del.key = "gone";
      f.writes.clear();
      f.kv->call(f.A, 0, "ns", f.put_call("k", "v2"), tell);
      f.kv->call(f.B, 0, "ns", f.put_call("big", std::string(100'000, 'x')), tell);
      f.kv->call(f.C, 0, "ns", std::move(del), tell);
      f.at_turn();
      const std::string failed = " failed: 500 Internal Server Error";
      REQUIRE(told.size() == 3);
      CHECK(told[0] == "KV PUT" + failed);
      CHECK(told[1] == "KV PUT" + failed);
      CHECK(told[2] == "KV DELETE" + failed);
      REQUIRE(f.writes.size() == 3);
      for (size_t i = 0; i < 3; ++i) {
        CHECK(f.writes[i].version == 0);
        CHECK(f.writes[i].error == told[i]);
      }
      CHECK_FALSE(f.kv->seed("ns", "seeded", "s"));
    }
    for (size_t at : {f.A, f.B, f.C}) {
      CHECK(f.get(at, "k") == "v1");
      CHECK(f.metadata == "1");
      CHECK(f.get(at, "big") == "null");
      CHECK(f.get(at, "gone") == "v1");
      CHECK(f.get(at, "seeded") == "null");
    }
    CHECK(f.names(f.A) == "gone k");
    CHECK_FALSE(f.kv->newest("ns", "big"));
    f.after_ms(60'000);
    CHECK(f.get(f.B, "k") == "v1");
    CHECK(f.put(f.A, "after", "room again") == "");
    CHECK(f.get(f.C, "after") == "room again");
  }
  KvFixture f({}, 1, dir.path);
  CHECK(f.names(f.B) == "after gone k");
  CHECK(f.get(f.B, "k") == "v1");
  CHECK(f.get(f.B, "after") == "room again");
}

TEST_CASE("DESIGN rule 8: values read from a cache outlive a COMMIT that fails") {
  Directory dir;
  KvFixture f(settings_of(R"({"mode": "adversarial", "lag": "10s", "write_limit": false})"), 1,
              dir.path);
  f.put(f.A, "k", "v1");
  f.after_ms(10'000);
  {
    FullDisk full(dir);
    CHECK(f.put(f.A, "k", "v2") == "KV PUT failed: 500 Internal Server Error");
  }
  f.propagated = 0;
  f.after_ms(60'000);
  CHECK(f.propagated == 0);
  for (size_t at : {f.A, f.B, f.C}) CHECK(f.get(at, "k") == "v1");
}

TEST_CASE("L4: a cursor outlives a restart and a change of mode") {
  Directory dir;
  std::optional<std::string> cursor;
  {
    KvFixture f({}, 1, dir.path);
    for (const char* k : {"a", "b", "c"}) f.put(f.A, k, "x");
    cursor = f.list(f.A, 2).cursor;
  }
  KvFixture f(settings_of(R"({"mode": "adversarial"})"), 2, dir.path);
  const auto rest = f.list(f.C, 2, {}, cursor);
  REQUIRE(rest.listed.size() == 1);
  CHECK(rest.listed[0].name == "c");
  CHECK(rest.list_complete);
}

TEST_CASE("memory: a version that no location can see any more is dropped") {
  for (const char* mode : kModes) {
    CAPTURE(std::string(mode));
    Model m(mode);
    std::deque<std::weak_ptr<const std::string>> values;
    size_t most_versions = 0, most_values = 0;
    for (int i = 0; i < 20'000; ++i, m.move(1000)) {
      auto v = value();
      values.push_back(v);
      m.write("k", std::move(v));
      m.read(1, "k");
      std::erase_if(values, [](const auto& old) { return old.expired(); });
      most_values = std::max(most_values, values.size());
      most_versions = std::max(most_versions, m.store->find(m.ns, "k")->versions.size());
    }
    // A write a second and a minute in which it may be unseen: 61, at most twice that between trims.
    CHECK(most_versions <= 2 * 61 + 2);
    CHECK(most_values <= 2 * 61 + 2 + 3 * 2);  // and what caches and replicas hold
    m.move(600'000);
    m.store->sweep(m.ns, m.now_ms);
    CHECK(m.store->find(m.ns, "k")->versions.size() == 1);
    std::erase_if(values, [](const auto& old) { return old.expired(); });
    CHECK(values.size() == 1);
    for (uint32_t at : {0, 1, 2}) CHECK(m.read(at, "k"));
  }
}

TEST_CASE("memory: reading keys that are not there does not fill it") {
  for (const char* mode : kModes) {
    CAPTURE(std::string(mode));
    Model m(mode);
    m.write("there", value());
    size_t most = 0;
    for (int i = 0; i < 100'000; ++i, m.move(10)) {
      CHECK_FALSE(m.read(1, "missing " + std::to_string(i)));
      most = std::max(most, m.store->entries(m.ns));
    }
    // A miss is kept for a minute, 6000 reads; a sweep comes when the number has doubled.
    CHECK(most <= 2 * 6002 + 1024 + 1);
    m.move(600'000);
    m.store->sweep(m.ns, m.now_ms);
    CHECK(m.store->entries(m.ns) == 1);
    CHECK(m.read(2, "there"));
  }
}

TEST_CASE("memory: keys that were deleted, or that expired, leave nothing behind") {
  for (const char* mode : kModes) {
    CAPTURE(std::string(mode));
    Model m(mode);
    m.write("there", value());
    m.read(1, "not there");
    size_t most = 0;
    for (int i = 0; i < 20'000; ++i, m.move(100)) {
      const std::string key = "key " + std::to_string(i);
      if (i % 2 == 0) {
        m.write(key, value());
        m.read(1, key);
        m.write(key, nullptr);
      } else {
        offing::kv::Write w;
        w.ns = m.ns;
        w.key = key;
        w.value = value();
        w.expiration_s = m.now_ms / 1000 + 60;
        m.store->apply(std::move(w), m.now_ms);
      }
      most = std::max(most, m.store->entries(m.ns));
    }
    // At most two minutes of each: until it is seen everywhere, and the hold of its tombstone.
    CHECK(most <= 2 * 1202 + 1024 + 1);
    m.move(600'000);
    m.store->sweep(m.ns, m.now_ms);
    CHECK(m.store->entries(m.ns) == 1);
    CHECK(m.store->find(m.ns, "there"));
  }
}
