// WebSocket frames (RFC 6455, 5): bytes in, messages out, and back. No socket, no clock.
//
// `FrameReader::parse` consumes bytes from the front of its input and stops at each thing worth
// knowing. Fragments are put together and masks taken off; pongs are swallowed. What breaks the
// rules is a failure: a Close to send, after which the reader is of no further use.
// Why not a library: of wslay Debian has a shared object only; it keeps 4 KiB for each socket,
// answers a Close by itself, which is the guest's to do, and takes masks off a byte at a time.
#ifndef OFFING_EMULATOR_HTTP_WEBSOCKET_FRAMES_H_
#define OFFING_EMULATOR_HTTP_WEBSOCKET_FRAMES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/http/web_socket.h"

namespace offing::http {

enum class Opcode : uint8_t {
  kContinuation = 0x0,
  kText = 0x1,
  kBinary = 0x2,
  kClose = 0x8,
  kPing = 0x9,
  kPong = 0xa,
};

// A client masks what it sends, a server never.
enum class WebSocketRole : uint8_t { kServer, kClient };
using MaskKey = std::array<uint8_t, 4>;

// What a message may hold that comes from the network (spec/durable-objects.md 4, Message size).
constexpr size_t kMessageBytesMax = 32 * 1024 * 1024;
constexpr size_t kControlBytesMax = 125;

// Appends a whole unfragmented frame. `mask` is null for a server.
void append_frame(std::string& out, Opcode opcode, std::string_view payload, const MaskKey* mask);
// Its first bytes alone, for a payload that is sent from where it lies.
void append_frame_head(std::string& out, Opcode opcode, uint64_t payload_bytes,
                       const MaskKey* mask);
// Code and reason; empty for 1005. The reason is cut to what a control frame holds, at a character.
std::string close_payload(const WebSocketClose& close);

class FrameReader {
 public:
  enum class Step : uint8_t {
    kMore,     // all input consumed
    kMessage,  // see `take_message`
    kPing,     // see `control`
    kClose,    // see `close`; nothing that follows counts
    kFailed,   // likewise, with the code and reason to send
  };

  // The role is that of the reading side.
  explicit FrameReader(WebSocketRole role, size_t message_bytes_max = kMessageBytesMax)
      : message_bytes_max_(message_bytes_max), role_(role) {}

  Step parse(std::string_view& input);

  WebSocketMessage take_message();
  std::string_view control() const { return control_; }
  const WebSocketClose& close() const { return close_; }

 private:
  bool take_head(std::string_view& input);
  bool start_frame();
  void take_payload(std::string_view& input);
  std::optional<Step> end_frame();
  Step end_close();
  bool fail(uint16_t code, std::string reason);
  bool is_control() const { return opcode_ >= Opcode::kClose; }
  bool masked() const { return (head_[1] & 0x80) != 0; }
  size_t head_size() const;

  size_t message_bytes_max_;
  uint64_t payload_left_ = 0;
  std::string message_;  // fragments so far
  std::string control_;
  WebSocketClose close_;
  std::array<uint8_t, 14> head_;
  uint8_t head_bytes_ = 0;  // of the frame at hand, that have come
  uint8_t mask_at_ = 0;     // which byte of the key is next
  MaskKey mask_;
  WebSocketRole role_;
  Opcode opcode_ = Opcode::kContinuation;
  bool final_ = false;
  bool in_payload_ = false;
  bool in_message_ = false;
  bool binary_ = false;
  bool failed_ = false;
};

}  // namespace offing::http

#endif  // OFFING_EMULATOR_HTTP_WEBSOCKET_FRAMES_H_
