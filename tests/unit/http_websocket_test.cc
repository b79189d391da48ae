// WebSockets at the server: handshake, frames, closing, backpressure.
#include "tests/unit/http_test_kit.h"
#include "tests/unit/websocket_test_kit.h"

using namespace offing;
using namespace offing::test;

using Log = std::vector<std::string>;

static const std::string kKey = "dGhlIHNhbXBsZSBub25jZQ==";
static const std::string kLost =
    "close:1006:WebSocket disconnected without sending Close frame. (not clean)";

static std::string upgrade(const std::string& more = {}) {
  return "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\n"
         "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + kKey + "\r\n" +
         more + "\r\n";
}
static bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A server whose handler accepts every upgrade, and one client of it.
struct Socket {
  explicit Socket(http::ServerOptions options = {}) : site(options) {
    site.handler.answer = [this](uint64_t, Request, ResponseCallback respond) {
      respond(guest.accept());
      if (on_accepted) on_accepted();
    };
    client = std::make_unique<RawClient>(site.world, site.server->port());
  }
  // What came behind the head.
  std::string behind() const {
    const size_t end = client->got.find("\r\n\r\n");
    return end == std::string::npos ? std::string() : client->got.substr(end + 4);
  }
  Log frames() const { return frames_of(behind()); }
  // Sends the handshake and `bytes`; runs until `count` frames came or the connection ended.
  Log run(const std::string& bytes, size_t count) {
    client->send(upgrade() + bytes);
    client->wanted = [this, count] { return client->ended || frames().size() >= count; };
    site.run();
    return frames();
  }
  // Runs until the guest has heard of the end.
  Log run_to_end(const std::string& bytes) {
    client->send(upgrade() + bytes);
    guest.on_end = [this](WebSocketClose) { site.world.stop(); };
    site.run();
    return guest.log;
  }
  void run_until_ended(const std::string& bytes) {
    client->send(upgrade() + bytes);
    client->wanted = [this] { return client->ended; };
    site.run();
  }

  Site site;
  Guest guest;
  std::function<void()> on_accepted;
  std::unique_ptr<RawClient> client;
};

static void echo(Guest& guest) {
  guest.on_text = [&guest](WebSocketMessage message) { guest.end->send(std::move(message)); };
  guest.on_end = [&guest](WebSocketClose close) { guest.end->close(std::move(close)); };
}

TEST_CASE("RFC 6455 4.2.2: the handshake answers the key; the Worker's headers go along") {
  Socket socket;
  socket.site.handler.answer = [&](uint64_t, Request request, ResponseCallback respond) {
    CHECK(request.headers.get("upgrade") == "websocket");
    Response response = socket.guest.accept();
    response.headers.add("Sec-WebSocket-Protocol", "chat");
    response.headers.add("sec-websocket-extensions", "permessage-deflate");
    response.headers.add("connection", "close");
    response.headers.add("x-mine", "1");
    respond(std::move(response));
    socket.guest.send("hi");
  };
  CHECK(socket.run("", 1) == Log{"text:hi"});
  CHECK(socket.client->got.substr(0, socket.client->got.find("\r\n\r\n")) ==
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
        "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
        "Sec-WebSocket-Protocol: chat\r\nx-mine: 1");
}

TEST_CASE("RFC 6455 4.2: what is no valid handshake is answered 400 or 426 with the reason") {
  const std::string start = " HTTP/1.1\r\nHost: localhost\r\nUpgrade: WebSocket\r\n"
                            "Connection: close, upgrade\r\n";
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  const std::string key = "Sec-WebSocket-Key: " + kKey + "\r\n";
  const std::vector<std::array<std::string, 3>> table = {
      {"GET /" + start + key + "\r\n", "426", "Sec-WebSocket-Version is \"\""},
      {"GET /" + start + key + "Sec-WebSocket-Version: 8\r\n\r\n", "426", "version 13"},
      {"GET /" + start + version + "\r\n", "400", "no Sec-WebSocket-Key"},
      {"GET /" + start + version + "Sec-WebSocket-Key: abc\r\n\r\n", "400", "\"abc\""},
      {"GET /" + start + version + "Sec-WebSocket-Key: " + std::string(24, '=') + "\r\n\r\n", "400",
       "16 bytes"},
      {"GET /" + start + version + key + key + "\r\n", "400", "not one value"},
      {"POST /" + start + version + key + "Content-Length: 0\r\n\r\n", "400", "not POST"},
      {"GET /" + start + version + key + "Content-Length: 1\r\n\r\nx", "400", "no body"},
  };
  for (const auto& [bytes, status, text] : table) {
    CAPTURE(bytes);
    Socket socket;
    const std::string got = socket.site.exchange(bytes);
    CHECK(got.substr(0, 12) == "HTTP/1.1 " + status);
    CHECK(has(got, text));
    CHECK(has(got, "sec-websocket-version: 13") == (status == "426"));
    CHECK(socket.guest.log == Log{kLost});
  }
}

