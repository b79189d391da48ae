// A WebSocket as the two ends of a channel, without frames, sockets or guests.
//
// Whoever holds an end sends through it and is told, through its Receiver, what the other end sent.
// An end is held by a guest's WebSocket object, by a Durable Object while it hibernates, by a network
// connection, or by a Response on its way. What arrives while an end has no receiver waits in it, in
// order. Everything is synchronous: a receiver is called from inside the other side's call, so one
// that leads to a guest must not enter it there, but as an event of its own.
// Each direction ends with one `close` or by the holder dropping its end; the pair is over when both
// have ended. An end dropped without `close` is a disconnect: the peer is told code 1006.
// Ownership: unique_ptr; ends may be destroyed in any order, also from inside a receiver's call.
#ifndef OFFING_RUNTIME_HTTP_WEB_SOCKET_H_
#define OFFING_RUNTIME_HTTP_WEB_SOCKET_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>

namespace offing {

struct WebSocketMessage {
  bool binary = false;
  std::string bytes;  // UTF-8 when it is text
};

struct WebSocketClose {
  uint16_t code = 1005;  // 1005: a Close frame without a code; 1006: no Close frame came
  std::string reason;    // UTF-8, at most 123 bytes
  bool clean = true;     // false: the connection was lost
};

class WebSocketEnd {
 public:
  class Receiver {
   public:
    virtual ~Receiver() = default;
    virtual void on_message(WebSocketMessage message) = 0;
    // The other side sends no more. This side may still send until it has closed too.
    virtual void on_close(WebSocketClose close) = 0;
    // The other side has taken something from its backlog; a sender that waited may go on.
    virtual void on_drain() {}
  };

  static std::pair<std::unique_ptr<WebSocketEnd>, std::unique_ptr<WebSocketEnd>> make_pair();
  ~WebSocketEnd();
  WebSocketEnd(const WebSocketEnd&) = delete;
  WebSocketEnd& operator=(const WebSocketEnd&) = delete;

  // Null takes the receiver away. What has waited is delivered before this returns.
  void set_receiver(Receiver* receiver);
  // Does nothing after `close` or when the other end is gone.
  void send(WebSocketMessage message);
  // Sends no more. A second call does nothing.
  void close(WebSocketClose close);
  bool closed() const { return closed_; }       // this side has closed
  bool peer_closed() const { return peer_closed_; }  // the other side has (delivered or waiting)

  // What was sent from here and is not consumed. The holder of the other end says what it has not
  // consumed yet beyond what waits in the channel: bytes queued to a slow network, or to a guest.
  size_t backlog_bytes() const;
  void add_unconsumed(size_t bytes) { unconsumed_bytes_ += bytes; }
  void consumed(size_t bytes);

  // What the network's handshake agreed upon; the guest's `protocol` and `extensions`.
  std::string protocol;

 private:
  WebSocketEnd() = default;
  void deliver(std::variant<WebSocketMessage, WebSocketClose> item);

  std::weak_ptr<int> alive() const { return life_; }
  std::shared_ptr<int> life_ = std::make_shared<int>();
  WebSocketEnd* peer_ = nullptr;  // null once it is gone
  Receiver* receiver_ = nullptr;
  std::deque<std::variant<WebSocketMessage, WebSocketClose>> waiting_;
  size_t waiting_bytes_ = 0;
  size_t unconsumed_bytes_ = 0;
  bool closed_ = false;
  bool peer_closed_ = false;
};

}  // namespace offing

#endif  // OFFING_RUNTIME_HTTP_WEB_SOCKET_H_
