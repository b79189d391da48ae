// Between V8 values and plain ones. Header values cross as one-byte strings (Latin-1 of the raw
// bytes); every other text is UTF-8 outside the guest.
#ifndef OFFING_RUNTIME_BINDINGS_CONVERT_H_
#define OFFING_RUNTIME_BINDINGS_CONVERT_H_

#include <v8.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/http/header_list.h"

namespace offing {

// Lone surrogates become U+FFFD.
std::string utf8_of(v8::Isolate* isolate, v8::Local<v8::String> text);
// Lone surrogates keep their three-byte form, so that distinct keys stay distinct.
std::string wtf8_of(v8::Isolate* isolate, v8::Local<v8::String> text);
std::string latin1_of(v8::Isolate* isolate, v8::Local<v8::String> text);

// Malformed sequences become U+FFFD as the encoding standard says. Beyond V8's longest string the
// result is the empty string.
v8::Local<v8::String> text_from_utf8(v8::Isolate* isolate, std::string_view utf8);
v8::Local<v8::String> text_from_latin1(
    v8::Isolate* isolate, std::string_view bytes,
    v8::NewStringType type = v8::NewStringType::kNormal);

inline v8::Local<v8::Value> number(v8::Isolate* isolate, uint64_t value) {
  if (value <= 0x7fffffff) return v8::Integer::New(isolate, static_cast<int32_t>(value));
  return v8::Number::New(isolate, static_cast<double>(value));
}
// Numbers that C++ made: ids and small counts.
inline uint64_t id_of(v8::Local<v8::Value> value) {
  if (value->IsInt32()) return static_cast<uint64_t>(value.As<v8::Int32>()->Value());
  if (!value->IsNumber()) return 0;
  const double id = value.As<v8::Number>()->Value();
  return id > 0 && id < 0x1p53 ? static_cast<uint64_t>(id) : 0;
}

// The bytes of an ArrayBuffer or a view. Small views live inside V8's heap and are copied to
// `storage`, hence the object: it must stay where it is while the span is used.
class BytesOf {
 public:
  explicit BytesOf(v8::Local<v8::Value> value);
  BytesOf(const BytesOf&) = delete;
  std::span<const uint8_t> span() const { return bytes_; }
  std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }

 private:
  uint8_t storage_[64];
  std::span<const uint8_t> bytes_;
};

// Large ones take the string's memory over instead of copying it.
v8::Local<v8::ArrayBuffer> array_buffer_from(v8::Isolate* isolate, std::string bytes);
v8::Local<v8::Uint8Array> uint8_array_from(v8::Isolate* isolate, std::string bytes);

// Flat lists: [name, value, name, value, ...].
v8::Local<v8::Array> flat_headers(v8::Isolate* isolate, const HeaderList& headers);
HeaderList headers_of(v8::Isolate* isolate, v8::Local<v8::Context> context,
                      v8::Local<v8::Value> flat);

std::optional<std::string> optional_utf8_of(v8::Isolate* isolate, v8::Local<v8::Value> value);
std::optional<int32_t> optional_int_of(v8::Local<v8::Value> value);

inline v8::Local<v8::Value> optional_text(v8::Isolate* isolate,
                                          const std::optional<std::string>& text) {
  if (!text) return v8::Undefined(isolate);
  return text_from_utf8(isolate, *text);
}

void throw_error(v8::Isolate* isolate, std::string_view text);
void throw_type_error(v8::Isolate* isolate, std::string_view text);

}  // namespace offing

#endif  // OFFING_RUNTIME_BINDINGS_CONVERT_H_
