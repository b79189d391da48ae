#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <string>

#include "emulator/replay/staleness.h"

using namespace offing;
using replay::StalenessReport;

namespace {

// A story told to the report event by event; times in ms since the run's start.
class Story {
 public:
  StalenessReport report;

  void request(int64_t at_ms, uint64_t id, std::string_view location, std::string_view method,
               std::string_view path, uint16_t status) {
    const std::string url = "https://shop.example" + std::string(path);
    emit(at_ms, trace::RequestEvent{id, location, 0, method, url});
    emit(at_ms, trace::ResponseEvent{id, location, status, 0, "ok"});
  }
  void write(int64_t at_ms, uint64_t id, std::string_view location, std::string_view key,
             std::string_view op, uint64_t version) {
    emit(at_ms, trace::KvWriteEvent{id, location, "sessions", key, op, version, 1, ""});
  }
  struct Saw {
    uint64_t served = 0;
    bool served_absent = false;
    uint64_t newest = 0;
    bool newest_absent = false;
    int64_t staleness_ms = 0;
    std::string_view cause = "central";
  };
  void read(int64_t at_ms, uint64_t id, std::string_view location, std::string_view key, Saw saw) {
    emit(at_ms, trace::KvReadEvent{id, location, "sessions", key, "get", saw.served,
                                   saw.served_absent, saw.newest, saw.newest_absent,
                                   saw.staleness_ms, saw.cause, ""});
  }
  void emit(int64_t at_ms, const trace::Event& event) {
    report.on_event({++sequence_, 1'000'000'000 + at_ms * 1000}, event);
  }

 private:
  uint64_t sequence_ = 0;
};

void sign_out(Story& story) {
  const std::string key = "session:4f2c0d9e";
  story.request(0, 1, "LHR", "GET", "/", 200);
  story.request(300, 2, "LHR", "POST", "/sign-in", 200);
  story.write(300, 2, "LHR", key, "put", 1);
  story.request(5000, 4, "SIN", "GET", "/me", 200);
  story.read(5000, 4, "SIN", key, {1, false, 1, false, 0, "central"});
  story.request(6000, 5, "LHR", "POST", "/sign-out", 200);
  story.write(6000, 5, "LHR", key, "delete", 2);
  uint64_t id = 6;
  for (int64_t at_ms : {7000, 20'000, 40'000, 60'000}) {
    story.request(at_ms, id, "SIN", "GET", "/me", 200);
    story.read(at_ms, id++, "SIN", key, {1, false, 2, true, at_ms - 6000, "cache-hit"});
  }
  story.request(75'000, 10, "SIN", "GET", "/me", 401);
  story.read(75'000, 10, "SIN", key, {2, true, 2, true, 0, "central"});
}

}  // namespace

TEST_CASE("staleness: a sign-out that a location does not hear of, on one screen") {
  Story story;
  sign_out(story);
  CHECK(story.report.text({}) ==
        "Stale reads: 4 of 6 KV reads, in 1 key\n"
        "\n"
        "  session:4f2c0d9e  (KV namespace \"sessions\")\n"
        "    +0.3 s   LHR  written                                                        "
        "  #2 POST /sign-in -> 200\n"
        "    +6.0 s   LHR  deleted                                                        "
        "  #5 POST /sign-out -> 200\n"
        "    +7.0 s   SIN  still got the value written at +0.3 s, 1.0 s after its deletion"
        "  #6 GET /me -> 200\n"
        "    +20.0 s  SIN  still got it, 14.0 s after its deletion                        "
        "  #7 GET /me -> 200\n"
        "    +40.0 s  SIN  still got it, 34.0 s after its deletion                        "
        "  #8 GET /me -> 200\n"
        "    +60.0 s  SIN  still got it, 54.0 s after its deletion                        "
        "  #9 GET /me -> 200\n"
        "    +75.0 s  SIN  sees the deletion                                              "
        "  #10 GET /me -> 401\n"
        "  In SIN the deleted value went on being served for 54.0 s.\n"
        "  KV promises no more: a location may serve what it has cached until the cache entry ends.\n");
}

TEST_CASE("staleness: nothing stale is one line") {
  Story story;
  CHECK(story.report.text({}) == "No stale reads: KV was not read.\n");
  story.read(0, 1, "LHR", "a", {});
  CHECK(story.report.text({}) == "No stale reads: the one KV read saw the newest version.\n");
  story.read(0, 1, "LHR", "b", {});
  CHECK(story.report.text({}) ==
        "No stale reads: every one of 2 KV reads saw the newest version.\n");
}

TEST_CASE("staleness: a key that was missing stays missing (spec/kv.md K4)") {
  Story story;
  story.read(0, 0, "SIN", "flag", {0, true, 0, true, 0, "central"});
  story.write(1000, 0, "LHR", "flag", "put", 1);
  story.read(4000, 0, "SIN", "flag", {0, true, 1, false, 3000, "negative-cache"});
  const std::string text = story.report.text({});
  CHECK(text.find("still got nothing, 3.0 s after it was written\n") != std::string::npos);
  CHECK(text.find("  In SIN the key stayed missing for 3.0 s after it was written, and nothing newer "
                  "was seen there before the run ended.") != std::string::npos);
  CHECK(text.find("a location also caches that it found nothing") != std::string::npos);
}

TEST_CASE("staleness: a replaced value, and a newer one that has expired (spec/kv.md K15)") {
  Story story;
  story.write(0, 0, "LHR", "k", "put", 1);
  story.write(1000, 0, "LHR", "k", "put", 2);
  story.read(2000, 0, "SIN", "k", {1, false, 2, false, 1000, "replica-lag"});
  CHECK(story.report.text({}).find("still got the value written at +0.0 s, 1.0 s after its "
                                   "replacement\n") != std::string::npos);
  story.read(80'000, 0, "SIN", "k", {1, false, 2, true, 79'000, "cache-hit"});
  story.read(90'000, 0, "SIN", "k", {2, true, 2, true, 0, "expired"});
  const std::string text = story.report.text({});
  CHECK(text.find("still got it, 79.0 s after its replacement (the newer value has expired)\n") !=
        std::string::npos);
  CHECK(text.find("finds nothing: the value has expired\n") != std::string::npos);
  CHECK(text.find("In SIN the old value went on being served for 79.0 s.") != std::string::npos);
  CHECK(text.find("written again") != std::string::npos);
}

TEST_CASE("staleness: a value from before the run") {
  Story story;
  story.write(1000, 0, "LHR", "k", "put", 8);
  story.read(2000, 0, "SIN", "k", {7, false, 8, false, 1000, "cache-hit"});
  CHECK(story.report.text({}).find("still got the value from before the run, 1.0 s after its "
                                   "replacement\n") != std::string::npos);
}

TEST_CASE("staleness: each location's windows are its own, the longest is shown") {
  Story story;
  story.write(0, 0, "LHR", "k", "put", 1);
  story.write(1000, 0, "LHR", "k", "put", 2);
  story.read(2000, 0, "SIN", "k", {1, false, 2, false, 1000, "cache-hit"});
  story.read(3000, 0, "IAD", "k", {1, false, 2, false, 2000, "cache-hit"});
  story.read(4000, 0, "SIN", "k", {2, false, 2, false, 0, "central"});
  story.write(5000, 0, "LHR", "k", "put", 3);
  story.read(15'000, 0, "SIN", "k", {2, false, 3, false, 10'000, "cache-hit"});
  rapidjson::Document json;
  json.Parse(story.report.json().c_str());
  REQUIRE_FALSE(json.HasParseError());
  CHECK(json["reads"].GetInt() == 4);
  CHECK(json["stale_reads"].GetInt() == 3);
  const auto& key = json["keys"][0];
  CHECK(std::string(key["namespace"].GetString()) == "sessions");
  CHECK(key["windows"].Size() == 3);
  CHECK(key["windows"][1]["reads"][0]["staleness_ms"].GetInt() == 1000);
  CHECK(key["windows"][1]["first_fresh"]["at_us"].GetInt() == 4'000'000);
  CHECK(key["windows"][2]["staleness_ms_max"].GetInt() == 10'000);
  CHECK(key["windows"][2]["first_fresh"].IsNull());
  CHECK(key["writes"].Size() == 3);
  const std::string text = story.report.text({});
  CHECK(text.find("In SIN the old value went on being served for 10.0 s") <
        text.find("In IAD the old value went on being served for 2.0 s"));
}

TEST_CASE("staleness: long windows and many keys are cut, with their numbers") {
  Story story;
  for (int key = 0; key < 5; ++key) {
    const std::string name = "key-" + std::to_string(key);
    story.write(0, 0, "LHR", name, "delete", 2);
    for (int i = 1; i <= 10; ++i)
      story.read(i * 1000, 0, "SIN", name, {1, false, 2, true, i * 1000 + key, "cache-hit"});
  }
  const std::string text = story.report.text({});
  CHECK(text.find("… 6 more stale reads\n") != std::string::npos);
  CHECK(text.find("\n  … and 2 more keys (--json FILE has all)\n") != std::string::npos);
  CHECK(text.find("key-4") < text.find("key-3"));
  CHECK(text.find("key-0") == std::string::npos);
}

TEST_CASE("staleness: refused writes change nothing; what is kept is bounded, counts are not") {
  Story story;
  story.emit(0, trace::KvWriteEvent{1, "LHR", "sessions", "k", "put", 0, 1, "KV PUT failed: 429"});
  story.write(0, 0, "LHR", "k", "put", 2);
  for (int i = 1; i <= 2500; ++i)
    story.read(i, 0, "SIN", "k", {1, false, 2, false, i, "cache-hit"});
  rapidjson::Document json;
  json.Parse(story.report.json().c_str());
  REQUIRE_FALSE(json.HasParseError());
  const auto& window = json["keys"][0]["windows"][0];
  CHECK(json["keys"][0]["writes"].Size() == 1);
  CHECK(window["stale_reads"].GetInt() == 2500);
  CHECK(window["reads"].Size() == 1000);
  CHECK(window["reads"][999]["staleness_ms"].GetInt() == 2500);
  CHECK(story.report.text({}).find("… 2496 more stale reads\n") != std::string::npos);
}

TEST_CASE("staleness: lists are told apart (spec/kv.md K17)") {
  Story story;
  story.emit(0, trace::KvListEvent{1, "SIN", "sessions", "", 3, true, 2});
  story.emit(0, trace::KvListEvent{1, "SIN", "sessions", "", 3, true, 0});
  CHECK(story.report.text({}) ==
        "No stale reads: KV was not read.\n\n"
        "Stale lists: 1 of 2 KV lists, 2 names shown or missing against the newest state\n");
}

TEST_CASE("staleness: odd bytes in keys neither break the JSON nor the screen") {
  Story story;
  story.write(0, 0, "LHR", "a\n\x1b[31m\xff", "put", 2);
  story.read(10, 0, "SIN", "a\n\x1b[31m\xff", {1, false, 2, false, 10, "cache-hit"});
  const std::string text = story.report.text({});
  CHECK(text.find("a\\n.[31m\xEF\xBF\xBD") != std::string::npos);
  rapidjson::Document json;
  json.Parse(story.report.json().c_str());
  CHECK_FALSE(json.HasParseError());
}
