// The gates of Durable Objects in virtual time: spec/durable-objects.md 3.2 to 3.4.
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "runtime/actor/input_gate.h"
#include "tests/unit/actors_kit.h"

namespace offing::test {
namespace {

constexpr const char* kTooLong =
    "Error: A call to blockConcurrencyWhile() in a Durable Object waited for too long. The call "
    "was "
    "canceled and the Durable Object was reset. [overloaded] [durableObjectReset]";
constexpr std::string_view kHangs =
    "Error: A critical section within this Durable Object awaited a Promise that apparently will "
    "never "
    "complete.";
constexpr const char* kWriteFailed =
    "Error: Internal error in Durable Object storage write caused object to be reset. "
    "[durableObjectReset]";

constexpr int64_t kMs = 1'000;
constexpr int64_t kSecond = 1'000'000;

}  // namespace

TEST_CASE("3.2 rule 11: 30 s after its callback started a section resets the object") {
  ActorsRun run(actor_worker(R"js(
    async section(ms) { await this.ctx.blockConcurrencyWhile(() => scheduler.wait(Number(ms)));
      return "done"; }
  )js"));
  SUBCASE("all that wait are told, overloaded and reset") {
    const auto& slow = run.send(0, "LHR", "/section/40000");
    const auto& waiting = run.send(1 * kSecond, "LHR", "/born");
    run.run();
    CHECK(slow.body == kTooLong);
    CHECK(waiting.body == kTooLong);
    CHECK(slow.came_us == 30 * kSecond);
    CHECK(waiting.came_us == 30 * kSecond);
    CHECK(run.ask("/born").body == "2.1");
  }
  SUBCASE("waiting for another section does not count") {
    const auto& first = run.send(0, "LHR", "/section/20000");
    const auto& second = run.send(0, "LHR", "/section/20000");
    run.run();
    CHECK(first.body == "done");
    CHECK(second.body == "done");
    CHECK(second.came_us == 40 * kSecond);
  }
  SUBCASE("one that ends in time is not cut off later") {
    CHECK(run.ask("/section/29999").body == "done");
    run.advance(5 * kSecond);
    CHECK(run.ask("/born").body == "1.1");
  }
  SUBCASE("a transaction() is a section too (2.6)") {
    ActorsRun other(actor_worker(R"js(
      async section() { await this.s.transaction(async (txn) => { txn.put("a", 1);
        await scheduler.wait(31_000); }); }
    )js"));
    const auto answer = other.ask("/section");
    CHECK(answer.body == kTooLong);
    CHECK(answer.came_us == 30 * kSecond);
    CHECK(other.ask("/value/a").body == "none");
  }
}

TEST_CASE("3.2 rule 12: a section whose promise can never settle resets the object at once") {
  ActorsRun run(actor_worker(R"js(
    async never() { await this.ctx.blockConcurrencyWhile(() => new Promise(() => {})); }
    async later() {
      await this.ctx.blockConcurrencyWhile(async () => { await scheduler.wait(5);
        await new Promise(() => {}); });
    }
    async outside() {
      const wait = new Promise((done) => { this.release = done; });
      await this.ctx.blockConcurrencyWhile(() => wait);
    }
    release() { this.release(); }
  )js"));
  int64_t after_us = 0;
  std::string path = "/never";
  SUBCASE("nothing is under way") {}
  SUBCASE("nothing is under way any more") {
    path = "/later";
    after_us = 5 * kMs;
  }
  SUBCASE("only an event that the section keeps out could settle it") {
    path = "/outside";
  }
  const auto& answer = run.send(0, "LHR", path);
  const auto* waiting = after_us > 0 ? &run.send(kMs, "LHR", "/born") : nullptr;
  run.run();
  CHECK(answer.body.starts_with(kHangs));
  CHECK(answer.body.ends_with(" [durableObjectReset]"));
  if (waiting != nullptr) CHECK(waiting->body == answer.body);
  CHECK(answer.came_us == after_us);
  CHECK(run.ask("/born").body == "2.1");
}

TEST_CASE(
    "3.2 rule 12: what a section may wait for: bodies, streams, calls, KV, sync, its caller's "
    "functions") {
  ActorsRun run(actor_worker(R"js(
    fetch(request) {
      return this.ctx.blockConcurrencyWhile(async () =>
        new Response(`read ${(await request.text()).length}`));
    }
    async stream(body) {
      return this.ctx.blockConcurrencyWhile(async () => (await new Response(body).text()).length); }
    async calls() {
      return this.ctx.blockConcurrencyWhile(() => this.env.ACTOR.getByName("other").slow());
    }
    async slow() { await scheduler.wait(100); return "slow"; }
    async kv() { return this.ctx.blockConcurrencyWhile(() => this.env.KV.get("absent")); }
    async sync() { return this.ctx.blockConcurrencyWhile(async () => { this.put("a", 1);
      await this.s.sync(); return "synced"; }); }
    async callback(f) { return this.ctx.blockConcurrencyWhile(() => f()); }
  )js",
                             R"js(
    const slowly = () => new ReadableStream({ type: "bytes", async pull(c) {
      await scheduler.wait(20);
      if ((this.n = (this.n ?? 0) + 1) > 3) return c.close();
      c.enqueue(new Uint8Array(10));
    } });
    own.body = async (find) => (await find().fetch("http://o/", { method: "POST",
      body: slowly() })).text();
    own.streams = (find) => find().stream(slowly());
    own.callbacks = (find) => find().callback(async () => { await scheduler.wait(30);
      return "called"; });
  )js"),
                {.commit_delay_us = 5 * kMs});
  CHECK(run.ask("/body").body == "read 30");
  CHECK(run.ask("/streams").body == "30");
  CHECK(run.ask("/calls").body == "slow");
  CHECK(run.ask("/kv").body == "null");
  CHECK(run.ask("/sync").body == "synced");
  CHECK(run.ask("/callbacks").body == "called");
  CHECK(run.count("object reset") == 0);
}

// ---- output gate

namespace {

// Each method writes and then says something to the outside.
constexpr std::string_view kSays = R"js(
  async none() {}
  rpc() { this.put("a", 1); return "x"; }
  fetch(request) {
    const path = new URL(request.url).pathname;
    if (request.headers.has("upgrade")) {
      const [client, server] = Object.values(new WebSocketPair());
      if (path === "/standard") {
        server.accept();
        server.addEventListener("message", ({ data }) => { this.put("a", 1);
          if (data === "bye") server.close(1000, "x"); else server.send(data); });
      } else {
        this.ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
        this.ctx.acceptWebSocket(server);
      }
      return new Response(null, { status: 101, webSocket: client });
    }
    this.put("a", 1);
    if (path === "/fetch/throws") throw new TypeError("thrown");
    return new Response("x");
  }
  webSocketMessage(ws, message) { this.put("a", 1); if (message === "bye") ws.close(1000, "x");
    else ws.send(message); }
  throws() { this.put("a", 1); throw new RangeError("thrown"); }
  async outgoing() { this.put("a", 1); await failure(() => fetch("http://elsewhere.example/")); }
  async calls() { this.put("a", 1); await this.env.ACTOR.getByName("other").none(); }
  async callsFetch() { this.put("a", 1);
    await this.env.ACTOR.getByName("other").fetch("http://o/fetch/inner"); }
  async kvPut() { this.put("a", 1); await this.env.KV.put("k", "v"); }
  async kvDelete() { this.put("a", 1); await this.env.KV.delete("k"); }
  async kvBulk() { this.put("a", 1); await this.env.KV.get(["k", "l"]); }
  async kvGet() { this.put("a", 1); await this.env.KV.get("k"); }
  async kvList() { this.put("a", 1); await this.env.KV.list(); }
  logs() { this.put("a", 1); console.log("a line"); }
  async callback(f) { this.put("a", 1); await f(); }
)js";
constexpr std::string_view kSaysMore = R"js(
  own.callbacks = (find) => find().callback(() => { console.log("called back"); });
)js";

// When something with this text first happened in a run with this delay between commit and
// acknowledgement.
int64_t said_us(const char* path, const char* text, int64_t delay_us) {
  ActorsRun run(actor_worker(kSays, kSaysMore), {.commit_delay_us = delay_us});
  (void)run.ask("/born");
  (void)run.ask("/none?object=other");
  run.advance(kSecond - run.now_us());
  const auto answer = run.ask(path);
  if (std::string_view(text) == "answer") return answer.came_us - kSecond;
  const std::vector<int64_t> times = run.times(text);
  REQUIRE(!times.empty());
  return times.back() - kSecond;
}

}  // namespace

TEST_CASE("3.3 rules 13, 14: what waits for the writes before it, and 15: what does not") {
  struct Row {
    const char* path;
    const char* text;
    bool held;
  };
  static constexpr Row kRows[] = {
      {"/rpc", "answer", true},
      {"/fetch/x", "answer", true},
      {"/throws", "answer", true},
      {"/fetch/throws", "answer", true},
      {"/outgoing", "out http://elsewhere.example/", true},
      {"/calls", "call rpc none", true},
      {"/callsFetch", "call fetch http://o/fetch/inner", true},
      {"/kvPut", "put k", true},
      {"/kvDelete", "delete k", true},
      {"/kvBulk", "read getBulk k", true},
      {"/callbacks", "called back", true},
      {"/kvGet", "read get k", false},
      {"/kvList", "list", false},
      {"/logs", "a line", false},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.path);
    const int64_t soon = said_us(row.path, row.text, 0);
    const int64_t late = said_us(row.path, row.text, 50 * kMs);
    CHECK(late - soon == (row.held ? 50 * kMs : 0));
  }
}

