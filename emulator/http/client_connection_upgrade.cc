// How a client's connection becomes a WebSocket, and what it lends to it.
#include <cassert>

#include "emulator/http/client_connection.h"

namespace offing::http {

// `rest` came behind the head of the 101.
void ClientConnection::start_web_socket(std::string_view rest) {
  head_delivered_ = true;
  auto [ours, guests] = WebSocketEnd::make_pair();
  guests->protocol = response_.headers.get("sec-websocket-protocol").value_or("");
  response_.web_socket = std::move(guests);
  web_socket_ = new WebSocketConnection(core_->world(), this, std::move(ours),
                                        WebSocketRole::kClient,
                                        core_->options().web_socket_close_timeout_ms,
                                        core_->options().web_socket_message_bytes_max);
  web_socket_->start();
  if (!writing_) web_socket_->on_drained();
  core_->answer(call_.id, std::move(call_.done), std::move(response_));
  call_.request = Request();
  if (!rest.empty()) web_socket_->on_bytes(rest);
}

void ClientConnection::write_frames(std::string& out, std::string& big) {
  assert(big.empty() && !writing_);
  send(std::exchange(out, {}));
  if (!writing_ && web_socket_) web_socket_->on_drained();
}

void ClientConnection::read_frames(bool on) {
  if (on) return read_on();
  pause_reading();
}

// The server has answered the Close, or never will.
void ClientConnection::end_frames(bool) { close({}); }

// The socket is closing. `told`: the other side hears of it, as an event.
void ClientConnection::leave_web_socket(bool told) {
  if (!web_socket_) return;
  WebSocketConnection* web_socket = std::exchange(web_socket_, nullptr);
  if (told) {
    web_socket->on_socket_closed();
  } else {
    web_socket->forget();
  }
  web_socket->unref();
}

}  // namespace offing::http
