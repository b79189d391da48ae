// Durable Objects as a whole: another run that goes on from the state of one.
#include <doctest/doctest.h>

#include <string>

#include "tests/unit/actors_kit.h"
#include "tests/unit/copies_kit.h"
#include "tests/unit/durable_fixture.h"

namespace offing::test {
namespace {

constexpr int64_t kSecond = 1'000'000;

const std::string& counting() {
  static const std::string source = actor_worker(R"js(
    add() { const n = (this.s.kv.get("n") ?? 0) + 1; this.s.kv.put("n", n); return n; }
    hold() { return this.s.transaction(async (t) => { await t.put("n", 99);
      await new Promise((done) => setTimeout(done, 5000)); return "held"; }); }
    async alarm(info) { console.log(`ran ${info.retryCount} ${this.ctx.id.name}`);
      if (this.s.kv.get("fails")) throw new Error("no"); }
    async set(ms, fails) { this.s.kv.put("fails", fails === "fails");
      await this.s.setAlarm(Date.now() + Number(ms)); }
  )js");
  return source;
}

std::map<std::string, size_t> homes(ActorsRun& run) {
  std::map<std::string, size_t> found;
  run.actors().objects().for_each([&](const Object& object) { found[object.name] = object.home; });
  return found;
}

}  // namespace

TEST_CASE("a run from another's state: what is stored, where objects live; no instance") {
  ActorsRun run(counting());
  CHECK(run.ask("/add?object=a", "SIN").body == "1");
  CHECK(run.ask("/add?object=b", "IAD").body == "1");
  CHECK(run.ask("/born?object=idle", "SIN").body == "1.1");
  const auto state = run.actors().copy_state();
  CHECK(run.ask("/add?object=a", "SIN").body == "2");

  ActorsRun first(counting(), {.seed = 2, .from = state}), second(counting(), {.from = state});
  CHECK(first.actors().objects().live() == 0);
  CHECK(homes(first) == homes(run));
  CHECK(first.ask("/add?object=a").body == "2");
  CHECK(first.ask("/add?object=a").body == "3");
  CHECK(first.ask("/born?object=idle").body == "2.1");
  CHECK(homes(first).at("a") == 1);   // called from LHR, at home in SIN
  CHECK(second.ask("/add?object=a").body == "2");
  CHECK(run.ask("/add?object=a").body == "3");
  ActorsRun third(counting(), {.from = first.actors().copy_state()});
  CHECK(third.ask("/add?object=a").body == "4");
}

TEST_CASE("2.6 a transaction that is open is not in the state; the original ends it") {
  ActorsRun run(counting());
  (void)run.ask("/add");
  const auto& held = run.send(run.now_us(), "LHR", "/hold");
  run.advance(kSecond);
  CHECK_FALSE(held.came);
  ActorsRun copy(counting(), {.from = run.actors().copy_state()});
  CHECK(copy.ask("/value/n").body == "1");
  CHECK(copy.ask("/add").body == "2");
  run.run();
  CHECK(held.body == "held");
  CHECK(run.ask("/value/n").body == "99");
}

TEST_CASE("3.6 rules 39, 46: alarms run in a copy when they would have, failed ones with their count") {
  ActorsRun run(counting());
  (void)run.ask("/set/60000/ok?object=later", "SIN");
  (void)run.ask("/set/1000/fails?object=failing");
  run.advance(6 * kSecond);   // the first run and one retry
  REQUIRE(run.count("ran 1 failing") == 1);
  REQUIRE(run.count("ran 2 failing") == 0);
  const int64_t at_us = run.world().now_us();
  ActorsRun copy(counting(), {.seed = 3, .start_us = at_us, .from = run.actors().copy_state()});
  const int64_t apart_us = run.now_us();
  run.advance(400 * kSecond);
  copy.advance(400 * kSecond);
  for (ActorsRun* one : {&run, &copy}) {
    CHECK(one->count("ran 0 later") == 1);
    for (int i = 2; i <= 6; ++i) CHECK(one->count("ran " + std::to_string(i) + " failing") == 1);
    CHECK(one->count("ran 7") == 0);
    CHECK(one->count("alarm dropped") == 1);
  }
  CHECK(copy.count("ran 0 failing") == 0);
  CHECK(copy.times("ran 2 failing")[0] + apart_us == run.times("ran 2 failing")[0]);
  CHECK(copy.times("ran 0 later")[0] + apart_us == run.times("ran 0 later")[0]);
}

TEST_CASE("3.6 an alarm that runs while the state is taken runs again from it") {
  const std::string source = actor_worker(R"js(
    async alarm() { console.log("began"); await new Promise((done) => setTimeout(done, 5000));
      this.put("done", "yes"); console.log("ended"); }
    async set() { await this.s.setAlarm(Date.now() + 1000); }
  )js");
  ActorsRun run(source);
  (void)run.ask("/set");
  run.advance(3 * kSecond);
  REQUIRE(run.count("began") == 1);
  ActorsRun copy(source, {.start_us = run.world().now_us(), .from = run.actors().copy_state()});
  copy.advance(10 * kSecond);
  CHECK(copy.count("began") == 1);
  CHECK(copy.count("ended") == 1);
  CHECK(copy.ask("/value/done").body == "yes");
  CHECK(run.count("ended") == 0);
  run.advance(10 * kSecond);
  CHECK(run.count("ended") == 1);
}

TEST_CASE("links and the commit's delay go along") {
  ActorsRun run(counting(), {.commit_delay_us = 30'000, .links = {"LHR-SIN=90ms"}});
  (void)run.ask("/add", "SIN");
  ActorsRun copy(counting(), {.from = run.actors().copy_state()});
  const ActorsRun::Answer answer = copy.ask("/add", "LHR");
  CHECK(answer.body == "2");
  CHECK(answer.came_us - answer.sent_us == 90'000 + 30'000 + 90'000);
}

TEST_CASE("a dump opened with --state, or loaded, has what was stored and the alarms that were set") {
  ScratchFolder folder;
  ActorsRun run(counting());
  (void)run.ask("/add?object=a", "SIN");
  (void)run.ask("/add?object=a", "SIN");
  (void)run.ask("/set/60000/ok?object=later");
  auto dumped = run.actors().dump(folder.path());
  REQUIRE_MESSAGE(dumped.has_value(), dumped.error());
  CHECK_FALSE(run.actors().dump(folder.path()).has_value());
  WorkerOptions worker;
  worker.actor_classes = {{"Actor", "test-Actor", true}};
  auto loaded = Actors::load_state(run.world(), worker, {"LHR", "SIN", "IAD"}, {}, folder.path());
  REQUIRE_MESSAGE(loaded.has_value(), loaded.error());
  ActorsRun copy(counting(), {.from = *loaded}), stored(counting(), {.state = folder.path()});
  for (ActorsRun* one : {&copy, &stored}) {
    CHECK(one->ask("/add?object=a").body == "3");
    one->advance(70 * kSecond);
    CHECK(one->count("ran 0 later") == 1);
  }
  auto none = Actors::load_state(run.world(), worker, {"LHR"}, {}, folder.path() + "/none");
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().find("there is no state directory") == 0);
}

}  // namespace offing::test
