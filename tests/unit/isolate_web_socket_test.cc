// WebSockets in guests' hands: spec/durable-objects.md 4, spec/runtime-api.md 7.
#include <doctest/doctest.h>

#include "runtime/actor/actor_sockets.h"
#include "tests/unit/guest_bench.h"

namespace offing::test {
namespace {

// The other side of a socket, as a client on the network would hold it.
struct Client final : WebSocketEnd::Receiver {
  std::unique_ptr<WebSocketEnd> end;
  std::vector<std::string> seen;

  explicit Client(std::unique_ptr<WebSocketEnd> given) : end(std::move(given)) {
    end->set_receiver(this);
  }
  ~Client() override {
    if (end) end->set_receiver(nullptr);
  }
  void on_message(WebSocketMessage message) override {
    seen.push_back((message.binary ? "bytes " : "") + message.bytes);
  }
  void on_close(WebSocketClose close) override {
    seen.push_back("close " + std::to_string(close.code) + " " + close.reason +
                   (close.clean ? "" : " lost"));
  }
  void send(std::string text) { end->send({false, std::move(text)}); }
  std::string all() {
    std::string text;
    for (const std::string& one : seen) text += (text.empty() ? "" : "|") + one;
    seen.clear();
    return text;
  }
};

WorkerOptions modern() {
  WorkerOptions options;
  options.compatibility_date = "2026-06-01";
  options.flags = {"websocket_standard_binary_type", "websocket_close_reason_byte_limit",
                   "web_socket_auto_reply_to_close"};
  return options;
}

Request upgrade() {
  Request request;
  request.url = "http://example.com/";
  request.headers.add("upgrade", "WebSocket");
  return request;
}

Guest guest_of(std::string body, WorkerOptions options = modern()) {
  return Guest(Guest::bundle_of("export default { async fetch(request, env, ctx) {" + body + "} }"),
               options);
}

constexpr const char* kEcho =
    "const [client, server] = new WebSocketPair(); server.accept();"
    "server.addEventListener('message', e => {"
    "  if (e.data === 'throw') throw new RangeError('no');"
    "  server.send('echo ' + e.data) });"
    "server.addEventListener('close', e => console.log(`closed ${e.code} ${e.reason} ${e.wasClean} "
    "${server.readyState}`));"
    "return new Response(null, { status: 101, webSocket: client, headers: {a: 'b'} });";

TEST_CASE("a response carries a socket out, and messages are events of their own "
          "(spec/durable-objects.md 4)") {
  Guest guest = guest_of(kEcho);
  FetchResult result = guest.fetch(upgrade());
  REQUIRE(result.outcome == Outcome::kOk);
  CHECK(result.response.status == 101);
  CHECK(result.response.headers.get("a") == "b");
  REQUIRE(result.response.web_socket != nullptr);
  Client client(std::move(result.response.web_socket));
  client.send("one");
  client.end->send({true, "two"});
  CHECK(client.seen.empty());
  CHECK(client.end->backlog_bytes() == 6);
  guest.host.run_posted();
  CHECK(client.all() == "echo one|echo [object Blob]");
  CHECK(client.end->backlog_bytes() == 0);
  CHECK(guest.isolate->active() == 1);
}

TEST_CASE("a close is answered by the runtime and ends the context (spec/durable-objects.md 4, "
          "Peer's close)") {
  Guest guest = guest_of(kEcho);
  Client client(std::move(guest.fetch(upgrade()).response.web_socket));
  guest.host.advance(60'000);
  CHECK(guest.isolate->active() == 1);
  client.end->close({3001, "bye", true});
  guest.host.run_posted();
  CHECK(client.all() == "close 3001 bye");
  CHECK(guest.host.logs.back() == "log: closed 3001 bye true 3");
  CHECK(guest.isolate->active() == 0);
}

TEST_CASE("without web_socket_auto_reply_to_close the guest answers (spec/durable-objects.md 4)") {
  Guest guest = guest_of(kEcho, {});
  {
    Client client(std::move(guest.fetch(upgrade()).response.web_socket));
    client.send("x");
    client.end->close({3001, "bye", true});
    guest.host.run_posted();
    CHECK(client.all() == "echo x");
    CHECK(guest.host.logs.back() == "log: closed 3001 bye true 2");
    CHECK(guest.isolate->active() == 1);
  }
}

TEST_CASE("a peer that vanishes is a close 1006 (spec/durable-objects.md 4, Peer vanishes)") {
  Guest guest = guest_of(kEcho);
  { Client client(std::move(guest.fetch(upgrade()).response.web_socket)); }
  guest.host.run_posted();
  CHECK(guest.host.logs.back() ==
        "log: closed 1006 WebSocket disconnected without sending Close frame. false 1");
  CHECK(guest.isolate->active() == 0);
}

TEST_CASE("a listener that throws breaks the socket") {
  Guest guest = guest_of(kEcho);
  Client client(std::move(guest.fetch(upgrade()).response.web_socket));
  client.send("throw");
  client.send("more");
  guest.host.run_posted();
  CHECK(client.all() == "close 1006 WebSocket disconnected without sending Close frame. lost");
  REQUIRE(guest.host.uncaughts.size() == 1);
  CHECK(guest.host.uncaughts[0] == "webSocket: RangeError: no");
  CHECK(guest.isolate->active() == 0);
}

TEST_CASE("a request that did not ask for a socket is not answered with one") {
  Guest guest = guest_of(kEcho);
  FetchResult result = guest.fetch();
  CHECK(result.outcome == Outcome::kException);
  CHECK(result.error.find("did not contain the header \"Upgrade: websocket\".") !=
        std::string::npos);
}

TEST_CASE("what an accepted socket may be given away as (spec/durable-objects.md 4, Returning "
          "it)") {
  Guest guest = guest_of(
      "const [a] = new WebSocketPair(); a.accept();"
      "return new Response(null, { status: 101, webSocket: a })");
  CHECK(guest.fetch(upgrade()).error ==
        "TypeError: Can't return WebSocket in a Response after calling accept().");
}

TEST_CASE("a socket that was never taken is lost to its peer when the context ends") {
  Guest guest = guest_of(
      "globalThis.pair = new WebSocketPair();"
      "return new Response(null, {status: 101, webSocket: pair[0]})");
  Client client(std::move(guest.fetch(upgrade()).response.web_socket));
  CHECK(client.all() == "close 1006 WebSocket disconnected without sending Close frame. lost");
  CHECK(guest.isolate->active() == 0);
}

TEST_CASE("both ends in one event: who waits for a message that nobody sends has hung") {
  Guest talking = guest_of(
      "const [a, b] = new WebSocketPair(); a.accept(); b.accept();"
      "const came = new Promise(r => b.addEventListener('message', e => r(e.data)));"
      "a.send('x'); const data = await came; a.close(); b.close(); return new Response(data)");
  auto result = talking.begin();
  CHECK(!result->has_value());
  talking.host.run_posted();
  REQUIRE(result->has_value());
  CHECK((*result)->response.body == "x");
  CHECK(talking.isolate->active() == 0);

  Guest silent = guest_of(
      "const [a, b] = new WebSocketPair(); a.accept(); b.accept();"
      "await new Promise(r => b.addEventListener('message', r))");
  CHECK(silent.fetch().error.find("would never generate a response") != std::string::npos);
}

TEST_CASE("a socket open after another kind of answer has 30 s, as waitUntil (spec/limits.md "
          "2.2)") {
  Guest guest = guest_of(
      "const r = await fetch('http://other/', {headers: {Upgrade: 'websocket'}});"
      "r.webSocket.accept(); return new Response(String(r.status))");
  auto result = guest.begin();
  auto call = guest.host.take_fetch();
  CHECK(call.outbound.headers.get("upgrade") == "websocket");
  auto [ours, theirs] = WebSocketEnd::make_pair();
  Response answer;
  answer.status = 101;
  answer.web_socket = std::move(theirs);
  call.done(std::move(answer));
  REQUIRE(result->has_value());
  CHECK((*result)->response.body == "101");
  Client client(std::move(ours));
  CHECK(guest.isolate->active() == 1);
  guest.host.advance(30'000);
  CHECK(guest.isolate->active() == 0);
  CHECK(client.all() == "close 1006 WebSocket disconnected without sending Close frame. lost");
}

TEST_CASE("new WebSocket connects, says open, and reports refusals (spec/runtime-api.md 7)") {
  Guest guest = guest_of(
      "const ws = new WebSocket('wss://other/chat', ['a', 'b']); const seen = [ws.readyState];"
      "const done = new Promise(r => {"
      "  ws.onopen = () => {"
      "    seen.push('open', ws.readyState, ws.protocol, ws.url); ws.send('hi') };"
      "  ws.onerror = e => seen.push(e.message);"
      "  ws.onclose = e => { seen.push(e.code, e.reason); r() } });"
      "await done; return new Response(seen.join())");
  SUBCASE("connected") {
    auto result = guest.begin();
    auto call = guest.host.take_fetch();
    CHECK(call.outbound.url == "https://other/chat");
    CHECK(call.outbound.headers.get("sec-websocket-protocol") == "a, b");
    auto [ours, theirs] = WebSocketEnd::make_pair();
    Response answer;
    answer.status = 101;
    answer.headers.add("Sec-WebSocket-Protocol", "b");
    answer.web_socket = std::move(theirs);
    call.done(std::move(answer));
    Client client(std::move(ours));
    CHECK(client.all() == "hi");
    client.end->close({1000, "done", true});
    guest.host.run_posted();
    REQUIRE(result->has_value());
    CHECK((*result)->response.body == "0,open,1,b,wss://other/chat,1000,done");
  }
  SUBCASE("refused") {
    auto result = guest.begin();
    Response answer;
    answer.status = 404;
    guest.host.take_fetch().done(std::move(answer));
    REQUIRE(result->has_value());
    CHECK((*result)->response.body ==
          "0,Uncaught TypeError: Failed to establish the WebSocket connection: expected server to "
          "reply with HTTP status code 101 (switching protocols), but received 404 instead.,1006,"
          "Failed to establish websocket connection");
  }
}

// ---- hibernatable ones

constexpr const char* kRoom =
    "import { DurableObject } from 'cloudflare:workers';\n"
    "export class Room extends DurableObject {\n"
    "  born = Math.random();\n"
    "  constructor(ctx, env) { super(ctx, env); console.log('constructed'); }\n"
    "  fetch(request) {\n"
    "    const [client, server] = new WebSocketPair();\n"
    "    if (request.url.endsWith('plain')) {\n"
    "      server.accept();\n"
    "      server.onmessage = e => {\n"
    "        if (e.data === 'throw') throw new Error('no');\n"
    "        server.send(e.data) };\n"
    "      return new Response(null, { status: 101, webSocket: client });\n"
    "    }\n"
    "    this.ctx.acceptWebSocket(server, ['all', request.url.split('/').pop()]);\n"
    "    server.serializeAttachment({ from: request.url });\n"
    "    return new Response(null, { status: 101, webSocket: client });\n"
    "  }\n"
    "  async webSocketMessage(ws, message) {\n"
    "    if (message === 'slow') return new Promise(r => setTimeout(r, 1000));\n"
    "    if (message === 'auto') return this.ctx.setWebSocketAutoResponse("
    "new WebSocketRequestResponsePair('ping', 'pong'));\n"
    "    if (message === 'timeout') return this.ctx.setHibernatableWebSocketEventTimeout(500);\n"
    "    if (message === 'time') {\n"
    "      return ws.send(String(this.ctx.getWebSocketAutoResponseTimestamp(ws)?.getTime()));\n"
    "    }\n"
    "    if (message === 'same') {\n"
    "      return ws.send(String(this.ctx.getWebSockets('all').includes(ws)));\n"
    "    }\n"
    "    ws.send(`${ws.deserializeAttachment().from} ${this.ctx.getTags(ws)} "
    "${this.ctx.getWebSockets().length}"
    " ${message instanceof ArrayBuffer}`);\n"
    "  }\n"
    "  webSocketClose(ws, code, reason, clean) {\n"
    "    console.log(`close ${code} ${reason} ${clean} ${ws.readyState}`);\n"
    "  }\n"
    "  webSocketError(ws, error) { console.log(`error ${error.message}`); }\n"
    "}\nexport default {}\n";

// One object, as the emulator keeps it.
struct Room {
  Guest guest;
  std::deque<SocketEvent> events;
  ActorSockets sockets;
  RequestId actor = 1'000;

  static WorkerOptions options() {
    WorkerOptions made = modern();
    made.actor_classes.push_back({.class_name = "Room", .unique_key = "w-Room", .sqlite = true});
    return made;
  }
  Room()
      : guest(Guest::bundle_of(kRoom), options()),
        sockets([this] { return guest.host.now; },
                [this](SocketEvent event) { events.push_back(std::move(event)); }) {
    guest.host.sockets = &sockets;
    open();
  }
  ~Room() { sockets.drop_all(); }
  void open() {
    guest.isolate->open_actor(++actor, {.space = 0, .object_id = std::string(64, 'a')});
  }
  std::unique_ptr<Client> connect(std::string url) {
    Request request = upgrade();
    request.url = std::move(url);
    std::optional<FetchResult> result;
    guest.isolate->actor_fetch(actor, guest.host.new_number(), std::move(request), "{}",
                               [&](FetchResult r) { result = std::move(r); });
    REQUIRE(result.has_value());
    REQUIRE_MESSAGE(result->response.web_socket != nullptr, result->error);
    return std::make_unique<Client>(std::move(result->response.web_socket));
  }
  // Gives the object what has come; says how the events ended.
  std::string deliver() {
    auto ended = std::make_shared<std::string>();
    while (!events.empty()) {
      SocketEvent event = std::move(events.front());
      events.pop_front();
      guest.isolate->actor_socket_event(actor, guest.host.new_number(), std::move(event),
                                        [ended](bool ok) { *ended += ok ? '+' : '-'; });
    }
    return *ended;
  }
};

TEST_CASE("hibernatable sockets outlive the instance with tags and attachments "
          "(spec/durable-objects.md 3.5 rules 33, 34)") {
  Room room;
  auto client = room.connect("http://x/one");
  room.guest.isolate->close_actor(room.actor, GuestError::reset("hibernates"));
  CHECK(client->seen.empty());
  room.open();
  client->end->send({true, "abc"});
  CHECK(room.deliver() == "+");
  CHECK(client->all() == "http://x/one all,one 1 true");
  CHECK(room.guest.host.logs == std::vector<std::string>{"log: constructed", "log: constructed"});
  client->send("same");
  CHECK(room.deliver() == "+");
  CHECK(client->all() == "true");
}

TEST_CASE("a hibernatable socket's close reaches the class once and forgets the socket "
          "(spec/durable-objects.md 4)") {
  Room room;
  auto client = room.connect("http://x/one");
  client->end->close({3001, "bye", true});
  CHECK(room.sockets.list().size() == 1);
  CHECK(room.deliver() == "+");
  CHECK(client->all() == "close 3001 bye");
  CHECK(room.guest.host.logs.back() == "log: close 3001 bye true 3");
  CHECK(room.sockets.size() == 0);
  CHECK(room.sockets.list("all").empty());
}

TEST_CASE("a lost or faulty peer: webSocketClose 1006, webSocketError (spec/durable-objects.md "
          "4)") {
  Room room;
  auto lost = room.connect("http://x/one");
  lost.reset();
  CHECK(room.sockets.list().empty());
  CHECK(room.deliver() == "+");
  CHECK(room.guest.host.logs.back() ==
        "log: close 1006 WebSocket disconnected without sending Close frame. false 3");
  auto faulty = room.connect("http://x/two");
  faulty->end->close({1009, "Message is too large: 5 > 4", false});
  CHECK(room.deliver() == "+");
  CHECK(room.guest.host.logs.back() ==
        "log: error WebSocket protocol error; protocolError.statusCode = 1009; "
        "protocolError.description = Message is too large: 5 > 4");
  CHECK(room.sockets.size() == 0);
}

TEST_CASE("auto-responses wake nobody (spec/durable-objects.md 4)") {
  Room room;
  auto client = room.connect("http://x/one");
  client->send("auto");
  client->send("time");
  CHECK(room.deliver() == "++");
  CHECK(client->all() == "undefined");
  room.guest.host.now += 5;
  client->send("ping");
  client->end->send({true, "ping"});
  CHECK(room.events.size() == 1);
  CHECK(client->all() == "pong");
  room.deliver();
  client->all();
  client->send("time");
  room.deliver();
  CHECK(client->all() == std::to_string(room.guest.host.now));
}

TEST_CASE("handlers of one socket start in order and may interleave; over its time an event resets "
          "the object (spec/durable-objects.md 4)") {
  Room room;
  auto client = room.connect("http://x/one");
  client->send("slow");
  client->send("same");
  CHECK(room.deliver() == "+");
  CHECK(client->all() == "true");
  CHECK(room.guest.isolate->actor_activity(room.actor).events == 1);
  room.guest.host.advance(1'000);
  CHECK(room.guest.isolate->actor_activity(room.actor).events == 0);
  client->send("timeout");
  room.deliver();
  auto ended = std::make_shared<std::string>();
  client->send("slow");
  room.guest.isolate->actor_socket_event(room.actor, room.guest.host.new_number(),
                                         std::move(room.events.front()),
                                         [ended](bool ok) { *ended += ok ? '+' : '-'; });
  room.events.clear();
  room.guest.host.advance(499);
  CHECK(*ended == "");
  room.guest.host.advance(1);
  CHECK(*ended == "-");
}

TEST_CASE("a socket accepted with accept() keeps its object in memory until it is over "
          "(spec/durable-objects.md 3.5 rule 32)") {
  Room room;
  const auto activity = [&] { return room.guest.isolate->actor_activity(room.actor); };
  auto client = room.connect("http://x/plain");
  CHECK(activity().sockets == 1);
  CHECK(activity().work == 0);
  client->send("one");
  CHECK(activity().work == 1);
  room.guest.host.run_posted();
  CHECK(client->all() == "one");
  CHECK(activity().work == 0);
  SUBCASE("closed") { client->end->close({1000, "", true}); }
  SUBCASE("broken by its listener") { client->send("throw"); }
  SUBCASE("lost") { client.reset(); }
  room.guest.host.run_posted();
  CHECK(activity().sockets == 0);
  CHECK(activity().work == 0);
}

TEST_CASE("without its object in memory an accepted socket is lost") {
  Room room;
  auto client = room.connect("http://x/plain");
  room.guest.isolate->close_actor(room.actor, GuestError::reset("evicted"));
  CHECK(client->all() == "close 1006 WebSocket disconnected without sending Close frame. lost");
}

TEST_CASE("a reset drops the sockets: their peers see 1006 (spec/durable-objects.md 3.5 rule 33)") {
  Room room;
  auto client = room.connect("http://x/one");
  client->send("late");
  room.sockets.drop_all();
  CHECK(client->all() == "close 1006 WebSocket disconnected without sending Close frame. lost");
  CHECK(room.deliver() == "+");
}

}  // namespace
}  // namespace offing::test
