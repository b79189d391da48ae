#include "tests/unit/kv_fixture.h"

using offing::KvSettings;
using offing::test::KvFixture;
using offing::test::settings_of;

TEST_CASE("K1 K2 documented: a cached value is served for its TTL, then the new one") {
  KvFixture f;
  f.put(f.A, "k", "v1");
  CHECK(f.get(f.B, "k") == "v1");
  CHECK(f.status == "MISS");
  f.after_ms(10'000);
  f.put(f.A, "k", "v2");
  f.after_ms(1000);
  CHECK(f.get(f.B, "k") == "v1");
  CHECK(f.status == "HIT");  // K25
  CHECK(f.last.cause == "cache-hit");
  CHECK(f.last.staleness_ms == 1000);
  CHECK(f.last.served == 1);
  CHECK(f.last.newest == 2);
  f.after_ms(49'000);
  CHECK(f.get(f.B, "k") == "v2");
  CHECK(f.last.staleness_ms == 0);
}

TEST_CASE("K3 documented: a location with nothing cached is fresh") {
  KvFixture f;
  f.put(f.A, "k", "v1");
  f.after_ms(1000);
  f.put(f.A, "k", "v2");
  CHECK(f.get(f.C, "k") == "v2");
  CHECK(f.last.cause == "central");
}

TEST_CASE("K4 K5 documented: misses are cached, by default for the default TTL") {
  KvFixture f;
  CHECK(f.get(f.B, "k", 300) == "null");
  f.put(f.A, "k", "v1");
  f.after_ms(59'999);
  CHECK(f.get(f.B, "k") == "null");
  CHECK(f.last.cause == "negative-cache");
  CHECK(f.last.staleness_ms == 59'999);
  f.after_ms(1);
  CHECK(f.get(f.B, "k") == "v1");
  KvFixture g(settings_of(R"({"negative_uses_cache_ttl": true})"));
  CHECK(g.get(g.B, "k", 300) == "null");
  g.put(g.A, "k", "v1");
  g.after_ms(299'000);
  CHECK(g.get(g.B, "k") == "null");
  KvFixture h(settings_of(R"({"negative_ttl_s": 5})"));
  h.get(h.B, "k");
  h.put(h.A, "k", "v1");
  h.after_ms(5000);
  CHECK(h.get(h.B, "k") == "v1");
}

TEST_CASE("K6: read your own write, always or never") {
  KvFixture f;
  f.put(f.A, "k", "v1");
  f.get(f.A, "k");
  f.after_ms(1000);
  f.put(f.A, "k", "v2");
  CHECK(f.get(f.A, "k") == "v2");
  KvFixture g(settings_of(R"({"ryow": "never"})"));
  g.put(g.A, "k", "v1");
  g.get(g.A, "k");
  g.after_ms(1000);
  g.put(g.A, "k", "v2");
  CHECK(g.get(g.A, "k") == "v1");
}

TEST_CASE("K7: cacheTtl lengthens, a lag replaces the default only") {
  KvFixture f(settings_of(R"({"lag": "5s"})"));
  f.put(f.A, "k", "v1");
  f.get(f.B, "k", 300);
  f.get(f.C, "k");
  f.after_ms(1000);
  f.put(f.A, "k", "v2");
  f.after_ms(4000);
  CHECK(f.get(f.C, "k") == "v2");
  f.after_ms(294'999);
  CHECK(f.get(f.B, "k") == "v1");
  f.after_ms(1);
  CHECK(f.get(f.B, "k") == "v2");
}

TEST_CASE("K8: tiers answer for a region until revalidated") {
  KvFixture f(settings_of(R"({"tiers": "regional", "tier_revalidate_delay": "10s",
                              "regions": {"asia": ["SIN", "SFO"]}})"));
  f.put(f.A, "k", "v1");
  f.get(f.B, "k");
  f.after_ms(1000);
  f.put(f.A, "k", "v2");
  CHECK(f.get(f.C, "k") == "v1");
  CHECK(f.last.cause == "stale-tier");
  f.after_ms(60'000);
  CHECK(f.get(f.C, "k") == "v2");
}

TEST_CASE("K8 kv.cache.evict: an evicted key is fetched anew") {
  KvFixture f;
  f.put(f.A, "k", "v1");
  f.get(f.B, "k");
  f.after_ms(1000);
  f.put(f.A, "k", "v2");
  REQUIRE(f.world.faults().arm("kv.cache.evict=always"));
  CHECK(f.get(f.B, "k") == "v2");
}

TEST_CASE("K9: ttl_policy keep ignores a smaller cacheTtl, shrink heeds it") {
  for (bool shrink : {false, true}) {
    KvFixture f(settings_of(shrink ? R"({"ttl_policy": "shrink"})" : "{}"));
    f.put(f.A, "k", "v1");
    f.get(f.B, "k", 300);
    f.after_ms(40'000);
    f.put(f.A, "k", "v2");
    CHECK(f.get(f.B, "k", 30) == (shrink ? "v2" : "v1"));
  }
}

TEST_CASE("K10: refresh ahead serves the old version once more") {
  KvFixture f(settings_of(R"({"refresh_ahead": {"fraction": 0.5, "min_hits": 2}})"));
  f.put(f.A, "k", "v1");
  f.get(f.B, "k");
  f.after_ms(1000);
  f.put(f.A, "k", "v2");
  f.after_ms(30'000);
  CHECK(f.get(f.B, "k") == "v1");
  CHECK(f.get(f.B, "k") == "v1");
  CHECK(f.get(f.B, "k") == "v2");
  CHECK(f.status == "HIT");
}

TEST_CASE("K11: a delete propagates like a write") {
  KvFixture f;
  f.put(f.A, "k", "v1");
  f.get(f.B, "k");
  f.del(f.A, "k");
  CHECK(f.get(f.B, "k") == "v1");
  f.after_ms(60'000);
  CHECK(f.get(f.B, "k") == "null");
  f.put(f.A, "k", "v3");
  CHECK(f.get(f.B, "k") == "null");
}

TEST_CASE("K15: nothing is served past its expiration, whatever its cacheTtl") {
  for (const char* mode : {R"({})", R"({"mode": "adversarial", "lag": "0s"})",
                           R"({"mode": "strong"})"}) {
    KvFixture f(settings_of(mode));
    f.put(f.A, "k", "v", 60);
    for (size_t at : {f.A, f.B, f.C}) CHECK(f.get(at, "k", 3600) == "v");
    f.after_ms(61'000);
    for (size_t at : {f.A, f.B, f.C}) CHECK(f.get(at, "k", 3600) == "null");
    CHECK(f.last.staleness_ms == 0);
  }
}

TEST_CASE("2.3 adversarial: a location that never read is behind by the link's delay") {
  KvFixture f(settings_of(R"({"mode": "adversarial", "negative_hold": false,
                              "lag": "10s", "links": {"LHR->SFO": "20s"}})"));
  f.put(f.A, "k", "v1");
  CHECK(f.get(f.A, "k") == "v1");
  f.after_ms(9'999);
  CHECK(f.get(f.B, "k") == "null");
  CHECK(f.last.cause == "replica-lag");
  CHECK(f.last.staleness_ms == 9'999);
  f.after_ms(1);
  CHECK(f.get(f.B, "k") == "v1");
  CHECK(f.get(f.C, "k") == "null");
  f.after_ms(10'000);
  CHECK(f.get(f.C, "k") == "v1");
  CHECK(f.propagated == 2);
}

TEST_CASE("2.3 adversarial: a partition holds messages until it heals") {
  KvFixture f(settings_of(R"({"mode": "adversarial", "negative_hold": false, "lag": "1s",
    "partitions": [{"a": ["LHR"], "b": ["SIN"], "from": "0s", "to": "100s"}]})"));
  f.put(f.A, "k", "v1");
  f.after_ms(99'999);
  CHECK(f.get(f.B, "k") == "null");
  CHECK(f.get(f.C, "k") == "v1");
  f.after_ms(1);
  CHECK(f.get(f.B, "k") == "v1");
}

TEST_CASE("L1 L2 L5: list is ordered by bytes, pages by cursor, names what is set") {
  KvFixture f(settings_of(R"({"mode": "strong"})"));
  for (const char* k : {"b", "\xF0\x9F\x98\x80", "\xEF\xBF\xBD", "a"}) f.put(f.A, k, "x");
  f.put(f.A, "m", "x", 100, "{\"a\":1}");
  CHECK(f.names(f.B) == "a b m \xEF\xBF\xBD \xF0\x9F\x98\x80");
  auto page = f.list(f.B, 2);
  CHECK_FALSE(page.list_complete);
  REQUIRE(page.cursor);
  auto rest = f.list(f.B, 0, {}, page.cursor);
  CHECK(rest.list_complete);
  CHECK_FALSE(rest.cursor);
  REQUIRE(rest.listed.size() == 3);
  CHECK(rest.listed[0].expiration_s == f.world.now_ms() / 1000 + 100);
  CHECK(rest.listed[0].metadata_json == "{\"a\":1}");
  CHECK_FALSE(rest.listed[1].expiration_s);
  CHECK(f.list(f.B, {}, "zz", page.cursor).error->starts_with("KV GET failed: 400 Invalid cursor"));
  CHECK(f.list(f.B, {}, {}, "nonsense!").error->starts_with("KV GET failed: 400 Invalid cursor"));
}

TEST_CASE("L3 K16: tombstones occupy the scan") {
  KvFixture f(settings_of(R"({"mode": "strong", "tombstone_pages": true})"));
  for (const char* k : {"a", "b", "c"}) f.put(f.A, k, "x");
  f.del(f.A, "a");
  f.del(f.A, "b");
  auto page = f.list(f.A, 2);
  CHECK(page.listed.empty());
  CHECK_FALSE(page.list_complete);
  CHECK(f.list(f.A, 2, {}, page.cursor).listed.size() == 1);
  f.after_ms(60'000);
  CHECK(f.list(f.A, 2).listed.size() == 1);
}

TEST_CASE("K17 K18: list lags elsewhere, the writer lists its own") {
  KvFixture f;
  f.put(f.A, "k", "v");
  CHECK(f.names(f.A) == "k");
  CHECK(f.names(f.B) == "");
  CHECK(f.stale_keys == 1);
  CHECK(f.get(f.B, "k") == "v");
  f.after_ms(60'000);
  CHECK(f.names(f.B) == "k");
}
