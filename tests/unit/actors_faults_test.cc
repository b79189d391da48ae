// Calls of Durable Objects under fault rules and over links that are cut or held (docs/faults.md);
// alarms on demand.
#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "emulator/topology/network.h"
#include "tests/unit/actors_kit.h"

namespace offing::test {
namespace {

constexpr int64_t kMs = 1'000;
constexpr int64_t kSecond = 1'000'000;
constexpr const char* kLost = "Error: Network connection lost. [retryable]";

ActorsRunOptions far_apart() {
  ActorsRunOptions options;
  options.links = {"LHR-SIN=90ms", "LHR-IAD=40ms", "SIN-IAD=110ms"};
  return options;
}

// The verbs, over a run's links.
struct Net {
  explicit Net(ActorsRun& run) {
    kv = std::move(*KvService::open(run.world(), {}, run.topology().locations()));
    r2 = std::move(*R2Service::open(run.world(), {}, ""));
    network.emplace(run.world(), run.actors().links(), *kv, *r2,
                    [&run](size_t from, size_t to) { run.actors().link_changed(from, to); });
  }
  Network* operator->() { return &*network; }
  std::unique_ptr<KvService> kv;
  std::unique_ptr<R2Service> r2;
  std::optional<Network> network;
};

constexpr std::string_view kCounter = R"js(
  add() { const n = (this.ctx.storage.kv.get("n") ?? 0) + 1; this.put("n", n); return n; }
  fetch() { return new Response(String(this.add())); }
  log(n) { (this.seen ??= []).push(n); }
  order() { return (this.seen ?? []).join(); }
)js";

FaultRule object_rule(FaultEffect effect) {
  FaultRule rule;
  rule.service = FaultService::kObject;
  rule.effect = std::move(effect);
  return rule;
}

}  // namespace

TEST_CASE("a cut link: the call fails in the link's time, the object is not reached") {
  ActorsRun run(actor_worker(kCounter), far_apart());
  CHECK(run.ask("/add", "SIN").body == "1");
  Net net(run);
  REQUIRE(net->partition({"LHR"}, {"SIN"}));
  for (const char* path : {"/add", "/fetch/x"}) {
    CAPTURE(path);
    const auto answer = run.ask(path, "LHR");
    CHECK(answer.body == kLost);
    CHECK(answer.came_us - answer.sent_us == 90 * kMs);
  }
  CHECK(run.ask("/add", "IAD").body == "2");
  CHECK(run.ask("/add", "SIN").body == "3");
  REQUIRE(net->repair());
  CHECK(run.ask("/add", "LHR").body == "4");
}

TEST_CASE("an answer on its way back is lost: the caller fails, the object has done its work") {
  ActorsRun run(actor_worker(kCounter), far_apart());
  CHECK(run.ask("/add", "SIN").body == "1");
  Net net(run);
  const int64_t from_us = run.now_us();
  const auto& rpc = run.send(from_us, "LHR", "/add");
  const auto& fetch = run.send(from_us, "LHR", "/fetch/x");
  run.at(from_us + 100 * kMs, [&] { REQUIRE(net->partition({"LHR"}, {"SIN"})); });
  run.run();
  CHECK(rpc.body == kLost);
  CHECK(fetch.body == kLost);
  CHECK(rpc.came_us - from_us == 180 * kMs);
  CHECK(run.ask("/value/n", "SIN").body == "3");
}

TEST_CASE("a call that is under way when its link is cut does not arrive") {
  ActorsRun run(actor_worker(kCounter), far_apart());
  CHECK(run.ask("/add", "SIN").body == "1");
  Net net(run);
  const int64_t from_us = run.now_us();
  const auto& answer = run.send(from_us, "LHR", "/add");
  run.at(from_us + 50 * kMs, [&] { REQUIRE(net->partition({"LHR"}, {"SIN"})); });
  run.run();
  CHECK(answer.body == kLost);
  CHECK(answer.came_us - from_us == 90 * kMs);
  CHECK(run.ask("/value/n", "SIN").body == "1");
}

TEST_CASE("a held link: messages wait and arrive in order") {
  ActorsRun run(actor_worker(kCounter, R"js(
    own.burst = async (find) => {
      const stub = find();
      await Promise.all([1, 2, 3, 4, 5].map((n) => stub.log(n)));
      return "sent";
    };
  )js"),
                far_apart());
  CHECK(run.ask("/born", "SIN").body == "1.1");
  Net net(run);
  const int64_t from_us = run.now_us();
  const auto& first = run.send(from_us, "LHR", "/burst");             // under way at the hold
  run.at(from_us + 50 * kMs, [&] { REQUIRE(net->hold({"LHR"}, {"SIN"})); });
  const auto& second = run.send(from_us + 60 * kMs, "LHR", "/order");  // sent during it
  const auto& near = run.send(from_us + kSecond, "SIN", "/order");
  run.advance(10 * kSecond);
  CHECK_FALSE(first.came);
  CHECK(near.came);
  CHECK(near.body == "");
  REQUIRE(net->release());
  const int64_t released_us = run.now_us();
  run.run();
  CHECK(first.body == "sent");
  CHECK(first.came_us - released_us == 90 * kMs);
  CHECK(second.body == "1,2,3,4,5");
  CHECK(second.came_us - released_us == 180 * kMs);
}

