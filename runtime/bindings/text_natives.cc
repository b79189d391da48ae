// Text to bytes and back: UTF-8, Latin-1, base64.
#include <array>
#include <cstring>

#include "runtime/bindings/native_call.h"
#include "runtime/bindings/utf8.h"

namespace offing {
namespace {

using v8::Local;
using v8::String;

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Empty, with an exception, when the guest has no memory left.
v8::MaybeLocal<v8::Uint8Array> new_bytes(v8::Isolate* isolate, size_t size, uint8_t** data) {
  auto store = v8::ArrayBuffer::NewBackingStore(
      isolate, size, v8::BackingStoreInitializationMode::kUninitialized,
      v8::BackingStoreOnFailureMode::kReturnNull);
  if (store == nullptr) {
    isolate->ThrowException(v8::Exception::RangeError(
        String::NewFromUtf8Literal(isolate, "Array buffer allocation failed")));
    return {};
  }
  *data = static_cast<uint8_t*>(store->Data());
  return v8::Uint8Array::New(v8::ArrayBuffer::New(isolate, std::move(store)), 0, size);
}

void utf8_encode(const Arguments& info) {
  v8::Isolate* isolate = info.GetIsolate();
  if (!info[0]->IsString()) return;
  auto text = info[0].As<String>();
  const size_t size = text->Utf8LengthV2(isolate);
  uint8_t* data;
  Local<v8::Uint8Array> bytes;
  if (!new_bytes(isolate, size, &data).ToLocal(&bytes)) return;
  if (size > 0) {
    text->WriteUtf8V2(isolate, reinterpret_cast<char*>(data), size,
                      String::WriteFlags::kReplaceInvalidUtf8);
  }
  info.GetReturnValue().Set(bytes);
}

void utf8_encode_into(const Arguments& info) {
  v8::Isolate* isolate = info.GetIsolate();
  if (!info[0]->IsString() || !info[1]->IsArrayBufferView()) return;
  auto view = info[1].As<v8::ArrayBufferView>();
  size_t read = 0, written = 0;
  const size_t capacity = view->ByteLength();
  if (capacity > 0) {
    auto* data = static_cast<char*>(view->Buffer()->Data()) + view->ByteOffset();
    written = info[0].As<String>()->WriteUtf8V2(
        isolate, data, capacity, String::WriteFlags::kReplaceInvalidUtf8, &read);
  }
  Local<v8::Value> both[] = {number(isolate, read), number(isolate, written)};
  info.GetReturnValue().Set(v8::Array::New(isolate, both, 2));
}

void utf8_decode(const Arguments& info) {
  v8::Isolate* isolate = info.GetIsolate();
  BytesOf input(info[0]);
  std::span<const uint8_t> bytes = input.span();
  if (info[1]->IsTrue() && !is_utf8(bytes)) {
    return throw_type_error(isolate, "Failed to decode input.");
  }
  const bool has_bom =
      bytes.size() >= 3 && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf;
  if (has_bom && !info[2]->IsTrue()) bytes = bytes.subspan(3);
  info.GetReturnValue().Set(
      text_from_utf8(isolate, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
}

void latin1_encode(const Arguments& info) {
  v8::Isolate* isolate = info.GetIsolate();
  if (!info[0]->IsString()) return;
  auto text = info[0].As<String>();
  uint8_t* data;
  const auto size = static_cast<uint32_t>(text->Length());
  Local<v8::Uint8Array> bytes;
  if (!new_bytes(isolate, size, &data).ToLocal(&bytes)) return;
  if (size > 0) text->WriteOneByteV2(isolate, 0, size, data);
  info.GetReturnValue().Set(bytes);
}

void latin1_decode(const Arguments& info) {
  BytesOf bytes(info[0]);
  info.GetReturnValue().Set(text_from_latin1(info.GetIsolate(), bytes.view()));
}

// The standard's forgiving decoder: white space is dropped, padding may be missing.
std::optional<std::string> decode_base64(std::string_view text) {
  static constexpr auto kValues = [] {
    std::array<int8_t, 256> values{};
    values.fill(-1);
    for (size_t i = 0; i < kBase64.size(); ++i) {
      values[static_cast<uint8_t>(kBase64[i])] = static_cast<int8_t>(i);
    }
    return values;
  }();
  std::string digits;
  digits.reserve(text.size());
  for (char c : text) {
    if (c != ' ' && c != '\t' && c != '\n' && c != '\f' && c != '\r') digits.push_back(c);
  }
  if (digits.size() % 4 == 0) {
    if (digits.ends_with("==")) digits.resize(digits.size() - 2);
    else if (digits.ends_with('=')) digits.pop_back();
  }
  if (digits.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(digits.size() * 3 / 4);
  uint32_t bits = 0;
  int count = 0;
  for (char c : digits) {
    const int8_t value = kValues[static_cast<uint8_t>(c)];
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count >= 8) out.push_back(static_cast<char>(bits >> (count -= 8)));
  }
  return out;
}

std::string encode_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = bytes.size() - i;
    auto at = [&](size_t k) -> uint32_t {
      return k < left ? static_cast<uint8_t>(bytes[i + k]) : 0;
    };
    const uint32_t bits = at(0) << 16 | at(1) << 8 | at(2);
    out.push_back(kBase64[bits >> 18]);
    out.push_back(kBase64[bits >> 12 & 63]);
    out.push_back(left > 1 ? kBase64[bits >> 6 & 63] : '=');
    out.push_back(left > 2 ? kBase64[bits & 63] : '=');
  }
  return out;
}

void atob(const Arguments& info) {
  v8::Isolate* isolate = info.GetIsolate();
  if (!info[0]->IsString() || !info[0].As<String>()->ContainsOnlyOneByte()) return;
  std::optional<std::string> bytes = decode_base64(latin1_of(isolate, info[0].As<String>()));
  if (bytes) info.GetReturnValue().Set(text_from_latin1(isolate, *bytes));
}

void btoa(const Arguments& info) {
  v8::Isolate* isolate = info.GetIsolate();
  if (!info[0]->IsString() || !info[0].As<String>()->ContainsOnlyOneByte()) return;
  info.GetReturnValue().Set(
      text_from_latin1(isolate, encode_base64(latin1_of(isolate, info[0].As<String>()))));
}

constexpr NativeFunction kFunctions[] = {
    {"utf8Encode", utf8_encode},     {"utf8EncodeInto", utf8_encode_into},
    {"utf8Decode", utf8_decode},     {"latin1Encode", latin1_encode},
    {"latin1Decode", latin1_decode}, {"atob", atob},
    {"btoa", btoa}};

}  // namespace

std::span<const NativeFunction> text_natives() { return kFunctions; }

}  // namespace offing