TEST_CASE("durable-objects 4, Returning it: 101 needs a WebSocket, and a WebSocket an upgrade") {
  const auto answered = [](const std::string& request, bool with_socket, uint16_t status) {
    Socket socket;
    socket.site.handler.answer = [&](uint64_t, Request, ResponseCallback respond) {
      Response response = socket.guest.accept();
      response.status = status;
      if (!with_socket) response.web_socket.reset();
      respond(std::move(response));
    };
    return socket.site.exchange(request);
  };
  const std::string plain = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  CHECK(has(answered(plain, false, 101), "500 Internal Server Error"));
  CHECK(has(answered(plain, true, 101), "did not contain the header \"Upgrade: websocket\"."));
  CHECK(has(answered(plain, true, 200), "its status is 200 instead of 101"));
}

TEST_CASE("RFC 6455 4.2.2: a Worker may answer an upgrade otherwise, and the connection goes on") {
  Socket socket;
  socket.site.handler.answer = [](uint64_t, Request request, ResponseCallback respond) {
    Response response = TestHandler::text(has(request.url, "/ws") ? "no sockets" : "last");
    if (has(request.url, "/ws")) response.status = 426;
    respond(std::move(response));
  };
  const std::string got =
      socket.site.exchange(upgrade() + "GET /2 HTTP/1.1\r\nHost: localhost\r\n\r\n", "last");
  CHECK(has(got, "HTTP/1.1 426 Upgrade Required"));
  CHECK(has(got, "HTTP/1.1 200 OK"));
}

TEST_CASE("RFC 6455 5.6: text and binary messages of every length class go both ways") {
  Socket socket;
  echo(socket.guest);
  Log expected;
  std::string bytes;
  for (size_t size : {0, 1, 7, 8, 9, 125, 126, 127, 65535, 65536, 300000}) {
    const std::string payload(size, static_cast<char>('a' + size % 26));
    bytes += frame(kText, payload) + frame(kBinary, payload);
    expected.push_back("text:" + payload);
    expected.push_back("binary:" + payload);
  }
  CHECK(socket.run(bytes, expected.size()) == expected);
  CHECK(socket.guest.log == expected);
  CHECK(socket.site.handler.gone.empty());
}

TEST_CASE("RFC 6455 5.4: fragments come together, whatever the pieces they arrive in") {
  const std::string bytes = frame(kText, "sm\xc3", false) + frame(0, "\xb6rg\xc3", false) +
                            frame(kPing, "in between") + frame(0, "", false) +
                            frame(0, "\xa5s") + frame(kPong, "unsolicited") + frame(kText, "next");
  const Log expected = {"text:sm\xc3\xb6rg\xc3\xa5s", "text:next"};
  SUBCASE("at once") {
    Socket socket;
    echo(socket.guest);
    CHECK(socket.run(bytes, 3) == Log{"pong:in between", expected[0], expected[1]});
    CHECK(socket.guest.log == expected);
  }
  SUBCASE("a byte each") {
    Socket socket;
    echo(socket.guest);
    size_t at = 0;
    std::function<void()> next = [&] {
      if (at == bytes.size()) return;
      socket.client->send(bytes.substr(at++, 1));
      socket.site.world.schedule_after(0, next);
    };
    socket.on_accepted = next;
    CHECK(socket.run("", 3).size() == 3);
    CHECK(socket.guest.log == expected);
  }
}

TEST_CASE("durable-objects 4, Protocol pings: answered in order, never the guest's") {
  Socket socket;
  Log expected;
  std::string bytes;
  for (int i = 0; i < 10; ++i) {
    bytes += frame(kPing, std::to_string(i));
    expected.push_back("pong:" + std::to_string(i));
  }
  expected.push_back("pong:" + std::string(125, 'p'));
  CHECK(socket.run(bytes + frame(kPing, std::string(125, 'p')), 11) == expected);
  CHECK(socket.guest.log.empty());
}

