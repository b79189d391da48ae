#include <functional>
#include <set>

#include "emulator/control/object_access.h"
#include "emulator/control/options.h"
#include "tests/unit/control_kit.h"

using offing::test::ControlDaemon;
using offing::test::ControlReply;

namespace {

ControlDaemon& fresh() {
  ControlDaemon& daemon = ControlDaemon::get();
  daemon.fresh();
  return daemon;
}

}  // namespace

TEST_CASE("control: who may ask") {
  ControlDaemon& daemon = fresh();
  const std::string status = "/cdn-cgi/offing/status";
  CHECK(daemon.send("GET", status, "", {}).at("/error/code") == "no_control_header");
  CHECK(daemon.send("GET", status, "", {{"offing-control", "1"}}).at("/version") == "1.2.3");
  for (const auto& [name, value] : offing::test::ControlHeaders{{"origin", "https://evil.example"},
                                                                {"origin", "null"},
                                                                {"sec-fetch-site", "cross-site"},
                                                                {"sec-fetch-site", "same-site"}}) {
    const ControlReply reply = daemon.send("GET", status, "", {{"offing-control", "1"}, {name, value}});
    CHECK(reply.status == 403);
    CHECK(reply.at("/error/code") == "cross_site");
    CHECK(daemon.send("GET", "/cdn-cgi/offing/openapi.json", "", {{name, value}}).status == 403);
  }
  CHECK(daemon.send("GET", status, "", {{"offing-control", "1"}, {"origin", "http://localhost:8787"}}).status ==
        200);
  CHECK(daemon.send("GET", "/cdn-cgi/offing/openapi.json", "", {}).at("/openapi") == "3.1.0");
}

TEST_CASE("control: mistakes are named") {
  ControlDaemon& daemon = fresh();
  CHECK(daemon.post("clock/advanc").at("/error/message").find("clock/advance") != std::string::npos);
  CHECK(daemon.get("clock/advance").status == 405);
  CHECK(daemon.post("clock/advance").at("/error/message").starts_with("\"by\" is missing"));
  CHECK(daemon.post("clock/advance", R"({"by":"1x"})").at("/error/message").find("\"1x\"") !=
        std::string::npos);
  CHECK(daemon.post("clock/advance", R"({"by":1,"too":2})").at("/error/message") ==
        "there is no argument \"too\" here; there are: by");
  CHECK(daemon.post("clock/advance", "{\n \"by\": }").at("/error/message").find("line 2, column 8") !=
        std::string::npos);
  CHECK(daemon.post("clock/advance", std::string(200, '[')).at("/error/code") == "bad_argument");
  CHECK(daemon.post("status", "", "w77").at("/error/code") == "no_such_world");
  CHECK(daemon.fetch("/now", "LHR", "w77").status == 404);
  CHECK(daemon.get("kv/inspect?namespace=NO&key=a").at("/error/message").find("there are: KV") !=
        std::string::npos);
}

TEST_CASE("control: every verb stands in openapi.json, and no name is used twice") {
  const std::string text = offing::control::openapi_json("1");
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  REQUIRE_FALSE(document.HasParseError());
  std::set<std::string> ids;
  for (const offing::control::Verb* verb : offing::control::Control::verbs()) {
    const rapidjson::Value& paths = document["paths"];
    const std::string path = "/" + std::string(verb->path);
    REQUIRE(paths.HasMember(path.c_str()));
    const char* method = verb->method == "GET" ? "get" : "post";
    REQUIRE(paths[path.c_str()].HasMember(method));
    CHECK(ids.insert(paths[path.c_str()][method]["operationId"].GetString()).second);
    CHECK_FALSE(verb->about.empty());
  }
}

