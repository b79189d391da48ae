#include "emulator/http/client.h"
#include "tests/unit/http_test_kit.h"

using namespace offing;
using offing::http::Client;
using offing::test::Site;
using offing::test::TestHandler;

using Result = std::expected<Response, std::string>;

static std::string url(const Site& site, const std::string& path) {
  return "http://127.0.0.1:" + std::to_string(site.server->port()) + path;
}
static Request get(std::string url) {
  Request request;
  request.url = std::move(url);
  return request;
}
// All of a response's body, then the world stops.
static void collect(Site& site, Result result, std::string& out) {
  REQUIRE(result.has_value());
  if (!result->stream) {
    out += result->body;
    return site.world.stop();
  }
  read_all(std::move(result->stream), 1 << 30, [&](Chunk all) {
    out += all.kind == Chunk::Kind::kError ? "error: " + all.bytes : all.bytes;
    site.world.stop();
  });
}

TEST_CASE("client: fetches, and keeps its connection for the next fetch") {
  Site site;
  Client client(site.world);
  std::string got;
  client.fetch(get(url(site, "/1?a")), [&](Result first) {
    REQUIRE(first.has_value());
    got = first->body + " ";
    client.fetch(get(url(site, "/2")), [&](Result r) { collect(site, std::move(r), got); });
  });
  site.run();
  CHECK(got == "hello hello");
  CHECK(site.handler.urls ==
        std::vector<std::string>{"GET " + url(site, "/1?a"), "GET " + url(site, "/2")});
  CHECK(site.server->connections() == 1);
  CHECK(client.connections() == 1);
}

TEST_CASE("client: bodies stream both ways") {
  Site site;
  site.handler.answer = [&](uint64_t, Request request, ResponseCallback respond) {
    Response response;
    response.has_body = true;
    if (request.stream) response.stream = std::move(request.stream);
    else response.body = std::move(request.body);
    respond(std::move(response));
  };
  Client client(site.world);
  const std::string sent(3 << 20, 'x');
  Request request = get(url(site, "/echo"));
  request.method = "POST";
  request.has_body = true;
  request.stream = source_of(sent);
  std::string got;
  client.fetch(std::move(request), [&](Result r) { collect(site, std::move(r), got); });
  site.run();
  CHECK(got == sent);
}

TEST_CASE("client: errors say what failed") {
  Site site;
  Client client(site.world);
  std::vector<std::string> errors;
  const uint16_t port = site.server->port();
  const auto note = [&](Result r) {
    errors.push_back(r ? "none" : r.error());
    if (errors.size() == 2) site.world.stop();
  };
  client.fetch(get("ftp://example.com/"), note);
  CHECK(errors.empty());  // never before `fetch` returns
  site.server.reset();
  client.fetch(get("http://127.0.0.1:" + std::to_string(port) + "/"), note);
  site.run();
  REQUIRE(errors.size() == 2);
  CHECK(errors[0].starts_with("Fetch API cannot load: ftp:"));
  CHECK(errors[1].starts_with("Network connection lost. (connect to 127.0.0.1:"));
}

TEST_CASE("client: a response that is cut off ends its stream in an error") {
  Site site;
  site.handler.answer = [&](uint64_t, Request, ResponseCallback respond) {
    Response response;
    response.has_body = true;
    response.headers.add("content-length", "100");
    response.stream = source_of("only this");
    respond(std::move(response));
  };
  Client client(site.world);
  std::string got;
  client.fetch(get(url(site, "/")), [&](Result r) { collect(site, std::move(r), got); });
  site.run();
  CHECK(got.starts_with("error: Network connection lost."));
}

TEST_CASE("client: a cancelled fetch is not answered, and its server sees it go") {
  Site site;
  Client client(site.world);
  uint64_t fetch = 0;
  ResponseCallback waiting;
  site.handler.answer = [&](uint64_t, Request, ResponseCallback respond) {
    waiting = std::move(respond);
    client.cancel(fetch);
  };
  site.handler.on_gone = [&] { site.world.stop(); };
  bool answered = false;
  fetch = client.fetch(get(url(site, "/")), [&](Result) { answered = true; });
  site.run();
  CHECK_FALSE(answered);
  CHECK(site.handler.gone.size() == 1);
}

TEST_CASE("client: no answer within the timeout is an error") {
  Site site;
  ResponseCallback waiting;
  site.handler.answer = [&](uint64_t, Request, ResponseCallback r) { waiting = std::move(r); };
  http::ClientOptions options;
  options.response_timeout_ms = 30;
  Client client(site.world, options);
  std::string error;
  client.fetch(get(url(site, "/")), [&](Result r) {
    error = r ? "none" : r.error();
    site.world.stop();
  });
  site.run();
  CHECK(error.find("for 30 ms") != std::string::npos);
}

TEST_CASE("client: a kept connection that the server closed is replaced") {
  http::ServerOptions options;
  options.idle_timeout_ms = 20;
  Site site(options);
  Client client(site.world);
  std::string got;
  client.fetch(get(url(site, "/1")), [&](Result) {
    std::function<void()> again = [&] {
      client.fetch(get(url(site, "/2")), [&](Result r) { collect(site, std::move(r), got); });
    };
    site.world.schedule_after(100'000, again);
  });
  site.run();
  CHECK(got == "hello");
}
