#include "runtime/actor/actor_sockets.h"

#include <ranges>

namespace offing {

class ActorSockets::Socket final : private WebSocketEnd::Receiver {
 public:
  Socket(ActorSockets& all, SocketNumber number, std::unique_ptr<WebSocketEnd> end)
      : end(std::move(end)), all_(all), number_(number) {}
  ~Socket() override {
    if (end) end->set_receiver(nullptr);
  }

  void listen() { end->set_receiver(this); }

  std::unique_ptr<WebSocketEnd> end;
  std::vector<std::string> tags;
  std::optional<std::string> attachment;
  std::optional<int64_t> auto_response_ms;
  bool disconnected = false;

 private:
  void on_message(WebSocketMessage message) override {
    const std::optional<AutoResponse>& pair = all_.auto_response_;
    if (pair && !message.binary && message.bytes == pair->request) {
      auto_response_ms = all_.now_ms_();
      return end->send({.binary = false, .bytes = pair->response});
    }
    end->add_unconsumed(message.bytes.size());
    all_.deliver_({.kind = SocketEvent::Kind::kMessage,
                   .socket = number_,
                   .message = std::move(message),
                   .close = {},
                   .from = all_.self_});
  }

  void on_close(WebSocketClose close) override {
    disconnected = !close.clean;
    const bool fault = disconnected && close.code != 1006;
    all_.deliver_({.kind = fault ? SocketEvent::Kind::kError : SocketEvent::Kind::kClose,
                   .socket = number_,
                   .message = {},
                   .close = std::move(close),
                   .from = all_.self_});
  }

  ActorSockets& all_;
  const SocketNumber number_;
};

ActorSockets::ActorSockets(Now now_ms, Deliver deliver)
    : now_ms_(std::move(now_ms)), deliver_(std::move(deliver)),
      self_(std::make_shared<ActorSockets*>(this)) {}
ActorSockets::~ActorSockets() { drop_all(); }

SocketNumber ActorSockets::accept(std::unique_ptr<WebSocketEnd> end, std::vector<std::string> tags,
                                  std::optional<std::string> attachment) {
  if (sockets_.size() >= kSocketsMax) return 0;
  const SocketNumber number = ++last_;
  auto made = std::make_unique<Socket>(*this, number, std::move(end));
  for (const std::string& tag : tags) by_tag_[tag].insert(number);
  made->tags = std::move(tags);
  made->attachment = std::move(attachment);
  Socket& socket = *made;
  sockets_.emplace(number, std::move(made));
  socket.listen();
  return number;
}

const ActorSockets::Socket* ActorSockets::find(SocketNumber socket) const {
  auto found = sockets_.find(socket);
  return found == sockets_.end() ? nullptr : found->second.get();
}

std::vector<SocketNumber> ActorSockets::list() const {
  std::vector<SocketNumber> numbers;
  numbers.reserve(sockets_.size());
  for (const auto& [number, socket] : sockets_ | std::views::reverse) {
    if (!socket->disconnected) numbers.push_back(number);
  }
  return numbers;
}

std::vector<SocketNumber> ActorSockets::list(const std::string& tag) const {
  std::vector<SocketNumber> numbers;
  auto found = by_tag_.find(tag);
  if (found == by_tag_.end()) return numbers;
  for (SocketNumber number : found->second) {
    if (!find(number)->disconnected) numbers.push_back(number);
  }
  return numbers;
}

void ActorSockets::send(SocketNumber socket, WebSocketMessage message) {
  if (const Socket* found = find(socket)) found->end->send(std::move(message));
}

void ActorSockets::close(SocketNumber socket, WebSocketClose close) {
  if (const Socket* found = find(socket)) found->end->close(std::move(close));
}

bool ActorSockets::closed(SocketNumber socket) const {
  const Socket* found = find(socket);
  return found == nullptr || found->end->closed();
}

const std::vector<std::string>& ActorSockets::tags(SocketNumber socket) const {
  static const std::vector<std::string> none;
  const Socket* found = find(socket);
  return found == nullptr ? none : found->tags;
}

const std::optional<std::string>& ActorSockets::attachment(SocketNumber socket) const {
  static const std::optional<std::string> none;
  const Socket* found = find(socket);
  return found == nullptr ? none : found->attachment;
}

void ActorSockets::set_attachment(SocketNumber socket, std::string bytes) {
  auto found = sockets_.find(socket);
  if (found != sockets_.end()) found->second->attachment = std::move(bytes);
}

std::optional<int64_t> ActorSockets::auto_response_ms(SocketNumber socket) const {
  const Socket* found = find(socket);
  return found == nullptr ? std::nullopt : found->auto_response_ms;
}

void ActorSockets::begun(const SocketEvent& event) {
  if (event.kind != SocketEvent::Kind::kMessage) return;
  if (const Socket* found = find(event.socket)) found->end->consumed(event.message.bytes.size());
}

void ActorSockets::over(const SocketEvent& event) {
  if (event.kind != SocketEvent::Kind::kMessage) remove(event.socket);
}

void ActorSockets::remove(SocketNumber socket) {
  auto found = sockets_.find(socket);
  if (found == sockets_.end()) return;
  std::unique_ptr<Socket> dropped = std::move(found->second);
  sockets_.erase(found);
  for (const std::string& tag : dropped->tags) {
    auto tagged = by_tag_.find(tag);
    tagged->second.erase(socket);
    if (tagged->second.empty()) by_tag_.erase(tagged);
  }
}

ActorSockets* ActorSockets::of(const SocketEvent& event) {
  const std::shared_ptr<ActorSockets*> from = event.from.lock();
  return from != nullptr && (*from)->has(event.socket) ? *from : nullptr;
}

void ActorSockets::drop_all() {
  by_tag_.clear();
  const auto dropped = std::exchange(sockets_, {});
}

}  // namespace offing