TEST_CASE("RFC 6455 5, 7.4, 8.1: what breaks the rules ends in a Close that says which") {
  const std::string long_ping(126, 'x');
  const std::vector<std::pair<std::string, std::string>> table = {
      {frame(kText, "a", true, false), "1002:A client's frame must be masked."},
      {frame(kText, "a", true, true, 4), "1002:A frame has reserved bits set"},
      {frame(3, "a"), "1002:A frame has the unknown opcode 3."},
      {frame(11, "a"), "1002:A frame has the unknown opcode 11."},
      {frame(kPing, "a", false), "1002:A control frame must not be fragmented."},
      {frame(kPing, long_ping), "1002:A control frame is over 125 bytes."},
      {frame(0, "a"), "1002:A continuation frame has no message"},
      {frame(kText, "a", false) + frame(kText, "b"), "1002:A message begins inside"},
      {std::string("\x82\xfe\x00\x05kkkkhello", 13), "1002:A frame's length is not"},
      {std::string("\x82\xff\0\0\0\0\0\0\xff\xffkkkk", 14), "1002:A frame's length is not"},
      {std::string("\x82\xff\xff\0\0\0\0\0\0\0kkkk", 14), "1002:A frame's length is not"},
      {frame(kClose, "x"), "1002:A Close frame has one byte only."},
      {frame(kClose, close_bytes(1005)), "1002:A Close frame has the invalid code 1005."},
      {frame(kClose, close_bytes(999)), "1002:A Close frame has the invalid code 999."},
      {frame(kClose, close_bytes(2999)), "1002:A Close frame has the invalid code 2999."},
      {frame(kClose, close_bytes(5000)), "1002:A Close frame has the invalid code 5000."},
      {frame(kClose, close_bytes(1000, "\xff")), "1007:A Close frame's reason is not UTF-8."},
      {frame(kText, "\xed\xa0\x80"), "1007:A text message is not UTF-8."},
      {frame(kText, "\xc3", false) + frame(0, "x"), "1007:A text message is not UTF-8."},
      {frame(kText, "cut\xe2\x82"), "1007:A text message is not UTF-8."},
  };
  for (const auto& [bytes, close] : table) {
    CAPTURE(close);
    Socket socket;
    socket.run_until_ended(frame(kText, "before") + bytes + frame(kText, "behind"));
    REQUIRE(socket.frames().size() == 1);
    CHECK(socket.frames()[0].starts_with("close:" + close));
    REQUIRE(socket.guest.log.size() == 2);
    CHECK(socket.guest.log[0] == "text:before");
    CHECK(socket.guest.log[1] == socket.frames()[0] + " (not clean)");
  }
}

TEST_CASE("durable-objects 4, Message size: 32 MiB pass, a byte more is Close 1009") {
  const std::string half(16 << 20, 'x');
  SUBCASE("as much as fits, in two fragments") {
    Socket socket;
    socket.guest.note = false;
    socket.guest.on_text = [&](WebSocketMessage) { socket.site.world.stop(); };
    socket.client->send(upgrade() + frame(kBinary, half, false) + frame(0, half));
    socket.site.run();
    CHECK(socket.guest.bytes == 33554432);
  }
  SUBCASE("said by the first frame") {
    Socket socket;
    socket.run_until_ended(frame(kText, half + half + "x"));
    CHECK(socket.frames() == Log{"close:1009:Message is too large: 33554433 > 33554432"});
    CHECK(socket.guest.log ==
          Log{"close:1009:Message is too large: 33554433 > 33554432 (not clean)"});
  }
  SUBCASE("over fragments, before the rest has come") {
    Socket socket;
    const std::string head = frame(0, half + "xy").substr(0, 14);
    socket.run_until_ended(frame(kText, half, false) + head);
    CHECK(socket.frames() == Log{"close:1009:Message is too large: 33554434 > 33554432"});
  }
}

TEST_CASE("durable-objects 4, Peer's close: told to the guest, answered when the guest closes") {
  Socket socket;
  std::string before_reply;
  socket.guest.on_end = [&](WebSocketClose) {
    // Still open towards the client, until the guest closes too.
    socket.guest.send("one more");
    socket.site.world.schedule_after(5000, [&] {
      before_reply = socket.behind();
      socket.guest.close(4001, "done");
    });
  };
  socket.run_until_ended(frame(kText, "a") + frame(kClose, close_bytes(3000, "bye")) +
                         frame(kText, "ignored"));
  CHECK(socket.guest.log == Log{"text:a", "close:3000:bye"});
  CHECK(frames_of(before_reply) == Log{"text:one more"});
  CHECK(socket.frames() == Log{"text:one more", "close:4001:done"});
}