TEST_CASE("what a held link keeps is lost when it is cut") {
  ActorsRun run(actor_worker(kCounter), far_apart());
  CHECK(run.ask("/add", "SIN").body == "1");
  Net net(run);
  REQUIRE(net->hold({"LHR"}, {"SIN"}));
  const auto& answer = run.send(run.now_us(), "LHR", "/add");
  run.advance(kSecond);
  CHECK_FALSE(answer.came);
  REQUIRE(net->partition({"LHR"}, {}));
  run.run();
  CHECK(answer.body == kLost);
  CHECK(run.ask("/value/n", "SIN").body == "1");
}

TEST_CASE("fault rules for objects: by name, the first call, with the marks of the platform") {
  ActorsRun run(actor_worker(kCounter));
  auto& rules = run.world().faults().rules();
  FaultRule rule = object_rule({});
  rule.key = "Actor/ann";
  rule.times = 1;
  REQUIRE(rules.add(rule).has_value());
  CHECK(run.ask("/add?object=bob").body == "1");
  CHECK(run.ask("/add?object=ann").body == kLost);
  CHECK(run.ask("/add?object=ann").body == "1");
  rule.effect.text = "overloaded";
  rule.operation = "fetch";
  REQUIRE(rules.add(rule).has_value());
  CHECK(run.ask("/add?object=ann").body == "2");
  CHECK(run.ask("/fetch/x?object=ann").body ==
        "Error: Durable Object is overloaded. Too many requests queued. [overloaded]");
  CHECK(run.ask("/fetch/x?object=ann").body == "3");
}

TEST_CASE("fault rules for objects: latency, timeout, drop") {
  ActorsRun run(actor_worker(kCounter));
  auto& rules = run.world().faults().rules();
  REQUIRE(rules.add(object_rule({.kind = FaultEffect::Kind::kLatency, .us = kSecond})).has_value());
  auto answer = run.ask("/add");
  CHECK(answer.body == "1");
  CHECK(answer.came_us - answer.sent_us == kSecond);
  rules.clear();
  REQUIRE(rules.add(object_rule({.kind = FaultEffect::Kind::kTimeout, .us = kSecond})).has_value());
  for (const char* path : {"/add", "/fetch/x"}) {
    answer = run.ask(path);
    CHECK(answer.body == kLost);
    CHECK(answer.came_us - answer.sent_us == kSecond);
  }
  rules.clear();
  REQUIRE(rules.add(object_rule({.kind = FaultEffect::Kind::kDrop})).has_value());
  const auto& dropped = run.send(run.now_us(), "LHR", "/add");
  run.advance(60 * kSecond);
  CHECK_FALSE(dropped.came);
}

TEST_CASE("fault rules for fetch: lost, or an answer with a status; the URL is the key") {
  ActorsRun run(actor_worker("", R"js(
    own.out = async () => {
      try {
        const answer = await fetch("https://api.example.com/v1/x");
        return `${answer.status} ${await answer.text()}`;
      } catch (e) { return shown(e); }
    };
  )js"));
  auto& rules = run.world().faults().rules();
  FaultRule rule;
  rule.service = FaultService::kFetch;
  rule.key = "https://api.example.com/*";
  rule.times = 1;
  REQUIRE(rules.add(rule).has_value());
  rule.effect = {.text = "later", .status = 503};
  REQUIRE(rules.add(rule).has_value());
  CHECK(run.ask("/out").body.find("Network connection lost.") != std::string::npos);
  CHECK(run.ask("/out").body == "503 later");
  CHECK(run.ask("/out").body.find("was denied") != std::string::npos);
}

TEST_CASE("3.6: a set alarm runs on demand, whatever its time, and once") {
  ActorsRun run(actor_worker(R"js(
    later(s) { this.s.setAlarm(Date.now() + Number(s) * 1000); }
    alarm() { this.note("rang"); }
  )js"));
  (void)run.ask("/later/3600");
  durable::ObjectName key;
  run.actors().objects().for_each([&key](const Object& object) { key = object.key; });
  CHECK(run.actors().alarms().set_for(key) == run.now_ms() + 3'600'000);
  std::string told = "not";
  CHECK(run.actors().alarms().run_now(key, [&told](const std::string& error) { told = error; }));
  run.advance(1);
  CHECK(told == "");
  CHECK(run.count("alarm ok") == 1);
  CHECK_FALSE(run.actors().alarms().set_for(key));
  CHECK_FALSE(run.actors().alarms().run_now(key, {}));
  run.advance(3601 * kSecond);
  CHECK(run.count("alarm run") == 1);
}

}  // namespace offing::test
