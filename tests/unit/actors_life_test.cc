// Instances come and go: spec/durable-objects.md 3.5, rules 30 to 35.
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "tests/unit/actors_kit.h"

namespace offing::test {
namespace {

constexpr int64_t kMs = 1'000;
constexpr int64_t kSecond = 1'000'000;

size_t live(ActorsRun& run) {
  return run.actors().objects().live();
}

}  // namespace

TEST_CASE("3.5 rule 32: an object hibernates after 10 s idle, and not before") {
  ActorsRun run(actor_worker(""));
  (void)run.ask("/born");
  run.advance(9'999 * kMs);
  CHECK(live(run) == 1);
  run.advance(2 * kMs);
  CHECK(live(run) == 0);
  CHECK(run.times("object hibernated: idle") == std::vector<int64_t>{10 * kSecond});
  SUBCASE("each event begins the 10 s anew") {
    const int64_t at_us = run.now_us();
    (void)run.ask("/born");
    run.advance(6 * kSecond);
    (void)run.ask("/born");
    run.advance(9'999 * kMs);
    CHECK(live(run) == 1);
    run.advance(2 * kMs);
    CHECK(run.times("object hibernated: idle").back() == at_us + 16 * kSecond);
  }
}

TEST_CASE(
    "3.5 rules 33, 34: hibernation loses memory and keeps storage; the constructor runs again") {
  ActorsRun run(actor_worker(R"js(
    constructor(ctx, env) { super(ctx, env); console.log(`constructed ${this.starts}`); }
    alarm() {}
    set() { this.field = "lost"; this.put("kept", "yes"); this.s.setAlarm(Date.now() + 3_600_000); }
    async get() {
      return `${this.field} ${this.value("kept")} ${(await this.s.getAlarm()) !== null}`;
    }
  )js"));
  (void)run.ask("/set");
  CHECK(run.ask("/get").body == "lost yes true");
  run.advance(11 * kSecond);
  CHECK(live(run) == 0);
  CHECK(run.ask("/get").body == "undefined yes true");
  CHECK(run.count("constructed 1") == 1);
  CHECK(run.count("constructed 2") == 1);
}

TEST_CASE(
    "3.5 rule 32: what keeps an object from hibernating: timer, awaited call, running event") {
  ActorsRun run(actor_worker(R"js(
    timer(ms) { setTimeout(() => console.log("fired"), Number(ms)); }
    async call(ms) { this.env.ACTOR.getByName("slow").wait(ms).then(() => console.log("called")); }
    async wait(ms) { await scheduler.wait(Number(ms)); return "waited"; }
    until(ms) { this.ctx.waitUntil(scheduler.wait(Number(ms))); }
    section(ms) { this.ctx.blockConcurrencyWhile(() => scheduler.wait(Number(ms))); }
    transaction(ms) { this.s.transaction(() => scheduler.wait(Number(ms))); }
  )js"));
  const char* path = "";
  SUBCASE("a timer") {
    path = "/timer/25000";
  }
  SUBCASE("an awaited call") {
    path = "/call/25000";
  }
  SUBCASE("a running event") {
    path = "/wait/25000";
  }
  SUBCASE("a promise of waitUntil") {
    path = "/until/25000";
  }
  SUBCASE("a section") {
    path = "/section/25000";
  }
  SUBCASE("a transaction") {
    path = "/transaction/25000";
  }
  CAPTURE(path);
  run.send(0, "LHR", path);
  run.advance(24'900 * kMs);
  CHECK(run.count("object hibernated") == 0);
  CHECK(run.count("object evicted") == 0);
  run.advance(30 * kSecond);
  CHECK(live(run) == 0);
}

TEST_CASE(
    "3.5 rule 32: an open standard WebSocket keeps the object in memory; its end lets it go") {
  ActorsRun run(actor_worker(R"js(
    fetch() {
      const [client, server] = Object.values(new WebSocketPair());
      server.accept();
      server.addEventListener("message", () => server.send(this.born()));
      return new Response(null, { status: 101, webSocket: client });
    }
  )js"));
  ActorsSocket& socket = run.connect("/fetch/");
  run.advance(300 * kSecond);
  CHECK(live(run) == 1);
  socket.send("x");
  run.advance(kSecond);
  CHECK(socket.texts() == "1.1");
  socket.close(1000, "bye");
  run.advance(21 * kSecond);
  CHECK(live(run) == 0);
}

TEST_CASE("1.3 Callee lifetime: an object stays while a caller holds something of it") {
  ActorsRun run(actor_worker("counter() { return new Counter(this); }", R"js(
    class Counter extends RpcTarget {
      #of;
      constructor(of) { super(); this.#of = of; }
      next() { return this.#of.born(); }
    }
    own.holds = async (find) => {
      const counter = await find().counter();
      const first = await counter.next();
      await scheduler.wait(200_000);
      return `${first} ${await counter.next()}`;
    };
  )js"));
  CHECK(run.ask("/holds").body == "1.1 1.2");
  run.advance(150 * kSecond);
  CHECK(live(run) == 0);
}

TEST_CASE("3.5 rule 32: a response that is still being sent is a running event") {
  ActorsRun run(actor_worker(R"js(
    fetch() {
      let n = 0;
      return new Response(new ReadableStream({ type: "bytes", pull: async (c) => {
        if (n === 60) return c.close();
        await scheduler.wait(5_000);
        c.enqueue(new TextEncoder().encode(`${++n} `));
      } }));
    }
  )js"));
  const auto& answer = run.send(0, "LHR", "/fetch/");
  run.advance(320 * kSecond);
  CHECK(answer.chunks_us.size() == 60);
  CHECK(answer.ended);
  CHECK(run.times("object hibernated").size() == 1);
  CHECK(run.count("object evicted") == 0);
}

TEST_CASE(
    "3.5 rule 32: idle but not hibernatable, an object is evicted after 70 to 140 s, by seed") {
  std::set<int64_t> times;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    const auto evicted_us = [seed] {
      ActorsRun run(
          actor_worker(
              "tick() { setInterval(() => { this.ticks = (this.ticks ?? 0) + 1; }, 3000); }"),
          {.seed = seed});
      (void)run.ask("/tick");
      run.advance(150 * kSecond);
      CHECK(run.count("object hibernated") == 0);
      const std::vector<int64_t> evicted = run.times("object evicted: idle");
      REQUIRE(evicted.size() == 1);
      CHECK(run.ask("/born").body == "2.1");
      return evicted[0];
    };
    const int64_t once = evicted_us();
    CHECK(once >= 70 * kSecond);
    CHECK(once <= 140 * kSecond);
    if (seed <= 5) CHECK(evicted_us() == once);
    times.insert(once);
  }
  CHECK(times.size() > 30);
  CHECK(*times.rbegin() - *times.begin() > 40 * kSecond);
}

TEST_CASE("3.5 rule 32: events put the eviction off") {
  ActorsRun run(actor_worker("tick() { setInterval(() => {}, 3000); }"));
  (void)run.ask("/tick");
  for (int i = 0; i < 10; ++i) {
    run.advance(60 * kSecond);
    CHECK(run.ask("/born").body == "1." + std::to_string(i + 1));
  }
}

TEST_CASE("3.5 rule 35: waitUntil holds the eviction off for a while, not for ever") {
  ActorsRun run(actor_worker("until() { this.ctx.waitUntil(new Promise(() => {})); }"));
  (void)run.ask("/until");
  run.advance(15 * kSecond);
  CHECK(live(run) == 1);
  run.advance(16 * 60 * kSecond);
  CHECK(live(run) == 0);
}

TEST_CASE(
    "3.5 rule 33: hibernatable sockets, tags, attachments, auto-responses outlive hibernation and "
    "eviction, "
    "and go with a reset") {
  ActorsRun run(actor_worker(R"js(
    fetch(request) {
      const [client, server] = Object.values(new WebSocketPair());
      const name = new URL(request.url).pathname.split("/").pop();
      this.ctx.acceptWebSocket(server, ["all", name]);
      server.serializeAttachment({ name, born: this.starts });
      this.ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
      this.ctx.setHibernatableWebSocketEventTimeout(5_000);
      return new Response(null, { status: 101, webSocket: client });
    }
    webSocketMessage(ws, message) {
      const { name, born } = ws.deserializeAttachment();
      const at = this.ctx.getWebSocketAutoResponseTimestamp(ws)?.getTime();
      ws.send([message, this.born(), name, born, this.ctx.getTags(ws).join("+"),
        this.ctx.getWebSockets("all").length,
               at === undefined ? "never" : Date.now() - at,
                 this.ctx.getHibernatableWebSocketEventTimeout(),
               this.ctx.getWebSocketAutoResponse().request].join(" "));
    }
    tick() { setInterval(() => {}, 3_000); }
  )js"));
  ActorsSocket& a = run.connect("/fetch/a");
  ActorsSocket& b = run.connect("/fetch/b");
  SUBCASE("hibernation") {
    run.advance(11 * kSecond);
    CHECK(run.count("object hibernated") == 1);
  }
  SUBCASE("eviction") {
    (void)run.ask("/tick");
    run.advance(150 * kSecond);
    CHECK(run.count("object evicted") == 1);
  }
  SUBCASE("eviction on demand") {
    CHECK(run.actors().evict("Actor", "o") == 1);
    CHECK(run.count("object evicted: demand") == 1);
  }
  SUBCASE("eviction of the isolate") {
    CHECK(run.topology().evict(std::nullopt, "demand") == 1);
    run.advance(2 * kSecond);
    CHECK(run.count("object evicted: isolate") == 1);
  }
  CHECK(live(run) == 0);
  a.send("ping");
  run.advance(4 * kSecond);
  CHECK(live(run) == 0);  // an auto-response wakes nobody
  CHECK(a.texts() == "pong");
  a.send("hello");
  b.send("hello");
  run.advance(10 * kMs);
  CHECK(a.texts() == "pong|hello 2.1 a 1 all+a 2 4000 5000 ping");
  CHECK(b.texts() == "hello 2.2 b 1 all+b 2 never 5000 ping");
  CHECK(run.ask("/stop/reset").body == "Error: reset [durableObjectReset]");
  CHECK(a.came.back().text == "close 1006 WebSocket disconnected without sending Close frame.");
  CHECK(b.came.back().text == "close 1006 WebSocket disconnected without sending Close frame.");
  CHECK(run.ask("/born").body == "3.1");
}

TEST_CASE("3.5 rule 31, 1.4: a code update resets every instance; what was written stays") {
  ActorsRun run(actor_worker(R"js(
    async wait() { this.put("a", 1); await scheduler.wait(10_000); this.put("b", 1); }
    fetch() {
      const [client, server] = Object.values(new WebSocketPair());
      this.ctx.acceptWebSocket(server);
      return new Response(null, { status: 101, webSocket: client });
    }
  )js"));
  ActorsSocket& socket = run.connect("/fetch/?object=x");
  const auto& waiting = run.send(0, "LHR", "/wait?object=x");
  const auto& other = run.send(0, "SIN", "/wait?object=y");
  run.at(5 * kSecond, [&] { run.actors().reset_for_new_code(); });
  run.run();
  CHECK(waiting.body ==
        "Error: Durable Object reset because its code was updated. [durableObjectReset]");
  CHECK(other.body == waiting.body);
  CHECK(waiting.came_us == 5 * kSecond);
  CHECK(socket.texts() == "close 1006 WebSocket disconnected without sending Close frame.");
  CHECK(run.ask("/value/a?object=x").body == "1");
  CHECK(run.ask("/value/b?object=x").body == "none");
  run.advance(20 * kSecond);
  CHECK(run.ask("/value/b?object=y").body == "none");
  CHECK(run.ask("/born?object=y").body == "2.1");
}

TEST_CASE("eviction on demand: when the events are over; names and ids; what there is not") {
  ActorsRun run(
      actor_worker("async wait(ms) { await scheduler.wait(Number(ms)); return this.born(); } "
                   "whoami() { return String(this.ctx.id); }"));
  const auto& busy = run.send(0, "LHR", "/wait/1000?object=busy");
  (void)run.send(0, "LHR", "/born?object=idle");
  run.advance(100 * kMs);
  CHECK(live(run) == 2);
  CHECK(run.actors().evict("", "") == 2);
  CHECK(live(run) == 1);  // the busy one goes later
  run.run();
  CHECK(busy.body == "1.1");
  run.advance(10 * kMs);
  CHECK(live(run) == 0);
  CHECK(run.ask("/born?object=busy").body == "2.1");
  const std::string id = run.ask("/whoami?object=busy").body;
  CHECK(run.actors().evict("Actor", id) == 1);
  CHECK(run.actors().evict("Actor", id) == 0);
  CHECK(run.actors().evict("Nobody", "").error() == "no Durable Object class is named \"Nobody\"");
  CHECK(run.actors().evict("Actor", "x").error() == "no object is named \"x\", nor has that id");
}

TEST_CASE("fault do.evict: every event finds a new instance") {
  ActorsRun run(actor_worker(""), {.faults = {"do.evict=always"}});
  for (int i = 1; i <= 5; ++i) {
    CHECK(run.ask("/born").body == std::to_string(i) + ".1");
    run.advance(kMs);
  }
}

TEST_CASE(
    "fault do.reset: the instance is reset before the event; a fresh stub is served by the next "
    "one") {
  ActorsRun run(actor_worker("async wait() { await scheduler.wait(1000); return 'waited'; }"),
                {.faults = {"do.reset=always"}});
  CHECK(run.ask("/born").body == "1.1");
  CHECK(run.ask("/born").body == "2.1");
  const auto& waiting = run.send(run.now_us(), "LHR", "/wait");
  run.advance(100 * kMs);
  CHECK(run.ask("/born").body == "4.1");
  CHECK(
      waiting.body ==
      "Error: Durable Object connection closed because the object was reset. [durableObjectReset]");
  CHECK(run.world().faults().fired(FaultPoint::kDurableReset) == 3);
}

TEST_CASE("fault isolate.evict: an isolate takes its objects along, when their events are over") {
  ActorsRun run(actor_worker("async wait() { await scheduler.wait(1000); return this.born(); }"),
                {.faults = {"isolate.evict=always"}});
  const auto& slow = run.send(0, "LHR", "/wait?object=slow");
  const auto& quick = run.send(0, "LHR", "/born?object=quick");
  run.run();
  CHECK(quick.body == "1.1");
  CHECK(slow.body == "1.1");
  run.advance(5 * kSecond);
  CHECK(run.ask("/born?object=slow").body == "2.1");
}

TEST_CASE(
    "1.5.2 a throwing constructor breaks the object for its caller; the next stub tries again") {
  ActorsRun run(actor_worker(R"js(
    constructor(ctx, env) { super(ctx, env);
      if (this.starts < 3) throw new RangeError(`not at ${this.starts}`); }
  )js"));
  CHECK(run.ask("/born").body == "RangeError: not at 1 [remote] [durableObjectReset]");
  // What the constructor wrote was not committed.
  CHECK(run.ask("/born").body == "RangeError: not at 1 [remote] [durableObjectReset]");
  CHECK(run.count("object reset") == 2);
}

// ---- the same again

namespace {

constexpr std::string_view kEverything = R"js(
  async fetch(request) {
    if (request.headers.has("upgrade")) {
      const [client, server] = Object.values(new WebSocketPair());
      if (new URL(request.url).pathname === "/standard") {
        server.accept();
        server.addEventListener("message", ({ data }) => server.send(`${data} ${this.born()}`));
      } else {
        this.ctx.acceptWebSocket(server, ["t"]);
      }
      return new Response(null, { status: 101, webSocket: client });
    }
    return new Response(`${this.born()} ${Math.random()} ${crypto.randomUUID()}`);
  }
  async webSocketMessage(ws, message) {
    this.put("m", message);
    if (message === "all") {
      for (const one of this.ctx.getWebSockets("t")) one.send(`all ${this.starts}`);
    } else if (message === "wait") await scheduler.wait(Math.random() * 100);
    ws.send(`${message} ${this.born()}`);
  }
  webSocketClose(ws, code) { console.log(`closed ${code}`); }
  async alarm({ retryCount }) {
    const n = this.s.kv.get("alarms") ?? 0;
    this.put("alarms", n + 1);
    if (Math.random() < 0.3) throw new Error(`alarm ${retryCount}`);
    if (n < 5) await this.s.setAlarm(Date.now() + Math.random() * 5000);
  }
  later() { return this.s.setAlarm(Date.now() + Math.random() * 3000); }
  async add(name) {
    const n = (await this.s.get("n")) ?? 0;
    if (name) await this.env.ACTOR.getByName(name).add();
    await this.s.put("n", n + 1);
    return n + 1;
  }
  counter() { return new Counter(this); }
  async section() { return this.ctx.blockConcurrencyWhile(async () => { await scheduler.wait(20);
    return this.born(); }); }
)js";
constexpr std::string_view kCounter = R"js(
class Counter extends RpcTarget {
  #of;
  constructor(of) { super(); this.#of = of; }
  add(f) { f?.(this.#of.starts); return this.#of.born(); }
}
own.rpc = async (find) => {
  const stub = find();
  using counter = await stub.counter();
  const seen = [];
  const all = await Promise.allSettled([counter.add((n) => { seen.push(n); }),
    stub.counter().add(), stub.section(), stub.add("b")]);
  return JSON.stringify([all.map((r) => r.value ?? shown(r.reason)), seen]);
};
)js";

std::string hash_of_everything(uint64_t seed, size_t* resets) {
  ActorsRunOptions options;
  options.seed = seed;
  options.faults = {"do.commit.fail=0.03", "do.evict=0.1", "do.reset=0.05", "isolate.evict=0.03"};
  Random draw(seed, "everything");
  options.commit_delay_us = draw.chance(0.5) ? draw.between(0, 20'000) : 0;
  ActorsRun run(actor_worker(kEverything, kCounter), options);
  static constexpr const char* kLocations[] = {"LHR", "SIN", "IAD"};
  static constexpr const char* kPaths[] = {"/fetch/x", "/later",   "/add/c",
                                           "/rpc",     "/section", "/add/b"};
  static constexpr const char* kMessages[] = {"all", "wait", "x"};
  for (int i = 0; i < 30; ++i) {
    const std::string path = std::string(kPaths[draw.between(0, 5)]) + "?object=" +
                             std::string(1, static_cast<char>('a' + draw.between(0, 2)));
    run.send(draw.between(0, 20'000'000), kLocations[draw.between(0, 2)], path);
  }
  for (int i = 0; i < 4; ++i) {
    ActorsSocket& socket =
        run.connect(draw.between(0, 5'000'000),
                    draw.chance(0.5) ? "/hibernating?object=a" : "/standard?object=b",
                    kLocations[draw.between(0, 2)]);
    for (int m = 0; m < 6; ++m) {
      run.at(draw.between(6'000'000, 40'000'000),
             [&socket, text = std::string(kMessages[draw.between(0, 2)])] {
               if (socket.open()) socket.send(text);
             });
    }
    if (draw.chance(0.5)) {
      run.at(draw.between(20'000'000, 50'000'000), [&socket] {
        if (socket.open()) socket.close(1000, "x");
      });
    }
  }
  run.advance(300'000'000);
  *resets += run.count("object reset");
  return run.hash();
}

}  // namespace

TEST_CASE(
    "200 seeds of alarms, WebSockets, RPC and faults in one Worker: twice the same, each its own") {
  std::set<std::string> hashes;
  size_t resets = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    const std::string once = hash_of_everything(seed, &resets);
    CHECK_MESSAGE(hash_of_everything(seed, &resets) == once, "seed ", seed);
    hashes.insert(once);
  }
  CHECK(hashes.size() == 200);
  CHECK(resets > 200);
}

}  // namespace offing::test
