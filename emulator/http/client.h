// An HTTP/1.1 client for outbound requests, http and https: keep-alive connections pooled by
// scheme, host and port, bodies streamed both ways with backpressure. One exchange at a time on a
// connection; a kept connection that turns out dead is replaced once, when the request can be repeated safely.
// Results come as events of the world, never before `fetch` returns. No redirects, no cookies, no
// decoding: those are the caller's. Timeouts are coarse, at most a second late; none in a virtual
// world.
// Ownership: the world outlives the client. Response streams may outlive it; they then end in error.
#ifndef OFFING_EMULATOR_HTTP_CLIENT_H_
#define OFFING_EMULATOR_HTTP_CLIENT_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "emulator/world/world.h"
#include "runtime/http/message.h"

namespace offing::http {

struct ClientOptions {
  size_t header_bytes_max = 128 * 1024;   // of a response
  int64_t connect_timeout_ms = 15'000;    // name look-up included
  int64_t response_timeout_ms = 300'000;  // for the head, or without progress of a body
  int64_t idle_timeout_ms = 30'000;       // kept connections
  int64_t web_socket_close_timeout_ms = 10'000;  // from our Close frame to the server's
  size_t web_socket_message_bytes_max = 32 << 20;  // received: the WebSocket is closed with 1009
  size_t idle_per_origin_max = 32;
  std::string ca_file;  // PEM, trusted instead of the system's store
};

class Client {
 public:
  using Done = std::move_only_function<void(std::expected<Response, std::string>)>;

  explicit Client(World& world, ClientOptions options = {});
  // Closes everything; what is outstanding is dropped without a call.
  ~Client();

  // `request.url` is absolute, http or https. The error's text says what failed, in the platform's
  // words first ("Network connection lost."). Host, Connection and the body's framing are the client's; a
  // Content-Length counts for a stream. A GET with the header `upgrade: websocket` asks for a
  // WebSocket; the handshake's own headers are the client's. Accepted, the response has status 101
  // and the `web_socket` to talk through; any other response means that it was not. The number
  // names the fetch for `cancel`.
  uint64_t fetch(Request request, Done done);
  // Drops the fetch, if it has not answered; `done` is not called. Afterwards drop the response.
  void cancel(uint64_t fetch);

  size_t connections() const;  // open, kept ones included

  class Core;

 private:
  std::unique_ptr<Core> core_;
};

}  // namespace offing::http

#endif  // OFFING_EMULATOR_HTTP_CLIENT_H_