TEST_CASE("RFC 6455 7.1.5: an empty Close frame is code 1005, both ways") {
  Socket socket;
  echo(socket.guest);
  socket.run_until_ended(frame(kClose, ""));
  CHECK(socket.guest.log == Log{"close:1005:"});
  CHECK(socket.frames() == Log{"close:"});
}

TEST_CASE("RFC 6455 7.1.2: the guest's close waits for the client's, messages still come") {
  Socket socket;
  socket.on_accepted = [&] { socket.guest.close(1000, "enough"); };
  socket.client->wanted = [&, sent = false]() mutable {
    if (socket.frames().size() == 1 && !std::exchange(sent, true)) {
      socket.client->send(frame(kText, "late") + frame(kPing, "no pong behind a Close") +
                          frame(kClose, close_bytes(1000, "enough")));
    }
    return socket.client->ended;
  };
  socket.client->send(upgrade());
  socket.site.run();
  CHECK(socket.guest.log == Log{"text:late", "close:1000:enough"});
  CHECK(socket.frames() == Log{"close:1000:enough"});
}

TEST_CASE("RFC 6455 7.1.1: a client that never answers a Close is dropped after a while") {
  http::ServerOptions options;
  options.web_socket_close_timeout_ms = 20;
  Socket socket(options);
  socket.on_accepted = [&] { socket.guest.close(1000); };
  socket.run_until_ended("");
  CHECK(socket.frames() == Log{"close:1000:"});
  CHECK(socket.guest.log == Log{kLost});
}

TEST_CASE("durable-objects 4, Peer vanishes: 1006 behind the messages that came before") {
  Socket socket;
  socket.guest.on_text = [&](WebSocketMessage) {
    if (socket.guest.log.size() == 2) socket.client->close();
  };
  CHECK(socket.run_to_end(frame(kText, "first") + frame(kText, "last") +
                          frame(kText, "cut off").substr(0, 9)) ==
        Log{"text:first", "text:last", kLost});
  socket.guest.send("to nobody");
  socket.guest.close(1000);
  CHECK(socket.site.server->connections() == 0);
}

TEST_CASE("durable-objects 4, deploy: a guest's end that is dropped cuts the client off") {
  Socket socket;
  socket.on_accepted = [&] {
    socket.guest.send("last words");
    socket.guest.end.reset();
  };
  socket.run_until_ended("");
  CHECK(socket.frames() == Log{"text:last words"});
}

TEST_CASE("a guest that takes nothing stops the client; what waited comes when it goes on") {
  Socket socket;
  constexpr size_t kSize = 64 * 1024, kCount = 256;
  size_t held = 0, at_pause = 0;
  bool consuming = false;
  socket.guest.note = false;
  socket.guest.on_text = [&](WebSocketMessage message) {
    const size_t size = message.bytes.size();
    socket.guest.end->add_unconsumed(size);
    held += size;
    if (consuming) socket.guest.end->consumed(std::exchange(held, 0));
    if (socket.guest.bytes == kSize * kCount) socket.site.world.stop();
  };
  socket.on_accepted = [&] {
    socket.site.world.schedule_after(50'000, [&] {
      at_pause = socket.guest.bytes;
      consuming = true;
      socket.guest.end->consumed(std::exchange(held, 0));
    });
  };
  std::string bytes;
  for (size_t i = 0; i < kCount; ++i) bytes += frame(kBinary, std::string(kSize, 'b'));
  socket.client->send(upgrade() + bytes);
  socket.site.run();
  CHECK(at_pause < 2u << 20);
  CHECK(socket.guest.bytes == kSize * kCount);
}

