// One end of a WebSocket in a guest's hands (native.d.ts: WebSocketId).
//
// It belongs to a context: an event of a stateless Worker, or an instance of a Durable Object, and
// goes with it. Until `accept` what comes waits in the channel; afterwards each message, and the
// close, is an event of its own (Entry.socketEvent), through the input gate and in order.
// An accepted one is *open* until both sides have closed or the connection is lost. While it is, it
// keeps an instance in memory (spec/durable-objects.md 3.5, rule 32) and a stateless event's context
// alive: without limit when the event has answered with a socket, else like a waitUntil promise.
// Given away (a Response, hibernation) the end leaves its table; the guest's object knows.
// Owner: Isolate::Parts::sockets.
#ifndef OFFING_RUNTIME_ISOLATE_GUEST_SOCKET_H_
#define OFFING_RUNTIME_ISOLATE_GUEST_SOCKET_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <variant>

#include "runtime/http/web_socket.h"
#include "runtime/isolate/parts.h"

namespace offing {

class GuestSocket final : private WebSocketEnd::Receiver {
 public:
  GuestSocket(Isolate::Parts& parts, uint64_t id, RequestId owner,
              std::unique_ptr<WebSocketEnd> end)
      : parts_(parts), id_(id), owner_(owner), end_(std::move(end)) {}
  ~GuestSocket() override;
  GuestSocket(const GuestSocket&) = delete;

  RequestId owner() const { return owner_; }
  bool accepted() const { return accepted_; }
  // `section`: of the input gate that its events belong to.
  void accept(uint32_t section);
  void send(WebSocketMessage message) { end_->send(std::move(message)); }
  void close(WebSocketClose close);

 private:
  friend uint64_t add_socket(Isolate::Parts&, RequestId, std::unique_ptr<WebSocketEnd>);
  friend std::pair<uint64_t, uint64_t> add_socket_pair(Isolate::Parts&, RequestId);
  friend std::unique_ptr<WebSocketEnd> take_socket(Isolate::Parts&, uint64_t);
  friend void drop_socket(Isolate::Parts&, uint64_t);
  friend void drop_sockets_of(Isolate::Parts&, RequestId);
  using Item = std::variant<WebSocketMessage, WebSocketClose>;

  void on_message(WebSocketMessage message) override;
  void on_close(WebSocketClose close) override;
  void receive(Item item);
  void enter();
  void hand_over();
  // While somebody outside this context may send something, the context can be woken up.
  void expect(bool something);
  bool is_over() const;
  void forget_counts();

  Isolate::Parts& parts_;
  const uint64_t id_;
  RequestId owner_;
  std::unique_ptr<WebSocketEnd> end_;
  std::deque<Item> inbox_;      // one posted event each
  uint64_t peer_ = 0;           // the pair's other end, while it is in the same table
  uint32_t section_ = 0;
  bool accepted_ = false;
  bool expecting_ = false;
  bool incoming_over_ = false;  // the guest was told of the close
  bool lost_ = false;           // ... and it was not clean
};

GuestSocket* find_socket(Isolate::Parts& parts, uint64_t socket);
uint64_t add_socket(Isolate::Parts& parts, RequestId owner, std::unique_ptr<WebSocketEnd> end);
std::pair<uint64_t, uint64_t> add_socket_pair(Isolate::Parts& parts, RequestId owner);
// Gives it away; null when there is no such end.
std::unique_ptr<WebSocketEnd> take_socket(Isolate::Parts& parts, uint64_t socket);
// Lets go of it: the peer is told 1006 unless this side has closed.
void drop_socket(Isolate::Parts& parts, uint64_t socket);
// The context ends.
void drop_sockets_of(Isolate::Parts& parts, RequestId owner);

}  // namespace offing

#endif  // OFFING_RUNTIME_ISOLATE_GUEST_SOCKET_H_
