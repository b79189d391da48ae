#include <map>
#include <set>

#include "tests/unit/kv_fixture.h"

using offing::test::KvFixture;
using offing::test::settings_of;

namespace {

constexpr const char* kModes[] = {
    R"({})",
    R"({"ryow": 0.5, "evict_rate": 0.1, "lag": "uniform:0s..60s", "tiers": "regional",
        "tier_revalidate_delay": "exp:2s", "refresh_ahead": {"min_hits": 1, "fraction": 0.3},
        "links": {"LHR->SIN": "uniform:0s..20s"}})",
    R"({"mode": "adversarial"})",
    R"({"mode": "adversarial", "ryow": 0.5, "non_monotonic": 0.2, "list_source": "replica",
        "evict_rate": 0.1, "lag": "exp:20s",
        "partitions": [{"a": ["LHR"], "b": ["SIN", "SFO"], "from": "20s", "to": "90s"}]})",
    R"({"mode": "strong"})"};

struct Put {
  std::string metadata;
  int64_t dies_ms;
};

std::string history(const char* settings, uint64_t seed) {
  KvFixture f(settings_of(settings), seed);
  offing::Random random(seed, "script");
  std::map<std::string, std::map<std::string, Put>> written;
  std::map<std::string, std::string> final_value;
  int stamp = 0;
  for (int step = 0; step < 60; ++step) {
    const std::string key(1, static_cast<char>('a' + random.between(0, 3)));
    const auto at = static_cast<size_t>(random.between(0, 2));
    const double what = random.uniform();
    if (what < 0.25) {
      const std::string value = "v" + std::to_string(++stamp), metadata = std::to_string(stamp);
      const bool dies = random.chance(0.3);
      const int64_t dies_ms = dies ? (f.world.now_ms() / 1000 + 60) * 1000 : INT64_MAX;
      if (f.put(at, key, value, dies ? std::optional(60) : std::nullopt, metadata) != "") continue;
      written[key][value] = {metadata, dies_ms};
      final_value[key] = value;
    } else if (what < 0.32) {
      if (f.del(at, key) == "") final_value[key] = "null";
    } else if (what < 0.7) {
      const bool hold = random.chance(0.3);
      const std::string got = f.get(at, key, hold ? std::optional(100) : std::nullopt);
      if (got == "null") continue;
      auto found = written[key].find(got);
      REQUIRE_MESSAGE(found != written[key].end(), "(i) (iv) " << got);
      CHECK_MESSAGE(found->second.metadata == f.metadata, "(ii)");
      CHECK_MESSAGE(f.world.now_ms() < found->second.dies_ms, "(iii)");
    } else if (what < 0.75) {
      f.list(at);
    } else {
      f.after_ms(random.between(0, 8000));
    }
  }
  f.after_ms(60'000 + 100'000 + 100'000 + 60'000);  // delays, cacheTtl, tiers, list
  std::string expected;
  for (const auto& [key, value] : final_value) {
    const bool gone = value == "null" || written[key][value].dies_ms <= f.world.now_ms();
    if (!gone) expected += (expected.empty() ? "" : " ") + key;
    for (size_t at : {f.A, f.B, f.C}) {
      std::string got = f.get(at, key);
      for (int again = 0; again < 2 && got != (gone ? "null" : value); ++again) got = f.get(at, key);
      CHECK_MESSAGE(got == (gone ? "null" : value), "(v) K12 K26");
    }
  }
  for (size_t at : {f.A, f.B, f.C}) CHECK_MESSAGE(f.names(at) == expected, "(v) list agrees");
  return f.hash.hex();
}

}  // namespace

TEST_CASE("2.3 (i)-(v), (vii), K12 K26: random histories keep the invariants and repeat") {
  for (const char* mode : kModes) {
    std::set<std::string> different;
    for (uint64_t seed = 1; seed <= 200; ++seed) {
      CAPTURE(mode);
      CAPTURE(seed);
      const std::string once = history(mode, seed);
      REQUIRE_MESSAGE(once == history(mode, seed), "(vii)");
      different.insert(once);
    }
    CHECK(different.size() == 200);
  }
}

TEST_CASE("2.3 (vi) adversarial: an untouched location differs by the configured delay only") {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    KvFixture f(settings_of(R"({"mode": "adversarial", "lag": "uniform:2s..9s"})"), seed);
    f.put(f.A, "k", "v");
    f.after_ms(9000);
    CHECK(f.get(f.B, "k") == "v");
    CHECK(f.propagated == 2);
  }
}
