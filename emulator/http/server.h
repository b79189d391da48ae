// An HTTP/1.1 server: accepts connections on the world's loop and turns requests into events.
//
// One exchange at a time runs on a connection; pipelined requests wait as unread bytes, so answers
// leave in order. A request that is complete comes with its body as bytes, any other with a stream
// that reads the socket only as fast as it is read. Libuv's callbacks parse and post; every call of
// the handler is an event of the world. Timeouts are coarse: one sweep over all connections, at most
// a second late (in a virtual world, whose time has nothing to do with a client's, there are none).
// Ownership: the server outlives no world; handler and world outlive the server. A ResponseCallback
// may outlive it, and then does nothing.
#ifndef OFFING_EMULATOR_HTTP_SERVER_H_
#define OFFING_EMULATOR_HTTP_SERVER_H_

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "emulator/world/world.h"
#include "runtime/http/message.h"

namespace offing::http {

struct ServerOptions {
  std::string host = "127.0.0.1";  // an IP address, or "localhost"
  uint16_t port = 0;               // 0: any free one
  // spec/limits.md section 2: request URL 16 KB (414), headers 128 KB in all (431), body by plan (413).
  size_t url_bytes_max = 16 * 1024;
  size_t header_bytes_max = 128 * 1024;
  uint64_t body_bytes_max = 100ull << 20;
  // Paths that begin so have a limit of their own; "": none do.
  std::string own_body_limit_prefix = {};
  uint64_t own_body_bytes_max = 0;
  size_t one_header_bytes_max = 0;  // 0: only all together count; else 431, until 2025-10-15
  size_t web_socket_message_bytes_max = 32 << 20;  // received: the WebSocket is closed with 1009
  int64_t header_timeout_ms = 30'000;  // from a request's first byte to the end of its head: 408
  int64_t idle_timeout_ms = 75'000;    // between requests: the connection is closed
  int64_t body_timeout_ms = 60'000;    // without progress, in either direction: 408, or closed
  int64_t web_socket_close_timeout_ms = 10'000;  // from our Close frame to the client's
  // Host names to answer for besides localhost, *.localhost, 127.0.0.1, [::1] and `host`.
  std::vector<std::string> allowed_hosts;
  // A socket that listens already, the server's from here on: `port` then only says what was asked for.
  int listener = -1;
};

class Server {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    // A request whose head is complete. `ticket` names the exchange, from 1. `respond` is to be
    // called exactly once, at any time, also from inside; dropping it uncalled closes the connection.
    // A request to upgrade comes like any other, with its headers. A response with status 101 and a
    // `web_socket` accepts it, if its handshake is a valid one (else 400 or 426 is answered and the
    // end dropped); that ends the exchange, and the rest is between the client and the end.
    virtual void on_request(uint64_t ticket, Request request, ResponseCallback respond) = 0;
    // The client left, or had to be sent away, before the response was completely sent. A client
    // that only closed its sending side looks the same: an answer given nevertheless is still sent.
    virtual void on_client_gone(uint64_t ticket) = 0;
  };

  // The error names the address and the way out.
  static std::expected<std::unique_ptr<Server>, std::string> listen(World& world, Handler& handler,
                                                                    ServerOptions options);
  // Closes everything at once, without a call to the handler.
  ~Server();

  uint16_t port() const;
  size_t connections() const;
  // The listening socket; the server's. -1 after `shutdown`.
  int listener() const;
  // Accepts no more, closes idle connections and WebSockets (with 1001), lets running exchanges
  // finish for `grace_ms`, then closes what is left. `done` runs as an event when the last
  // connection is closed.
  void shutdown(int64_t grace_ms, Task done);

  class Core;

 private:
  explicit Server(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace offing::http

#endif  // OFFING_EMULATOR_HTTP_SERVER_H_
