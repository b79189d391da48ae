// A raw client for the HTTP tests: sends bytes, collects what comes, all on the world's own loop.
#ifndef OFFING_TESTS_UNIT_HTTP_TEST_KIT_H_
#define OFFING_TESTS_UNIT_HTTP_TEST_KIT_H_

#include <doctest/doctest.h>
#include <uv.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "emulator/http/server.h"

namespace offing::test {

// A connected socket. `wanted` is asked after each arrival (and at the end); true stops the world.
class RawClient {
 public:
  RawClient(World& world, uint16_t port) : world_(world) {
    uv_tcp_init(world.loop(), socket_);
    socket_->data = this;
    sockaddr_in address;
    uv_ip4_addr("127.0.0.1", port, &address);
    uv_tcp_connect(&connect_, socket_, reinterpret_cast<sockaddr*>(&address),
                   [](uv_connect_t* r, int status) {
                     auto* self = static_cast<RawClient*>(r->handle->data);
                     if (!self) return;
                     self->connected_ = status == 0;
                     if (status != 0) return self->end();
                     self->read_on();
                     self->send({});
                   });
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;

  void send(std::string bytes) {
    pending_ += bytes;
    if (!connected_ || pending_.empty() || !socket_) return;
    auto* write = new Write{{}, std::exchange(pending_, {})};
    uv_buf_t buf = uv_buf_init(write->bytes.data(), static_cast<unsigned>(write->bytes.size()));
    uv_write(&write->request, reinterpret_cast<uv_stream_t*>(socket_), &buf, 1,
             [](uv_write_t* w, int) { delete reinterpret_cast<Write*>(w); });
  }
  size_t unsent_bytes() const {
    return uv_stream_get_write_queue_size(reinterpret_cast<uv_stream_t*>(socket_));
  }
  void pause() { uv_read_stop(reinterpret_cast<uv_stream_t*>(socket_)); }
  void read_on() {
    uv_read_start(
        reinterpret_cast<uv_stream_t*>(socket_),
        [](uv_handle_t*, size_t, uv_buf_t* buf) {
          static char bytes[65536];
          *buf = uv_buf_init(bytes, sizeof bytes);
        },
        [](uv_stream_t* s, ssize_t n, const uv_buf_t* buf) {
          auto* self = static_cast<RawClient*>(s->data);
          if (n < 0) return self->end();
          self->got.append(buf->base, static_cast<size_t>(n));
          self->ask();
        });
  }
  void close() {
    if (!socket_) return;
    socket_->data = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(std::exchange(socket_, nullptr)),
             [](uv_handle_t* h) { delete reinterpret_cast<uv_tcp_t*>(h); });
  }
  void ask() {
    if (wanted && wanted()) world_.stop();
  }

  std::string got;
  bool ended = false;
  std::function<bool()> wanted;

 private:
  struct Write {
    uv_write_t request;
    std::string bytes;
  };
  void end() {
    ended = true;
    if (socket_) pause();
    ask();
  }
  World& world_;
  uv_tcp_t* socket_ = new uv_tcp_t;
  uv_connect_t connect_;
  bool connected_ = false;
  std::string pending_;
};

// What the handler does is each test's own.
class TestHandler final : public http::Server::Handler {
 public:
  void on_request(uint64_t ticket, Request request, ResponseCallback respond) override {
    urls.push_back(request.method + " " + request.url);
    if (answer) return answer(ticket, std::move(request), std::move(respond));
    respond(text("hello"));
  }
  void on_client_gone(uint64_t ticket) override {
    gone.push_back(ticket);
    if (on_gone) on_gone();
  }
  static Response text(std::string body) {
    Response response;
    response.has_body = true;
    response.body = std::move(body);
    return response;
  }
  std::vector<std::string> urls;
  std::vector<uint64_t> gone;
  std::function<void()> on_gone;
  std::function<void(uint64_t, Request, ResponseCallback)> answer;
};

// A server and its world; `run` gives up after ten seconds of silence rather than hang.
struct Site {
  explicit Site(http::ServerOptions options = {}) {
    auto made = http::Server::listen(world, handler, std::move(options));
    REQUIRE(made.has_value());
    server = std::move(*made);
  }
  void run() {
    world.schedule_after(10'000'000, [this] {
      timed_out = true;
      world.stop();
    });
    world.run();
    CHECK_FALSE(timed_out);
  }
  // Sends `bytes`; everything that comes until the server closes, or `until` came.
  std::string exchange(std::string bytes, std::string until = {}) {
    RawClient client(world, server->port());
    client.send(std::move(bytes));
    client.wanted = [&] {
      return client.ended || (!until.empty() && client.got.find(until) != std::string::npos);
    };
    run();
    return client.got;
  }

  RealWorld world{1};
  TestHandler handler;
  std::unique_ptr<http::Server> server;
  bool timed_out = false;
};

}  // namespace offing::test

#endif  // OFFING_TESTS_UNIT_HTTP_TEST_KIT_H_
