// How a connection becomes a WebSocket, and what it lends to it.
#include <cassert>

#include "emulator/http/connection.h"

namespace offing::http {

// Why a response with status 101 or a WebSocket cannot be given; the answer instead.
static std::optional<Response> refuse_upgrade(const Response& response,
                                              const UpgradeRequest* upgrade) {
  if (!response.web_socket) {
    return text_response(500, "The response has status 101, but no WebSocket.");
  }
  if (response.status != 101) {
    return text_response(500, "The response has a WebSocket, but its status is " +
                                  std::to_string(response.status) + " instead of 101.");
  }
  if (!upgrade) {
    return text_response(500,
                         "Worker tried to return WebSocket in a response to a request which did "
                         "not contain the header \"Upgrade: websocket\".");
  }
  if (!upgrade->refusal) return std::nullopt;
  Response refused = text_response(upgrade->refusal->status, upgrade->refusal->text);
  if (refused.status == 426) {
    refused.headers.add("upgrade", "websocket");
    refused.headers.add("sec-websocket-version", "13");
  }
  return refused;
}

bool Connection::take_over(Response& response) {
  std::optional<Response> refused = refuse_upgrade(response, upgrade_.get());
  if (!refused) {
    assert(body_ended_ && !body_);
    auto appended = append_upgrade_head(out_, response, upgrade_->key);
    if (!appended) refused = text_response(500, appended.error());
  }
  if (refused) {
    response = std::move(*refused);
    return false;
  }
  ticket_ = 0;
  announced_ = false;
  upgrade_.reset();
  parser_.head() = RequestHead();
  web_socket_ = new WebSocketConnection(core_->world(), this, std::move(response.web_socket),
                                        WebSocketRole::kServer,
                                        core_->options().web_socket_close_timeout_ms,
                                        core_->options().web_socket_message_bytes_max);
  web_socket_->start();
  flush();
  if (closed_) return true;
  if (peer_closed_) {
    close(false);
    return true;
  }
  if (!unread_.empty()) web_socket_->on_bytes(std::exchange(unread_, {}));
  if (core_->draining()) web_socket_->go_away();
  start_reading();
  return true;
}

void Connection::write_frames(std::string& out, std::string& big) {
  assert(out_.empty() && big_.empty() && !writing_);
  out_.swap(out);
  big_.swap(big);
  flush();
}

void Connection::read_frames(bool on) {
  if (closed_) return;
  if (on) return start_reading();
  stop_reading();
}

void Connection::end_frames(bool politely) {
  if (politely) return close_politely();
  close(false);
}

// The socket is closing.
void Connection::leave_web_socket() {
  if (!web_socket_) return;
  WebSocketConnection* web_socket = std::exchange(web_socket_, nullptr);
  if (core_) {
    web_socket->on_socket_closed();
  } else {
    web_socket->forget();
  }
  web_socket->unref();
}

}  // namespace offing::http
