#include "tests/unit/http_test_kit.h"

using namespace offing;
using offing::test::RawClient;
using offing::test::Site;
using offing::test::TestHandler;

static const std::string kHost = "Host: localhost\r\n";
static std::string get(const std::string& path, const std::string& more = {}) {
  return "GET " + path + " HTTP/1.1\r\n" + kHost + more + "\r\n";
}
static bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A source that the test feeds by hand.
class HandFed final : public ByteSource {
 public:
  void read(Done done) override { waiting = std::move(done); if (on_read) on_read(*this); }
  void cancel(std::string_view) override {}
  void give(Chunk chunk) { std::exchange(waiting, nullptr)(std::move(chunk)); }
  Done waiting;
  std::function<void(HandFed&)> on_read;
};

TEST_CASE("a request is answered, and nothing is added but its length") {
  Site site;
  CHECK(site.exchange(get("/a?b"), "hello") ==
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
  CHECK(site.handler.urls == std::vector<std::string>{"GET http://localhost/a?b"});
}

TEST_CASE("RFC 9112 9.3.2: pipelined requests are answered in order, however late the first") {
  Site site;
  std::vector<ResponseCallback> waiting;
  site.handler.answer = [&](uint64_t, Request request, ResponseCallback respond) {
    const std::string path = request.url.substr(request.url.rfind('/'));
    if (path != "/1") return respond(TestHandler::text(path));
    waiting.push_back(std::move(respond));
    site.world.schedule_after(1000, [&] { waiting[0](TestHandler::text("/1")); });
  };
  const std::string got = site.exchange(get("/1") + get("/2") + get("/3"), "/3");
  CHECK(got.find("/1") < got.find("/2"));
  CHECK(got.find("/2") < got.find("/3"));
}

TEST_CASE("RFC 9112: what two parsers could read differently is refused with 400") {
  const std::string post = "POST / HTTP/1.1\r\n" + kHost;
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  const std::vector<std::pair<std::string, std::string>> table = {
      {post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
      {post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "400"},
      {post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "400"},
      {post + "Content-Length: 5, 5\r\n\r\nhello", "400"},
      {post + "Content-Length: +5\r\n\r\nhello", "400"},
      {post + "Content-Length: 0x5\r\n\r\nhello", "400"},
      {post + "Content-Length:\r\n\r\n", "400"},
      {post + "Content-Length: 99999999999999999999\r\n\r\n", "400"},
      {post + "Content-Length : 5\r\n\r\nhello", "400"},
      {post + "Transfer-Encoding: gzip\r\n\r\n", "501"},
      {post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501"},
      {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
      {post + "Transfer-Encoding: xchunked\r\n\r\n", "501"},
      {post + "Transfer-Encoding:\r\n\r\n", "501"},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
      {"GET / HTTP/1.1\nHost: localhost\n\n", "400"},
      {post + "A: b\n\r\n", "400"},
      {post + "A: b\r\n c\r\n\r\n", "400"},
      {post + "A: b\rc\r\n\r\n", "400"},
      {post + std::string("A: b\0c\r\n\r\n", 10), "400"},
      {post + "A\x80: b\r\n\r\n", "400"},
      {post + "A b: c\r\n\r\n", "400"},
      {post + ": b\r\n\r\n", "400"},
      {post + "A\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\n " + kHost + "\r\n", "400"},
      {chunked + "5\nhello\r\n0\r\n\r\n", "400"},
      {chunked + "5 \r\nhello\r\n0\r\n\r\n", "400"},
      {chunked + "0x5\r\nhello\r\n0\r\n\r\n", "400"},
      {chunked + "5\r\nhelloXX0\r\n\r\n", "400"},
      {chunked + "fffffffffffffffff\r\n", "400"},
      {chunked + "0\r\n\n", "400"},
      {chunked + "0\r\nA: b\n\r\n", "400"},
      {"GET / HTTP/1.1\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost:\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400"},
      {get("/a#b"), "400"},
      {get("/\x80"), "400"},
      {"get / HTTP/1.1\r\n\r\n", "400"},
      {"\x16\x03\x01\x02", "400"},
      {"GET / HTTP/2.0\r\n" + kHost + "\r\n", "505"},
      {"GET /\r\n\r\n", "505"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
      {"CONNECT localhost:80 HTTP/1.1\r\n" + kHost + "\r\n", "501"},
      {post + "Expect: magic\r\n\r\n", "417"},
  };
  for (const auto& [bytes, status] : table) {
    CAPTURE(bytes);
    Site site;
    const std::string got = site.exchange(bytes);
    CHECK(got.substr(0, 12) == "HTTP/1.1 " + status);
    CHECK(has(got, "connection: close\r\n"));
  }
}

TEST_CASE("DNS rebinding: only our own names are answered for; the text names the flag") {
  http::ServerOptions options;
  options.allowed_hosts = {"my.test"};
  const auto status = [&](const std::string& host) {
    Site site(options);
    return site.exchange("GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
  };
  for (const char* host : {"localhost", "LOCALHOST:80", "a.localhost:9", "127.0.0.1", "[::1]:80",
                           "my.test:1"}) {
    CAPTURE(host);
    CHECK(has(status(host), "200 OK"));
  }
  for (const char* host : {"evil.example", "localhost.evil.example", "notlocalhost", "10.0.0.1",
                           ".localhost"}) {
    CAPTURE(host);
    const std::string got = status(host);
    CHECK(has(got, "HTTP/1.1 421"));
    CHECK(has(got, std::string("--allow-host ") + host));
  }
  Site site(options);
  CHECK(has(site.exchange("GET http://evil.example/ HTTP/1.1\r\n" + kHost + "\r\n"), "421"));
}

TEST_CASE("an absolute target counts, not the Host header") {
  Site site;
  site.exchange("GET http://a.localhost:8/x?y HTTP/1.1\r\n" + kHost + "\r\n", "hello");
  CHECK(site.handler.urls == std::vector<std::string>{"GET http://a.localhost:8/x?y"});
}

TEST_CASE("spec/limits.md 2: URL 414, headers 431, body 413; the text names the limit") {
  http::ServerOptions options;
  options.url_bytes_max = 100;
  options.header_bytes_max = 300;
  options.body_bytes_max = 10;
  const auto answer = [&](const std::string& bytes) { return Site(options).exchange(bytes); };
  const std::string post = "POST / HTTP/1.1\r\n" + kHost;
  CHECK(has(answer(get("/" + std::string(100, 'a'))), "HTTP/1.1 414"));
  CHECK(has(answer("GET /" + std::string(1000, 'a')), "limit of 100 bytes"));
  CHECK(has(answer(get("/", "A: " + std::string(300, 'a') + "\r\n")), "HTTP/1.1 431"));
  CHECK(has(answer(get("/", "A: " + std::string(300, 'a'))), "limit of 300 bytes"));
  CHECK(has(answer(post + "Content-Length: 11\r\n\r\n"), "HTTP/1.1 413"));
  CHECK(has(answer(post + "Transfer-Encoding: chunked\r\n\r\nb\r\n"), "HTTP/1.1 413"));
  CHECK(has(answer(post + "Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n6\r\n"), "413"));
}

TEST_CASE("spec/limits.md 1, 2025-10-16: before, each header had a limit of its own") {
  http::ServerOptions options;
  options.one_header_bytes_max = 100;
  const auto answer = [&](size_t bytes) {
    return Site(options).exchange(
        get("/", "Name: " + std::string(bytes - 4, 'a') + "\r\nOther: " + std::string(90, 'b') +
                     "\r\n"),
        bytes <= 100 ? "hello" : "");
  };
  CHECK(has(answer(100), "HTTP/1.1 200"));
  CHECK(has(answer(101), "HTTP/1.1 431"));
  CHECK(has(answer(101), "header \"Name\" is larger than the limit of 100 bytes for one"));
}

TEST_CASE("HEAD, 204 and 304 have no body, and keep the length a guest states") {
  Site site;
  site.handler.answer = [&](uint64_t, Request request, ResponseCallback respond) {
    Response response = TestHandler::text("hello");
    if (has(request.url, "204")) response.status = 204;
    if (has(request.url, "304")) {
      response.status = 304;
      response.headers.add("Content-Length", "77");
    }
    respond(std::move(response));
  };
  const std::string got = site.exchange("HEAD / HTTP/1.1\r\n" + kHost + "\r\n" + get("/204") +
                                        get("/304", "Connection: close\r\n"));
  CHECK(got == "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"
               "HTTP/1.1 204 No Content\r\n\r\n"
               "HTTP/1.1 304 Not Modified\r\ncontent-length: 77\r\nconnection: close\r\n\r\n");
}

TEST_CASE("a guest cannot frame or split a response") {
  Site site;
  site.handler.answer = [&](uint64_t, Request request, ResponseCallback respond) {
    Response response = TestHandler::text("hello");
    response.headers.add("Transfer-Encoding", "chunked");
    response.headers.add("Connection", "close");
    response.headers.add("Content-Length", "1");
    response.headers.add("X", has(request.url, "bad") ? "a\r\nb: c" : "\xe9");
    respond(std::move(response));
  };
  CHECK(site.exchange(get("/"), "hello") ==
        "HTTP/1.1 200 OK\r\nX: \xe9\r\ncontent-length: 5\r\n\r\nhello");
  Site other;
  other.handler.answer = site.handler.answer;
  CHECK(has(other.exchange(get("/bad"), "NUL"), "HTTP/1.1 500"));
}

TEST_CASE("a stream of unknown length is chunked on HTTP/1.1, ends the connection on HTTP/1.0") {
  const auto stream_answer = [](uint64_t, Request, ResponseCallback respond) {
    auto source = std::make_unique<HandFed>();
    source->on_read = [n = 0](HandFed& s) mutable {
      s.give(++n <= 2 ? Chunk::data("abc") : Chunk::end());
    };
    Response response;
    response.has_body = true;
    response.stream = std::move(source);
    respond(std::move(response));
  };
  Site site;
  site.handler.answer = stream_answer;
  CHECK(site.exchange(get("/"), "0\r\n\r\n") ==
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\nabc\r\n0\r\n\r\n");
  Site old;
  old.handler.answer = stream_answer;
  CHECK(old.exchange("GET / HTTP/1.0\r\n\r\n") ==
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabcabc");
}

TEST_CASE("a stream that breaks its Content-Length ends the connection") {
  for (const char* stated : {"2", "9"}) {
    CAPTURE(stated);
    Site site;
    site.handler.answer = [&](uint64_t, Request, ResponseCallback respond) {
      Response response;
      response.headers.add("content-length", stated);
      response.has_body = true;
      response.stream = source_of("hello");
      respond(std::move(response));
    };
    const std::string got = site.exchange(get("/"));
    CHECK(has(got, std::string("content-length: ") + stated));
    CHECK(got.substr(got.find("\r\n\r\n") + 4) == (*stated == '2' ? "he" : "hello"));
  }
}

TEST_CASE("a body that is there comes as bytes, any other as a stream; both whole") {
  Site site;
  site.handler.answer = [&](uint64_t, Request request, ResponseCallback respond) {
    if (!request.stream) return respond(TestHandler::text("bytes:" + request.body + "."));
    read_all(std::move(request.stream), 1 << 20,
             [respond = std::move(respond)](Chunk all) mutable {
               respond(TestHandler::text("stream:" + all.bytes + "."));
             });
  };
  const std::string post = "POST / HTTP/1.1\r\n" + kHost;
  CHECK(has(site.exchange(post + "Content-Length: 3\r\n\r\nabc", "."), "bytes:abc."));
  RealWorld* world = &site.world;
  Site second;
  second.handler.answer = site.handler.answer;
  world = &second.world;
  RawClient client(*world, second.server->port());
  client.send(post + "Transfer-Encoding: chunked\r\n\r\n3\r\nab");
  world->schedule_after(2000, [&] { client.send("c\r\n3\r\ndef\r\n0\r\nT: x\r\n\r\n" + get("/")); });
  client.wanted = [&] { return has(client.got, "bytes:."); };
  second.run();
  CHECK(has(client.got, "stream:abcdef."));
}

TEST_CASE("backpressure: a body nobody reads stops the server from reading its socket") {
  Site site;
  std::unique_ptr<ByteSource> body;
  ResponseCallback respond_later;
  site.handler.answer = [&](uint64_t, Request request, ResponseCallback respond) {
    body = std::move(request.stream);
    respond_later = std::move(respond);
  };
  const size_t size = 30 << 20;
  RawClient client(site.world, site.server->port());
  client.send("POST / HTTP/1.1\r\n" + kHost + "Content-Length: " + std::to_string(size) +
              "\r\n\r\n" + std::string(size, 'x'));
  size_t stuck_at = 0;
  std::function<void()> watch = [&] {
    const size_t unsent = client.unsent_bytes();
    if (body && unsent > 0 && unsent == stuck_at) {
      read_all(std::move(body), size, [&](Chunk all) {
        respond_later(TestHandler::text("got " + std::to_string(all.bytes.size())));
      });
      return;
    }
    stuck_at = unsent;
    site.world.schedule_after(20'000, [&] { watch(); });
  };
  watch();
  client.wanted = [&] { return has(client.got, "got "); };
  site.run();
  CHECK(stuck_at > size / 2);
  CHECK(has(client.got, "got " + std::to_string(size)));
}

TEST_CASE("backpressure: a client that does not read stops the response's stream") {
  Site site;
  size_t given = 0, stuck_at = 0;
  const size_t size = 40 << 20;
  site.handler.answer = [&](uint64_t, Request, ResponseCallback respond) {
    auto source = std::make_unique<HandFed>();
    source->on_read = [&](HandFed& s) {
      if (given == size) return s.give(Chunk::end());
      given += 1 << 16;
      s.give(Chunk::data(std::string(1 << 16, 'x')));
    };
    Response response;
    response.headers.add("content-length", std::to_string(size));
    response.has_body = true;
    response.stream = std::move(source);
    respond(std::move(response));
  };
  RawClient client(site.world, site.server->port());
  client.send(get("/"));
  std::function<void()> watch = [&] {
    if (given > 0 && stuck_at == given) return client.read_on();
    if (given > 0) client.pause();
    stuck_at = given;
    site.world.schedule_after(20'000, [&] { watch(); });
  };
  watch();
  client.wanted = [&] { return client.got.size() > size; };
  site.run();
  CHECK(stuck_at < size);
  CHECK(given == size);
}

TEST_CASE("Expect: 100-continue is answered when the body is read, and only then") {
  Site site;
  site.handler.answer = [&](uint64_t, Request request, ResponseCallback respond) {
    if (has(request.url, "no")) return respond(TestHandler::text("no thanks"));
    read_all(std::move(request.stream), 100, [respond = std::move(respond)](Chunk all) mutable {
      respond(TestHandler::text(all.bytes));
    });
  };
  const std::string head = " HTTP/1.1\r\n" + kHost + "Expect: 100-continue\r\n"
                           "Content-Length: 3\r\n\r\n";
  RawClient client(site.world, site.server->port());
  client.send("PUT /" + head);
  client.wanted = [&] {
    if (client.got == "HTTP/1.1 100 Continue\r\n\r\n") client.send("abc");
    return has(client.got, "abc");
  };
  site.run();
  CHECK(has(client.got, "100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
  Site other;
  other.handler.answer = site.handler.answer;
  const std::string got = other.exchange("PUT /no" + head);
  CHECK_FALSE(has(got, "100 Continue"));
  CHECK(has(got, "connection: close"));
}

TEST_CASE("slow clients: 408 for a head or a body that does not come, silence for an idle one") {
  http::ServerOptions options;
  options.header_timeout_ms = options.body_timeout_ms = options.idle_timeout_ms = 30;
  CHECK(has(Site(options).exchange("GET / HT"), "HTTP/1.1 408"));
  CHECK(Site(options).exchange("") == "");
  Site site(options);
  std::string error;
  site.handler.answer = [&](uint64_t, Request request, ResponseCallback respond) {
    read_all(std::move(request.stream), 100, [&error, r = std::move(respond)](Chunk c) mutable {
      error = c.bytes;
      r(TestHandler::text("late"));
    });
  };
  CHECK(has(site.exchange("PUT / HTTP/1.1\r\n" + kHost + "Content-Length: 3\r\n\r\na"), "408"));
  CHECK(has(error, "30 ms"));
  CHECK(site.handler.gone == std::vector<uint64_t>{1});
}

TEST_CASE("a client that leaves is reported once, and its late answer is harmless") {
  Site site;
  ResponseCallback late;
  RawClient client(site.world, site.server->port());
  site.handler.answer = [&](uint64_t, Request, ResponseCallback respond) {
    late = std::move(respond);
    client.close();
  };
  site.handler.on_gone = [&] { site.world.stop(); };
  client.send(get("/"));
  site.run();
  late(TestHandler::text("late"));
  CHECK(site.handler.gone == std::vector<uint64_t>{1});
  site.server.reset();
}

TEST_CASE("shutdown lets running exchanges finish, closes idle connections, then forces") {
  Site site;
  ResponseCallback waiting;
  site.handler.answer = [&](uint64_t, Request, ResponseCallback respond) {
    waiting = std::move(respond);
    site.server->shutdown(5000, [&] { site.world.stop(); });
    site.world.schedule_after(2000, [&] { waiting(TestHandler::text("bye")); });
  };
  RawClient idle(site.world, site.server->port());
  RawClient client(site.world, site.server->port());
  client.send(get("/"));
  client.wanted = [&] { if (client.ended) client.close(); return false; };
  site.run();
  CHECK(idle.ended);
  CHECK(has(client.got, "connection: close\r\n\r\nbye"));
  CHECK(site.server->connections() == 0);

  Site forced;
  forced.handler.answer = [&](uint64_t, Request, ResponseCallback respond) {
    waiting = std::move(respond);
    forced.server->shutdown(1, [&] { forced.world.stop(); });
  };
  RawClient stuck(forced.world, forced.server->port());
  stuck.send(get("/"));
  forced.run();
  CHECK(forced.server->connections() == 0);
}

TEST_CASE("a thousand connections, two requests each") {
  Site site;
  std::vector<std::unique_ptr<RawClient>> clients;
  size_t done = 0;
  for (int i = 0; i < 1000; ++i) {
    auto& client = *clients.emplace_back(
        std::make_unique<RawClient>(site.world, site.server->port()));
    client.send(get("/") + get("/"));
    client.wanted = [&] {
      const size_t last = client.got.rfind("hello");
      return last != client.got.npos && client.got.find("hello") != last && ++done == 1000;
    };
  }
  site.run();
  CHECK(site.handler.urls.size() == 2000);
  CHECK(site.server->connections() == 1000);
}

TEST_CASE("a server and its callbacks may end in any order") {
  Site site;
  ResponseCallback kept;
  std::unique_ptr<ByteSource> body;
  site.handler.answer = [&](uint64_t, Request request, ResponseCallback respond) {
    kept = std::move(respond);
    body = std::move(request.stream);
    site.server.reset();
    site.world.stop();
  };
  RawClient client(site.world, site.server->port());
  client.send("PUT / HTTP/1.1\r\n" + kHost + "Content-Length: 3\r\n\r\na");
  site.run();
  kept(TestHandler::text("late"));
  Chunk chunk;
  body->read([&](Chunk c) { chunk = std::move(c); });
  CHECK(chunk.kind == Chunk::Kind::kError);
}
