// Alarms in virtual time: spec/durable-objects.md 3.6, rules 36 to 51.
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "tests/unit/actors_kit.h"
#include "tests/unit/durable_fixture.h"

namespace offing::test {
namespace {

constexpr int64_t kMs = 1'000;
constexpr int64_t kSecond = 1'000'000;

// An object whose alarm() says how it was called, and then does what the key "mode" names.
std::string alarmed(std::string_view modes = "", std::string_view more = "") {
  return actor_worker(
      R"js(
    constructor(ctx, env) { super(ctx, env); constructing?.(this); }
    async alarm(info) {
      const { retryCount, isRetry, scheduledTime } = info;
      const when = Date.now() >= scheduledTime ? "due" : "early";
      console.log(`ran ${retryCount} ${isRetry} ${when} ${this.ctx.id.name}`);
      await modes[this.s.kv.get("mode") ?? "plain"](this, info);
    }
    async set(mode, ms) { this.put("mode", mode); await this.s.setAlarm(Date.now() + Number(ms)); }
    async pending() { const at = await this.s.getAlarm();
      return at === null ? "none" : String(at); }
    remove() { return this.s.deleteAlarm(); }
  )js",
      "let constructing;\nconst modes = { plain() {}, fail() { throw new Error('no'); },\n" +
          std::string(modes) + "};\n" + std::string(more));
}

}  // namespace

TEST_CASE("3.6 rules 39, 43: an alarm runs at its time, once, and is gone") {
  ActorsRun run(alarmed());
  (void)run.ask("/set/plain/5000");
  run.advance(4'999 * kMs);
  CHECK(run.count("ran") == 0);
  run.advance(60 * kSecond);
  CHECK(run.times("ran 0 false due o") == std::vector<int64_t>{5 * kSecond});
  CHECK(run.ask("/pending").body == "none");
}

TEST_CASE(
    "3.6 rules 40, 46: a failing alarm runs seven times, after 2 to 64 s and a quarter at most, by "
    "seed") {
  std::set<int64_t> firsts;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const auto runs_of = [seed] {
      ActorsRun run(alarmed(), {.seed = seed});
      (void)run.ask("/set/fail/1000");
      run.advance(400 * kSecond);
      for (int i = 0; i < 7; ++i) {
        CHECK(run.count("ran " + std::to_string(i) + (i ? " true" : " false")) == 1);
      }
      CHECK(run.count("alarm dropped") == 1);
      CHECK(run.ask("/pending").body == "none");
      return run.times("ran");
    };
    const std::vector<int64_t> runs = runs_of();
    REQUIRE(runs.size() == 7);
    CHECK(runs[0] == kSecond);
    for (int i = 0; i < 6; ++i) {
      const int64_t least = (2 * kSecond) << i;
      CHECK(runs[i + 1] - runs[i] >= least);
      CHECK(runs[i + 1] - runs[i] <= least + least / 4 + kMs);
    }
    if (seed <= 5) CHECK(runs_of() == runs);
    firsts.insert(runs[1]);
  }
  CHECK(firsts.size() > 15);
}

TEST_CASE("3.6 rule 46: success ends the counting; the next alarm begins at 0") {
  ActorsRun run(
      alarmed("async twice(o, { retryCount }) { if (retryCount < 2) throw new Error('no'); "
              "o.put('mode', 'fail'); await o.s.setAlarm(Date.now() + 1000); },"));
  (void)run.ask("/set/twice/1000");
  run.advance(400 * kSecond);
  CHECK(run.count("ran 0 false") == 2);
  CHECK(run.count("ran") == 3 + 7);
}

