// The hibernatable WebSockets of one Durable Object (spec/durable-objects.md 4; 3.5, rule 33).
//
// They outlive the instances: whoever keeps the record of the object owns this, and every instance
// finds it through Host::actor_sockets. It is the receiver of all its ends. A text equal to the
// auto-response's request is answered at once, without waking anything and past the output gate
// (rule 15); everything else goes to `deliver`, in order. `deliver` is called from inside the
// peer's call: it must post, and then give the event to Isolate::actor_socket_event. That forgets a
// socket when its last event is over.
// Not kept over a reset: `drop_all`; the peers are told 1006.
#ifndef OFFING_RUNTIME_ACTOR_ACTOR_SOCKETS_H_
#define OFFING_RUNTIME_ACTOR_ACTOR_SOCKETS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/http/web_socket.h"

namespace offing {

class ActorSockets;
using SocketNumber = uint64_t;

// Something that a hibernatable WebSocket brings to its object's class.
struct SocketEvent {
  enum class Kind : uint8_t {
    kMessage,  // webSocketMessage
    kClose,    // webSocketClose; the socket's last
    kError,    // webSocketError, of a peer that broke the rules; the socket's last
  };
  Kind kind = Kind::kMessage;
  SocketNumber socket = 0;
  WebSocketMessage message;
  WebSocketClose close;  // kError: its code and reason
  std::weak_ptr<ActorSockets*> from;
};

class ActorSockets {
 public:
  using Now = std::function<int64_t()>;  // ms
  using Deliver = std::function<void(SocketEvent)>;
  static constexpr size_t kSocketsMax = 32'768;

  ActorSockets(Now now_ms, Deliver deliver);
  ~ActorSockets();
  ActorSockets(const ActorSockets&) = delete;

  // 0 when there are kSocketsMax already; the end is dropped then. Messages that wait in it are
  // delivered.
  SocketNumber accept(std::unique_ptr<WebSocketEnd> end, std::vector<std::string> tags,
                      std::optional<std::string> attachment);
  bool has(SocketNumber socket) const { return sockets_.contains(socket); }
  size_t size() const { return sockets_.size(); }
  // Those not disconnected. All: the newest first. Of one tag: in the order they were accepted.
  std::vector<SocketNumber> list() const;
  std::vector<SocketNumber> list(const std::string& tag) const;

  // ---- one socket; nothing happens, and empty values are given, when it is gone
  void send(SocketNumber socket, WebSocketMessage message);
  void close(SocketNumber socket, WebSocketClose close);
  bool closed(SocketNumber socket) const;  // by `close`
  const std::vector<std::string>& tags(SocketNumber socket) const;
  // The serializer's bytes
  const std::optional<std::string>& attachment(SocketNumber socket) const;
  void set_attachment(SocketNumber socket, std::string bytes);
  // When it was last answered so
  std::optional<int64_t> auto_response_ms(SocketNumber socket) const;

  // ---- all of them
  struct AutoResponse {
    std::string request;
    std::string response;
  };
  const std::optional<AutoResponse>& auto_response() const { return auto_response_; }
  void set_auto_response(std::optional<AutoResponse> pair) { auto_response_ = std::move(pair); }
  int64_t event_timeout_ms() const { return event_timeout_ms_; }  // 0: none
  void set_event_timeout_ms(int64_t ms) { event_timeout_ms_ = ms; }

  // ---- for Isolate::actor_socket_event: the event has been begun; it is over.
  void begun(const SocketEvent& event);
  void over(const SocketEvent& event);
  // The sockets that an event is of, while they are kept: not over a reset.
  static ActorSockets* of(const SocketEvent& event);

  void drop_all();

 private:
  class Socket;
  const Socket* find(SocketNumber socket) const;
  void remove(SocketNumber socket);

  Now now_ms_;
  Deliver deliver_;
  std::shared_ptr<ActorSockets*> self_;
  std::map<SocketNumber, std::unique_ptr<Socket>> sockets_;
  std::unordered_map<std::string, std::set<SocketNumber>> by_tag_;
  std::optional<AutoResponse> auto_response_;
  int64_t event_timeout_ms_ = 0;
  SocketNumber last_ = 0;
};

}  // namespace offing

#endif  // OFFING_RUNTIME_ACTOR_ACTOR_SOCKETS_H_
