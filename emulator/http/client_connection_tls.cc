// TLS on a client's connection: between the socket and what is parsed and sent.
#include <cassert>

#include "emulator/http/client_connection.h"

namespace offing::http {

// What is sealed at a time: a large body is not there twice.
constexpr size_t kSealBytes = 256 * 1024;

void ClientConnection::start_tls() {
  tls_ = std::make_unique<TlsStream>(core_->tls(), call_.host);
  read_on();
  send_sealed();
}

void ClientConnection::on_tls_read(ssize_t size, const char* bytes) {
  touched_ = true;
  if (size < 0) {
    // Without the server's word for it, an end may be somebody else's cut.
    if (size == UV_EOF && running_ && !message_done_) {
      return close(connected_ ? "the connection ended without TLS saying so"
                              : "the connection ended in the TLS handshake");
    }
    return on_plain(size, nullptr);
  }
  std::string& plain = core_->plain_buffer();
  plain.clear();
  auto received = tls_->receive({bytes, static_cast<size_t>(size)}, plain);
  if (!received) {
    std::string alert = tls_->take_output();  // tells the server why we go
    if (!writing_ && !alert.empty()) send_raw(std::move(alert));
    return close(received.error());
  }
  send_sealed();
  if (closed_) return;
  const bool ended = tls_->peer_ended();
  if (!connected_ && tls_->ready()) {
    connected_ = true;
    send_request();
  }
  if (!closed_ && !plain.empty()) on_plain(static_cast<ssize_t>(plain.size()), plain.data());
  if (!closed_ && ended) on_plain(UV_EOF, nullptr);
}

void ClientConnection::send_tls(std::string plain) {
  assert(unsealed_.empty());
  unsealed_ = std::move(plain);
  unsealed_at_ = 0;
  send_sealed();
}

// `writing_` stays set while anything is unsealed: whoever waits for the one waits for the other.
void ClientConnection::send_sealed() {
  while (!writing_ && !closed_) {
    if (unsealed_at_ < unsealed_.size()) {
      const std::string_view part = std::string_view(unsealed_).substr(unsealed_at_, kSealBytes);
      if (auto written = tls_->write(part); !written) return close(written.error());
      unsealed_at_ += part.size();
      if (unsealed_at_ == unsealed_.size()) {
        unsealed_ = {};
        unsealed_at_ = 0;
      }
    }
    std::string out = tls_->take_output();
    if (out.empty()) return;
    if (!send_raw(std::move(out))) {
      unsealed_ = {};  // the reader hears of the lost connection
      unsealed_at_ = 0;
      return;
    }
  }
}

// The server hears that this end was meant, if the socket takes it at once.
void ClientConnection::end_tls() {
  if (writing_ || !connected_) return;
  tls_->end();
  std::string out = tls_->take_output();
  uv_buf_t buf = uv_buf_init(out.data(), static_cast<unsigned>(out.size()));
  if (!out.empty()) uv_try_write(reinterpret_cast<uv_stream_t*>(&tcp_), &buf, 1);
}

}  // namespace offing::http