TEST_CASE("3.3 rules 14, 15: frames of WebSockets wait, in order; auto-responses do not") {
  for (const std::string kind : {"/hibernating", "/standard"}) {
    CAPTURE(kind);
    ActorsRun run(actor_worker(kSays), {.commit_delay_us = 50 * kMs});
    ActorsSocket& socket = run.connect(kind);
    run.advance(kSecond - run.now_us());
    run.at(kSecond, [&] { socket.send("one"); });
    run.at(kSecond + 10 * kMs, [&] { socket.send("two"); });
    run.at(kSecond + 20 * kMs, [&] { socket.send("ping"); });
    run.at(kSecond + 30 * kMs, [&] { socket.send("bye"); });
    run.advance(kSecond);
    REQUIRE(socket.came.size() >= 4);
    if (kind == "/hibernating") {
      CHECK(socket.texts() == "pong|one|two|close 1000 x");
      CHECK(socket.came[0].at_us == kSecond + 20 * kMs);
      CHECK(socket.came[1].at_us == kSecond + 50 * kMs);
      CHECK(socket.came[2].at_us == kSecond + 60 * kMs);
      CHECK(socket.came[3].at_us == kSecond + 80 * kMs);
    } else {
      CHECK(socket.texts() == "one|two|ping|close 1000 x");
      CHECK(socket.came[0].at_us == kSecond + 50 * kMs);
      CHECK(socket.came[3].at_us == kSecond + 80 * kMs);
    }
  }
}

