// A list cursor: opaque to guests, base64url of (format, prefix, last name scanned, checksum). It names
// a position in the order of names and nothing else, so it outlives a restart and a change of mode.
#ifndef OFFING_STORAGE_KV_CURSOR_H_
#define OFFING_STORAGE_KV_CURSOR_H_

#include <expected>
#include <string>
#include <string_view>

namespace offing::kv {

std::string encode_cursor(std::string_view prefix, std::string_view last_name);
// The last name scanned. The error is a reason: what is wrong with the cursor.
// UNKNOWN (spec/kv.md 1.3, L4): what the platform answers to a bad cursor, or to a cursor with another
// prefix than it was made with; here both are refused, since the documentation asks for the same one.
std::expected<std::string, std::string> decode_cursor(std::string_view prefix,
                                                      std::string_view cursor);

}  // namespace offing::kv

#endif  // OFFING_STORAGE_KV_CURSOR_H_
