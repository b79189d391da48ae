// UTF-8 as the encoding standard defines it.
#ifndef OFFING_RUNTIME_BINDINGS_UTF8_H_
#define OFFING_RUNTIME_BINDINGS_UTF8_H_

#include <cstdint>
#include <span>

namespace offing {

// No overlong forms, no surrogates, nothing above U+10FFFF, nothing cut off.
bool is_utf8(std::span<const uint8_t> bytes);

}  // namespace offing

#endif  // OFFING_RUNTIME_BINDINGS_UTF8_H_
