// One accepted socket: bytes in, exchanges one after another, bytes out. Private to emulator/http.
//
// Life: the object is counted (`Ref`) and one count belongs to the open uv handle, so it lives at
// least until the handle's close callback, and as long as a body stream or a response callback names
// it. `core_` is null once the server is gone or the socket closed; then every call does nothing.
// An exchange is named by its ticket: what arrives for another ticket than the current is late.
// Input: bytes are parsed in the read callback; those of later requests wait in `unread_`. Reading
// stops while `unread_` or the body buffer is full. Output: `out_` gathers what is to be sent and is
// tried at once; only what the kernel does not take is queued (`in_flight_`). One write is queued at
// a time, which is the backpressure on response streams.
// Upgrade: a response with status 101 and a WebSocket hands the socket to a WebSocketConnection,
// which borrows input and output from here until the socket closes.
#ifndef OFFING_EMULATOR_HTTP_CONNECTION_H_
#define OFFING_EMULATOR_HTTP_CONNECTION_H_

#include <uv.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "emulator/http/attached_body.h"
#include "emulator/http/counted.h"
#include "emulator/http/request_parser.h"
#include "emulator/http/response_writer.h"
#include "emulator/http/server_core.h"
#include "emulator/http/websocket_connection.h"
#include "emulator/http/websocket_handshake.h"

namespace offing::http {

class Connection;
using RequestBody = AttachedBody<Connection>;

// An unwanted rest of a body up to this size is read to keep the connection.
constexpr uint64_t kDiscardBytesMax = 1024 * 1024;

class Connection final : public Counted<Connection>, private WebSocketConnection::Socket {
 public:
  // Accepts from `listener`; null when that fails.
  static Connection* accept(Server::Core* core, uv_stream_t* listener);

  // --- For the core
  size_t index = 0;
  void sweep(int64_t now_us);
  // Closes if nothing is going on; else lets the exchange finish and closes then.
  void drain();
  // Closes now. The handler hears of it unless `core_` is going away.
  void abort();
  void forget_core();

  // --- For the exchange of this ticket
  void respond(uint64_t ticket, Response response);
  void abandon(uint64_t ticket);  // its response callback was dropped

  // --- For its request's body
  void on_body_read();  // a read waits
  void on_body_dropped(RequestBody* body);
  std::optional<uint64_t> body_length();  // bytes still to be read, unless chunked

 private:
  enum class Phase : uint8_t { kIdle, kHead, kRunning, kBody, kSending, kLingering };

  explicit Connection(Server::Core* core);
  ~Connection();
  friend Counted<Connection>;

  // Input
  void start_reading();
  void stop_reading();
  void on_read(ssize_t size, const char* bytes);
  void on_eof(ssize_t error);
  void consume(std::string_view input);
  void parse(std::string_view& input);
  void parse_on(std::string_view& input);
  void dispatch(bool complete);
  void run_request(uint64_t ticket);
  void on_body_progress();
  void deliver_body();
  void refuse(const Refusal& refusal);
  void fail_body(const std::string& text);

  // Upgrade (connection_upgrade.cc). False: `response` is now what to answer instead.
  bool take_over(Response& response);
  void write_frames(std::string& out, std::string& big) override;
  void read_frames(bool on) override;
  void end_frames(bool politely) override;
  void leave_web_socket();

  // Output
  void write_response(Response response);
  void append_refusal(const Refusal& refusal, bool is_head);
  void retire_stream();
  void pump();
  void on_chunk(Chunk chunk);
  void end_response();
  void flush();
  void flush_later();
  void on_written(int status);
  void after_drain();
  void finish_exchange();
  void next_request();
  void close_politely();
  void close(bool reset);
  void report_gone();
  Phase phase() const;
  bool out_empty() const { return out_.empty() && big_.empty() && !writing_; }

  Server::Core* core_;
  uv_tcp_t tcp_;
  uv_write_t write_;
  uv_shutdown_t shutdown_;

  // Input
  RequestParser parser_;
  std::string unread_;
  bool reading_ = false;
  bool peer_closed_ = false;
  bool parsing_ = false;
  bool head_waits_ = false;  // a head is parsed, its request not dispatched
  bool body_ended_ = true;
  RequestBody* body_ = nullptr;  // null: nobody wants (any more of) the body
  bool body_was_read_ = false;
  bool continue_owed_ = false;
  bool refused_ = false;
  uint64_t discarded_bytes_ = 0;

  // The exchange
  uint64_t ticket_ = 0;
  bool announced_ = false;  // the handler has it
  bool gone_reported_ = false;
  bool responded_ = false;
  bool response_ended_ = false;
  AnswerTo answer_to_;
  std::unique_ptr<UpgradeRequest> upgrade_;      // what it asks for, if it does
  WebSocketConnection* web_socket_ = nullptr;    // holds one of its counts

  // Output
  std::string out_;
  std::string big_;  // a large body, sent behind out_ without a copy
  std::string in_flight_;
  std::string in_flight_big_;
  bool writing_ = false;
  bool flush_posted_ = false;
  std::unique_ptr<ByteSource> stream_;
  Framing framing_;
  uint64_t stream_bytes_ = 0;
  bool pumping_ = false;
  bool chunk_awaited_ = false;
  bool close_after_ = false;
  bool lingering_ = false;
  bool closed_ = false;

  // Timeouts
  bool touched_ = true;
  Phase swept_phase_ = Phase::kIdle;
  int64_t since_us_ = 0;
  size_t queued_bytes_ = 0;
};

// The right to answer an exchange, as a ResponseCallback.
class Responder {
 public:
  Responder(Connection::Ref connection, uint64_t ticket)
      : connection_(std::move(connection)), ticket_(ticket) {}
  Responder(Responder&&) noexcept = default;
  ~Responder() {
    if (connection_) connection_->abandon(ticket_);
  }
  void operator()(Response response) {
    assert(connection_);
    Connection::Ref connection = std::move(connection_);
    connection->respond(ticket_, std::move(response));
  }

 private:
  Connection::Ref connection_;
  uint64_t ticket_;
};

}  // namespace offing::http

#endif  // OFFING_EMULATOR_HTTP_CONNECTION_H_
