// https in the client: against a server whose certificate is made for the test.
#include "emulator/http/client.h"
#include "tests/unit/http_test_kit.h"
#include "tests/unit/tls_test_kit.h"

using namespace offing;
using offing::http::Client;
using offing::test::Certificate;
using offing::test::Site;
using offing::test::TlsServer;

using Result = std::expected<Response, std::string>;

namespace {

// One whole request with content-length, or nothing yet; its body is echoed.
std::string echo(std::string& got) {
  const size_t head = got.find("\r\n\r\n");
  if (head == got.npos) return {};
  size_t length = 0;
  if (const size_t at = got.find("content-length: "); at < head)
    length = std::stoul(got.substr(at + 16));
  if (got.size() < head + 4 + length) return {};
  const std::string body = length > 0 ? got.substr(head + 4, length) : "hello";
  got.erase(0, head + 4 + length);
  return "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

struct TlsSite {
  explicit TlsSite(const std::string& names = "DNS:localhost,IP:127.0.0.1",
                   TlsServer::Answer answer = echo)
      : certificate(names), server(site.world, certificate, std::move(answer)) {}
  http::ClientOptions trusting() const {
    http::ClientOptions options;
    options.ca_file = certificate.path;
    return options;
  }
  Request get(const std::string& host, const std::string& path = "/") const {
    Request request;
    request.url = "https://" + host + ":" + std::to_string(server.port) + path;
    return request;
  }
  // The body, or "error: ...".
  std::string fetch(Client& client, Request request) {
    std::string got;
    bool done = false;
    client.fetch(std::move(request), [&](Result result) {
      if (!result || !result->stream) {
        got = result ? result->body : "error: " + result.error();
        done = true;
        return;
      }
      read_all(std::move(result->stream), 1 << 30, [&](Chunk all) {
        got = all.kind == Chunk::Kind::kError ? "error: " + all.bytes : all.bytes;
        done = true;
      });
    });
    bool late = false;
    const EventId limit = site.world.schedule_after(10'000'000, [&] { late = true; });
    while (!done && !late) {
      site.world.turn();
      if (!done) uv_run(site.world.loop(), UV_RUN_ONCE);
    }
    site.world.cancel(limit);
    CHECK_FALSE(late);
    return got;
  }

  Site site;
  Certificate certificate;
  TlsServer server;
};

}  // namespace

TEST_CASE("https: a trusted server is fetched from, by name and by address, on kept connections") {
  TlsSite tls;
  Client client(tls.site.world, tls.trusting());
  CHECK(tls.fetch(client, tls.get("localhost")) == "hello");
  CHECK(tls.server.server_name == "localhost");
  CHECK(tls.server.version == "TLSv1.3");
  CHECK(tls.fetch(client, tls.get("localhost", "/again")) == "hello");
  CHECK(tls.server.accepted == 1);
  CHECK(tls.fetch(client, tls.get("127.0.0.1")) == "hello");
  CHECK(tls.server.accepted == 2);
  CHECK(client.connections() == 2);
}

TEST_CASE("https: the Host header names no scheme") {
  std::string head;
  TlsSite tls("DNS:localhost", [&](std::string& got) {
    head = got;
    return echo(got);
  });
  Client client(tls.site.world, tls.trusting());
  CHECK(tls.fetch(client, tls.get("localhost", "/p?q")) == "hello");
  CHECK(head.starts_with("GET /p?q HTTP/1.1\r\nhost: localhost:" +
                         std::to_string(tls.server.port) + "\r\n"));
}

TEST_CASE("https: large bodies both ways, as bytes and as a stream") {
  TlsSite tls;
  Client client(tls.site.world, tls.trusting());
  std::string sent(3 << 20, 'x');
  for (size_t i = 0; i < sent.size(); i += 97) sent[i] = static_cast<char>(i / 97);
  for (bool streamed : {false, true}) {
    Request request = tls.get("localhost");
    request.method = "POST";
    request.has_body = true;
    if (streamed) request.stream = source_of(sent);
    else request.body = sent;
    CHECK(tls.fetch(client, std::move(request)) == sent);
  }
  CHECK(tls.server.accepted == 1);
}

TEST_CASE("https: a certificate for another host, or of an unknown CA, is refused by name") {
  TlsSite tls("DNS:other.test");
  Client trusting(tls.site.world, tls.trusting());
  CHECK(tls.fetch(trusting, tls.get("localhost")) ==
        "error: Network connection lost. (the certificate of localhost is not accepted: hostname "
        "mismatch)");
  CHECK(tls.fetch(trusting, tls.get("127.0.0.1"))
            .starts_with("error: Network connection lost. (the certificate of 127.0.0.1 is not "
                         "accepted: IP address mismatch"));
  Certificate unrelated("DNS:localhost");
  http::ClientOptions options;
  options.ca_file = unrelated.path;
  Client strict(tls.site.world, options);
  const std::string error = tls.fetch(strict, tls.get("localhost"));
  CHECK(error.starts_with("error: Network connection lost. (the certificate of localhost is not "
                          "accepted: self-signed certificate"));
  CHECK(error.find("trusted CAs: " + unrelated.path) != error.npos);
  CHECK(trusting.connections() + strict.connections() == 0);
}

TEST_CASE("https: no CA file, plain http behind the port, an end TLS did not announce") {
  TlsSite tls("DNS:localhost", [](std::string& got) {
    got.clear();
    return std::string("HTTP/1.1 200 OK\r\n\r\nbody until the end!");
  });
  http::ClientOptions options;
  options.ca_file = "/nonexistent/ca.pem";
  Client blind(tls.site.world, options);
  CHECK(tls.fetch(blind, tls.get("localhost")) ==
        "error: Network connection lost. (TLS: no CA certificates can be read from "
        "/nonexistent/ca.pem)");
  Client client(tls.site.world, tls.trusting());
  Request plain;
  plain.url = "https://127.0.0.1:" + std::to_string(tls.site.server->port()) + "/";
  const std::string error = tls.fetch(client, std::move(plain));
  CHECK(error.starts_with("error: Network connection lost. (TLS with 127.0.0.1: "));
  CHECK(error.find("may speak plain http") != error.npos);
  CHECK(tls.fetch(client, tls.get("localhost")) ==
        "error: Network connection lost. (the connection ended without TLS saying so)");
}
