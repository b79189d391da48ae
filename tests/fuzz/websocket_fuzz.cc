// Feeds bytes in pieces into the WebSocket frame reader. The first byte seeds the sizes of the pieces
// and says whose frames they are; the rest is what the peer sends. Checks what must hold for any
// input: the way it is cut changes nothing, limits hold, texts are UTF-8, failures say why, and
// what was read is read again the same from frames of our own.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "emulator/http/websocket_frames.h"
#include "runtime/bindings/utf8.h"

namespace {

using offing::WebSocketMessage;
using offing::http::FrameReader;
using offing::http::MaskKey;
using offing::http::Opcode;
using offing::http::WebSocketRole;

constexpr size_t kMessageMax = 4096;

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_text(std::string_view text) {
  return offing::is_utf8(std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

// A message must survive a frame of our own.
void check_round_trip(const WebSocketMessage& message, WebSocketRole role) {
  const MaskKey key = {1, 2, 3, static_cast<uint8_t>(message.bytes.size())};
  std::string bytes;
  offing::http::append_frame(bytes, message.binary ? Opcode::kBinary : Opcode::kText,
                             message.bytes, role == WebSocketRole::kServer ? &key : nullptr);
  FrameReader reader(role, kMessageMax);
  std::string_view rest = bytes;
  require(reader.parse(rest) == FrameReader::Step::kMessage && rest.empty());
  const WebSocketMessage again = reader.take_message();
  require(again.binary == message.binary && again.bytes == message.bytes);
}

std::string digest(std::string_view input, WebSocketRole role, uint32_t seed) {
  FrameReader reader(role, kMessageMax);
  std::string out;
  while (!input.empty()) {
    seed = seed * 1664525u + 1013904223u;
    const size_t size = seed % 5 == 0 ? input.size() : 1 + (seed >> 16) % 97;
    std::string_view piece = input.substr(0, size);
    input.remove_prefix(piece.size());
    for (bool more = true; more;) {
      switch (reader.parse(piece)) {
        case FrameReader::Step::kMore:
          require(piece.empty());
          more = false;
          break;
        case FrameReader::Step::kMessage: {
          const WebSocketMessage message = reader.take_message();
          require(message.bytes.size() <= kMessageMax);
          require(message.binary || is_text(message.bytes));
          check_round_trip(message, role);
          out.append(message.binary ? "B" : "T").append(message.bytes).append("\n");
          break;
        }
        case FrameReader::Step::kPing:
          require(reader.control().size() <= offing::http::kControlBytesMax);
          out.append("P").append(reader.control()).append("\n");
          break;
        case FrameReader::Step::kClose:
        case FrameReader::Step::kFailed: {
          const offing::WebSocketClose& close = reader.close();
          require(is_text(close.reason) && close.reason.size() <= 123);
          require(offing::http::close_payload(close).size() <= 125);
          return out + "C" + std::to_string(close.code) + close.reason;
        }
      }
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto role = data[0] % 2 == 0 ? WebSocketRole::kServer : WebSocketRole::kClient;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  require(digest(input, role, data[0]) == digest(input, role, data[0] * 31u + 7u));
  return 0;
}
