// Order of calls, broken stubs, one instance, home locations:
// spec/durable-objects.md 1.1, 1.4, 3.5.
#include <doctest/doctest.h>

#include <string>

#include "tests/unit/actors_kit.h"

namespace offing::test {
namespace {

constexpr int64_t kMs = 1'000;
constexpr int64_t kSecond = 1'000'000;

ActorsRunOptions far_apart(int64_t commit_delay_us = 0) {
  ActorsRunOptions options;
  options.links = {"LHR-SIN=90ms", "LHR-IAD=40ms", "SIN-IAD=110ms"};
  options.commit_delay_us = commit_delay_us;
  return options;
}

}  // namespace

TEST_CASE("3.5 rule 28: calls of one stub arrive in order over a link, fetches and RPC alike") {
  ActorsRun run(actor_worker(R"js(
    fetch(request) { this.log(new URL(request.url).pathname.slice(1)); return new Response("x"); }
    log(n) { (this.seen ??= []).push(n); }
    async relay(name) {
      // Behind the output gate the order stays the same.
      const stub = this.env.ACTOR.getByName(name);
      const all = [];
      for (let i = 0; i < 20; i++) {
        if (i % 3 === 0) this.put("i", i);
        all.push(i % 2 ? stub.log(`${i}`) : stub.fetch(`http://o/${i}`));
      }
      await Promise.all(all);
    }
    order() { return this.seen.join(); }
  )js",
                             R"js(
    own.burst = async (find) => {
      const stub = find();
      const all = [];
      for (let i = 0; i < 20; i++) all.push(i % 2 ? stub.log(`${i}`) : stub.fetch(`http://o/${i}`));
      await Promise.all(all);
    };
  )js"),
                far_apart(7 * kMs));
  std::string order;
  for (int i = 0; i < 20; ++i) order += (i ? "," : "") + std::to_string(i);
  SUBCASE("from a stateless Worker") {
    (void)run.ask("/born?object=far", "SIN");
    const int64_t sent_us = run.now_us();
    const auto answer = run.ask("/burst?object=far");
    CHECK(answer.status == 200);
    CHECK(answer.came_us == sent_us + 180 * kMs);
    CHECK(run.ask("/order?object=far").body == order);
  }
  SUBCASE("from an object") {
    (void)run.ask("/born?object=far", "SIN");
    (void)run.ask("/relay/far?object=near", "LHR");
    CHECK(run.ask("/order?object=far").body == order);
  }
}

TEST_CASE(
    "3.5 rule 28: two stubs of one object have no order between them; completion has its own") {
  ActorsRun run(
      actor_worker(
          "async wait(ms) { await scheduler.wait(Number(ms)); (this.seen ??= []).push(ms); }"
          "order() { return this.seen.join(); }",
          "own.two = async (find) => { const s = find(); await Promise.all([s.wait(50), "
          "s.wait(10)]); };"),
      far_apart());
  (void)run.ask("/two");
  CHECK(run.ask("/order").body == "10,50");
}