TEST_CASE("3.6 rule 42: none is pending while it runs; its own time again while a retry waits") {
  ActorsRun run(
      alarmed("async look(o) { console.log(`pending ${await o.pending()}`); await "
              "scheduler.wait(100); throw new Error('no'); },"));
  (void)run.ask("/set/look/1000");
  const std::string at = run.ask("/pending").body;
  run.advance(1'050 * kMs - run.now_us());
  CHECK(run.count("pending none") == 1);
  CHECK(run.ask("/pending").body == "none");  // other events see the same
  run.advance(500 * kMs);
  CHECK(run.ask("/pending").body == at);
  run.advance(11 * kSecond);
  CHECK(run.ask("/pending").body == at);
}

TEST_CASE("3.6 rule 44: what the handler sets is next, whether it fails or not") {
  ActorsRun run(alarmed(R"js(
    async chain(o) { const n = o.s.kv.get("n") ?? 0; o.put("n", n + 1);
      if (n < 4) await o.s.setAlarm(Date.now() + 1000); },
    async now(o) { const n = o.s.kv.get("n") ?? 0; o.put("n", n + 1);
      if (n < 4) await o.s.setAlarm(Date.now()); },
    async past(o) { const n = o.s.kv.get("n") ?? 0; o.put("n", n + 1);
      if (n < 4) await o.s.setAlarm(1); },
    async failing(o) { const n = o.s.kv.get("n") ?? 0; o.put("n", n + 1); if (n < 4) {
      await o.s.setAlarm(Date.now() + 1000); throw new Error("no"); } },
    async late(o) { const n = o.s.kv.get("n") ?? 0; o.put("n", n + 1); if (n < 4) {
      await o.s.setAlarm(Date.now() + 1000); await scheduler.wait(5000); } },
  )js"));
  const char* mode = "";
  int64_t step_us = kSecond;
  SUBCASE("it succeeds") {
    mode = "chain";
  }
  SUBCASE("set for this very moment") {
    mode = "now";
    step_us = kMs;
  }
  SUBCASE("set in the past") {
    mode = "past";
    step_us = kMs;
  }
  SUBCASE("it fails") {
    mode = "failing";
  }
  SUBCASE("it is due while the handler still runs (rule 41)") {
    mode = "late";
    step_us = 5 * kSecond;
  }
  CAPTURE(mode);
  (void)run.ask("/set/" + std::string(mode) + "/1000");
  run.advance(100 * kSecond);
  const std::vector<int64_t> runs = run.times("ran 0 false");
  REQUIRE(runs.size() == 5);
  for (int i = 0; i < 5; ++i) CHECK(runs[i] == kSecond + i * step_us);
  CHECK(run.count("ran") == 5);
  CHECK(run.ask("/pending").body == "none");
}

TEST_CASE("3.6 rule 45: deleteAlarm in the handler does not stop it, and prevents retries") {
  ActorsRun run(
      alarmed("async deletes(o) { await o.s.deleteAlarm(); await scheduler.wait(10); "
              "console.log('to the end'); throw new Error('no'); },"));
  (void)run.ask("/set/deletes/1000");
  run.advance(400 * kSecond);
  CHECK(run.count("to the end") == 1);
  CHECK(run.count("ran") == 1);
  CHECK(run.ask("/pending").body == "none");
}

TEST_CASE("3.6 rules 36, 38: replaced, deleted, rolled back; from outside the handler too") {
  ActorsRun run(alarmed());
  (void)run.ask("/set/plain/1000");
  (void)run.ask("/set/plain/5000");
  run.advance(10 * kSecond);
  CHECK(run.times("ran") == std::vector<int64_t>{5 * kSecond});
  (void)run.ask("/set/plain/5000");
  (void)run.ask("/remove");
  run.advance(10 * kSecond);
  CHECK(run.count("ran") == 1);
  SUBCASE("while a retry waits, deleting ends it and setting begins anew") {
    (void)run.ask("/set/fail/1000");
    run.advance(1'500 * kMs);
    CHECK(run.count("ran 0 false") == 2);
    (void)run.ask("/set/fail/500");
    run.advance(600 * kMs);
    CHECK(run.count("ran 0 false") == 3);
    (void)run.ask("/remove");
    run.advance(100 * kSecond);
    CHECK(run.count("ran") == 3);
  }
}

TEST_CASE("3.6 rule 38: an alarm set by a failing commit never runs; an old one stands again") {
  ActorsRun run(alarmed(), {.commit_delay_us = 50 * kMs});
  (void)run.ask("/set/plain/60000");
  const std::string before = run.ask("/pending").body;
  REQUIRE(run.world().faults().arm("do.commit.fail=always"));
  CHECK(run.ask("/set/plain/1000").status == 500);
  REQUIRE(run.world().faults().arm("do.commit.fail=0"));
  CHECK(run.ask("/pending").body == before);
  run.advance(30 * kSecond);
  CHECK(run.count("ran") == 0);
  run.advance(60 * kSecond);
  CHECK(run.count("ran 0 false") == 1);
}

TEST_CASE("3.6 rule 41: never two runs at once, and requests interleave") {
  ActorsRun run(
      alarmed("async slow(o) { if (o.starts < 2 && !o.again) { o.again = true; await "
              "o.s.setAlarm(Date.now() + 1000); }"
              " await scheduler.wait(8000); console.log('done'); },"));
  (void)run.ask("/set/slow/1000");
  const auto& born = run.send(5 * kSecond, "LHR", "/born");
  run.advance(60 * kSecond);
  CHECK(born.came_us == 5 * kSecond);
  CHECK(run.times("ran") == std::vector<int64_t>{1 * kSecond, 9 * kSecond});
  CHECK(run.times("done") == std::vector<int64_t>{9 * kSecond, 17 * kSecond});
}

TEST_CASE(
    "3.6 rule 43: the record goes when the gate is open; a failing commit runs it again, uncounted "
    "(rule 47)") {
  ActorsRun run(alarmed("write(o) { o.put('runs', (o.s.kv.get('runs') ?? 0) + 1); },"),
                {.commit_delay_us = 50 * kMs});
  (void)run.ask("/set/write/1000");
  const int64_t due_us = run.now_us() - 50 * kMs + kSecond;
  run.advance(due_us - run.now_us() - 1);
  REQUIRE(run.world().faults().arm("do.commit.fail=always"));
  run.advance(10 * kMs);
  REQUIRE(run.world().faults().arm("do.commit.fail=0"));
  run.advance(20 * kMs);
  CHECK(run.count("alarm ok") == 0);
  run.advance(30 * kSecond);
  const std::vector<int64_t> runs = run.times("ran");
  REQUIRE(runs.size() == 2);
  CHECK(runs[0] == due_us);
  CHECK(runs[1] >= due_us + 50 * kMs + 2 * kSecond);
  CHECK(runs[1] <= due_us + 50 * kMs + 2'500 * kMs + kMs);
  CHECK(run.count("ran 0 true") == 1);
  CHECK(run.times("alarm ok") == std::vector<int64_t>{runs[1] + 50 * kMs});
  CHECK(run.ask("/value/runs").body == "1");
}

TEST_CASE(
    "3.6 rule 47: platform failures are retried without limit, at most 1,024 s apart; a counted "
    "one begins at 2 s") {
  ActorsRun run(alarmed(), {.commit_delay_us = kMs});
  (void)run.ask("/set/plain/1000");
  REQUIRE(run.world().faults().arm("do.commit.fail=always"));
  run.advance(4 * 3600 * kSecond);
  std::vector<int64_t> runs = run.times("ran");
  REQUIRE(runs.size() > 15);
  CHECK(run.count("ran 0 true") == runs.size() - 1);
  for (size_t i = 1; i < runs.size(); ++i) {
    const int64_t least = std::min((2 * kSecond) << (i - 1), 1'024 * kSecond);
    CHECK(runs[i] - runs[i - 1] >= least);
    CHECK(runs[i] - runs[i - 1] <= least + least / 4 + 10 * kMs);
  }
  // Now the guest fails: counted, from 2 s on, six times.
  REQUIRE(run.world().faults().arm("do.commit.fail=0"));
  const size_t before = runs.size();
  (void)run.ask("/put/mode/fail");
  run.advance(3600 * kSecond);
  runs = run.times("ran");
  REQUIRE(runs.size() == before + 7);
  CHECK(run.count("ran 6 true") == 1);
  CHECK(runs[before + 1] - runs[before] <= 2'500 * kMs + kMs);
  CHECK(run.ask("/pending").body == "none");
}

TEST_CASE("3.6 rule 47: what counts: errors, limits of sections, commits that constraints refuse") {
  for (const char* mode : {"section", "thrown", "constraint"}) {
    CAPTURE(mode);
    ActorsRun run(alarmed(R"js(
      async section(o) { await o.ctx.blockConcurrencyWhile(() => scheduler.wait(40_000)); },
      async thrown(o) { await o.ctx.blockConcurrencyWhile(() => {
        throw new Error("in the section"); }); },
      constraint(o) {
        o.s.sql.exec("CREATE TABLE IF NOT EXISTS p(id INTEGER PRIMARY KEY)");
        o.s.sql.exec("CREATE TABLE IF NOT EXISTS " +
          "c(p REFERENCES p(id) DEFERRABLE INITIALLY DEFERRED)");
        o.s.sql.exec("INSERT INTO c VALUES (1)");
      },
    )js"));
    (void)run.ask("/set/" + std::string(mode) + "/1000");
    run.advance(600 * kSecond);
    CHECK(run.count("ran") == 7);
    CHECK(run.count("ran 6 true") == 1);
    CHECK(run.count("alarm dropped") == 1);
    CHECK(run.ask("/pending").body == "none");
  }
}

TEST_CASE("3.6 rule 47: a code update while it runs is not counted") {
  ActorsRun run(alarmed("async slow() { await scheduler.wait(10_000); },"));
  (void)run.ask("/set/slow/1000");
  run.at(5 * kSecond, [&] { run.actors().reset_for_new_code(); });
  run.advance(60 * kSecond);
  CHECK(run.count("ran 0 false") == 1);
  CHECK(run.count("ran 0 true") == 1);
  CHECK(run.count("alarm ok") == 1);
}

TEST_CASE("3.6 rule 48: after 15 min an alarm is cut off, the object reset, and it counts") {
  ActorsRun run(alarmed("async long() { await scheduler.wait(1_000_000); },"));
  (void)run.ask("/set/long/1000");
  const auto& waiting = run.send(800 * kSecond, "LHR", "/born");
  run.advance(905 * kSecond);
  CHECK(waiting.body == "1.1");
  CHECK(run.times("object reset: Alarm exceeded its allowed execution time") ==
        std::vector<int64_t>{901 * kSecond});
  CHECK(run.count("ran 1 true") == 1);
}

TEST_CASE("3.6 rule 48: without a handler the alarm is logged and not retried") {
  // The check of rule 37 is not made in the constructor.
  ActorsRun run(actor_worker(R"js(
    constructor(ctx, env) { super(ctx, env);
      if (this.starts === 1) ctx.storage.setAlarm(Date.now() + 5_000); }
    async pending() { return await this.s.getAlarm() === null ? "none" : "one"; }
    async set() { await this.s.setAlarm(Date.now() + 1000); }
  )js"));
  CHECK(run.ask("/pending").body == "one");
  CHECK(run.ask("/set").body ==
        "TypeError: Your Durable Object class must have an alarm() handler in order to call "
        "setAlarm() [remote]");
  run.advance(60 * kSecond);
  CHECK(run.count("alarm run") == 1);
  CHECK(run.count("Attempted to run a scheduled alarm without a handler") == 1);
  CHECK(run.ask("/pending").body == "none");
}

TEST_CASE("3.6 rule 49: abort() in the handler is retried; with retryAlarm false it is dropped") {
  ActorsRun run(alarmed(
      "abort(o) { o.ctx.abort('x'); }, drop(o) { o.ctx.abort('x', { retryAlarm: false }); },"));
  (void)run.ask("/set/abort/1000");
  run.advance(400 * kSecond);
  CHECK(run.count("ran") == 7);
  CHECK(run.ask("/pending").body == "none");
  (void)run.ask("/set/drop/1000");
  run.advance(400 * kSecond);
  CHECK(run.count("ran") == 8);
  CHECK(run.ask("/pending").body == "none");
}

TEST_CASE(
    "3.6 rules 50, 51: a sleeping object is constructed first; its constructor may move the "
    "alarm") {
  SUBCASE("name and memory") {
    ActorsRun run(alarmed());
    (void)run.ask("/set/plain/60000?object=sleepy");
    run.advance(61 * kSecond);
    CHECK(run.count("object hibernated") == 1);
    CHECK(run.times("ran 0 false due sleepy") == std::vector<int64_t>{60 * kSecond});
  }
  SUBCASE("a constructor that always sets it pushes it for ever") {
    ActorsRun run(alarmed("", "constructing = (o) => { o.s.setAlarm(Date.now() + 60_000); };"));
    (void)run.ask("/born");
    run.advance(599 * kSecond);
    CHECK(run.count("ran") == 0);
    CHECK(run.count("object created") == 10);
    const std::string at = run.ask("/pending").body;
    CHECK(at != "none");
  }
  SUBCASE("one that looks first does not") {
    ActorsRun run(alarmed(
        "",
        "constructing = (o) => o.ctx.blockConcurrencyWhile(async () => {"
        " if (await o.s.getAlarm() === null) await o.s.setAlarm(Date.now() + 60_000); });"));
    (void)run.ask("/born");
    run.advance(61 * kSecond);
    CHECK(run.count("ran 0 false") == 1);
  }
}

TEST_CASE("3.6 rule 39: a thousand alarms at one instant all run then, each once") {
  ActorsRun run(alarmed());
  for (int i = 0; i < 1000; ++i) {
    run.send(0, "LHR", "/set/plain/20000?object=o" + std::to_string(i));
  }
  run.advance(60 * kSecond);
  const std::vector<int64_t> runs = run.times("ran 0 false");
  CHECK(runs.size() == 1000);
  for (int64_t at_us : runs) CHECK(at_us == 20 * kSecond);
  CHECK(run.actors().objects().live() == 0);
}

TEST_CASE(
    "3.6 rule 39: with --state, alarms are there after a restart; those due meanwhile run at once, "
    "at least once") {
  ScratchDirectory scratch;
  const auto options = [&scratch](int64_t after_us) {
    ActorsRunOptions made;
    made.state = scratch.path();
    made.start_us = VirtualWorld::kDefaultStartUs + after_us;
    made.locations = {"LHR", "SIN"};
    return made;
  };
  {
    ActorsRun run(alarmed(), options(0));
    (void)run.ask("/set/plain/60000?object=soon");
    (void)run.ask("/set/plain/3600000?object=late");
    (void)run.ask("/set/fail/1000?object=failing", "SIN");
    (void)run.ask("/set/plain/1000?object=gone");
    run.advance(2 * kSecond);
    CHECK(run.count("ran") == 2);
  }
  {
    ActorsRun run(alarmed(), options(600 * kSecond));
    run.advance(1 * kSecond);
    CHECK(run.times("ran 0 false due soon") == std::vector<int64_t>{0});
    CHECK(run.times("ran 0 false due failing") == std::vector<int64_t>{0});
    CHECK(run.count("ran") == 2);
    run.advance(3600 * kSecond);
    CHECK(run.times("ran 0 false due late") == std::vector<int64_t>{3000 * kSecond});
    CHECK(run.ask("/pending?object=failing").body == "none");
  }
  ActorsRun run(alarmed(), options(2 * 3600 * kSecond));
  run.advance(3600 * kSecond);
  CHECK(run.count("ran") == 0);
}

TEST_CASE(
    "3.6 rule 39: a handler whose success was not durable when the process ended runs again") {
  ScratchDirectory scratch;
  ActorsRunOptions options;
  options.state = scratch.path();
  options.commit_delay_us = 50 * kMs;
  const std::string worker = alarmed("write(o) { o.put('runs', (o.s.kv.get('runs') ?? 0) + 1); },");
  {
    ActorsRun run(worker, options);
    (void)run.ask("/set/write/1000");
    const int64_t due_us = run.now_us() - 50 * kMs + kSecond;
    run.advance(due_us - run.now_us() + 20 * kMs);
    CHECK(run.count("ran") == 1);
    CHECK(run.count("alarm ok") == 0);
  }
  options.start_us += 10 * kSecond;
  ActorsRun run(worker, options);
  run.advance(10 * kSecond);
  CHECK(run.count("ran 0 false") == 1);
  CHECK(run.ask("/value/runs").body == "1");
}

TEST_CASE("3.6: an alarm set while the last failure is being cleared away is kept") {
  // The seventh failure drops the alarm; a request of the same instant sets another.
  ActorsRun run(alarmed(
      "abort(o, { retryCount }) { if (retryCount === 6) o.env.ACTOR.getByName('o').set('plain', "
      "'1000').catch(() => {}); throw new Error('no'); },"));
  (void)run.ask("/set/abort/1000");
  run.advance(400 * kSecond);
  CHECK(run.count("ran") == 8);
  CHECK(run.ask("/pending").body == "none");
}

}  // namespace offing::test
