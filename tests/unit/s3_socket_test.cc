// The S3 door behind a real socket: what clients do on the wire.
#include <doctest/doctest.h>

#include <variant>

#include "emulator/s3/s3_front.h"
#include "storage/digest/digest.h"
#include "tests/unit/http_test_kit.h"
#include "tests/unit/s3_token.h"

namespace offing {
namespace {

// Stops the world at each S3RequestEvent.
class S3Site : private trace::Reader {
 public:
  S3Site() : world(1), keys({s3_token()}) {
    world.trace().add_reader(this);
    r2 = std::move(*R2Service::open(world, {}, ""));
    r2->bucket_for_binding("bucket", "");
    front = std::make_unique<S3Front>(world, *r2, keys);
    http::ServerOptions options;
    options.body_bytes_max = S3Front::kBodyBytesMax;
    server = std::move(*http::Server::listen(world, *front, options));
  }
  ~S3Site() override { world.trace().remove_reader(this); }

  // The head of a signed request, as bytes.
  std::string head(std::string_view method, std::string_view target, uint64_t body_bytes,
                   std::string_view more = "") {
    Request request;
    request.method = method;
    const std::string host = "localhost:" + std::to_string(server->port());
    request.url = "http://" + host + std::string(target);
    request.headers.add("Host", host);
    const R2Token& token = keys.tokens().front();
    s3::sign(request, {token.access_key_id, token.secret_access_key, ""}, "auto",
             "UNSIGNED-PAYLOAD", world.now_ms());
    std::string bytes = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\n";
    for (Header header : request.headers)
      bytes += std::string(header.name) + ": " + std::string(header.value) + "\r\n";
    bytes += "Content-Length: " + std::to_string(body_bytes) + "\r\n";
    return bytes + std::string(more) + "\r\n";
  }
  void run() {
    world.go_on();
    bool timed_out = false;
    const EventId limit = world.schedule_after(10'000'000, [this, &timed_out] {
      timed_out = true;
      world.stop();
    });
    world.run();
    world.cancel(limit);
    CHECK_FALSE(timed_out);
  }
  // Until the client has got this text.
  void run_until(test::RawClient& client, std::string text) {
    client.wanted = [&client, text] { return client.got.find(text) != std::string::npos; };
    stops_at_event = false;
    if (!client.wanted()) run();
  }

  RealWorld world;
  s3::Keys keys;
  std::unique_ptr<R2Service> r2;
  std::unique_ptr<S3Front> front;
  std::unique_ptr<http::Server> server;
  std::string last_error;
  bool stops_at_event = false;

 private:
  void on_event(const trace::Stamp&, const trace::Event& event) override {
    const auto* one = std::get_if<trace::S3RequestEvent>(&event);
    if (one == nullptr) return;
    last_error = one->error;
    if (stops_at_event) world.stop();
  }
};

TEST_CASE("spec/r2.md 5.1 Expect: 100-continue: clients that send it are not kept waiting") {
  S3Site site;
  test::RawClient client(site.world, site.server->port());
  client.send(site.head("PUT", "/bucket/key", 5, "Expect: 100-continue\r\n"));
  site.run_until(client, "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hello");
  site.run_until(client, "HTTP/1.1 200 OK");
  CHECK(site.r2->find_bucket("bucket")->objects.begin()->second->size_bytes == 5);
}

TEST_CASE("spec/r2.md 5.1 Expect: 100-continue: a refusal comes instead of the go-ahead") {
  S3Site site;
  test::RawClient client(site.world, site.server->port());
  client.send(site.head("PUT", "/none/key", 5, "Expect: 100-continue\r\n"));
  site.run_until(client, "</Error>");
  CHECK(client.got.starts_with("HTTP/1.1 404 Not Found\r\n"));
}

TEST_CASE("spec/r2.md C6: a connection that is lost in the middle of an upload leaves nothing") {
  S3Site site;
  test::RawClient client(site.world, site.server->port());
  const std::string megabyte(1 << 20, 'm');
  client.send(site.head("PUT", "/bucket/key", 2 * megabyte.size()));
  client.send(megabyte);
  client.wanted = [] { return false; };
  site.world.schedule_after(1000, [&client] { client.close(); });
  site.stops_at_event = true;
  site.run();
  CHECK(site.last_error == "ClientDisconnect");
  CHECK(site.r2->find_bucket("bucket")->objects.empty());
}

TEST_CASE("spec/r2.md 5.3 Head and 304 have no body: the next answer follows at once") {
  S3Site site;
  test::RawClient client(site.world, site.server->port());
  client.send(site.head("PUT", "/bucket/key", 5) + "hello");
  site.run_until(client, "HTTP/1.1 200 OK");
  const std::string etag =
      "\"" + digest::to_hex(digest::digest_of(digest::Algorithm::kMd5, "hello")) + "\"";
  client.got.clear();
  client.send(site.head("HEAD", "/bucket/key", 0) +
              site.head("GET", "/bucket/key", 0, "If-None-Match: " + etag + "\r\n") +
              site.head("GET", "/bucket/key", 0));
  site.run_until(client, "\r\n\r\nhello");
  CHECK(client.got.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(client.got.find("content-length: 5\r\n\r\nHTTP/1.1 304 Not Modified\r\n") !=
        std::string::npos);
  CHECK(client.got.find("\r\n\r\nHTTP/1.1 200 OK\r\n") != std::string::npos);
}

TEST_CASE("spec/r2.md 5.2: a large object streams in and out with its length") {
  S3Site site;
  test::RawClient client(site.world, site.server->port());
  std::string large(3 << 20, 'l');
  large.back() = '!';
  client.send(site.head("PUT", "/bucket/key", large.size()) + large);
  site.run_until(client, "HTTP/1.1 200 OK");
  client.got.clear();
  client.send(site.head("GET", "/bucket/key", 0));
  site.run_until(client, "!");
  CHECK(client.got.find("content-length: 3145728\r\n") != std::string::npos);
  CHECK(client.got.ends_with(large));
}

}  // namespace
}  // namespace offing