TEST_CASE("3.3 rule 14: chunks of a stream and its end wait, of a response and of an RPC result") {
  ActorsRun run(
      actor_worker(R"js(
    body() {
      let n = 0;
      return new ReadableStream({ type: "bytes", pull: async (c) => {
        await scheduler.wait(100);
        this.put("n", ++n);
        if (n === 3) return c.close();
        c.enqueue(new TextEncoder().encode(String(n)));
      } });
    }
    fetch() { return new Response(this.body()); }
    async stream() { return this.body(); }
  )js",
                   "own.streams = async (find) => new Response(await find().stream()).text();"),
      {.commit_delay_us = 30 * kMs});
  const auto& answer = run.send(0, "LHR", "/fetch/");
  run.run();
  run.advance(kSecond);
  CHECK(answer.body == "12");
  CHECK(answer.ended);
  REQUIRE(answer.chunks_us.size() == 2);
  CHECK(answer.chunks_us[0] >= 130 * kMs);
  CHECK(answer.chunks_us[1] - answer.chunks_us[0] >= 130 * kMs);
  const int64_t began_us = run.now_us();
  const auto streamed = run.ask("/streams");
  CHECK(streamed.body == "12");
  CHECK(streamed.came_us - began_us >= 3 * 130 * kMs);
}

