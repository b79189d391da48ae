#include "tests/unit/kv_fixture.h"

using offing::KvAnswer;
using offing::KvCall;
using offing::test::KvFixture;
using offing::test::settings_of;

TEST_CASE("1.3: keys are refused in the platform's words") {
  KvFixture f;
  KvCall empty;
  KvAnswer a = f.call(f.A, std::move(empty));
  CHECK(a.error == "Key name cannot be empty.");
  CHECK(a.error_is_type_error);
  CHECK(f.get(f.A, ".") == "\".\" is not allowed as a key name.");
  CHECK(f.get(f.A, "..") == "\"..\" is not allowed as a key name.");
  const std::string tail = "414 UTF-8 encoded length of 513 exceeds key length limit of 512.";
  CHECK(f.get(f.A, std::string(513, 'k')) == "KV GET failed: " + tail);
  CHECK(f.put(f.A, std::string(513, 'k'), "") == "KV PUT failed: " + tail);
  CHECK(f.del(f.A, std::string(513, 'k')) == "KV DELETE failed: " + tail);
  CHECK(f.put(f.A, std::string(512, 'k'), "") == "");
  CHECK(f.get(f.A, "\xED\xA0\x80") == "KV GET failed: 400 Could not URL-decode key name");
  CHECK(f.get(f.A, "k", 29) ==
        "KV GET failed: 400 Invalid cache_ttl of 29. Cache TTL must be at least 30.");
}

TEST_CASE("1.3: bulk get is refused in the platform's words") {
  KvFixture f;
  auto bulk = [&f](std::vector<std::string> keys, std::optional<std::string> type = {}) {
    KvCall c;
    c.op = KvCall::Op::kGetBulk;
    c.keys = std::move(keys);
    c.type = std::move(type);
    return f.call(f.A, std::move(c));
  };
  const std::string head = "KV GET_BULK failed: ";
  CHECK(bulk({}).error == head + "400 You must request a minimum of 1 key");
  CHECK(bulk(std::vector<std::string>(101, "k")).error ==
        head + "400 You can request a maximum of 100 keys");
  CHECK(bulk({"k"}, "stream").error ==
        head + "400 \"stream\" is not a valid type. Use \"json\" or \"text\"");
  CHECK(bulk({"."}).error == head + "400 Key name . is not legal");
  CHECK(bulk({""}).error == head + "400 Key name  is not legal");
  CHECK(bulk({std::string(513, 'k')}).error == head + "414 Encoded length of 513 is too long");
  f.put(f.A, "text", "hello");
  CHECK(bulk({"text"}, "json").error ==
        head + "400 At least one of the requested keys corresponds to a non-json value");
  KvAnswer good = bulk({"none", "text"});
  CHECK_FALSE(good.error);
  REQUIRE(good.values.size() == 2);
  CHECK_FALSE(good.values[0].found);
  CHECK(*good.values[1].value == "hello");
  f.put(f.A, "big", std::string(25'000'001, 'x'));
  CHECK(bulk({"big"}).error == head + "413 Total size of request exceeds the limit of 25MB");
}

TEST_CASE("1.3: put options are refused in the platform's words") {
  KvFixture f;
  const std::string head = "KV PUT failed: ";
  CHECK(f.put(f.A, "k", "v", 0) ==
        head + "400 Invalid expiration_ttl of 0. Please specify integer greater than 0.");
  CHECK(f.put(f.A, "k", "v", 59) ==
        head + "400 Invalid expiration_ttl of 59. Expiration TTL must be at least 60.");
  const auto now_s = static_cast<int32_t>(f.world.now_ms() / 1000);
  KvCall c = f.put_call("k", "v");
  c.expiration_s = now_s;
  CHECK(f.run(f.A, std::move(c)) ==
        head + "400 Invalid expiration of " + std::to_string(now_s) +
            ". Please specify integer greater than the current number of seconds since the UNIX "
            "epoch.");
  c = f.put_call("k", "v");
  c.expiration_s = now_s + 59;
  CHECK(f.run(f.A, std::move(c)) == head + "400 Invalid expiration of " +
                                        std::to_string(now_s + 59) +
                                        ". Expiration times must be at least 60 seconds in the "
                                        "future.");
  c = f.put_call("k", "v");
  c.expiration_s = 1;
  c.expiration_ttl_s = 60;
  CHECK(f.run(f.A, std::move(c)) == "");
  CHECK(f.put(f.A, "m", "v", {}, std::string(1025, 'x')) == head + "413 Payload Too Large");
  CHECK(f.put(f.A, "m", std::string(26'214'401, 'x')) ==
        head + "413 Value length of 26214401 exceeds limit of 26214400.");
  CHECK(f.list(f.A, 1001).error ==
        "KV GET failed: 400 Invalid key_count_limit of 1001. Please specify integer less than "
        "1000.");
  CHECK(f.list(f.A, {}, std::string(513, 'p')).error ==
        "KV GET failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512.");
}

