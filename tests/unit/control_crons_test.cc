// Cron triggers in a whole Worker, in virtual time. The run begins on 2026-01-01, a Thursday, at midnight; the
// kit's Worker has the crons "0 2 * * SUN" and "30 3 * * *".
#include <chrono>

#include "tests/unit/control_kit.h"

namespace offing::test {
namespace {

constexpr int64_t kBeginMs = VirtualWorld::kDefaultStartUs / 1000;
constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kSundayMs = kBeginMs + 74 * kHourMs;   // 02:00
constexpr const char* kDoor = "/cdn-cgi/handler/scheduled";

ControlDaemon& fresh() {
  ControlDaemon& daemon = ControlDaemon::get();
  daemon.fresh();
  return daemon;
}

ControlReply run(const std::string& cron, const std::string& world = "") {
  return ControlDaemon::get().post("crons/run", "{\"cron\":\"" + cron + "\"}", world);
}

void let_pass(const std::string& by, const std::string& world = "") {
  REQUIRE(ControlDaemon::get().post("clock/advance", "{\"by\":\"" + by + "\"}", world).status == 200);
}

std::string put_by(const std::string& cron, int64_t at_ms, int64_t now_ms) {
  return "{\"cron\":\"" + cron + "\",\"scheduledTime\":" + std::to_string(at_ms) +
         ",\"type\":\"scheduled\",\"now\":" + std::to_string(now_ms) + "}";
}

// How many runs of `cron` there were, as the trace has it.
size_t runs(const std::string& world = "") {
  const ControlReply reply = ControlDaemon::get().get("trace?event=cron", world);
  return rapidjson::Pointer("/events").Get(reply.json)->Size();
}

}  // namespace

TEST_CASE("spec/services.md 2: a cron runs when time passes it, and is told the configured string and its time") {
  ControlDaemon& daemon = fresh();
  let_pass("4h");
  CHECK(daemon.fetch("/kv-get/cron%2030%203%20*%20*%20*").body == "(none)");
  const ControlReply all = daemon.get("trace?event=cron,cron.end");
  INFO(all.body);
  CHECK(all.at("/events/0/cron") == "30 3 * * *");
  CHECK(all.number("/events/0/at_us") == (kBeginMs + 210 * 60'000) * 1000);
  CHECK(all.number("/events/0/scheduled_ms") == kBeginMs + 210 * 60'000);
  CHECK(all.at("/events/0/why") == "due");
  CHECK(all.at("/events/1/event") == "cron.end");
  CHECK(all.at("/events/1/outcome") == "ok");
  CHECK(all.number("/events/1/kv_operations") == 1);
  let_pass("3d");
  CHECK(runs() == 5);   // four nights and a Sunday
  const ControlReply stored =
      daemon.post("kv/get", R"({"namespace":"KV","key":"cron 0 2 * * SUN"})");
  CHECK(stored.at("/value") == put_by("0 2 * * SUN", kSundayMs, kSundayMs));
}

TEST_CASE("spec/services.md 2: when each runs next") {
  ControlDaemon& daemon = fresh();
  const ControlReply crons = daemon.get("crons");
  CHECK(crons.at("/crons/0/cron") == "0 2 * * SUN");
  CHECK(crons.at("/crons/0/next") == "2026-01-04T02:00:00.000Z");
  CHECK(crons.number("/crons/1/next_ms") == kBeginMs + 210 * 60'000);
  CHECK(daemon.get("clock").number("/next_due_ms") == kBeginMs + 210 * 60'000);
}

TEST_CASE("a world with crons comes to rest, and no wait jumps to one; on the way it runs") {
  ControlDaemon& daemon = fresh();
  ControlReply idle = daemon.post("clock/run-until-idle", R"({"limit":"30d"})");
  CHECK(idle.at("/idle") == "true");
  CHECK(idle.number("/now_ms") == kBeginMs);
  CHECK(daemon.fetch("/wait/60000").body == "waited");
  CHECK(runs() == 0);
  CHECK(daemon.fetch("/wait/14400000").body == "waited");   // four hours
  CHECK(runs() == 1);
  idle = daemon.post("clock/run-until-idle", R"({"limit":"30d"})");
  CHECK(idle.at("/idle") == "true");
  CHECK(idle.number("/now_ms") < kBeginMs + 5 * kHourMs);
}

TEST_CASE("spec/services.md 2: the first failing waitUntil or the handler's rejection marks the run as failed") {
  ControlDaemon& daemon = fresh();
  ControlReply ran = run("throw");
  CHECK(ran.at("/outcome") == "exception");
  CHECK(ran.at("/error") == "Error: boom");
  CHECK(ran.at("/no_retry") == "false");
  ran = run("wait-throw");
  CHECK(ran.at("/outcome") == "exception");
  CHECK(ran.at("/error") == "Error: first");
  CHECK(run("both").at("/error") == "Error: at once");
  ran = run("no-retry");
  CHECK(ran.at("/no_retry") == "true");
  CHECK(ran.at("/error") == "TypeError: no more");
  const ControlReply thrown = daemon.get("trace?event=exception");
  CHECK(thrown.at("/events/0/where") == "scheduled");
  CHECK(thrown.at("/events/1/where") == "waitUntil");
  CHECK(run("anything").at("/outcome") == "ok");
}

TEST_CASE("spec/services.md 2: a run is over when what waitUntil was given is") {
  ControlDaemon& daemon = fresh();
  const int64_t began_ms = daemon.get("clock").number("/now_ms");
  CHECK(run("wait").at("/outcome") == "ok");
  CHECK(daemon.get("clock").number("/now_ms") >= began_ms + 5000);
  CHECK(daemon.get("trace?event=cron.end").number("/events/0/duration_us") >= 5'000'000);
  CHECK(daemon.fetch("/kv-get/waited").body == std::to_string(began_ms + 5000));
}

TEST_CASE("spec/limits.md 2.2: a cron run ends after 15 minutes; one that nothing can wake ends at once") {
  ControlDaemon& daemon = fresh();
  ControlReply ran = run("long");
  CHECK(ran.at("/outcome") == "exceededWallTime");
  CHECK(daemon.get("trace?event=cron.end").number("/events/0/duration_us") == 900'000'000);
  let_pass("1h");
  CHECK(daemon.fetch("/kv-get/long").body == "(none)");
  for (const char* cron : {"hang", "hang-wait"}) {
    ran = run(cron);
    CHECK(ran.at("/outcome") == "exception");
    CHECK(ran.at("/error").find("would never generate a response") != std::string::npos);
  }
}

TEST_CASE("spec/services.md 2: by hand with Wrangler's paths: outcome as text with 200 or 500, or as JSON") {
  ControlDaemon& daemon = fresh();
  ControlReply ran = daemon.send("GET", std::string(kDoor) + "?cron=*+*+*+*+*&time=1000", "", {});
  CHECK(ran.status == 200);
  CHECK(ran.body == "ok");
  ran = daemon.post("kv/get", R"({"namespace":"KV","key":"cron * * * * *"})");
  CHECK(ran.at("/value") == put_by("* * * * *", 1000, kBeginMs));
  ran = daemon.send("POST", "/cdn-cgi/local/scheduled?cron=throw", "", {});
  CHECK(ran.status == 500);
  CHECK(ran.body == "exception");
  ran = daemon.send("GET", "/cdn-cgi/local/scheduled?cron=no-retry&format=json", "", {});
  CHECK(ran.status == 200);
  CHECK(ran.body == R"({"outcome":"exception","noRetry":true})");
  CHECK(daemon.send("GET", std::string(kDoor) + "?format=xml", "", {}).status == 400);
  CHECK(daemon.send("GET", std::string(kDoor) + "?time=soon", "", {}).status == 400);
  CHECK(daemon.send("GET", std::string(kDoor) + "?cron=" + std::string(257, 'x'), "", {}).status == 400);
  CHECK(daemon.send("GET", "/cdn-cgi/handler/other", "", {}).body == "not found");
}

TEST_CASE("pages of other origins cannot make a cron trigger run") {
  ControlDaemon& daemon = fresh();
  for (const ControlHeaders& headers : {ControlHeaders{{"sec-fetch-site", "cross-site"}},
                                        ControlHeaders{{"sec-fetch-site", "same-site"}},
                                        ControlHeaders{{"origin", "https://elsewhere.example"}}}) {
    const ControlReply refused = daemon.send("GET", kDoor, "", headers);
    CHECK(refused.status == 403);
    CHECK(refused.at("/error/code") == "cross_site");
  }
  CHECK(runs() == 0);
  CHECK(daemon.send("GET", kDoor, "", {{"sec-fetch-site", "none"}}).status == 200);
}

TEST_CASE("a fork goes on with the crons of its world, and the same seed gives the same trace") {
  ControlDaemon& daemon = fresh();
  let_pass("266340s");
  const std::string snapshot = daemon.post("snapshot").at("/snapshot");
  const std::string a = daemon.post("fork").at("/world"), b = daemon.post("fork").at("/world");
  let_pass("120s", a);
  CHECK(runs(a) == 1);
  let_pass("30h", a);
  let_pass("108120s", b);
  CHECK(runs(a) == 3);
  CHECK(daemon.get("status", a).at("/trace/hash") == daemon.get("status", b).at("/trace/hash"));
  let_pass("60s");
  CHECK(runs() == 4);
  CHECK(daemon.post("revert", "{\"snapshot\":\"" + snapshot + "\"}").status == 200);
  let_pass("60s");
  CHECK(runs() == 1);
  CHECK(daemon.post("reset").status == 200);
  CHECK(daemon.get("crons").number("/crons/1/next_ms") == kBeginMs + 210 * 60'000);
  let_pass("4h");
  CHECK(runs() == 1);
}

TEST_CASE("crons/run says what is missing or wrong") {
  ControlDaemon& daemon = fresh();
  ControlReply wrong = daemon.post("crons/run");
  CHECK(wrong.status == 400);
  CHECK(wrong.at("/error/message") ==
        "\"cron\" is missing, and there are several: \"0 2 * * SUN\", \"30 3 * * *\"");
  CHECK(daemon.post("crons/run", R"({"cron":"x","location":"XYZ"})").status == 404);
  CHECK(daemon.post("crons/run", R"({"cron":"x","time":"soon"})").status == 400);
  const ControlReply there = daemon.post("crons/run", R"({"cron":"x","location":"SIN","time":5})");
  CHECK(there.at("/outcome") == "ok");
  CHECK(daemon.get("trace?event=cron").at("/events/0/location") == "SIN");
}

}  // namespace offing::test