TEST_CASE("3.3 rule 13: a wait covers the locks taken before it, not later ones") {
  ActorsRun run(
      actor_worker("write(key) { this.put(key, 1); return key; } read() { return 'read'; }"),
      {.commit_delay_us = 50 * kMs});
  (void)run.ask("/read");
  run.advance(kSecond - run.now_us());
  const auto& write = run.send(kSecond, "LHR", "/write/a");
  const auto& read = run.send(kSecond + 10 * kMs, "LHR", "/read");
  const auto& other = run.send(kSecond + 20 * kMs, "LHR", "/write/b");
  run.run();
  CHECK(write.came_us == kSecond + 50 * kMs);
  CHECK(read.came_us == kSecond + 50 * kMs);  // held by a's lock, not by b's
  CHECK(other.came_us == kSecond + 70 * kMs);
}

TEST_CASE("3.4 rule 26: commits become durable in order, and the gate opens for each") {
  ActorsRun run(actor_worker("write(key) { this.put(key, 1); return key; }"),
                {.commit_delay_us = 50 * kMs});
  (void)run.ask("/born");
  run.advance(kSecond - run.now_us());
  std::vector<const ActorsRun::Answer*> answers;
  for (int i = 0; i < 5; ++i) {
    answers.push_back(&run.send(kSecond + i * 10 * kMs, "LHR", "/write/k" + std::to_string(i)));
  }
  run.run();
  for (int i = 0; i < 5; ++i) CHECK(answers[i]->came_us == kSecond + i * 10 * kMs + 50 * kMs);
}

TEST_CASE(
    "3.3 rule 16: a failing write: nothing leaves, everybody is told, nothing can be caught") {
  ActorsRun run(actor_worker(R"js(
    fetch(request) {
      const [client, server] = Object.values(new WebSocketPair());
      this.ctx.acceptWebSocket(server);
      return new Response(null, { status: 101, webSocket: client });
    }
    async fails() {
      this.put("a", 1);
      for (const ws of this.ctx.getWebSockets()) ws.send("never");
      this.env.KV.put("k", "never");
      this.env.ACTOR.getByName("other").note("never");
      fetch("http://never.example/").catch(() => {});
      try { await this.s.sync(); console.log("synced"); } catch (e) {
        console.log(`caught ${e.message}`); }
      return "never";
    }
    throws() { this.put("a", 1); throw new TypeError("never"); }
    async waits() { await scheduler.wait(1000); return "never"; }
    async unconfirmed() { await this.s.put("a", 1, { allowUnconfirmed: true }); return "told"; }
  )js",
                             R"js(
    own.keeps = async (find) => {
      const stub = find();
      const first = await failure(() => stub.throws());
      const second = await failure(() => stub.born());
      return `${first} / ${second} / ${await failure(() => find().born())}`;
    };
  )js"),
                {.commit_delay_us = 50 * kMs});
  ActorsSocket& socket = run.connect("/fetch/");
  (void)run.ask("/born");
  run.advance(kSecond - run.now_us());
  REQUIRE(run.world().faults().arm("do.commit.fail=always"));
  SUBCASE("writes, frames, calls, fetches, other events") {
    const auto& waiting = run.send(kSecond - 1, "LHR", "/waits");
    const auto& failing = run.send(kSecond, "LHR", "/fails");
    const auto& reading = run.send(kSecond + 10 * kMs, "LHR", "/born");
    run.run();
    CHECK(failing.body == kWriteFailed);
    CHECK(failing.came_us == kSecond + 50 * kMs);
    CHECK(waiting.body == kWriteFailed);
    CHECK(waiting.came_us == kSecond + 50 * kMs);
    CHECK(reading.body == kWriteFailed);
    CHECK(socket.texts() == "close 1006 WebSocket disconnected without sending Close frame.");
    REQUIRE(run.world().faults().arm("do.commit.fail=0"));
    run.advance(kSecond);
    CHECK(run.count("out http://never") == 0);
    CHECK(run.count("put k") == 0);
    CHECK(run.count("note never") == 0);
    CHECK(run.count("caught") == 0);
    CHECK(run.count("synced") == 0);
    CHECK(run.ask("/value/a").body == "none");
  }
  SUBCASE("an error that the handler threw is not what the caller gets; the stub stays broken") {
    CHECK(run.ask("/throws").body == kWriteFailed);
    REQUIRE(run.world().faults().arm("do.commit.fail=0"));
    (void)run.ask("/born");
    REQUIRE(run.world().faults().arm("do.commit.fail=always"));
    // The new instance's constructor writes, so the third call fails as well, for itself.
    const std::string failure = kWriteFailed;
    CHECK(run.ask("/keeps").body == failure + " / " + failure + " / " + failure);
    CHECK(run.ask("/value/a").body.starts_with("Error: Internal error"));
    REQUIRE(run.world().faults().arm("do.commit.fail=0"));
    CHECK(run.ask("/value/a").body == "none");
  }
  SUBCASE("rule 18: an unconfirmed write holds nothing back, but its failure breaks the object") {
    const auto told = run.ask("/unconfirmed");
    CHECK(told.body == "told");
    CHECK(told.came_us == kSecond);
    run.advance(kSecond);
    CHECK(run.count("object reset: Internal error in Durable Object storage write") == 1);
    REQUIRE(run.world().faults().arm("do.commit.fail=0"));
    CHECK(run.ask("/value/a").body == "none");
  }
}

