// WebSockets that the client opens, against our own server and against one that misbehaves.
#include "emulator/http/client.h"
#include "emulator/http/websocket_handshake.h"
#include "tests/unit/http_test_kit.h"
#include "tests/unit/tls_test_kit.h"
#include "tests/unit/websocket_test_kit.h"

using namespace offing;
using namespace offing::test;
using offing::http::Client;

using Log = std::vector<std::string>;
using Result = std::expected<Response, std::string>;

static Request ask(const std::string& url) {
  Request request;
  request.url = url;
  request.headers.add("upgrade", "websocket");
  request.headers.add("sec-websocket-protocol", "a, chat");
  request.headers.add("sec-websocket-key", "the client's own business");
  request.headers.add("sec-websocket-extensions", "permessage-deflate");
  return request;
}
static std::string url(const Site& site) {
  return "http://127.0.0.1:" + std::to_string(site.server->port()) + "/ws";
}

// Worker and guest on two sides of the network.
struct Pair {
  Pair() : client(std::make_unique<Client>(site.world)) {
    site.handler.answer = [this](uint64_t, Request request, ResponseCallback respond) {
      asked = std::move(request);
      Response response = worker.accept();
      response.headers.add("sec-websocket-protocol", "chat");
      respond(std::move(response));
    };
  }
  void open() {
    client->fetch(ask(url(site)), [this](Result result) {
      REQUIRE(result.has_value());
      CHECK(result->status == 101);
      REQUIRE(result->web_socket);
      guest.take(std::move(result->web_socket));
      if (on_open) on_open();
    });
    site.run();
  }
  Site site;
  std::unique_ptr<Client> client;
  Request asked;
  Guest worker, guest;
  std::function<void()> on_open;
};

