#include "emulator/http/websocket_frames.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <span>
#include <utility>

#include "runtime/bindings/utf8.h"

namespace offing::http {

constexpr uint8_t kFinal = 0x80;
constexpr uint8_t kReserved = 0x70;
constexpr uint8_t kMasked = 0x80;
constexpr uint8_t kTwoByteLength = 126;
constexpr uint8_t kEightByteLength = 127;
constexpr size_t kRoomFromBytes = 64 * 1024;
constexpr size_t kReasonBytesMax = kControlBytesMax - 2;

static bool is_text(std::string_view bytes) {
  return is_utf8(std::span(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
}

// Puts a mask on, or takes it off: `key[at]` is for the first byte.
static void apply_mask(char* bytes, size_t size, const MaskKey& key, size_t at) {
  uint8_t turned[8];
  for (size_t i = 0; i < sizeof turned; ++i) turned[i] = key[(at + i) % key.size()];
  uint64_t pattern;
  std::memcpy(&pattern, turned, sizeof pattern);
  size_t i = 0;
  for (; i + sizeof pattern <= size; i += sizeof pattern) {
    uint64_t word;
    std::memcpy(&word, bytes + i, sizeof word);
    word ^= pattern;
    std::memcpy(bytes + i, &word, sizeof word);
  }
  for (; i < size; ++i) bytes[i] = static_cast<char>(bytes[i] ^ turned[i % sizeof turned]);
}

// --- Writing

void append_frame_head(std::string& out, Opcode opcode, uint64_t payload_bytes,
                       const MaskKey* mask) {
  assert(opcode < Opcode::kClose || payload_bytes <= kControlBytesMax);
  char head[14];
  size_t size = 0;
  const auto put = [&head, &size](uint64_t byte) { head[size++] = static_cast<char>(byte); };
  const uint8_t mask_bit = mask ? kMasked : 0;
  put(kFinal | static_cast<uint8_t>(opcode));
  if (payload_bytes < kTwoByteLength) {
    put(mask_bit | payload_bytes);
  } else {
    const int length_bytes = payload_bytes <= UINT16_MAX ? 2 : 8;
    put(mask_bit | (length_bytes == 2 ? kTwoByteLength : kEightByteLength));
    for (int i = length_bytes; i-- > 0;) put((payload_bytes >> (8 * i)) & 0xff);
  }
  if (mask) {
    for (uint8_t byte : *mask) put(byte);
  }
  out.append(head, size);
}

void append_frame(std::string& out, Opcode opcode, std::string_view payload, const MaskKey* mask) {
  append_frame_head(out, opcode, payload.size(), mask);
  const size_t start = out.size();
  out.append(payload);
  if (mask) apply_mask(out.data() + start, payload.size(), *mask, 0);
}

std::string close_payload(const WebSocketClose& close) {
  std::string payload;
  if (close.code == 1005) return payload;
  payload.push_back(static_cast<char>(close.code >> 8));
  payload.push_back(static_cast<char>(close.code & 0xff));
  size_t size = std::min(close.reason.size(), kReasonBytesMax);
  if (size < close.reason.size()) {
    while (size > 0 && (static_cast<uint8_t>(close.reason[size]) & 0xc0) == 0x80) --size;
  }
  payload.append(close.reason, 0, size);
  return payload;
}

// --- Reading

FrameReader::Step FrameReader::parse(std::string_view& input) {
  assert(!failed_);
  for (;;) {
    if (!in_payload_) {
      if (!take_head(input)) return Step::kMore;
      if (!start_frame()) return Step::kFailed;
    }
    take_payload(input);
    if (payload_left_ > 0) return Step::kMore;
    in_payload_ = false;
    head_bytes_ = 0;
    if (auto step = end_frame()) return *step;
  }
}

WebSocketMessage FrameReader::take_message() { return {binary_, std::exchange(message_, {})}; }

// Of the frame whose first two bytes have come.
size_t FrameReader::head_size() const {
  const uint8_t length = head_[1] & 0x7f;
  const size_t length_bytes = length == kEightByteLength ? 8 : length == kTwoByteLength ? 2 : 0;
  return 2 + length_bytes + (masked() ? mask_.size() : 0);
}

// False when more bytes are needed.
bool FrameReader::take_head(std::string_view& input) {
  for (;;) {
    const size_t wanted = head_bytes_ < 2 ? 2 : head_size();
    const size_t taken = std::min(wanted - head_bytes_, input.size());
    std::memcpy(head_.data() + head_bytes_, input.data(), taken);
    head_bytes_ = static_cast<uint8_t>(head_bytes_ + taken);
    input.remove_prefix(taken);
    if (head_bytes_ < wanted) return false;
    if (wanted == head_size()) return true;
  }
}

bool FrameReader::fail(uint16_t code, std::string reason) {
  failed_ = true;
  message_ = {};
  close_ = {code, std::move(reason), false};
  return false;
}

// Reads the complete head; false when the frame breaks a rule.
bool FrameReader::start_frame() {
  opcode_ = static_cast<Opcode>(head_[0] & 0x0f);
  final_ = (head_[0] & kFinal) != 0;
  const uint8_t short_length = head_[1] & 0x7f;
  const size_t length_bytes = short_length == kEightByteLength ? 8
                              : short_length == kTwoByteLength ? 2 : 0;
  uint64_t length = length_bytes == 0 ? short_length : 0;
  for (size_t i = 0; i < length_bytes; ++i) length = length << 8 | head_[2 + i];
  if (masked()) std::memcpy(mask_.data(), head_.data() + 2 + length_bytes, mask_.size());
  mask_at_ = 0;

  if ((head_[0] & kReserved) != 0) {
    return fail(1002, "A frame has reserved bits set, but no extension was agreed upon.");
  }
  const bool must_mask = role_ == WebSocketRole::kServer;
  if (masked() != must_mask) {
    return fail(1002, must_mask ? "A client's frame must be masked."
                                : "A server's frame must not be masked.");
  }
  const bool shortest = length_bytes == 0 || length > (length_bytes == 2 ? 125u : 65535u);
  if (!shortest || length >> 63 != 0) {
    return fail(1002, "A frame's length is not written in its shortest form.");
  }
  switch (opcode_) {
    case Opcode::kClose:
    case Opcode::kPing:
    case Opcode::kPong:
      if (!final_) return fail(1002, "A control frame must not be fragmented.");
      if (length > kControlBytesMax) return fail(1002, "A control frame is over 125 bytes.");
      control_.clear();
      break;
    case Opcode::kText:
    case Opcode::kBinary:
      if (in_message_) return fail(1002, "A message begins inside a fragmented one.");
      in_message_ = true;
      binary_ = opcode_ == Opcode::kBinary;
      break;
    case Opcode::kContinuation:
      if (!in_message_) return fail(1002, "A continuation frame has no message to continue.");
      break;
    default:
      return fail(1002, "A frame has the unknown opcode " + std::to_string(head_[0] & 0x0f) + ".");
  }
  if (!is_control() && length > message_bytes_max_ - message_.size()) {
    return fail(1009, "Message is too large: " + std::to_string(message_.size() + length) + " > " +
                          std::to_string(message_bytes_max_));
  }
  payload_left_ = length;
  in_payload_ = true;
  return true;
}

void FrameReader::take_payload(std::string_view& input) {
  const size_t taken = static_cast<size_t>(std::min<uint64_t>(payload_left_, input.size()));
  if (taken == 0) return;
  std::string& target = is_control() ? control_ : message_;
  const size_t start = target.size();
  // A peer that has sent this much of a large frame gets room for all of it.
  if (start >= kRoomFromBytes && target.capacity() - start < payload_left_) {
    target.reserve(start + static_cast<size_t>(payload_left_));
  }
  target.append(input.data(), taken);
  if (masked()) apply_mask(target.data() + start, taken, mask_, mask_at_);
  mask_at_ = static_cast<uint8_t>((mask_at_ + taken) % mask_.size());
  payload_left_ -= taken;
  input.remove_prefix(taken);
}

// Nothing when the frame is no news.
std::optional<FrameReader::Step> FrameReader::end_frame() {
  if (opcode_ == Opcode::kPing) return Step::kPing;
  if (opcode_ == Opcode::kPong) return std::nullopt;
  if (opcode_ == Opcode::kClose) return end_close();
  if (!final_) return std::nullopt;
  in_message_ = false;
  if (!binary_ && !is_text(message_)) {
    fail(1007, "A text message is not UTF-8.");
    return Step::kFailed;
  }
  return Step::kMessage;
}

// Codes that may stand in a Close frame (RFC 6455, 7.4, with those registered since).
static bool valid_close_code(uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

FrameReader::Step FrameReader::end_close() {
  message_ = {};
  if (control_.empty()) {
    close_ = WebSocketClose();
    return Step::kClose;
  }
  if (control_.size() == 1) {
    fail(1002, "A Close frame has one byte only.");
    return Step::kFailed;
  }
  const auto code = static_cast<uint16_t>(static_cast<uint8_t>(control_[0]) << 8 |
                                          static_cast<uint8_t>(control_[1]));
  const std::string_view reason = std::string_view(control_).substr(2);
  if (!valid_close_code(code)) {
    fail(1002, "A Close frame has the invalid code " + std::to_string(code) + ".");
    return Step::kFailed;
  }
  if (!is_text(reason)) {
    fail(1007, "A Close frame's reason is not UTF-8.");
    return Step::kFailed;
  }
  close_ = {code, std::string(reason), true};
  return Step::kClose;
}

}  // namespace offing::http
