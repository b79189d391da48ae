#include "runtime/http/web_socket.h"

#include <cassert>

namespace offing {

std::pair<std::unique_ptr<WebSocketEnd>, std::unique_ptr<WebSocketEnd>> WebSocketEnd::make_pair() {
  std::unique_ptr<WebSocketEnd> first(new WebSocketEnd), second(new WebSocketEnd);
  first->peer_ = second.get();
  second->peer_ = first.get();
  return {std::move(first), std::move(second)};
}

WebSocketEnd::~WebSocketEnd() {
  if (peer_ == nullptr) return;
  WebSocketEnd* peer = std::exchange(peer_, nullptr);
  peer->peer_ = nullptr;
  if (!closed_) {
    peer->deliver(WebSocketClose{
        1006, "WebSocket disconnected without sending Close frame.", false});
  }
}

void WebSocketEnd::set_receiver(Receiver* receiver) {
  receiver_ = receiver;
  const std::weak_ptr<int> alive = life_;
  const bool took_some = receiver_ != nullptr && waiting_bytes_ > 0;
  while (!alive.expired() && receiver_ != nullptr && !waiting_.empty()) {
    auto item = std::move(waiting_.front());
    waiting_.pop_front();
    if (auto* message = std::get_if<WebSocketMessage>(&item)) {
      waiting_bytes_ -= message->bytes.size();
      receiver_->on_message(std::move(*message));
    } else {
      receiver_->on_close(std::move(std::get<WebSocketClose>(item)));
    }
  }
  // Who sent it may have waited for that.
  if (!took_some || alive.expired() || peer_ == nullptr || peer_->receiver_ == nullptr) return;
  peer_->receiver_->on_drain();
}

void WebSocketEnd::send(WebSocketMessage message) {
  if (closed_ || peer_ == nullptr) return;
  peer_->deliver(std::move(message));
}

void WebSocketEnd::close(WebSocketClose close) {
  if (std::exchange(closed_, true) || peer_ == nullptr) return;
  peer_->deliver(std::move(close));
}

void WebSocketEnd::deliver(std::variant<WebSocketMessage, WebSocketClose> item) {
  assert(!peer_closed_);
  if (std::holds_alternative<WebSocketClose>(item)) peer_closed_ = true;
  if (receiver_ == nullptr || !waiting_.empty()) {
    if (auto* message = std::get_if<WebSocketMessage>(&item)) waiting_bytes_ += message->bytes.size();
    waiting_.push_back(std::move(item));
    return;
  }
  if (auto* message = std::get_if<WebSocketMessage>(&item)) {
    receiver_->on_message(std::move(*message));
  } else {
    receiver_->on_close(std::move(std::get<WebSocketClose>(item)));
  }
}

size_t WebSocketEnd::backlog_bytes() const {
  return peer_ == nullptr ? 0 : peer_->waiting_bytes_ + peer_->unconsumed_bytes_;
}

void WebSocketEnd::consumed(size_t bytes) {
  assert(bytes <= unconsumed_bytes_);
  unconsumed_bytes_ -= bytes;
  if (peer_ != nullptr && peer_->receiver_ != nullptr) peer_->receiver_->on_drain();
}

}  // namespace offing
