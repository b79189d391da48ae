// A connection of the client and the exchange that runs on it. Private to emulator/http.
//
// Life: counted like a server's connection; `core_` is null once it is closed. States: looking up
// and connecting; running (a call is set); idle (kept by the core). Input is parsed in the read
// callback; `call_`'s answer and body chunks are posted as events.
#ifndef OFFING_EMULATOR_HTTP_CLIENT_CONNECTION_H_
#define OFFING_EMULATOR_HTTP_CLIENT_CONNECTION_H_

#include <llhttp.h>
#include <uv.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "emulator/http/attached_body.h"
#include "emulator/http/client.h"
#include "emulator/http/counted.h"
#include "emulator/http/response_writer.h"
#include "emulator/http/tls_stream.h"
#include "emulator/http/websocket_connection.h"
#include "emulator/http/websocket_handshake.h"

namespace offing::http {

class ClientConnection;
using ResponseBody = AttachedBody<ClientConnection>;

// What is fetched. Kept until the response begins, so that it can be sent again.
struct Call {
  uint64_t id = 0;
  Request request;
  Client::Done done;
  std::string origin;  // the pool's key: host[:port], with https:// in front when it is secure
  std::string host;    // without brackets
  uint16_t port = 80;
  bool secure = false;
  std::string target;  // path and query
  std::string web_socket_key;  // not empty: the request asks for a WebSocket
  bool retried = false;
};

class Client::Core {
 public:
  Core(World& world, ClientOptions options) : world_(world), options_(options) {}
  ~Core();
  uint64_t fetch(Request request, Done done);
  void cancel(uint64_t id);
  void start(Call call, bool fresh);
  // The connection can serve another call; false when it had better be closed.
  bool keep(ClientConnection* connection);
  void remove(ClientConnection* connection);
  // A fresh connection to carry on with the next address of `failed`.
  ClientConnection* take_over(ClientConnection* failed);
  // Posts the answer, which `cancel` can still take back.
  void answer(uint64_t id, Client::Done done, std::expected<Response, std::string> result);
  void on_call_lost(Call call, std::string error, bool stale);

  World& world() { return world_; }
  const ClientOptions& options() const { return options_; }
  size_t connections() const { return connections_.size(); }
  uv_buf_t read_buffer();
  // Made by the first fetch that needs it; the error says why there is none.
  std::expected<void, std::string> open_tls();
  TlsContext& tls() { return *tls_; }
  std::string& plain_buffer() { return plain_buffer_; }

 private:
  void arm_sweep();
  void sweep();

  World& world_;
  ClientOptions options_;
  uint64_t last_id_ = 0;
  std::vector<ClientConnection*> connections_;
  std::map<std::string, std::vector<ClientConnection*>> idle_;  // by origin, last used last
  std::map<uint64_t, EventId> answers_;  // posted, by fetch
  EventId sweep_event_ = 0;
  std::vector<char> read_buffer_;
  std::unique_ptr<TlsContext> tls_;
  std::string plain_buffer_;  // what one read of a socket deciphers to
};

class ClientConnection final : public Counted<ClientConnection>,
                               private WebSocketConnection::Socket {
 public:
  ClientConnection(Client::Core* core, std::string origin);

  void connect(Call call);
  void run(Call call);  // on a kept connection
  void close(std::string_view error);
  void drop_call();  // closes without an answer
  void forget_core();
  void sweep(int64_t now_us);
  uint64_t call_id() const { return running_ && !head_delivered_ ? call_.id : 0; }
  const std::string& origin() const { return origin_; }

  void on_body_read();
  void on_body_dropped(ResponseBody* body);
  std::optional<uint64_t> body_length();

 private:
  enum class Phase : uint8_t { kConnecting, kWaiting, kBody, kStalled, kIdle };
  struct Callbacks;
  friend struct Callbacks;
  friend Counted<ClientConnection>;
  ~ClientConnection() = default;

  void on_looked_up(int status, addrinfo* found);
  void add_address(const sockaddr* address);
  void connect_next();
  void on_connected(int status);
  void send_request();
  void send(std::string bytes);
  bool send_raw(std::string bytes);
  void on_sent(int status);
  void pump();
  void on_chunk(Chunk chunk);
  void read_on();
  void pause_reading();
  void on_plain(ssize_t size, const char* bytes);
  void start_tls();
  void on_tls_read(ssize_t size, const char* bytes);
  void send_tls(std::string plain);
  void send_sealed();
  void end_tls();
  void start_web_socket(std::string_view rest);
  void write_frames(std::string& out, std::string& big) override;
  void read_frames(bool on) override;
  void end_frames(bool politely) override;
  void leave_web_socket(bool told);
  bool on_switching(bool upgrades);
  void on_parsed();
  void deliver_head();
  void deliver_body();
  void finish();
  Phase phase() const;

  Client::Core* core_;
  std::string origin_;
  uv_tcp_t tcp_;
  uv_connect_t connect_;
  uv_write_t write_;
  uv_getaddrinfo_t look_up_;
  std::vector<sockaddr_storage> addresses_;  // still to try, last first
  std::string connect_error_;
  std::unique_ptr<TlsStream> tls_;  // when the call is secure
  std::string unsealed_;            // plain bytes behind those on their way
  size_t unsealed_at_ = 0;

  Call call_;
  bool connected_ = false;
  bool running_ = false;
  bool reused_ = false;
  bool closed_ = false;

  std::string in_flight_;
  bool writing_ = false;
  bool request_sent_ = false;
  bool upload_chunked_ = false;
  uint64_t upload_left_ = 0;
  bool chunk_awaited_ = false;
  bool pumping_ = false;

  llhttp_t parser_;
  bool reading_ = false;
  bool got_bytes_ = false;
  bool head_done_ = false;
  bool head_delivered_ = false;
  bool message_done_ = false;
  bool keep_alive_ = false;
  size_t head_bytes_ = 0;
  Response response_;
  std::string name_;
  std::string value_;
  std::string body_bytes_;
  ResponseBody* body_ = nullptr;
  std::string handshake_error_;  // what is wrong with a 101
  WebSocketConnection* web_socket_ = nullptr;  // holds one of its counts

  bool touched_ = true;
  Phase swept_phase_ = Phase::kConnecting;
  int64_t since_us_ = 0;
};

}  // namespace offing::http

#endif  // OFFING_EMULATOR_HTTP_CLIENT_CONNECTION_H_