TEST_CASE("3.3 rule 17: a lock of more than 30 s resets the object") {
  ActorsRun run(actor_worker("write() { this.put('a', 1); }"), {.commit_delay_us = 31 * kSecond});
  const auto answer = run.ask("/write");
  CHECK(answer.body ==
        "Error: Durable Object storage operation exceeded timeout which caused object to be reset. "
        "[overloaded] [durableObjectReset]");
  CHECK(answer.came_us == 30 * kSecond);
}

TEST_CASE("2.2 sync() waits for unconfirmed writes too") {
  ActorsRun run(
      actor_worker(
          "async sync() { this.s.put('a', 1, { allowUnconfirmed: true }); await this.s.sync(); }"),
      {.commit_delay_us = 50 * kMs});
  (void)run.ask("/born");
  run.advance(kSecond - run.now_us());
  CHECK(run.ask("/sync").came_us == kSecond + 50 * kMs);
}

TEST_CASE("3.4 rule 25: code that is left over after a reset has no storage") {
  ActorsRun run(actor_worker(R"js(
    async waits() {
      const before = this.s;
      await new Promise((go) => { left.go = go; });
      for (const use of [() => before.put("a", 1), () => before.get("a"),
        () => before.kv.get("a"), () => before.sql.exec("SELECT 1")]) {
        console.log(`left ${await failure(use)}`);
      }
    }
    go() { left.go(); }
  )js",
                             "const left = {};"));
  const auto& waiting = run.send(0, "LHR", "/waits");
  const auto& stopping = run.send(10 * kMs, "LHR", "/stop/enough");
  run.run();
  CHECK(waiting.body == "Error: enough [durableObjectReset]");
  CHECK(stopping.body == "Error: enough [durableObjectReset]");
  (void)run.ask("/go");
  run.advance(kSecond);
  CHECK(run.count("left Error: Durable Object storage is no longer accessible.") == 4);
  CHECK(run.ask("/value/a").body == "none");
}

