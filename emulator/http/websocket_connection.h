// A WebSocket on a connection that has done its handshake: frames on one side, a WebSocketEnd on
// the other. The same for a server's connection and a client's, which lend it their socket.
//
// Life: counted; one count belongs to the socket, others to posted events, so that messages which
// came before the connection was lost are still delivered, and the loss behind them.
// In: frames are parsed in the socket's read callback, pings answered there; each message is
// delivered by an event of its own, in order. While more than kBacklogBytes wait in the events and
// at the end's other side, the socket is not read.
// Out: what the end brings gathers until the turn ends (or there is much of it), and counts as
// unconsumed until the kernel has it. A peer that lets kUnsentBytesMax wait is dropped.
// Closing: each direction ends with its own Close frame; this class answers none by itself.
// Whoever holds the end's other side is told {code, reason, clean}: clean after the peer's Close;
// 1006 when the connection was lost; the code sent to the peer (1002, 1007, 1009), not clean, when
// the peer broke the rules. An end that is dropped, or closed unclean, closes the socket without a
// Close frame. Private to emulator/http.
#ifndef OFFING_EMULATOR_HTTP_WEBSOCKET_CONNECTION_H_
#define OFFING_EMULATOR_HTTP_WEBSOCKET_CONNECTION_H_

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "emulator/http/counted.h"
#include "emulator/http/websocket_frames.h"
#include "emulator/world/world.h"
#include "runtime/http/web_socket.h"

namespace offing::http {

class WebSocketConnection final : public Counted<WebSocketConnection>,
                                  private WebSocketEnd::Receiver {
 public:
  static constexpr size_t kBacklogBytes = 1 << 20;
  static constexpr size_t kUnsentBytesMax = 64 << 20;

  // What a connection lends.
  class Socket {
   public:
    // Takes the bytes of both, the first first, by swapping. One write at a time: `on_drained` is
    // called when the kernel has them, possibly from inside.
    virtual void write_frames(std::string& out, std::string& big) = 0;
    virtual void read_frames(bool on) = 0;
    // Everything is written. Politely: the peer gets time to read it; else at once.
    virtual void end_frames(bool politely) = 0;

   protected:
    ~Socket() = default;
  };

  // The socket still writes the handshake: nothing is written before the first `on_drained`.
  WebSocketConnection(World& world, Socket* socket, std::unique_ptr<WebSocketEnd> end,
                      WebSocketRole role, int64_t close_timeout_ms, size_t message_bytes_max);

  // Takes what has waited in the end.
  void start();
  // Says 1001, and takes no more from the end.
  void go_away();
  void sweep(int64_t now_us);

  // --- From the socket
  void on_bytes(std::string_view input);
  void on_drained();
  void on_socket_closed();
  // The socket's owner goes away, and with it the end, at once.
  void forget();

 private:
  enum class Ending : uint8_t { kNot, kPolitely, kAtOnce, kEnded };
  friend Counted<WebSocketConnection>;
  ~WebSocketConnection() override = default;

  void on_message(WebSocketMessage message) override;
  void on_close(WebSocketClose close) override;
  void on_drain() override;

  void post_delivery(std::variant<WebSocketMessage, WebSocketClose> item);
  void deliver();
  void fail(const WebSocketClose& failure);
  void answer_ping(std::string_view payload);
  void append(Opcode opcode, std::string payload);
  void send_close(const WebSocketClose& close);
  void end(Ending how);
  void flush();
  void flush_later();
  void pause_or_resume();
  size_t unsent_bytes() const { return out_.size() + big_.size() + flight_bytes_; }
  MaskKey next_mask();

  World& world_;
  Socket* socket_;  // null once it is closed
  std::unique_ptr<WebSocketEnd> end_;
  FrameReader reader_;
  const WebSocketRole role_;
  const int64_t close_timeout_ms_;

  std::deque<std::variant<WebSocketMessage, WebSocketClose>> inbox_;  // one posted event each
  size_t inbox_bytes_ = 0;
  bool paused_ = false;
  bool read_ended_ = false;  // a Close or a failure: nothing more is parsed
  bool close_sent_ = false;

  std::string out_;
  std::string big_;            // a large payload behind out_, not copied
  size_t payload_bytes_ = 0;   // of messages in both
  size_t flight_bytes_ = 0;    // with the socket
  size_t flight_payload_bytes_ = 0;
  bool writing_ = true;
  bool flushing_ = false;
  bool flush_posted_ = false;
  std::optional<std::string> pong_owed_;  // while the socket takes nothing: the last ping's

  Ending ending_ = Ending::kNot;
  std::optional<int64_t> closing_since_us_;
  std::array<uint8_t, 64> mask_bytes_;  // a client's next keys
  size_t mask_bytes_used_ = 64;
};

}  // namespace offing::http

#endif  // OFFING_EMULATOR_HTTP_WEBSOCKET_CONNECTION_H_