TEST_CASE("runtime-api 7: fetch with Upgrade opens a WebSocket; the handshake is the client's") {
  Pair pair;
  pair.worker.on_text = [&](WebSocketMessage one) { pair.worker.end->send(std::move(one)); };
  pair.on_open = [&] {
    CHECK(pair.guest.end->protocol == "chat");
    pair.guest.send("hello");
    pair.guest.end->send({true, std::string(100'000, 'b')});
    pair.guest.send("");
  };
  pair.guest.on_text = [&](WebSocketMessage message) {
    if (message.bytes.empty()) pair.site.world.stop();
  };
  pair.open();
  const Log expected = {"text:hello", "binary:" + std::string(100'000, 'b'), "text:"};
  CHECK(pair.worker.log == expected);
  CHECK(pair.guest.log == expected);
  CHECK(pair.asked.headers.get("sec-websocket-version") == "13");
  CHECK(pair.asked.headers.get("sec-websocket-key").value_or("").size() == 24);
  CHECK(pair.asked.headers.get("sec-websocket-protocol") == "a, chat");
  CHECK_FALSE(pair.asked.headers.has("sec-websocket-extensions"));
}

TEST_CASE("RFC 6455 7: both sides close, whoever begins; the connection is not kept") {
  for (bool guest_first : {true, false}) {
    CAPTURE(guest_first);
    Pair pair;
    Guest& first = guest_first ? pair.guest : pair.worker;
    Guest& second = guest_first ? pair.worker : pair.guest;
    pair.on_open = [&] { first.close(3001, "bye"); };
    second.on_end = [&](WebSocketClose) { second.close(3002, "too"); };
    first.on_end = [&](WebSocketClose) {
      pair.site.world.schedule_after(5000, [&] { pair.site.world.stop(); });
    };
    pair.open();
    CHECK(second.log == Log{"close:3001:bye"});
    CHECK(first.log == Log{"close:3002:too"});
    CHECK(pair.client->connections() == 0);
    CHECK(pair.site.server->connections() == 0);
  }
}

TEST_CASE("durable-objects 4, Peer vanishes: a dropped end is 1006 at the other side, both ways") {
  const std::string lost =
      "close:1006:WebSocket disconnected without sending Close frame. (not clean)";
  for (bool guest_drops : {true, false}) {
    CAPTURE(guest_drops);
    Pair pair;
    Guest& other = guest_drops ? pair.worker : pair.guest;
    pair.on_open = [&] { (guest_drops ? pair.guest : pair.worker).end.reset(); };
    other.on_end = [&](WebSocketClose) { pair.site.world.stop(); };
    pair.open();
    CHECK(other.log == Log{lost});
  }
  Pair pair;
  pair.on_open = [&] { pair.client.reset(); };
  pair.worker.on_end = [&](WebSocketClose) { pair.site.world.stop(); };
  pair.open();
  CHECK(pair.worker.log == Log{lost});
  CHECK(pair.guest.log == Log{lost});
}

TEST_CASE("runtime-api 7: any other answer to an upgrade is an ordinary response") {
  Pair pair;
  pair.site.handler.answer = [](uint64_t, Request, ResponseCallback respond) {
    Response response = TestHandler::text("not here");
    response.status = 403;
    respond(std::move(response));
  };
  std::string got;
  pair.client->fetch(ask(url(pair.site)), [&](Result result) {
    REQUIRE(result.has_value());
    got = std::to_string(result->status) + result->body;
    CHECK_FALSE(result->web_socket);
    pair.site.world.stop();
  });
  pair.site.run();
  CHECK(got == "403not here");
}

TEST_CASE("a fetch that is cancelled after its handshake closes the connection") {
  Pair pair;
  pair.client->fetch(ask(url(pair.site)), [&](Result) {});  // and drops the response
  pair.worker.on_end = [&](WebSocketClose) { pair.site.world.stop(); };
  pair.site.run();
  CHECK(pair.worker.log.size() == 1);
  CHECK(pair.client->connections() == 0);
}

// A TLS server that answers the handshake with `head` and then sends `behind`.
static std::string key_of(const std::string& request) {
  const std::string name = "sec-websocket-key: ";
  const size_t at = request.find(name) + name.size();
  return request.substr(at, request.find("\r\n", at) - at);
}
struct SecureSite {
  explicit SecureSite(TlsServer::Answer answer)
      : certificate("DNS:localhost,IP:127.0.0.1"), server(world, certificate, std::move(answer)) {
    http::ClientOptions options;
    options.ca_file = certificate.path;
    options.web_socket_close_timeout_ms = 20;
    client = std::make_unique<Client>(world, options);
  }
  ~SecureSite() { client.reset(); }
  Result open() {
    Result got = std::unexpected("none");
    client->fetch(ask("https://127.0.0.1:" + std::to_string(server.port) + "/"),
                  [&](Result result) {
                    got = std::move(result);
                    if (got && got->web_socket) return guest.take(std::move(got->web_socket));
                    world.stop();
                  });
    guest.on_end = [&](WebSocketClose) { world.stop(); };
    world.schedule_after(10'000'000, [&] { world.stop(); });
    world.run();
    return got;
  }
  RealWorld world{1};
  Certificate certificate;
  TlsServer server;
  std::unique_ptr<Client> client;
  Guest guest;
};
static std::string accepted(const std::string& request, const std::string& more = {}) {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: " + http::accept_key(key_of(request)) + "\r\n" + more + "\r\n";
}

TEST_CASE("client: WebSockets over TLS; frames right behind the head are not lost") {
  std::string got_frames;
  SecureSite site([&, greeted = false](std::string& got) mutable -> std::string {
    if (got.find("\r\n\r\n") == std::string::npos) return {};
    if (!std::exchange(greeted, true)) {
      const std::string answer = accepted(got) + frame(kText, "early", true, false) +
                                 frame(kPing, "p", true, false);
      got.clear();
      got = "\r\n\r\n";
      return answer;
    }
    got_frames = got.substr(4);
    // The guest's echo, then a Close.
    return got_frames.size() >= 17 ? frame(kClose, close_bytes(1000, "end"), true, false) : "";
  });
  site.guest.on_text = [&](WebSocketMessage) { site.guest.send("back"); };
  const Result result = site.open();
  REQUIRE(result.has_value());
  CHECK(site.guest.log == Log{"text:early", "close:1000:end"});
  // A Pong of one byte and a Text of four, both masked.
  REQUIRE(got_frames.size() >= 17);
  CHECK((static_cast<unsigned char>(got_frames[1]) & 0x80) != 0);
}

TEST_CASE("RFC 6455 4.1: a handshake that is not answered rightly fails the fetch") {
  using Answer = std::function<std::string(const std::string&)>;
  const std::vector<std::pair<Answer, std::string>> table = {
      {[](const std::string&) {
         return std::string("HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
       },
       "Sec-WebSocket-Accept does not answer"},
      {[](const std::string&) { return std::string("HTTP/1.1 101 X\r\nUpgrade: h2c\r\n\r\n"); },
       "without \"Upgrade: websocket\""},
      {[](const std::string& r) { return accepted(r, "Sec-WebSocket-Extensions: x\r\n"); },
       "extension that was not offered"},
      {[](const std::string& r) { return accepted(r, "Sec-WebSocket-Protocol: other\r\n"); },
       "protocol \"other\""},
  };
  for (const auto& [answer, error] : table) {
    CAPTURE(error);
    SecureSite site([&](std::string& got) {
      return got.find("\r\n\r\n") == std::string::npos ? std::string() : answer(got);
    });
    const Result result = site.open();
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().starts_with("Network connection lost. (WebSocket handshake: "));
    CHECK(result.error().find(error) != std::string::npos);
  }
}

TEST_CASE("RFC 6455 5.1: a server's masked frame, and a cut, end the guest's WebSocket") {
  const std::vector<std::pair<std::string, std::string>> table = {
      {frame(kText, "masked"), "close:1002:A server's frame must not be masked. (not clean)"},
      {"!", "close:1006:WebSocket disconnected without sending Close frame. (not clean)"},
  };
  for (const auto& [behind, end] : table) {
    SecureSite site([&](std::string& got) -> std::string {
      if (got.find("\r\n\r\n") == std::string::npos) return {};
      const std::string answer = accepted(got) + behind;
      got.clear();
      return answer;
    });
    REQUIRE(site.open().has_value());
    CHECK(site.guest.log == Log{end});
  }
}
