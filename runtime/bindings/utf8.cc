#include "runtime/bindings/utf8.h"

#include <cstring>

namespace offing {

bool is_utf8(std::span<const uint8_t> bytes) {
  const uint8_t* at = bytes.data();
  const uint8_t* end = at + bytes.size();
  while (at < end) {
    uint64_t eight;
    if (end - at >= 8 && (std::memcpy(&eight, at, 8), (eight & 0x8080808080808080u) == 0)) {
      at += 8;
      continue;
    }
    const uint8_t lead = *at++;
    if (lead < 0x80) continue;
    // The first continuation byte's range excludes overlong forms, surrogates and what lies beyond.
    uint8_t low = 0x80, high = 0xbf;
    int more;
    if (lead >= 0xc2 && lead <= 0xdf) {
      more = 1;
    } else if (lead >= 0xe0 && lead <= 0xef) {
      more = 2;
      if (lead == 0xe0) low = 0xa0;
      if (lead == 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      more = 3;
      if (lead == 0xf0) low = 0x90;
      if (lead == 0xf4) high = 0x8f;
    } else {
      return false;
    }
    if (end - at < more) return false;
    for (; more > 0; --more, ++at, low = 0x80, high = 0xbf) {
      if (*at < low || *at > high) return false;
    }
  }
  return true;
}

}  // namespace offing
