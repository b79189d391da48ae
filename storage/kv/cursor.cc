#include "storage/kv/cursor.h"

#include <cstdint>

#include "storage/kv/rules.h"

namespace offing::kv {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr char kFormat = 1;
constexpr size_t kHeadBytes = 1 + 4 + 4;  // format, hash of the prefix, checksum
constexpr size_t kCursorCharsMax = 2048;

uint32_t fnv(std::string_view text, uint32_t state = 0x811c9dc5) {
  for (unsigned char c : text) state = (state ^ c) * 0x01000193;
  return state;
}

void put32(std::string& out, uint32_t n) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(n >> shift);
}
uint32_t get32(std::string_view bytes) {
  uint32_t n = 0;
  for (int i = 3; i >= 0; --i) n = n << 8 | static_cast<unsigned char>(bytes[static_cast<size_t>(i)]);
  return n;
}

std::string to_base64url(std::string_view bytes) {
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (unsigned char c : bytes) {
    bits = bits << 8 | c;
    for (count += 8; count >= 6; count -= 6) out += kAlphabet[bits >> (count - 6) & 63];
  }
  if (count > 0) out += kAlphabet[bits << (6 - count) & 63];
  return out;
}

bool from_base64url(std::string_view text, std::string& out) {
  uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    const size_t six = kAlphabet.find(c);
    if (six == kAlphabet.npos) return false;
    bits = bits << 6 | static_cast<uint32_t>(six);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 255);
  }
  return count < 6 && (bits & ((1u << count) - 1)) == 0;
}

}  // namespace

std::string encode_cursor(std::string_view prefix, std::string_view last_name) {
  std::string bytes(1, kFormat);
  put32(bytes, fnv(prefix));
  put32(bytes, fnv(last_name, fnv(prefix)));
  bytes += last_name;
  return to_base64url(bytes);
}

std::expected<std::string, std::string> decode_cursor(std::string_view prefix,
                                                      std::string_view cursor) {
  std::string bytes;
  if (cursor.size() > kCursorCharsMax || !from_base64url(cursor, bytes) ||
      bytes.size() <= kHeadBytes || bytes.size() > kHeadBytes + kKeyBytesMax ||
      bytes[0] != kFormat)
    return std::unexpected("400 Invalid cursor. Pass the cursor of the previous page unchanged.");
  const std::string_view view = bytes;
  if (get32(view.substr(1)) != fnv(prefix))
    return std::unexpected("400 Invalid cursor. Send the prefix that the cursor was made with.");
  const std::string_view name = view.substr(kHeadBytes);
  if (get32(view.substr(5)) != fnv(name, fnv(prefix)))
    return std::unexpected("400 Invalid cursor. Pass the cursor of the previous page unchanged.");
  return std::string(name);
}

}  // namespace offing::kv