TEST_CASE("3.5 rule 29: when a stub's connection breaks, calls under way and later ones fail") {
  SUBCASE(
      "a call under way when an earlier one resets the object is not served by the next instance") {
    ActorsRun two(actor_worker("", R"js(
      own.two = async (find) => {
        const stub = find();
        const first = failure(() => stub.stop("gone"));
        await scheduler.wait(10);
        const second = failure(() => stub.note("under way"));
        const both = `${await first} / ${await second}`;
        return `${both} / ${await failure(() => stub.note("later"))} / ${await find().born()}`;
      };
      own.atOnce = async (find) => {
        const stub = find();
        return (await Promise.all([failure(() => stub.stop("gone")),
          failure(() => stub.note("under way")),
                                   failure(() => stub.fetch("http://o/"))])).join(" / ");
      };
    )js"),
                  far_apart());
    (void)two.ask("/born?object=far", "SIN");
    const std::string gone = "Error: gone [durableObjectReset]";
    CHECK(two.ask("/two?object=far").body == gone + " / " + gone + " / " + gone + " / 2.1");
    CHECK(two.ask("/atOnce?object=far").body == gone + " / " + gone + " / " + gone);
    CHECK(two.ask("/atOnce?object=near").body == gone + " / " + gone + " / " + gone);
    CHECK(two.count("note ") == 0);
  }
  SUBCASE("a stub that was used before and had nothing under way is broken too") {
    ActorsRun idle(actor_worker("", R"js(
      own.idle = async (find) => {
        const stub = find();
        await stub.born();
        await failure(() => find().stop("gone"));
        return `${await failure(() => stub.note("x"))} / ${await find().born()}`;
      };
    )js"),
                   far_apart());
    CHECK(idle.ask("/idle").body == "Error: gone [durableObjectReset] / 2.1");
  }
  SUBCASE("an ordinary exception leaves the stub as it is (1.4)") {
    ActorsRun usual(actor_worker("throws() { throw new RangeError('no'); }", R"js(
      own.usual = async (find) => {
        const stub = find();
        return `${await failure(() => stub.throws())} / ${await stub.born()}`;
      };
    )js"),
                    far_apart());
    CHECK(usual.ask("/usual").body == "RangeError: no [remote] / 1.1");
  }
  SUBCASE("a stub outlives an eviction: nothing broke (rule 34)") {
    ActorsRun evicted(actor_worker("", R"js(
      let kept;
      own.keep = async (find) => {
        const stub = find();
        const before = await stub.born();
        await scheduler.wait(12_000);
        return `${before} ${await stub.born()}`;
      };
    )js"),
                      far_apart());
    CHECK(evicted.ask("/keep").body == "1.1 2.1");
  }
}

TEST_CASE("3.5 rule 30: there is one instance of an object, wherever its callers are") {
  ActorsRun run(actor_worker(""), far_apart());
  for (int i = 0; i < 60; ++i) {
    static constexpr const char* kLocations[] = {"LHR", "SIN", "IAD"};
    run.send(i * 3 * kMs, kLocations[i % 3], "/born");
  }
  run.run();
  CHECK(run.count("object created") == 1);
  CHECK(run.actors().objects().live() == 1);
  CHECK(run.ask("/born").body == "1.61");
}

TEST_CASE("3.5 rule 30: an instance is gone before the next one is made, whatever ends it") {
  for (const char* fault : {"do.evict=0.3", "do.reset=0.3", "isolate.evict=0.3"}) {
    CAPTURE(fault);
    ActorsRunOptions options = far_apart();
    options.faults = {fault};
    ActorsRun run(actor_worker(""), options);
    for (int i = 0; i < 200; ++i) {
      static constexpr const char* kLocations[] = {"LHR", "SIN", "IAD"};
      run.send(i * 40 * kMs, kLocations[i % 3], "/born");
    }
    run.run();
    const size_t created = run.count("object created");
    const size_t gone =
        run.count("object evicted") + run.count("object reset") + run.count("object hibernated");
    CHECK(created > 10);
    CHECK(created - gone == run.actors().objects().live());
    CHECK(run.actors().objects().live() <= 1);
    // Each instance was constructed exactly once, and storage counted it.
    REQUIRE(run.world().faults().arm(std::string(fault).substr(0, std::string(fault).find('=')) +
                                     "=0"));
    (void)run.ask("/born");
    CHECK(run.ask("/value/starts").body == std::to_string(run.count("object created")));
  }
}

// ---- where objects live, as callers feel it