TEST_CASE("what nobody has accepted yet stops the client as well") {
  Socket socket;
  constexpr size_t kSize = 64 * 1024, kCount = 256;
  socket.guest.note = false;
  socket.guest.on_text = [&](WebSocketMessage) {
    if (socket.guest.bytes == kSize * kCount) socket.site.world.stop();
  };
  size_t waiting = 0;
  std::unique_ptr<WebSocketEnd> idle;
  socket.site.handler.answer = [&](uint64_t, Request, ResponseCallback respond) {
    auto [ours, theirs] = WebSocketEnd::make_pair();
    WebSocketEnd* network = theirs.get();
    idle = std::move(ours);
    Response response;
    response.status = 101;
    response.web_socket = std::move(theirs);
    respond(std::move(response));
    socket.site.world.schedule_after(50'000, [&, network] {
      waiting = network->backlog_bytes();
      socket.guest.take(std::move(idle));
    });
  };
  std::string bytes;
  for (size_t i = 0; i < kCount; ++i) bytes += frame(kBinary, std::string(kSize, 'b'));
  socket.client->send(upgrade() + bytes);
  socket.site.run();
  CHECK(waiting < 2u << 20);
  CHECK(socket.guest.bytes == kSize * kCount);
}

TEST_CASE("a client that reads nothing holds its sender's backlog, and is dropped at 64 MiB") {
  Socket socket;
  size_t backlog = 0;
  socket.on_accepted = [&] {
    socket.client->pause();
    socket.site.world.schedule_after(10'000, [&] {
      for (int i = 0; i < 80; ++i) {
        socket.guest.end->send({true, std::string(1 << 20, 's')});
        backlog = std::max(backlog, socket.guest.end->backlog_bytes());
      }
    });
  };
  CHECK(socket.run_to_end("") ==
        Log{"close:1006:The peer reads too slowly: over 67108864 bytes wait to be sent. "
            "(not clean)"});
  CHECK(backlog > 60u << 20);
  CHECK(backlog < 70u << 20);
}

TEST_CASE("a slow client gets everything in order, and its sender hears that it may go on") {
  Socket socket;
  std::string expected;
  for (int i = 0; i < 40; ++i) expected += std::string(300'000, static_cast<char>('a' + i % 26));
  struct Drain final : WebSocketEnd::Receiver {
    void on_message(WebSocketMessage) override {}
    void on_close(WebSocketClose) override {}
    void on_drain() override { ++drains; }
    int drains = 0;
  } drain;
  socket.on_accepted = [&] {
    socket.guest.end->set_receiver(&drain);
    socket.client->pause();
    for (int i = 0; i < 40; ++i) {
      socket.guest.send(expected.substr(static_cast<size_t>(i) * 300'000, 300'000));
    }
    socket.site.world.schedule_after(20'000, [&] { socket.client->read_on(); });
  };
  std::string got;
  for (const std::string& one : socket.run("", 40)) got += one.substr(5);
  CHECK(got == expected);
  CHECK(drain.drains > 0);
  CHECK(socket.guest.end->backlog_bytes() == 0);
}

TEST_CASE("no idle timeout applies to a WebSocket") {
  http::ServerOptions options;
  options.idle_timeout_ms = options.header_timeout_ms = options.body_timeout_ms = 5;
  Socket socket(options);
  socket.on_accepted = [&] {
    socket.site.world.schedule_after(60'000, [&] { socket.guest.send("still here"); });
  };
  CHECK(socket.run("", 1) == Log{"text:still here"});
}

TEST_CASE("shutdown closes WebSockets with 1001 and waits for the client's Close") {
  Socket socket;
  bool done = false;
  socket.on_accepted = [&] {
    socket.site.server->shutdown(5000, [&] { done = true; });
    socket.guest.send("too late");
  };
  socket.client->wanted = [&, answered = false]() mutable {
    if (socket.frames().size() == 1 && !std::exchange(answered, true)) {
      socket.client->send(frame(kClose, close_bytes(1001)));
    }
    if (socket.client->ended) socket.client->close();
    return false;
  };
  socket.site.world.schedule_after(1'000'000, [] {});
  std::function<void()> look = [&] {
    if (done) return socket.site.world.stop();
    socket.site.world.schedule_after(1000, look);
  };
  look();
  socket.client->send(upgrade());
  socket.site.run();
  CHECK(socket.frames() == Log{"close:1001:"});
  CHECK(socket.guest.log == Log{"close:1001:"});
  CHECK(done);
}

TEST_CASE("a server that goes away takes its WebSockets along, and their guests hear of it") {
  Socket socket;
  socket.on_accepted = [&] {
    socket.guest.send("x");
    socket.site.server.reset();
    socket.guest.send("y");
  };
  socket.run_until_ended("");
  CHECK(socket.guest.log == Log{kLost});
}
