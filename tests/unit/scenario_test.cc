#include "emulator/scenario/scenario.h"

#include <doctest/doctest.h>

#include <string>

#include "emulator/scenario/cookies.h"
#include "emulator/scenario/find.h"
#include "emulator/scenario/result.h"
#include "emulator/scenario/values.h"

using namespace offing;
using namespace offing::scenario;
using config::Value;

namespace {

Scenario good(const std::string& text, const std::string& file = "a/x.toml") {
  auto read = read_scenario(text, file);
  if (!read) FAIL(read.error().text());
  return *read;
}
std::string bad(const std::string& text, const std::string& file = "x.toml") {
  auto read = read_scenario(text, file);
  return read ? "" : read.error().text();
}
Value json(std::string_view text) {
  return config::parse_jsonc(text, "").value();
}

constexpr const char* kHead = "worker = \"..\"\n";

}  // namespace

TEST_CASE("a scenario: the Worker and the run") {
  const Scenario s = good(R"(
name = "n"
worker = "../shop"
environment = "staging"
locations = ["LHR", "SIN"]
seed = 7
only_seeds = [7, 9]
start = "2026-02-03T00:00:00Z"
[options]
kv_mode = "adversarial"
kv_lag = "5s"
r2_settings = "r2.json"
limits = "free"
links = ["LHR-SIN=90ms"]
[invariants]
no_stale_auth_reads = ["SESSIONS/session:*"]
read_your_writes = true
[[step]]
request = "GET /"
)");
  CHECK(s.name == "n");
  CHECK(s.worker.project == "a/../shop");
  CHECK(s.worker.r2_settings == "a/r2.json");
  CHECK(s.worker.environment == "staging");
  CHECK(s.worker.locations == "LHR,SIN");
  CHECK(s.worker.limits.profile == "free");
  CHECK(s.seed == 7);
  CHECK(s.only_seeds == std::vector<uint64_t>{7, 9});
  CHECK(s.start_us == 1'770'076'800'000'000);
  using invariants::Invariant;
  CHECK(s.invariants.at(Invariant::kNoStaleAuthReads).keys ==
        std::vector<std::string>{"SESSIONS/session:*"});
  CHECK(s.invariants.at(Invariant::kReadYourWrites).on);
  CHECK(!s.invariants.at(Invariant::kNoLostUpdate).on);
}

TEST_CASE("a scenario: steps of every kind, in TOML and in JSON") {
  const Scenario s = good(std::string(kHead) + R"(
[[step]]
name = "in"
request = "POST /in?a=b"
form = { name = "A b&c", code = "${x}" }
location = "LHR"
session = "ada"
expect = { status = [200, 303], headers = { location = "/me", etag = false }, lacks = "no", stale = false }
save = { cookie = "cookie.session" }
[[step]]
group = [{ request = "GET /a" }, { method = "PUT", url = "/b", json = { n = 1 }, at = "5ms" }]
[[step]]
advance = "1.5h"
[[step]]
set = "2026-02-03T00:00:00Z"
[[step]]
run_until_idle = true
[[step]]
partition = { a = ["LHR"], b = ["SIN"] }
[[step]]
repair = true
[[step]]
kv = { namespace = "N", key = "k" }
expect = { found = true }
[[step]]
control = "objects/list"
with = { class = "C" }
error = "bad_argument"
[[step]]
repeat = 3
steps = [{ advance = 10 }, { fault = { point = "kv.get.unavailable", rule = "#3" } }]
)");
  REQUIRE(s.steps.size() == 10);
  const RequestStep& in = s.steps[0].requests.at(0);
  CHECK(in.method == "POST");
  CHECK(in.url == "/in?a=b");
  CHECK(in.body == "code=${x}&name=A+b%26c");
  CHECK(in.session == "ada");
  CHECK(in.expect.headers.size() == 2);
  CHECK(!in.expect.headers[0].value.has_value());  // TOML tables are in the order of their names
  CHECK(in.save.at(0).path == "cookie.session");
  CHECK(s.steps[1].requests.at(1).at_us == 5000);
  CHECK(s.steps[2].clock.us == 5'400'000'000);
  CHECK(s.steps[3].clock.kind == ClockStep::Kind::kSet);
  CHECK(s.steps[4].clock.us == 30ll * 86'400'000'000);
  CHECK(s.steps[5].control.verb == "links/partition");
  CHECK(s.steps[6].control.arguments.json() == "{}");
  CHECK(s.steps[7].control.verb == "kv/get");
  CHECK(s.steps[8].control.error == "bad_argument");
  CHECK(s.steps[9].times == 3);
  CHECK(s.steps[9].steps.at(0).clock.us == 10'000);
  CHECK(s.steps[9].steps.at(1).control.verb == "faults");

  const Scenario j = good(
      R"({"worker": "..", /* why */ "step": [{"request": "GET /", "expect": {"headers": {"a": null}}}]})",
      "x.jsonc");
  CHECK(!j.steps.at(0).requests.at(0).expect.headers.at(0).value.has_value());
  CHECK(j.name == "x.jsonc");
}

TEST_CASE("a scenario: mistakes name file, line, key, value and what is allowed") {
  CHECK(bad("[[step]]\nrequest = \"GET /\"").find("x.toml") == 0);
  CHECK(bad("[[step]]\nrequest = \"GET /\"").find("worker: is missing") != std::string::npos);
  CHECK(bad(kHead).find("step: is missing") != std::string::npos);
  CHECK(bad(std::string(kHead) + "seeed = 1\n[[step]]\nrequest=\"/\"")
            .find("Did you mean \"seed\"?") != std::string::npos);
  CHECK(bad(std::string(kHead) + "[[step]]\nrequest=\"GET /\"\nadvance=\"1s\"")
            .find("step[0]: does several things at once") != std::string::npos);
  CHECK(bad(std::string(kHead) + "[[step]]\nname=\"x\"")
            .find("does nothing: a step has one of request") != std::string::npos);
  CHECK(bad(std::string(kHead) + "[[step]]\nadvance=\"1 week\"") ==
        "x.toml:3:9: step[0].advance: \"1 week\" must be a duration: milliseconds, or a text like "
        "\"60s\", "
        "\"90ms\", \"1.5h\", \"30d\"");
  CHECK(bad(std::string(kHead) + "[[step]]\nrequest=\"me\"").find("must say what is requested") !=
        std::string::npos);
  CHECK(bad(std::string(kHead) + "[[step]]\nrequest=\"GET /\"\nexpect={status=99}")
            .find("step[0].expect.status: 99 must be a status") != std::string::npos);
  CHECK(bad(std::string(kHead) + "[[step]]\nrequest=\"GET /\"\nlocation=\"London\"")
            .find("location") != std::string::npos);
  CHECK(bad(std::string(kHead) + "[[step]]\nrequest=\"GET /\"\nbody=\"a\"\njson={}")
            .find("the only body") != std::string::npos);
  CHECK(bad(std::string(kHead) + "[[step]]\nrepeat=0\nsteps=[]").find("from 1 to 10000") !=
        std::string::npos);
  CHECK(bad(std::string(kHead) + "[invariants]\nno_stale_auth_reads=true\n[[step]]\nrequest=\"/\"")
            .find("the keys that decide") != std::string::npos);
  CHECK(bad(std::string(kHead) +
            "[invariants]\nread_your_writes=[\"user:*\"]\n[[step]]\nrequest=\"/\"")
            .find("NAMESPACE/KEY") != std::string::npos);
  CHECK(bad(std::string(kFileBytesMax + 1, ' ')).find("at most") != std::string::npos);
  CHECK(bad("[[step]", "x.toml").find("is not TOML") != std::string::npos);
}

TEST_CASE("variables") {
  Variables v;
  v.set("a", "1");
  v.set("b", "${a}");
  CHECK(v.fill("x${a}y${b}$z$${a}") == "x1y${a}$z${a}");
  CHECK(v.fill("${").value() == "${");
  CHECK(v.fill("${c}").error() == "there is no variable ${c}; there are a, b (save makes one)");
  CHECK(v.fill(json(R"({"k": ["${a}", 2]})")).value().json() == R"({"k":["1",2]})");
}

TEST_CASE("paths and what JSON has to hold") {
  const Value v = json(R"({"items": [{"id": 7, "tags": ["x"]}, {"id": 8}], "n": 1.0, "t": null})");
  CHECK(find_path(v, "items[0].id")->integer == 7);
  CHECK(find_path(v, "items[1].tags") == nullptr);
  CHECK(find_path(v, "items[9]") == nullptr);
  CHECK(find_path(v, "items[x]") == nullptr);
  CHECK(find_path(v, "") == &v);
  CHECK(plain_text(*find_path(v, "items[0].tags[0]")) == "x");
  CHECK(plain_text(*find_path(v, "items[0].tags")) == "[\"x\"]");
  CHECK(mismatches(json(R"({"items": [{"id": 7}, {}], "n": 1, "t": null})"), &v, "json").empty());
  CHECK(mismatches(json(R"({"items": [{"id": "7"}, {}]})"), &v, "json") ==
        std::vector<std::string>{"json.items[0].id: expected \"7\", got 7"});
  CHECK(mismatches(json(R"({"items": []})"), &v, "json").at(0).find("expected 0 items, got 2") !=
        std::string::npos);
  CHECK(mismatches(json(R"({"z": 1})"), &v, "json") ==
        std::vector<std::string>{"json.z: expected 1, but it is not there"});
}

TEST_CASE("cookies of a session") {
  Cookies cookies;
  HeaderList answer;
  answer.add("Set-Cookie", "session=abc; Path=/; HttpOnly; Max-Age=60");
  answer.add("set-cookie", "lang=en");
  cookies.learn(answer);
  CHECK(cookies.header() == "lang=en; session=abc");
  HeaderList out;
  out.add("set-cookie", "session=; Max-Age=0; Path=/");
  cookies.learn(out);
  CHECK(cookies.header() == "lang=en");
  std::string storage;
  CHECK(*cookie_of(answer, "session", storage) == "abc");
  CHECK(!cookie_of(answer, "none", storage));
}

TEST_CASE("seeds and shards") {
  CHECK(parse_seeds("1..3,9").value() == std::vector<uint64_t>{1, 2, 3, 9});
  CHECK(parse_seeds("7").value() == std::vector<uint64_t>{7});
  for (const char* wrong : {"", "1..", "3..1", "a", "1,,2", "0..99999999", "1..2..3"})
    CHECK(!parse_seeds(wrong));
  for (const char* wrong : {"", "0/2", "3/2", "1", "1/0", "a/b"}) CHECK(!parse_shard(wrong));
  const Shard shard = parse_shard("2/3").value();
  std::vector<int> held(60);
  for (uint64_t i = 0; i < 60; ++i) {
    held[i] += shard.holds(i);
    int shares = 0;
    for (uint64_t job = 0; job < 4; ++job) shares += shard.share(job, 4).holds(i);
    CHECK(shares == held[i]);  // each run of the part is somebody's, once
  }
}

TEST_CASE("a result crosses as a line of JSON, and is told as text, JUnit and TAP") {
  Result r;
  r.file = "s/a.toml";
  r.name = "A <name>";
  r.seed = 17;
  r.failures.push_back({"step[2] (sign out)", 31, "status: expected 401, got 200"});
  r.violations.push_back("read_your_writes: x");
  r.invariants_json = R"({"checked":[],"violations":[],"count":0,"complete":true})";
  r.hash = "00ff";
  r.events = 12;
  r.last_events = {event_text(R"({"seq":12,"at_us":1767225605000000,"event":"kv.read","request":4,)"
                              R"("location":"SIN","key":"ada","staleness_ms":1,"error":""})",
                              1767225600000000)};
  const std::string line = json_of(r);
  CHECK(line.find('\n') == std::string::npos);
  const Result again = result_of(line).value();
  CHECK(json_of(again) == line);
  CHECK(!again.passed());
  CHECK(!result_of("{}"));
  CHECK(!result_of("no"));
  CHECK(failure_text(r, {}) ==
        "FAIL s/a.toml: A <name>, seed 17\n"
        "     step[2] (sign out), s/a.toml:31: status: expected 401, got 200\n"
        "     read_your_writes: x\n"
        "     last 1 of 12 events:\n"
        "          +5.000s #4   SIN  kv.read      key=ada staleness_ms=1\n"
        "     again: offing test s/a.toml --seed 17 --trace t.ndjson\n");
  CHECK(failure_text(r, {false, false}).find("events") == std::string::npos);
  Result good;
  good.file = "s/a.toml";
  good.name = r.name;
  good.seed = 18;
  CHECK(summary_text({r, good}, 1'500'000, {}) ==
        "FAIL s/a.toml: A <name> (2 seeds, 0 s of its time); failing seeds: 17\n"
        "1 passed, 1 failed in 1.50 s\n");
  CHECK(junit_of({r, good}).find(
            "<testcase classname=\"s/a.toml\" name=\"A &lt;name&gt;, seed 17\"") !=
        std::string::npos);
  CHECK(tap_of({r, good}).starts_with(
      "TAP version 13\n1..2\nnot ok 1 - s/a.toml: A <name>, seed 17\n"));
}