TEST_CASE("1.1 an object lives where it was first called, and calls take the link there and back") {
  ActorsRun run(actor_worker(""), far_apart());
  const auto took = [&run](std::string path, std::string_view location) {
    const int64_t sent_us = run.now_us();
    const auto answer = run.ask(path, location);
    CHECK_MESSAGE(answer.status == 200, answer.body);
    return answer.came_us - sent_us;
  };
  CHECK(took("/born?object=a", "SIN") == 0);
  CHECK(took("/born?object=a", "LHR") == 180 * kMs);
  CHECK(took("/born?object=a", "IAD") == 220 * kMs);
  SUBCASE("a hint counts at the first call only; objects do not move") {
    CHECK(took("/born?object=b&hint=apac", "LHR") == 180 * kMs);
    CHECK(took("/born?object=b&hint=weur", "LHR") == 180 * kMs);
    CHECK(took("/born?object=b", "SIN") == 0);
    CHECK(took("/born?object=c&hint=enam", "SIN") == 220 * kMs);
  }
  SUBCASE("nor when they are evicted or reset") {
    run.advance(60 * kSecond);
    CHECK(run.actors().objects().live() == 0);
    CHECK(took("/born?object=a", "LHR") == 180 * kMs);
    CHECK(run.ask("/stop/x?object=a").status == 500);
    CHECK(took("/born?object=a", "LHR") == 180 * kMs);
  }
  SUBCASE("objects call each other over the same links") {
    ActorsRun relay(
        actor_worker("async relay(name) { return this.env.ACTOR.getByName(name).born(); }"),
        far_apart());
    (void)relay.ask("/born?object=far", "SIN");
    (void)relay.ask("/born?object=near", "IAD");
    const int64_t sent_us = relay.now_us();
    CHECK(relay.ask("/relay/far?object=near", "LHR").came_us == sent_us + 2 * (40 + 110) * kMs);
  }
}

TEST_CASE("1.1 a jurisdiction is kept whoever calls first, and says so when it cannot be") {
  ActorsRunOptions options;
  options.locations = {"SIN", "FRA", "IAD"};
  options.links = {"SIN-FRA=80ms", "SIN-IAD=110ms", "FRA-IAD=45ms"};
  const std::string worker = actor_worker("", R"js(
    own.in = (find, env, ctx, j, name) => env.ACTOR.jurisdiction(j).getByName(name).born();
    own.mixed = (find,
      env) => failure(() =>
        env.ACTOR.jurisdiction("eu").get(env.ACTOR.jurisdiction("us").idFromName("x")));
  )js");
  ActorsRun run(worker, options);
  CHECK(run.ask("/in/eu/a", "SIN").came_us == 160 * kMs);
  CHECK(run.ask("/in/us/a", "SIN").body == "1.1");  // another object
  CHECK(run.ask("/in/eu/a", "FRA").body == "1.2");
  CHECK(run.ask("/mixed", "FRA").body ==
        "TypeError: get called on jurisdictional subnamespace with an ID from a different "
        "jurisdiction");
  options.locations = {"SIN"};
  options.links = {};
  ActorsRun outside(worker, options);
  const auto refused = outside.ask("/in/eu/a", "SIN");
  CHECK(refused.status == 500);
  CHECK(refused.body.find("eu") != std::string::npos);
  CHECK(outside.count("object created") == 0);
}

TEST_CASE("1.3 pipelining takes one way there and back, wherever the object is") {
  ActorsRun run(actor_worker(R"js(
    counter(n) { return new Counter(Number(n)); }
    async later() { await scheduler.wait(30); return new Counter(40); }
    nested() { return { counter: new Counter(5) }; }
    throws() { throw new RangeError("no"); }
  )js",
                             R"js(
    class Counter extends RpcTarget {
      #n;
      constructor(n) { super(); this.#n = n; }
      add(n) { return this.#n += n; }
      next() { return new Counter(this.#n + 1); }
    }
    own.call = (find) => find().counter(1).add(2);
    own.deep = (find) => find().counter(1).next().next().add(10);
    own.later = (find) => find().later().add(2);
    own.nested = (find) => find().nested().counter.add(1);
    own.failed = (find) => find().throws().add(1);
    own.kept = async (find) => { const counter = await find().counter(1); await counter.add(1);
      return counter.add(1); };
  )js"),
                far_apart());
  (void)run.ask("/born?object=far", "SIN");
  const auto took = [&run](std::string path, std::string body, int64_t ms) {
    CAPTURE(path);
    const int64_t sent_us = run.now_us();
    const auto answer = run.ask(path + "?object=far", "LHR");
    CHECK(answer.body == body);
    CHECK(answer.came_us - sent_us == ms * kMs);
  };
  took("/call", "3", 180);
  took("/deep", "13", 180);
  took("/later", "42", 210);
  took("/nested", "6", 180);
  took("/failed", "RangeError: no [remote]", 180);
  took("/kept", "3", 3 * 180);
}

}  // namespace offing::test
