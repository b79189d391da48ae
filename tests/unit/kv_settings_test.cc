#include "storage/kv/cursor.h"
#include "tests/unit/kv_fixture.h"

using offing::parse_kv_settings;
using offing::parse_lag;

TEST_CASE("2.2 2.3: a lag is read back as it is written") {
  for (const char* text : {"60s", "500ms", "uniform:0s..60s", "exp:20s", "list:1s,5s,30s"})
    CHECK(parse_lag(text)->text() == text);
  CHECK(parse_lag("const:5s")->longest_ms() == 5000);
  CHECK(parse_lag("0")->longest_ms() == 0);
  CHECK(parse_lag("1.5m")->longest_ms() == 90'000);
  for (const char* bad : {"", "60", "-1s", "nan", "uniform:5s", "uniform:9s..1s", "list:", "exp:",
                          "gauss:1s", "366d", "1s,"}) {
    auto parsed = parse_lag(bad);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().find("\"" + std::string(bad) + "\"") != std::string::npos);
  }
}

TEST_CASE("2.2 2.3: the settings file names what it refuses") {
  CHECK(parse_kv_settings("{}") == offing::KvSettings{});
  auto error = [](std::string_view json) { return parse_kv_settings(json).error(); };
  CHECK(error(R"({"default_cache_ttl_s": -1})") ==
        "KV settings: \"default_cache_ttl_s\" is -1; it must be a whole number from 0 to 31536000");
  CHECK(error(R"({"evict_rate": 2})") ==
        "KV settings: \"evict_rate\" is 2; it must be a probability from 0 to 1");
  CHECK(error(R"({"evict": 2})").starts_with("KV settings: there is no setting \"evict\""));
  CHECK(error(R"({"write_limit": {"x": 1}})")
            .starts_with("KV settings: there is no setting \"write_limit.x\""));
  CHECK(error("{\n\n]").starts_with("KV settings: line 3 is not JSON"));
  CHECK(error(R"({"links": {"LHR": "1s"}})").find("FROM->TO") != std::string::npos);
  CHECK(error(R"({"mode": "eventual"})").find("adversarial") != std::string::npos);
  CHECK(error("[]").find("object") != std::string::npos);
  offing::test::KvFixture f;
  auto opened = offing::KvService::open(f.world, *parse_kv_settings(R"({"links":{"LHR->XXX":"1s"}})"),
                                        {"LHR"});
  REQUIRE_FALSE(opened);
  CHECK(opened.error().find("\"XXX\"") != std::string::npos);
}

TEST_CASE("L4: a cursor survives only unchanged and with its prefix") {
  const std::string cursor = offing::kv::encode_cursor("p", "p/name");
  CHECK(offing::kv::decode_cursor("p", cursor) == "p/name");
  CHECK_FALSE(offing::kv::decode_cursor("q", cursor));
  for (size_t i = 0; i < cursor.size(); ++i) {
    std::string broken = cursor;
    broken[i] = broken[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(offing::kv::decode_cursor("p", broken));
  }
}
