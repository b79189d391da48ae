#include "emulator/invariants/invariants.h"

#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <string>

using namespace offing;
using namespace offing::invariants;

namespace {

struct Saw {
  uint64_t served = 0;
  bool served_absent = false;
  uint64_t newest = 0;
  bool newest_absent = false;
  int64_t staleness_ms = 0;
};

// A run told event by event; times in ms since its start.
class Run {
 public:
  explicit Run(std::initializer_list<Invariant> on, std::vector<std::string> keys = {})
      : invariants(settings(on, std::move(keys))) {}
  Invariants invariants;

  void request(int64_t at_ms, uint64_t id, std::string_view location, std::string_view what,
               std::string_view session = {}) {
    const size_t space = what.find(' ');
    const std::string url = "https://shop.example" + std::string(what.substr(space + 1));
    emit(at_ms, trace::RequestEvent{id, location, 0, what.substr(0, space), url, session});
  }
  void response(int64_t at_ms, uint64_t id, uint16_t status, std::string_view outcome = "ok") {
    emit(at_ms, trace::ResponseEvent{id, "LHR", status, 0, outcome});
  }
  void put(int64_t at_ms, uint64_t id, std::string_view location, uint64_t version,
           std::string_view op = "put", std::string_view error = "") {
    emit(at_ms, trace::KvWriteEvent{id, location, "SESSIONS", "user:7", op, version, 1, error});
  }
  void get(int64_t at_ms, uint64_t id, std::string_view location, Saw saw) {
    emit(at_ms, trace::KvReadEvent{id, location, "SESSIONS", "user:7", "get", saw.served,
                                   saw.served_absent, saw.newest, saw.newest_absent,
                                   saw.staleness_ms, "central", ""});
  }
  void r2_put(int64_t at_ms, uint64_t id, std::string_view version, std::string_view outcome = "ok",
              std::string_view error = "") {
    emit(at_ms,
         trace::R2WriteEvent{id, "LHR", "binding", "LOGS", "a", "put", version, 1, outcome, error});
  }
  void r2_get(int64_t at_ms, uint64_t id, std::string_view version) {
    emit(at_ms, trace::R2ReadEvent{id, "LHR", "binding", "LOGS", "a", "get", version, 1,
                                   version.empty() ? "absent" : "ok", ""});
  }
  void emit(int64_t at_ms, const trace::Event& event) {
    invariants.on_event({++sequence_, 1'000'000'000 + at_ms * 1000}, event);
  }
  uint64_t count() {
    invariants.finish();
    return invariants.count();
  }
  const Violation& only() {
    REQUIRE(count() == 1);
    return invariants.violations().front();
  }

 private:
  static Settings settings(std::initializer_list<Invariant> on, std::vector<std::string> keys) {
    Settings settings;
    for (Invariant one : on) settings.at(one) = {true, keys};
    return settings;
  }
  uint64_t sequence_ = 0;
};

// Signed in and out in LHR; SIN goes on reading the old version.
void sign_out(Run& run) {
  run.request(0, 1, "LHR", "POST /sign-in");
  run.put(0, 1, "LHR", 1);
  run.request(5000, 2, "SIN", "GET /me");
  run.get(5000, 2, "SIN", {1, false, 1, false, 0});
  run.request(6000, 3, "LHR", "POST /sign-out");
  run.put(6000, 3, "LHR", 2, "delete");
  run.request(47'000, 4, "SIN", "GET /me");
  run.get(47'000, 4, "SIN", {1, false, 2, true, 41'000});
  run.request(70'000, 5, "SIN", "GET /me");
  run.get(70'000, 5, "SIN", {2, true, 2, true, 0});
}

}  // namespace

TEST_CASE("names and globs") {
  for (std::string_view name : kNames) CHECK(name_of(*invariant_from(name)) == name);
  CHECK(!invariant_from("no_stale_reads"));
  CHECK(glob_matches("SESSIONS/user:*", "SESSIONS/user:7"));
  CHECK(glob_matches("*", "a/b"));
  CHECK(glob_matches("*/user:?", "S/user:7"));
  CHECK(glob_matches("a*b*c", "a-b-b-c"));
  CHECK(!glob_matches("SESSIONS/user:*", "SESSIONS/users:7"));
  CHECK(!glob_matches("a?", "a"));
  CHECK(duration_text(41'000'000) == "41 s");
  CHECK(duration_text(90'000'000) == "90 s");
  CHECK(duration_text(350'000) == "350 ms");
  CHECK(duration_text(2'500) == "2.5 ms");
  CHECK(duration_text(30ll * 86'400'000'000) == "30 d");
}

TEST_CASE("no_stale_auth_reads names the read, the write, both places and the time between") {
  Run run({Invariant::kNoStaleAuthReads}, {"SESSIONS/user:*"});
  sign_out(run);
  const Violation& v = run.only();
  CHECK(v.text ==
        "GET /me in SIN read version 1 of SESSIONS/user:7, 41 s after its deletion (version 2) "
        "was acknowledged in LHR (POST /sign-out).");
  CHECK(v.location == "SIN");
  CHECK(v.session == "SIN");
  CHECK(v.event.sequence == 8);
  CHECK(v.event.request == 4);
  CHECK(v.against.sequence == 6);
  CHECK(v.against.request == 3);
}

TEST_CASE("no_stale_auth_reads leaves other keys alone") {
  Run run({Invariant::kNoStaleAuthReads}, {"SESSIONS/token:*", "OTHER/*"});
  sign_out(run);
  CHECK(run.count() == 0);
}

TEST_CASE("nothing is checked that was not asked for") {
  Run run({});
  sign_out(run);
  CHECK(run.count() == 0);
  CHECK(run.invariants.text().empty());
}

TEST_CASE("read_your_writes: a session that moves to another location misses its own write") {
  Run run({Invariant::kReadYourWrites});
  run.request(0, 1, "LHR", "POST /name", "ada");
  run.put(0, 1, "LHR", 1);
  run.request(10, 2, "SIN", "GET /name", "bob");
  run.get(10, 2, "SIN", {0, true, 1, false, 10});  // bob wrote nothing
  run.request(20, 3, "SIN", "GET /name", "ada");
  run.get(20, 3, "SIN", {0, true, 1, false, 20});
  const Violation& v = run.only();
  CHECK(v.session == "ada");
  CHECK(v.text ==
        "GET /name in SIN read nothing of SESSIONS/user:7, 20 ms after session ada itself had "
        "written version 1.");
}

TEST_CASE("read_your_writes: somebody's newer version is as good as one's own") {
  Run run({Invariant::kReadYourWrites});
  run.request(0, 1, "LHR", "POST /", "ada");
  run.put(0, 1, "LHR", 1);
  run.request(1, 2, "LHR", "POST /", "bob");
  run.put(1, 2, "LHR", 2);
  run.request(2, 3, "LHR", "GET /", "ada");
  run.get(2, 3, "LHR", {2, false, 2, false, 0});
  CHECK(run.count() == 0);
}

TEST_CASE("read_your_writes: what has expired is no miss") {
  Run run({Invariant::kReadYourWrites, Invariant::kMonotonicReads});
  run.request(0, 1, "LHR", "POST /", "ada");
  run.put(0, 1, "LHR", 4);
  run.get(1, 1, "LHR", {4, false, 4, false, 0});
  run.get(90'000, 1, "LHR", {0, true, 0, true, 0});
  CHECK(run.count() == 0);
}

TEST_CASE("a session's reads and writes in a Durable Object are its own") {
  Run run({Invariant::kReadYourWrites});
  run.request(0, 1, "LHR", "POST /", "ada");
  run.emit(0, trace::ObjectCallEvent{100, "IAD", 1, "Cart", "00ff00ff00ff", "rpc", "add"});
  run.put(0, 100, "IAD", 1);
  run.emit(0, trace::ObjectCallEvent{101, "IAD", 100, "Log", "11ff", "rpc", "note"});
  run.get(5, 101, "IAD", {0, true, 1, false, 5});
  CHECK(run.only().session == "ada");
}

TEST_CASE("an alarm is nobody's") {
  Run run({Invariant::kReadYourWrites});
  run.request(0, 1, "LHR", "POST /");
  run.put(0, 1, "LHR", 1);
  run.emit(1, trace::ObjectCallEvent{100, "LHR", 0, "Cart", "00ff00ff00ff", "alarm", ""});
  run.get(1, 100, "LHR", {0, true, 1, false, 1});
  CHECK(run.count() == 0);
}

TEST_CASE("monotonic_reads: back in time") {
  Run run({Invariant::kMonotonicReads});
  run.request(0, 1, "LHR", "GET /", "ada");
  run.get(0, 1, "LHR", {3, false, 3, false, 0});
  run.request(400, 2, "SIN", "GET /", "ada");
  run.get(400, 2, "SIN", {2, false, 3, false, 400});
  run.request(500, 3, "SIN", "GET /", "bob");
  run.get(500, 3, "SIN", {2, false, 3, false, 500});
  run.get(501, 3, "SIN", {2, false, 3, false, 501});
  const Violation& v = run.only();
  CHECK(v.session == "ada");
  CHECK(v.event.sequence == 4);
  CHECK(v.against.sequence == 2);
}

TEST_CASE("no_lost_update: two read the same and both put") {
  Run run({Invariant::kNoLostUpdate});
  run.request(0, 1, "LHR", "POST /like");
  run.request(0, 2, "SIN", "POST /like");
  run.get(1, 1, "LHR", {1, false, 1, false, 0});
  run.get(1, 2, "SIN", {1, false, 1, false, 0});
  run.put(2, 1, "LHR", 2);
  run.put(3, 2, "SIN", 3);
  const Violation& v = run.only();
  CHECK(v.event.request == 2);
  CHECK(v.against.request == 1);
  CHECK(v.text ==
        "POST /like in SIN read version 1 of SESSIONS/user:7 and put version 3 over version 2, "
        "which POST /like had written in LHR and it had not seen: that update is lost.");
}

TEST_CASE("no_lost_update: one after the other, blind writes and deletions lose nothing") {
  Run run({Invariant::kNoLostUpdate});
  run.request(0, 1, "LHR", "POST /like");
  run.get(1, 1, "LHR", {1, false, 1, false, 0});
  run.put(2, 1, "LHR", 2);
  run.put(2, 1, "LHR", 3);  // over its own
  run.request(3, 2, "LHR", "POST /like");
  run.get(3, 2, "LHR", {3, false, 3, false, 0});
  run.put(4, 2, "LHR", 4);
  run.request(5, 3, "LHR", "PUT /blind");
  run.put(5, 3, "LHR", 5);
  run.request(6, 4, "LHR", "DELETE /");
  run.get(6, 4, "LHR", {3, false, 5, false, 2});
  run.put(7, 4, "LHR", 6, "delete");
  CHECK(run.count() == 0);
}

TEST_CASE("no_lost_update: of R2, too") {
  Run run({Invariant::kNoLostUpdate}, {"LOGS/*"});
  run.request(0, 1, "LHR", "POST /a");
  run.request(0, 2, "LHR", "POST /b");
  run.r2_put(0, 1, "v-one");
  run.r2_get(1, 1, "v-one");
  run.r2_get(1, 2, "v-one");
  run.r2_put(2, 1, "v-two");
  run.r2_put(3, 2, "v-three");
  CHECK(run.only().key.store == "r2");
}

TEST_CASE("no_acknowledged_write_lost: what was acknowledged is not there any more") {
  Run run({Invariant::kNoAcknowledgedWriteLost});
  run.request(0, 1, "LHR", "POST /order");
  run.put(0, 1, "LHR", 7);
  run.request(10, 2, "LHR", "GET /order");
  run.get(10, 2, "LHR", {5, false, 5, false, 0});
  CHECK(run.only().text ==
        "Version 7 of SESSIONS/user:7 was acknowledged to POST /order and is lost: "
        "10 ms later the newest is version 5.");
}

TEST_CASE("no_acknowledged_write_lost: an R2 object is gone") {
  Run run({Invariant::kNoAcknowledgedWriteLost, Invariant::kNoStaleAuthReads});
  run.request(0, 1, "LHR", "POST /");
  run.r2_put(0, 1, "v");
  run.r2_get(1, 1, "");
  CHECK(run.only().invariant == Invariant::kNoStaleAuthReads);  // nothing deleted it
}

TEST_CASE("no_acknowledged_write_lost: success is answered over a refused write") {
  Run run({Invariant::kNoAcknowledgedWriteLost});
  run.request(0, 1, "LHR", "POST /a");
  run.put(0, 1, "LHR", 0, "put", "KV PUT failed: 503 Service Unavailable");
  run.response(1, 1, 201);
  run.request(2, 2, "LHR", "POST /b");  // says so
  run.put(2, 2, "LHR", 0, "put", "KV PUT failed: 503 Service Unavailable");
  run.response(3, 2, 503);
  run.request(4, 3, "LHR", "POST /c");  // tries again
  run.put(4, 3, "LHR", 0, "put", "KV PUT failed: 503 Service Unavailable");
  run.put(5, 3, "LHR", 9);
  run.response(6, 3, 201);
  const Violation& v = run.only();
  CHECK(v.event.request == 1);
  CHECK(v.text.starts_with(
      "POST /a in LHR was answered 201, but its put of SESSIONS/user:7 was refused: "));
}

TEST_CASE("no_limit_exceeded: stopped, refused, told by an exception") {
  Run run({Invariant::kNoLimitExceeded});
  run.request(0, 1, "LHR", "GET /spin");
  run.response(1, 1, 503, "exceededCpu");
  run.request(2, 2, "LHR", "POST /");
  run.put(2, 2, "LHR", 0, "put", "KV PUT failed: 429 Too Many Requests");
  run.emit(3, trace::ExceptionEvent{2, "LHR", "fetch", "Error: Too many subrequests.", ""});
  run.emit(3, trace::ExceptionEvent{2, "LHR", "fetch", "Error: something else", ""});
  CHECK(run.count() == 3);
}

TEST_CASE("a report is JSON that a program reads, and is bounded") {
  Run run({Invariant::kMonotonicReads});
  run.request(0, 1, "LHR", "GET /", "a\"da");
  run.get(0, 1, "LHR", {2, false, 2, false, 0});
  for (int i = 0; i < 1500; ++i) run.get(1, 1, "LHR", {1, false, 2, false, 1});
  CHECK(run.count() == 1500);
  CHECK(run.invariants.violations().size() == Invariants::kViolationsMax);
  rapidjson::Document d;
  d.Parse(run.invariants.json().c_str());
  REQUIRE(!d.HasParseError());
  CHECK(d["count"].GetInt() == 1500);
  CHECK(std::string(d["violations"].GetArray()[0]["session"].GetString()) == "a\"da");
  CHECK(d["violations"].GetArray()[0]["event"]["seq"].GetInt() == 3);
  CHECK(run.invariants.text().find("and 500 more") != std::string::npos);
}