TEST_CASE(
    "3.4 rule 24: an error that rolls the transaction back breaks the object, caught or not") {
  // 100 nested triggers are not needed: RAISE(ROLLBACK) ends the implicit transaction too.
  ActorsRun run(actor_worker(R"js(
    prepare() {
      this.s.sql.exec("CREATE TABLE t(a)");
      this.s.sql.exec("CREATE TRIGGER r BEFORE INSERT ON t " +
        "BEGIN SELECT RAISE(ROLLBACK, 'rolled back'); END");
    }
    insert() {
      this.put("a", 1);
      try { this.s.sql.exec("INSERT INTO t VALUES (1)"); } catch (e) {
        return `caught ${e.message}`; }
    }
  )js"));
  (void)run.ask("/prepare");
  const auto answer = run.ask("/insert");
  CHECK(answer.status == 500);
  CHECK(answer.body.find("rolled back") != std::string::npos);
  CHECK(answer.body.ends_with("[durableObjectReset]"));
  CHECK(run.ask("/value/a").body == "none");
}

TEST_CASE(
    "3.4 rule 21: a real await splits what commits together, and each part waits for itself") {
  ActorsRun run(actor_worker(R"js(
    async two() {
      this.put("a", 1);
      await scheduler.wait(60);
      this.put("b", 1);
      return "both";
    }
  )js"),
                {.commit_delay_us = 50 * kMs});
  (void)run.ask("/born");
  run.advance(kSecond - run.now_us());
  REQUIRE(run.world().faults().arm("do.commit.fail=#2"));  // a, b
  const auto answer = run.ask("/two");
  CHECK(answer.body == kWriteFailed);
  CHECK(answer.came_us == kSecond + 110 * kMs);
  CHECK(run.ask("/value/a").body == "1");
  CHECK(run.ask("/value/b").body == "none");
}

TEST_CASE(
    "3.3 rule 16: what is to fail is not made durable along with a commit acknowledged before") {
  ActorsRun run(actor_worker("write(key) { this.put(key, 1); return key; }"),
                {.commit_delay_us = 50 * kMs});
  (void)run.ask("/born?object=x");
  (void)run.ask("/born?object=y");
  run.advance(kSecond - run.now_us());
  REQUIRE(run.world().faults().arm("do.commit.fail=#2"));  // a, b
  const auto& a = run.send(kSecond, "LHR", "/write/a?object=x");
  const auto& b = run.send(kSecond + 20 * kMs, "LHR", "/write/b?object=y");
  run.run();
  CHECK(a.body == "a");
  CHECK(b.body == kWriteFailed);
  CHECK(run.ask("/value/a?object=x").body == "1");
  CHECK(run.ask("/value/b?object=y").body == "none");
}

TEST_CASE(
    "3.4 rule 20: writes of the older backend without a real await between them commit together") {
  ActorsRunOptions options;
  options.commit_delay_us = 5 * kMs;
  options.classes = {{"Actor", "test-Actor", false}};
  ActorsRun run(R"js(
    import { DurableObject } from "cloudflare:workers";
    export class Actor extends DurableObject {
      async fetch(request) {
        const path = new URL(request.url).pathname, s = this.ctx.storage;
        if (path === "/read") return new Response([...(await s.list()).keys()].join());
        s.put("a", 1);
        await s.get("b");
        s.put({ b: 1, c: 1 });
        s.delete("d");
        if (path === "/abort") this.ctx.abort("stopped");
        if (path === "/split") { await scheduler.wait(10); s.put("e", 1);
          this.ctx.abort("stopped"); }
        return new Response("written");
      }
    }
    export default { async fetch(request, env) {
      try { return await env.ACTOR.getByName("o").fetch(request); } catch (e) {
        return new Response(e.message, { status: 500 }); }
    } };
  )js",
                options);
  CHECK(run.ask("/abort").body == "stopped");
  CHECK(run.ask("/read").body == "");
  REQUIRE(run.world().faults().arm("do.commit.fail=always"));
  CHECK(run.ask("/write").status == 500);
  REQUIRE(run.world().faults().arm("do.commit.fail=0"));
  CHECK(run.ask("/read").body == "");
  CHECK(run.ask("/split").body == "stopped");
  CHECK(run.ask("/read").body == "a,b,c");
}

TEST_CASE("1.4 a stream of an object that is reset fails as a lost connection") {
  ActorsRun run(actor_worker(R"js(
    fetch() {
      return new Response(new ReadableStream({ type: "bytes", async pull(c) {
        await scheduler.wait(100);
        c.enqueue(new Uint8Array(10));
      } }));
    }
  )js",
                             R"js(
    own.reads = async (find) => {
      const reader = (await find().fetch("http://o/")).body.getReader();
      await reader.read();
      return failure(async () => { for (;;) await reader.read(); });
    };
  )js"));
  const auto& reading = run.send(0, "LHR", "/reads");
  (void)run.send(1050 * kMs, "LHR", "/stop/x");
  run.run();
  CHECK(reading.body.find("Network connection lost.") != std::string::npos);
  CHECK(reading.came_us == 1050 * kMs);
}

TEST_CASE("an input gate may be destroyed by what it lets in: nothing of it runs afterwards") {
  auto gate = std::make_unique<InputGate>();
  const InputGate::Section section = gate->ask(0, [] {});
  gate->pump();
  bool ran = false;
  gate->enter(0, [&gate] { gate.reset(); });
  gate->enter(0, [&ran] { ran = true; });
  gate->end(section);
  gate->pump();
  CHECK(gate == nullptr);
  CHECK_FALSE(ran);
}

}  // namespace offing::test