TEST_CASE("control: the clock moves when it is told to, and what is due on the way happens") {
  ControlDaemon& daemon = fresh();
  const int64_t begin = daemon.get("clock").number("/now_ms");
  CHECK(daemon.post("clock/auto-skip", R"({"on":false})").at("/auto_skip") == "false");
  std::optional<ControlReply> waiting;
  daemon.begin("GET", "/wait/60000", "", {}, &waiting);
  daemon.turn();
  CHECK_FALSE(waiting.has_value());
  CHECK(daemon.get("clock").number("/waiting") == 1);
  CHECK(daemon.get("clock").number("/next_due_ms") <= begin + 60'000);
  CHECK(daemon.post("clock/advance", R"({"by":"59s"})").number("/now_ms") == begin + 59'000);
  CHECK_FALSE(waiting.has_value());
  CHECK(daemon.post("clock/set", "{\"to\":" + std::to_string(begin + 60'000) + "}").number("/events") > 0);
  daemon.run_until(waiting);
  CHECK(waiting->status == 200);
  CHECK(daemon.post("clock/set", R"({"to":"2020-01-01T00:00:00Z"})").status == 400);
  CHECK(daemon.post("clock/run-until-idle", R"({"limit":"1h"})").at("/idle") == "true");
}

TEST_CASE("control: a snapshot is come back to, a fork is a world of its own") {
  ControlDaemon& daemon = fresh();
  CHECK(daemon.fetch("/kv-put/a/1").body == "ok");
  CHECK(daemon.fetch("/box-put/x/k").body == "ok");
  const std::string snapshot = daemon.post("snapshot").at("/snapshot");
  const std::string world = daemon.post("fork").at("/world");
  CHECK(daemon.fetch("/kv-get/a", "LHR", world).body == "1");
  daemon.post("clock/advance", R"({"by":"1h"})", world);
  CHECK(daemon.fetch("/kv-put/a/2", "LHR", world).body == "ok");
  CHECK(daemon.fetch("/kv-get/a").body == "1");
  CHECK(daemon.post("clock/advance", R"({"by":"2s"})").status == 200);  // one write a second to a key
  CHECK(daemon.fetch("/kv-put/a/3").body == "ok");
  CHECK(daemon.post("revert", "{\"snapshot\":\"" + snapshot + "\"}").status == 200);
  CHECK(daemon.fetch("/kv-get/a").body == "1");
  CHECK(daemon.fetch("/box-get/x/k").body == R"({"n":1,"list":["x"]})");
  CHECK(daemon.post("worlds/close", "{\"world\":\"" + world + "\"}").status == 200);
  CHECK(daemon.fetch("/kv-get/a", "LHR", world).status == 404);
  CHECK(daemon.post("reset").status == 200);
  CHECK(daemon.fetch("/kv-get/a").body == "(none)");
  CHECK(daemon.post("snapshot/drop", "{\"snapshot\":\"" + snapshot + "\"}").status == 200);
  CHECK(daemon.post("revert", "{\"snapshot\":\"" + snapshot + "\"}").at("/error/code") == "no_such_snapshot");
}

TEST_CASE("control: a world that goes takes its waiting requests with it") {
  ControlDaemon& daemon = fresh();
  const std::string world = daemon.post("fork", R"({"options":{"auto_skip":false}})").at("/world");
  std::optional<ControlReply> request, move;
  daemon.begin("GET", "/wait/60000", "", {{"offing-world", world}}, &request);
  daemon.turn();
  REQUIRE(daemon.post("worlds/close", "{\"world\":\"" + world + "\"}").status == 200);
  daemon.run_until(request);
  CHECK(request->status == 503);
}

TEST_CASE("control: KV beside all caches, and as a location is served") {
  ControlDaemon& daemon = fresh();
  CHECK(daemon.post("kv/put", R"({"namespace":"KV","key":"a","value":"old","metadata":{"m":1}})").status == 200);
  const ControlReply got = daemon.post("kv/get", R"({"namespace":"KV","key":"a"})");
  CHECK(got.at("/value") == "old");
  CHECK(got.at("/metadata/m") == "1");
  CHECK(daemon.fetch("/kv-get/a", "SIN").body == "old");
  CHECK(daemon.fetch("/kv-put/a/new", "LHR").body == "ok");
  CHECK(daemon.post("kv/get", R"({"namespace":"kv-id","key":"a"})").at("/value") == "new");
  CHECK(daemon.post("kv/get", R"({"namespace":"KV","key":"a","location":"SIN"})").at("/value") == "old");
  const ControlReply seen = daemon.get("kv/inspect?namespace=KV&key=a");
  CHECK(seen.at("/newest/size_bytes") == "3");
  CHECK(seen.at("/locations/1/location") == "SIN");
  CHECK(seen.number("/locations/1/version") < seen.number("/newest/version"));
  CHECK(daemon.post("kv/put", R"({"namespace":"KV","key":"b","value_base64":"/w=="})").status == 200);
  CHECK(daemon.post("kv/get", R"({"namespace":"KV","key":"b"})").at("/value_base64") == "/w==");
  CHECK(daemon.post("kv/list", R"({"namespace":"KV","limit":1})").at("/keys/0/name") == "a");
  const std::string cursor = daemon.post("kv/list", R"({"namespace":"KV","limit":1})").at("/cursor");
  CHECK(daemon.post("kv/list", R"({"namespace":"KV","limit":1,"cursor":")" + cursor + "\"}").at("/keys/0/name") ==
        "b");
  CHECK(daemon.post("kv/delete", R"({"namespace":"KV","key":"a"})").status == 200);
  CHECK(daemon.fetch("/kv-get/a", "SIN").body == "(none)");
  CHECK(daemon.post("kv/settings", R"({"mode":"strong"})").at("/mode") == "strong");
  CHECK(daemon.get("kv/settings").at("/default_cache_ttl_s") == "60");
  CHECK(daemon.post("kv/settings", R"({"mode":"weak"})").status == 400);
}

TEST_CASE("control: KV settings are read back as they are written") {
  offing::KvSettings settings;
  settings.mode = offing::KvMode::kAdversarial;
  settings.lag = *offing::parse_lag("uniform:0s..30s");
  settings.links["LHR->SIN"] = *offing::parse_lag("5s");
  settings.regions["eu"] = {"LHR", "FRA"};
  settings.negative_ttl_s = 5;
  settings.refresh_ahead = offing::KvRefreshAhead{0.5, 3};
  settings.partitions.push_back({{"LHR"}, {"SIN"}, 1000, 2000});
  settings.tombstone_pages = true;
  settings.ryow = 0.25;
  for (const offing::KvSettings& one : {settings, offing::KvSettings()}) {
    const auto again = offing::parse_kv_settings(offing::control::kv_settings_json(one));
    REQUIRE_MESSAGE(again.has_value(), again.error());
    CHECK(*again == one);
  }
}

TEST_CASE("control: R2") {
  ControlDaemon& daemon = fresh();
  const ControlReply put = daemon.post("r2/put", R"({"bucket":"BUCKET","key":"k","value":"hello",)"
                                                 R"("http_metadata":{"contentType":"text/x"},)"
                                                 R"("custom_metadata":{"a":"b"}})");
  CHECK(put.at("/size") == "5");
  const ControlReply got = daemon.post("r2/get", R"({"bucket":"bucket","key":"k"})");
  CHECK(got.at("/value") == "hello");
  CHECK(got.at("/http_metadata/contentType") == "text/x");
  CHECK(got.at("/custom_metadata/a") == "b");
  CHECK(daemon.post("r2/get", R"({"bucket":"bucket","key":"k","offset":1,"length":2})").at("/value") == "el");
  CHECK(daemon.post("r2/head", R"({"bucket":"BUCKET","key":"no"})").at("/found") == "false");
  CHECK(daemon.post("r2/list", R"({"bucket":"BUCKET"})").at("/objects/0/key") == "k");
  CHECK(daemon.post("r2/delete", R"({"bucket":"BUCKET","key":"k"})").status == 200);
  CHECK(daemon.post("r2/get", R"({"bucket":"BUCKET","key":"k"})").at("/found") == "false");
}

TEST_CASE("control: a Durable Object's storage, whether it is in memory or not") {
  ControlDaemon& daemon = fresh();
  const std::string x = R"({"class":"BOX","name":"x")";
  CHECK(daemon.post("objects/put", x + R"(,"key":"k","value":{"deep":[1,-2,"é",null,true,1.5]}})").status == 200);
  CHECK(daemon.fetch("/box-get/x/k").body == R"({"deep":[1,-2,"é",null,true,1.5]})");
  const std::string id = daemon.fetch("/box-id/x").body;
  CHECK(offing::control::object_id_of_name(
            daemon.stages().main().stack().project().worker.actor_classes[0].unique_key, "x") == id);
  CHECK(daemon.post("objects/get", R"({"class":"Box","id":")" + id + R"(","key":"k"})").at("/value/deep/2") ==
        "é");
  CHECK(daemon.post("objects/get", R"({"class":"Box","id":"00","key":"k"})").at("/error/code") ==
        "no_such_object");
  CHECK(daemon.post("objects/sql", x + R"~(,"query":"create table t(a)"})~").status == 200);
  CHECK(daemon.post("objects/sql", x + R"~(,"query":"insert into t values (?), (2)","bindings":["é"]})~")
            .at("/rows_written") == "2");
  CHECK(daemon.post("objects/evict", x + "}").at("/evicted") == "1");
  const ControlReply rows = daemon.post("objects/sql", x + R"(,"query":"select a, 1.5 as b from t"})");
  CHECK(rows.at("/columns") == R"(["a","b"])");
  CHECK(rows.at("/rows") == R"([["é",1.5],[2,1.5]])");
  CHECK(daemon.post("objects/sql", x + R"(,"query":"select nonsense"})").at("/error/code") == "storage_refused");
  CHECK(daemon.post("objects/list", x + "}").at("/entries/0/key") == "k");
  CHECK(daemon.post("objects/list").at("/objects/0/name") == "x");
  CHECK(daemon.post("objects/delete", x + R"(,"key":"k"})").at("/deleted") == "true");
  CHECK(daemon.fetch("/box-get/x/k").body == "null");
}

TEST_CASE("control: values that JSON has no word for are shown by their type") {
  ControlDaemon& daemon = fresh();
  CHECK(daemon.fetch("/box-odd/x").body == "ok");
  const ControlReply odd = daemon.post("objects/get", R"({"class":"Box","name":"x","key":"odd"})");
  INFO(odd.body);
  CHECK(odd.at("/value/at/value") == "1970-01-01T00:00:00.000Z");
  CHECK(odd.at("/value/set/value") == "[1]");
  CHECK(odd.at("/value/big/value") == "12345678901234567890");
  CHECK(odd.at("/value/bytes/$type") == "Uint8Array");
  CHECK(odd.at("/value/bytes/value") == "AQI=");
  CHECK(odd.at("/value/list") == R"([1,"é","日本",null,1.5,-3])");
}

TEST_CASE("control: an alarm runs now, an abort resets, an isolate goes") {
  ControlDaemon& daemon = fresh();
  const std::string x = R"({"class":"Box","name":"x")";
  CHECK(daemon.post("objects/alarm", x + "}").at("/ran") == "false");
  CHECK(daemon.fetch("/box-later/x/3600000").body == "ok");
  const int64_t now = daemon.get("clock").number("/now_ms");
  CHECK(daemon.post("objects/alarm", x + "}").at("/ran") == "true");
  CHECK(daemon.post("objects/get", x + R"(,"key":"rang"})").number("/value") == now);
  CHECK(daemon.post("objects/alarm", x + "}").at("/ran") == "false");
  CHECK(daemon.post("objects/abort", x + R"(,"reason":"enough"})").at("/aborted") == "true");
  CHECK(daemon.fetch("/count").body == "1");
  CHECK(daemon.fetch("/count").body == "2");
  CHECK(daemon.post("isolates/evict", R"({"location":"LHR"})").at("/evicted") == "1");
  CHECK(daemon.fetch("/count").body == "1");
}

TEST_CASE("control: faults and links") {
  ControlDaemon& daemon = fresh();
  const std::string id =
      daemon.post("faults", R"({"service":"kv","operation":"get","effect":{"error":"no luck"}})").at("/id");
  CHECK(daemon.fetch("/kv-get/a").status == 500);
  CHECK(daemon.get("faults").at("/rules/0/fired") == "1");
  CHECK(daemon.post("faults/clear", "{\"id\":" + id + "}").status == 200);
  CHECK(daemon.fetch("/kv-get/a").status == 200);
  CHECK(daemon.post("faults", R"({"point":"kv.get.unavailable","rule":"always"})").at("/id") ==
        "kv.get.unavailable");
  CHECK(daemon.fetch("/kv-get/a").status == 500);
  CHECK(daemon.post("faults/clear").status == 200);
  CHECK(daemon.fetch("/kv-get/a").status == 200);
  CHECK(daemon.post("faults", R"({"service":"kv","effect":{}})").status == 400);
  CHECK(daemon.post("links/set", R"({"rule":"LHR-SIN=90ms"})").status == 200);
  CHECK(daemon.get("links").at("/links/0/us") == "90000");
  CHECK(daemon.post("links/partition", R"({"a":"LHR","b":["SIN"]})").status == 200);
  CHECK(daemon.get("links").at("/links/0/state") == "cut");
  CHECK(daemon.post("links/repair").status == 200);
  CHECK(daemon.get("links").at("/links/0/state") == "open");
  CHECK(daemon.post("links/hold", R"({"a":["MARS"]})").status == 400);
}

TEST_CASE("control: the trace can be asked for, filtered, and followed until its world ends") {
  ControlDaemon& daemon = fresh();
  CHECK(daemon.fetch("/kv-put/a/1").body == "ok");
  const ControlReply writes = daemon.get("trace?event=kv.write,kv.read&key=a");
  CHECK(writes.at("/events/0/event") == "kv.write");
  CHECK(writes.at("/events/1") == "(none)");
  CHECK(daemon.get("trace?after=" + writes.at("/next")).at("/events") == "[]");
  CHECK(daemon.get("trace?limit=0").status == 400);

  const std::string world = daemon.post("fork").at("/world");
  ControlReply stream = daemon.send("GET", "/cdn-cgi/offing/trace/stream?event=kv.write", "",
                                    {{"offing-control", "1"}, {"offing-world", world}});
  REQUIRE(stream.stream != nullptr);
  std::string seen;
  bool ended = false;
  std::function<void()> read = [&] {
    stream.stream->read([&](offing::Chunk chunk) {
      ended = chunk.kind != offing::Chunk::Kind::kData;
      seen += chunk.bytes;
      if (!ended) daemon.house().post([&] { read(); });
    });
  };
  daemon.house().post([&] { read(); });
  CHECK(daemon.fetch("/kv-put/b/1", "LHR", world).body == "ok");
  daemon.turn();
  CHECK(seen.find("event: kv.write\ndata: {") != std::string::npos);
  CHECK(seen.find("event: request") == std::string::npos);
  CHECK_FALSE(ended);
  CHECK(daemon.post("worlds/close", "{\"world\":\"" + world + "\"}").status == 200);
  daemon.turn();
  CHECK(ended);
}

TEST_CASE("control: a group begins at one instant, in its order, twice the same") {
  std::string first;
  for (int round = 0; round < 2; ++round) {
    ControlDaemon& daemon = fresh();
    const ControlReply reply = daemon.post(
        "requests", R"({"group":[{"path":"/now"},{"path":"/now","location":"SIN"},)"
                    R"({"method":"POST","path":"/echo","body":"hé","headers":{"x-a":"1"}},)"
                    R"({"path":"/now","at":"2s"},{"path":"/wait/500"}]})");
    INFO(reply.body);
    REQUIRE(reply.status == 200);
    CHECK(reply.at("/responses/0/body") == reply.at("/responses/1/body"));
    CHECK(reply.at("/responses/2/body") == "hé");
    CHECK(std::stoll(reply.at("/responses/3/body")) - std::stoll(reply.at("/responses/0/body")) == 2000);
    CHECK(reply.at("/responses/4/body") == "waited");
    CHECK(reply.number("/responses/1/request") == reply.number("/responses/0/request") + 1);
    const std::string hash = daemon.get("report").at("/hash");
    if (round == 0) first = hash;
    else CHECK(hash == first);
  }
  CHECK(ControlDaemon::get().post("requests", R"({"group":[{"path":"now"}]})").at("/error/message").starts_with(
      "group[0]"));
}

TEST_CASE("control: the report, and what it was told to check") {
  ControlDaemon& daemon = fresh();
  CHECK(daemon.post("invariants", R"({"no_stale_auth_reads":["kv-id/*"]})").at("/count") == "0");
  CHECK(daemon.fetch("/kv-get/a", "SIN").body == "(none)");
  CHECK(daemon.fetch("/kv-put/a/1", "LHR").body == "ok");
  CHECK(daemon.fetch("/kv-get/a", "SIN").body == "(none)");
  const ControlReply report = daemon.get("report");
  INFO(report.body);
  CHECK(report.at("/invariants/count") != "0");
  CHECK(report.at("/limits") != "null");
  CHECK(report.at("/hash").size() == 16);
  CHECK(daemon.post("invariants", R"({"no_bugs":true})").at("/error/message").find("read_your_writes") !=
        std::string::npos);
}

TEST_CASE("control: the guest sees nothing of the headers that steer") {
  ControlDaemon& daemon = fresh();
  const ControlReply reply = daemon.send(
      "GET", "/headers", "", {{"offing-world", "main"}, {"offing-session", "ann"}, {"offing-location", "SIN"}});
  CHECK(reply.body.find("offing-") == std::string::npos);
}
