// WebSockets of Durable Objects over the run's time: spec/durable-objects.md 4.
#include <doctest/doctest.h>

#include <string>

#include "tests/unit/actors_kit.h"

namespace offing::test {
namespace {

constexpr int64_t kMs = 1'000;
constexpr int64_t kSecond = 1'000'000;

std::string room(std::string_view body = "", std::string_view more = "") {
  return actor_worker(R"js(
    fetch(request) {
      const [client, server] = Object.values(new WebSocketPair());
      this.ctx.acceptWebSocket(server);
      return new Response(null, { status: 101, webSocket: client });
    }
    webSocketClose(ws, code, reason, clean) { console.log(`closed ${code} ${reason} ${clean}`); }
    webSocketError(ws, error) { console.log(`error ${error}`); }
  )js" + std::string(body),
                      more);
}

}  // namespace

TEST_CASE("4 Order: per socket, events start in order and their async parts may interleave") {
  ActorsRun run(room(R"js(
    async webSocketMessage(ws, message) {
      console.log(`begin ${message}`);
      await scheduler.wait(100 - Number(message) * 10);
      ws.send(message);
    }
  )js"));
  ActorsSocket& socket = run.connect("/fetch/");
  for (int i = 0; i < 5; ++i) socket.send(std::to_string(i));
  run.advance(kSecond);
  CHECK(socket.texts() == "4|3|2|1|0");
  for (int i = 0; i < 5; ++i)
    CHECK(run.times("begin " + std::to_string(i)) == std::vector<int64_t>{0});
}

TEST_CASE("4 and 3.2: messages wait for a section, in order, also through a hibernation") {
  ActorsRun run(room(R"js(
    constructor(ctx, env) { super(ctx, env); ctx.blockConcurrencyWhile(() => scheduler.wait(100)); }
    webSocketMessage(ws, message) { ws.send(`${message} ${this.born()}`); }
  )js"));
  ActorsSocket& socket = run.connect("/fetch/");
  run.advance(12 * kSecond);
  CHECK(run.actors().objects().live() == 0);
  const int64_t sent_us = run.now_us();
  for (int i = 0; i < 4; ++i) socket.send(std::to_string(i));
  run.advance(kSecond);
  CHECK(socket.texts() == "0 2.1|1 2.2|2 2.3|3 2.4");
  CHECK(socket.came[0].at_us == sent_us + 100 * kMs);
  CHECK(run.count("object created: websocket") == 1);
}

TEST_CASE("4 setHibernatableWebSocketEventTimeout: an event over its time disconnects the object") {
  ActorsRun run(room(R"js(
    async webSocketMessage(ws, message) {
      this.ctx.setHibernatableWebSocketEventTimeout(Number(message));
      await scheduler.wait(10_000);
      ws.send("done");
    }
    limit(ms) { this.ctx.setHibernatableWebSocketEventTimeout(Number(ms)); }
  )js"));
  ActorsSocket& socket = run.connect("/fetch/");
  (void)run.ask("/limit/3000");
  SUBCASE("with a limit") {
    socket.send("3000");
    run.advance(20 * kSecond);
    CHECK(run.times("object reset: Actor exceeded event execution time and was disconnected.") ==
          std::vector<int64_t>{3 * kSecond});
    CHECK(socket.texts() == "close 1006 WebSocket disconnected without sending Close frame.");
  }
  SUBCASE("without") {
    (void)run.ask("/limit/0");
    socket.send("0");
    run.advance(20 * kSecond);
    CHECK(socket.texts() == "done");
  }
}

TEST_CASE("4 Handler throws: logged, the socket stays open") {
  ActorsRun run(
      room("webSocketMessage(ws, message) { if (message === 'throw') throw new RangeError('no'); "
           "ws.send(message); }"));
  ActorsSocket& socket = run.connect("/fetch/");
  socket.send("throw");
  socket.send("after");
  run.advance(kSecond);
  CHECK(socket.texts() == "after");
  bool logged = false;
  for (const std::string& line : run.log())
    logged |= line.find("RangeError: no") != std::string::npos;
  CHECK(logged);
}

TEST_CASE("4 Peer vanishes, Peer's close: a sleeping object is told, and answers") {
  ActorsRun run(room());
  ActorsSocket& vanishing = run.connect("/fetch/");
  ActorsSocket& closing = run.connect("/fetch/");
  run.advance(12 * kSecond);
  CHECK(run.actors().objects().live() == 0);
  vanishing.drop();
  closing.close(3001, "bye");
  run.advance(kSecond);
  CHECK(run.count("closed 1006 WebSocket disconnected without sending Close frame. false") == 1);
  CHECK(run.count("closed 3001 bye true") == 1);
  CHECK(closing.texts() == "close 3001 bye");
  CHECK(run.count("object created: websocket") == 1);
}

TEST_CASE("4 Sockets per object: 32,768") {
  ActorsRun run(room(R"js(
    accept(n) {
      for (let i = 0; i < Number(n); i++) this.ctx.acceptWebSocket(new WebSocketPair()[1]);
      return this.ctx.getWebSockets().length;
    }
  )js"));
  (void)run.ask("/accept/32768");
  const auto refused = run.ask("/accept/1");
  CHECK(refused.body.find(
            "only 32768 websockets can be accepted on a single Durable Object instance") !=
        std::string::npos);
}

TEST_CASE("4 Returning it: an end that a response has taken cannot be accepted") {
  ActorsRun run(actor_worker(R"js(
    fetch() {
      const [client, server] = Object.values(new WebSocketPair());
      this.client = client;
      this.ctx.acceptWebSocket(server);
      return new Response(null, { status: 101, webSocket: client });
    }
    again() { return failure(() => this.client.accept()); }
  )js"));
  (void)run.connect("/fetch/");
  CHECK(run.ask("/again").body ==
        "TypeError: Can't accept() WebSocket that was already used in a response.");
}

TEST_CASE(
    "3.3 rule 16 and 4: frames of a failing write are never sent, and the socket goes with the "
    "reset") {
  ActorsRun run(room("webSocketMessage(ws, message) { this.put('m', message); ws.send(message); }"),
                {.commit_delay_us = 50 * kMs});
  ActorsSocket& socket = run.connect("/fetch/");
  socket.send("one");
  run.advance(100 * kMs);
  REQUIRE(run.world().faults().arm("do.commit.fail=always"));
  socket.send("two");
  run.advance(100 * kMs);
  CHECK(socket.texts() == "one|close 1006 WebSocket disconnected without sending Close frame.");
}

}  // namespace offing::test