TEST_CASE("K13 K14: put replaces value, metadata and expiration together") {
  KvFixture f;
  f.put(f.A, "k", "v1", 60, "{\"v\":1}");
  CHECK(f.get(f.A, "k") == "v1");
  CHECK(f.metadata == "{\"v\":1}");
  f.after_ms(1000);
  f.put(f.A, "k", "v2");
  CHECK(f.get(f.A, "k") == "v2");
  CHECK(f.metadata == "");
  f.after_ms(100'000);
  CHECK(f.get(f.A, "k") == "v2");
}

TEST_CASE("K22: one write a second to one key; the loser leaves nothing") {
  KvFixture f;
  CHECK(f.put(f.A, "k", "v1") == "");
  CHECK(f.put(f.B, "k", "v2") == "KV PUT failed: 429 Too Many Requests");
  CHECK(f.put(f.B, "other", "v") == "");
  CHECK(f.del(f.A, "absent") == "");
  CHECK(f.get(f.C, "k") == "v1");
  f.after_ms(1000);
  CHECK(f.put(f.B, "k", "v3") == "");
  KvFixture g(settings_of(R"({"write_limit": {"scope": "location", "count_deletes": true}})"));
  CHECK(g.put(g.A, "k", "v1") == "");
  CHECK(g.put(g.B, "k", "v2") == "");
  CHECK(g.del(g.A, "k") == "KV DELETE failed: 429 Too Many Requests");
  KvFixture h(settings_of(R"({"write_limit": false})"));
  for (int i = 0; i < 100; ++i) CHECK(h.put(h.A, "k", "v") == "");
}

TEST_CASE("K24: a failed or oversized stream leaves the previous version") {
  struct Failing final : offing::ByteSource {
    void read(Done done) override {
      if (left-- > 0) return done(offing::Chunk::data(std::string(chunk, 'x')));
      done(offing::Chunk::error("torn"));
    }
    void cancel(std::string_view) override {}
    int left = 1;
    size_t chunk = 1;
  };
  KvFixture f;
  f.put(f.A, "k", "v1");
  f.after_ms(1000);
  KvCall c = f.put_call("k", "");
  c.value_stream = std::make_unique<Failing>();
  CHECK(f.run(f.A, std::move(c)) == "torn");
  c = f.put_call("k", "");
  auto big = std::make_unique<Failing>();
  big->left = 40;
  big->chunk = 1 << 20;
  c.value_stream = std::move(big);
  CHECK(f.run(f.A, std::move(c)) ==
        "KV PUT failed: 413 Value length of 27262976 exceeds limit of 26214400.");
  CHECK(f.get(f.A, "k") == "v1");
  c = f.put_call("k", "");
  c.value_stream = offing::source_of("streamed");
  CHECK(f.run(f.A, std::move(c)) == "");
  CHECK(f.get(f.A, "k") == "streamed");
}

TEST_CASE("DESIGN rule 7: KV's fault points refuse in the platform's words and store nothing") {
  KvFixture f;
  for (const char* rule : {"kv.put.unavailable=#1", "kv.put.too-many=#1", "kv.get.unavailable=#1",
                           "kv.list.unavailable=#1"})
    REQUIRE(f.world.faults().arm(rule));
  CHECK(f.put(f.A, "k", "v") == "KV PUT failed: 503 Service Unavailable");
  CHECK(f.put(f.A, "k", "v") == "KV PUT failed: 429 Too Many Requests");
  CHECK(f.get(f.A, "k") == "KV GET failed: 503 Service Unavailable");
  CHECK(f.list(f.A).error == "KV GET failed: 503 Service Unavailable");
  CHECK(f.get(f.B, "k") == "null");
}
