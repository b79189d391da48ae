// Both sides of a WebSocket by hand, for the tests: frames as bytes, and a guest that notes what its
// end brings.
#ifndef OFFING_TESTS_UNIT_WEBSOCKET_TEST_KIT_H_
#define OFFING_TESTS_UNIT_WEBSOCKET_TEST_KIT_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/http/message.h"
#include "runtime/http/web_socket.h"

namespace offing::test {

constexpr int kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10;

// A frame with its bits as given; masked as a client's unless told.
inline std::string frame(int opcode, std::string payload, bool final = true, bool masked = true,
                         int reserved = 0) {
  std::string out(1, static_cast<char>((final ? 0x80 : 0) | reserved << 4 | opcode));
  const size_t n = payload.size();
  const int length_bytes = n < 126 ? 0 : n < 65536 ? 2 : 8;
  const size_t short_length = length_bytes == 0 ? n : length_bytes == 2 ? 126 : 127;
  out += static_cast<char>((masked ? 0x80 : 0) | short_length);
  for (int i = length_bytes; i-- > 0;) out += static_cast<char>(n >> (8 * i));
  if (!masked) return out + payload;
  const std::string key("\x9d\x01\xfe\x42", 4);
  for (size_t i = 0; i < n; ++i) payload[i] = static_cast<char>(payload[i] ^ key[i % 4]);
  return out + key + payload;
}

inline std::string close_bytes(int code, const std::string& reason = {}) {
  return std::string{static_cast<char>(code >> 8), static_cast<char>(code)} + reason;
}

// "text:hello", "close:1000:bye", "ping:x" for each whole frame of `bytes`, as a server sends them.
inline std::vector<std::string> frames_of(std::string_view bytes) {
  std::vector<std::string> seen;
  while (bytes.size() >= 2) {
    const int opcode = bytes[0] & 0x0f;
    size_t n = static_cast<unsigned char>(bytes[1]) & 0x7f, at = 2;
    const size_t length_bytes = n == 126 ? 2 : n == 127 ? 8 : 0;
    if (bytes.size() < 2 + length_bytes) break;
    if (length_bytes > 0) n = 0;
    for (size_t i = 0; i < length_bytes; ++i) n = n << 8 | static_cast<unsigned char>(bytes[at++]);
    if (bytes.size() - at < n) break;
    const std::string payload(bytes.substr(at, n));
    bytes.remove_prefix(at + n);
    if (opcode == kClose && n >= 2) {
      const int code = static_cast<unsigned char>(payload[0]) << 8 |
                       static_cast<unsigned char>(payload[1]);
      seen.push_back("close:" + std::to_string(code) + ":" + payload.substr(2));
      continue;
    }
    const char* name = opcode == kText ? "text:" : opcode == kBinary ? "binary:"
                       : opcode == kClose ? "close:" : opcode == kPing ? "ping:"
                       : opcode == kPong ? "pong:" : "other:";
    seen.push_back(name + payload);
  }
  return seen;
}

// Holds an end, as a Worker would.
struct Guest final : WebSocketEnd::Receiver {
  // The response that accepts an upgrade; this guest keeps the other end.
  Response accept() {
    auto [ours, theirs] = WebSocketEnd::make_pair();
    take(std::move(ours));
    Response response;
    response.status = 101;
    response.web_socket = std::move(theirs);
    return response;
  }
  void take(std::unique_ptr<WebSocketEnd> held) {
    end = std::move(held);
    end->set_receiver(this);
  }
  void on_message(WebSocketMessage message) override {
    bytes += message.bytes.size();
    if (note) log.push_back((message.binary ? "binary:" : "text:") + message.bytes);
    if (on_text) on_text(std::move(message));
  }
  void on_close(WebSocketClose close) override {
    log.push_back("close:" + std::to_string(close.code) + ":" + close.reason +
                  (close.clean ? "" : " (not clean)"));
    if (on_end) on_end(std::move(close));
  }
  void send(std::string text) { end->send({false, std::move(text)}); }
  void close(uint16_t code, std::string reason = {}) { end->close({code, std::move(reason), true}); }

  std::unique_ptr<WebSocketEnd> end;
  std::vector<std::string> log;
  bool note = true;
  size_t bytes = 0;
  std::function<void(WebSocketMessage)> on_text;
  std::function<void(WebSocketClose)> on_end;
};

}  // namespace offing::test

#endif  // OFFING_TESTS_UNIT_WEBSOCKET_TEST_KIT_H_
