#include "storage/r2/key.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>

#include "storage/r2/limits.h"

namespace offing::r2 {
namespace {

// As the engine counts: UTF-16 units, two bytes each once one of them is beyond U+00FF.
size_t engine_size_bytes(std::string_view text) {
  size_t units = 0;
  bool is_wide = false;
  for (char c : text) {
    const uint8_t byte = static_cast<uint8_t>(c);
    units += (byte & 0xc0) != 0x80;   // not a continuation
    units += byte >= 0xf0;            // a surrogate pair
    is_wide = is_wide || byte >= 0xc4;
  }
  return is_wide ? 2 * units : units;
}

// Where each byte is one of these, NFC changes nothing: of characters below U+0300, of ideographs
// (U+4000 to U+9FFF) and of whole Hangul syllables (U+B000 to U+CFFF) each is composed already, and
// none composes with the one before it.
bool is_inert(char c) {
  const uint8_t byte = static_cast<uint8_t>(c);
  return byte < 0xcc || (byte >= 0xe4 && byte <= 0xe9) || byte == 0xeb || byte == 0xec;
}

bool is_lower_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

std::string nfc_key(std::string_view key) {
  if (std::all_of(key.begin(), key.end(), is_inert)) return std::string(key);
  utf8proc_uint8_t* composed = nullptr;
  const utf8proc_ssize_t size = utf8proc_map(
      reinterpret_cast<const utf8proc_uint8_t*>(key.data()),
      static_cast<utf8proc_ssize_t>(key.size()), &composed,
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  if (size < 0) return std::string(key);   // not UTF-8
  std::string out(reinterpret_cast<const char*>(composed), static_cast<size_t>(size));
  std::free(composed);
  return out;
}

bool is_valid_key(std::string_view key) { return !key.empty() && key.size() <= kKeyBytesMax; }

size_t metadata_size_bytes(const CustomMetadata& custom) {
  size_t sum = 0;
  for (const auto& [name, value] : custom)
    sum += engine_size_bytes(name) + engine_size_bytes(value);
  return sum;
}

bool is_valid_bucket_name(std::string_view name) {
  return name.size() >= 3 && name.size() <= 63 && is_lower_alphanumeric(name.front()) &&
         is_lower_alphanumeric(name.back()) && std::all_of(name.begin(), name.end(), [](char c) {
           return is_lower_alphanumeric(c) || c == '-';
         });
}

}  // namespace offing::r2
