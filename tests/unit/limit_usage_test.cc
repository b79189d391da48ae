#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <string>

#include "emulator/replay/limit_usage.h"
#include "emulator/trace/readers.h"

using namespace offing;
using replay::LimitUsage;

namespace {

Profile profile(std::string_view name) { return *parse_profile(name, "2026-09-01"); }

// Requests told to the report; times in ms since the run's start.
class Traffic {
 public:
  explicit Traffic(std::string_view name) : usage(profile(name)) {}
  LimitUsage usage;

  uint64_t request(int64_t at_ms, std::string_view path, const Counts& used,
                   std::string_view location = "LHR", std::string_view method = "GET") {
    const std::string url = "https://shop.example" + std::string(path);
    const uint64_t id = ++last_;
    emit(at_ms, trace::RequestEvent{id, location, 0, method, url});
    emit(at_ms + 5, trace::ResponseEvent{id, location, 200, 5000, "ok", used});
    return id;
  }
  void object(int64_t at_ms, std::string_view kind, std::string_view what, const Counts& used,
              int64_t duration_us = 0) {
    const uint64_t id = (uint64_t{1} << 40) + ++last_;
    emit(at_ms, trace::ObjectCallEvent{id, "SIN", 0, "Counter", "id", kind, what});
    emit(at_ms, trace::ObjectAnswerEvent{id, "SIN", duration_us, "ok", "", used});
  }
  void emit(int64_t at_ms, const trace::Event& event) {
    usage.on_event({++sequence_, 1'000'000'000 + at_ms * 1000}, event);
  }
  bool says(std::string_view words) const {
    return usage.text({}).find(words) != std::string::npos;
  }

 private:
  uint64_t last_ = 0;
  uint64_t sequence_ = 0;
};

}  // namespace

TEST_CASE("--report limits: the worst requests of a limit, the worst first (spec/limits.md 2)") {
  Traffic run("free@2026-09-01");
  run.request(0, "/", {.external = 12});
  run.request(1000, "/feed?page=2", {.external = 41});
  run.request(2000, "/feed?page=3", {.external = 40});
  run.request(3000, "/order", {.external = 13}, "SIN", "POST");
  CHECK(run.usage.text({}) ==
        "Limits: free@2026-09-01\n"
        "\n"
        "  82 % of 50 subrequests: GET /feed\n"
        "    41  +1.0 s  LHR  #2 GET /feed?page=2\n"
        "    13  +3.0 s  SIN  #4 POST /order\n"
        "    12  +0.0 s  LHR  #1 GET /\n"
        "\n"
        "Never approached: below 1 % of 16 KiB URL\n"
        "Not used: internal-subrequests, chained-workers, connections, log, request-cpu, actor-cpu, "
        "memory, alarm-wall\n");
}

TEST_CASE("--report limits: limits in order of how close one came, and only the worst five") {
  Traffic run("free@2026-09-01");
  for (int i = 1; i <= 9; ++i) {
    run.request(i, "/" + std::to_string(i), {.external = static_cast<uint64_t>(i), .connections = 6});
  }
  const std::string text = run.usage.text({});
  CHECK(text.find("100 % of 6 connections at a time: GET /1  (beyond them calls wait)") <
        text.find("18 % of 50 subrequests: GET /9"));
  CHECK(text.find("#5 GET /5\n") != text.npos);   // of the subrequests; of the connections too
  rapidjson::Document json;
  json.Parse(run.usage.json().c_str());
  REQUIRE_FALSE(json.HasParseError());
  CHECK(std::string(json["profile"].GetString()) == "free@2026-09-01");
  const auto& first = json["limits"][0];
  CHECK(std::string(first["name"].GetString()) == "external-subrequests");
  CHECK(first["compared"].GetInt() == 9);
  REQUIRE(first["worst"].Size() == LimitUsage::kWorstMax);
  CHECK(first["worst"][0]["value"].GetInt() == 9);
  CHECK(first["worst"][0]["percent"].GetInt() == 18);
  CHECK(std::string(first["worst"][4]["target"].GetString()) == "/5");
}

TEST_CASE("--report limits: CPU is measured, of objects' events apart, and said not to be enforced") {
  Traffic run("free@2026-09-01");
  run.request(0, "/report", {.cpu_us = 8250});
  run.object(10, "rpc", "add", {.cpu_us = 6'000'000});
  CHECK(run.says("  82 % of 10 ms CPU time: GET /report  "
                 "(measured on this machine, not enforced here)\n"
                 "    8.2 ms  +0.0 s  LHR  #1 GET /report\n"));
  CHECK(run.says("  20 % of 30 s CPU time of a Durable Object's event: rpc add of Counter"));
  CHECK(run.says("    6000.0 ms  +0.0 s  SIN  rpc add of Counter\n"));
}

TEST_CASE("--report limits: memory, an alarm's time, a chain of Workers, a long URL") {
  Traffic run("paid@2026-09-01");
  run.request(0, "/a", {.chained_workers = 16, .memory_bytes = 96 << 20});
  run.request(1, "/" + std::string(9000, 'x'), {});
  run.object(5, "alarm", "", {}, 450'000'000);
  run.object(5, "fetch", "http://a/b?c", {}, 900'000'000);  // as long as it likes
  CHECK(run.says("75 % of 128 MiB memory: GET /a  (measured on this machine: the whole isolate"));
  CHECK(run.says("    96.0 MiB  +0.0 s  LHR  #1 GET /a\n"));
  CHECK(run.says("50 % of 32 Workers in a chain: GET /a\n"));
  CHECK(run.says("50 % of 15 min wall time of an alarm: alarm of Counter\n    450.0 s  +0.0 s  SIN"));
  CHECK(run.says("55 % of 16 KiB URL: GET /xxx"));
}

TEST_CASE("--report limits: without limits there is nothing to come close to") {
  Traffic run("off");
  run.request(0, "/", {.external = 1000});
  CHECK(run.says("Limits: off\n"));
  CHECK_FALSE(run.says("%"));
  rapidjson::Document json;
  json.Parse(run.usage.json().c_str());
  CHECK_FALSE(json.HasParseError());
}

TEST_CASE("--report limits: a request that its client gave up counts with what it used in the end") {
  Traffic run("free@2026-09-01");
  run.emit(0, trace::RequestEvent{7, "LHR", 0, "GET", "http://a/x"});
  run.emit(1, trace::ResponseEvent{7, "LHR", 0, 0, "canceled"});
  run.emit(2, trace::ResponseEvent{7, "LHR", 200, 2000, "ok", {.external = 25}});
  CHECK(run.says("50 % of 50 subrequests: GET /x\n"));
}

TEST_CASE("trace: what is measured is no part of the hash, and written only when asked for") {
  const auto line = [](int64_t cpu_us, trace::Measured measured) {
    std::string out;
    trace::append_line(out, {1, 2}, trace::ResponseEvent{3, "LHR", 200, 4, "ok",
                                                         {.external = 5, .cpu_us = cpu_us}},
                       measured);
    return out;
  };
  CHECK(line(10, trace::Measured::kLeftOut) == line(99, trace::Measured::kLeftOut));
  CHECK(line(10, trace::Measured::kLeftOut).find("cpu_us") == std::string::npos);
  CHECK(line(10, trace::Measured::kWritten).find(R"("cpu_us":10,"memory_bytes":0})") !=
        std::string::npos);
  trace::Hash one, other;
  one.on_event({1, 2}, trace::ResponseEvent{3, "LHR", 200, 4, "ok", {.cpu_us = 10}});
  other.on_event({1, 2}, trace::ResponseEvent{3, "LHR", 200, 4, "ok", {.cpu_us = 99}});
  CHECK(one.hex() == other.hex());
  trace::Hash counted;
  counted.on_event({1, 2}, trace::ResponseEvent{3, "LHR", 200, 4, "ok", {.kv = 1}});
  CHECK(one.hex() != counted.hex());
}
