#include "runtime/bindings/convert.h"

#include <cassert>
#include <cstring>
#include <vector>

namespace offing {
namespace {

using v8::Local;
using v8::String;

// Below this a copy is cheaper than handing memory over.
constexpr size_t kAdoptBytes = 2048;

// The size that resize_and_overwrite gives to its operation may be larger than the one asked for
// (libstdc++ 12), so none of them looks at it.
std::string encode(v8::Isolate* isolate, Local<String> text, int flags) {
  const auto length = static_cast<size_t>(text->Length());
  std::string out;
  // One-byte strings are nearly always ASCII: take them as they are and look afterwards.
  if (text->IsOneByte()) {
    bool ascii = true;
    out.resize_and_overwrite(length, [&](char* to, size_t) {
      text->WriteOneByteV2(isolate, 0, static_cast<uint32_t>(length),
                           reinterpret_cast<uint8_t*>(to));
      unsigned char seen = 0;
      for (size_t i = 0; i < length; ++i) seen |= static_cast<unsigned char>(to[i]);
      ascii = seen < 0x80;
      return length;
    });
    if (ascii) return out;
  }
  const size_t encoded = text->Utf8LengthV2(isolate);
  out.resize_and_overwrite(encoded, [&](char* to, size_t) {
    return text->WriteUtf8V2(isolate, to, encoded, flags);
  });
  return out;
}

std::unique_ptr<v8::BackingStore> store_from(v8::Isolate* isolate, std::string bytes) {
  if (bytes.size() < kAdoptBytes) {
    auto store = v8::ArrayBuffer::NewBackingStore(
        isolate, bytes.size(), v8::BackingStoreInitializationMode::kUninitialized,
        v8::BackingStoreOnFailureMode::kReturnNull);
    if (store != nullptr) {
      if (!bytes.empty()) std::memcpy(store->Data(), bytes.data(), bytes.size());
      return store;
    }
  }
  auto* kept = new std::string(std::move(bytes));
  return v8::ArrayBuffer::NewBackingStore(
      kept->data(), kept->size(),
      [](void*, size_t, void* owner) { delete static_cast<std::string*>(owner); }, kept);
}

}  // namespace

std::string utf8_of(v8::Isolate* isolate, Local<String> text) {
  return encode(isolate, text, String::WriteFlags::kReplaceInvalidUtf8);
}

std::string wtf8_of(v8::Isolate* isolate, Local<String> text) {
  return encode(isolate, text, String::WriteFlags::kNone);
}

std::string latin1_of(v8::Isolate* isolate, Local<String> text) {
  std::string out;
  const auto length = static_cast<size_t>(text->Length());
  out.resize_and_overwrite(length, [&](char* to, size_t) {
    text->WriteOneByteV2(isolate, 0, static_cast<uint32_t>(length),
                         reinterpret_cast<uint8_t*>(to));
    return length;
  });
  return out;
}

Local<String> text_from_utf8(v8::Isolate* isolate, std::string_view utf8) {
  Local<String> text;
  if (utf8.size() > static_cast<size_t>(String::kMaxLength) ||
      !String::NewFromUtf8(isolate, utf8.data(), v8::NewStringType::kNormal,
                           static_cast<int>(utf8.size()))
           .ToLocal(&text)) {
    return String::Empty(isolate);
  }
  return text;
}

Local<String> text_from_latin1(v8::Isolate* isolate, std::string_view bytes,
                               v8::NewStringType type) {
  Local<String> text;
  if (bytes.size() > static_cast<size_t>(String::kMaxLength) ||
      !String::NewFromOneByte(isolate, reinterpret_cast<const uint8_t*>(bytes.data()), type,
                              static_cast<int>(bytes.size()))
           .ToLocal(&text)) {
    return String::Empty(isolate);
  }
  return text;
}

BytesOf::BytesOf(Local<v8::Value> value) {
  if (value->IsArrayBufferView()) {
    auto contents = value.As<v8::ArrayBufferView>()->GetContents({storage_, sizeof(storage_)});
    bytes_ = {contents.data(), contents.size()};
  } else if (value->IsArrayBuffer()) {
    auto buffer = value.As<v8::ArrayBuffer>();
    bytes_ = {static_cast<const uint8_t*>(buffer->Data()), buffer->ByteLength()};
  } else if (value->IsSharedArrayBuffer()) {
    auto buffer = value.As<v8::SharedArrayBuffer>();
    bytes_ = {static_cast<const uint8_t*>(buffer->Data()), buffer->ByteLength()};
  }
}

Local<v8::ArrayBuffer> array_buffer_from(v8::Isolate* isolate, std::string bytes) {
  return v8::ArrayBuffer::New(isolate, store_from(isolate, std::move(bytes)));
}

Local<v8::Uint8Array> uint8_array_from(v8::Isolate* isolate, std::string bytes) {
  const size_t size = bytes.size();
  return v8::Uint8Array::New(array_buffer_from(isolate, std::move(bytes)), 0, size);
}

Local<v8::Array> flat_headers(v8::Isolate* isolate, const HeaderList& headers) {
  v8::LocalVector<v8::Value> flat(isolate);
  flat.reserve(headers.size() * 2);
  for (Header header : headers) {
    flat.push_back(text_from_latin1(isolate, header.name, v8::NewStringType::kInternalized));
    flat.push_back(text_from_latin1(isolate, header.value));
  }
  return v8::Array::New(isolate, flat.data(), flat.size());
}

HeaderList headers_of(v8::Isolate* isolate, Local<v8::Context> context, Local<v8::Value> flat) {
  HeaderList headers;
  if (!flat->IsArray()) return headers;
  auto list = flat.As<v8::Array>();
  char small[512];
  std::string large;
  // The name stays at the front of the buffer until its value stands behind it.
  size_t name_length = 0;
  const uint32_t count = list->Length() & ~1u;
  for (uint32_t i = 0; i < count; ++i) {
    Local<v8::Value> item;
    if (!list->Get(context, i).ToLocal(&item) || !item->IsString()) return headers;
    auto text = item.As<String>();
    const auto length = static_cast<size_t>(text->Length());
    const bool is_name = i % 2 == 0;
    const size_t at = is_name ? 0 : name_length;
    char* to = small;
    if (at + length > sizeof(small) || (!is_name && !large.empty())) {
      if (!is_name && large.empty()) large.assign(small, name_length);
      large.resize(at + length);
      to = large.data();
    }
    text->WriteOneByteV2(isolate, 0, static_cast<uint32_t>(length),
                         reinterpret_cast<uint8_t*>(to) + at);
    if (is_name) {
      name_length = length;
    } else {
      headers.add({to, name_length}, {to + name_length, length});
      large.clear();
    }
  }
  return headers;
}

std::optional<std::string> optional_utf8_of(v8::Isolate* isolate, Local<v8::Value> value) {
  if (!value->IsString()) return std::nullopt;
  return utf8_of(isolate, value.As<String>());
}

std::optional<int32_t> optional_int_of(Local<v8::Value> value) {
  if (!value->IsNumber()) return std::nullopt;
  const double n = value.As<v8::Number>()->Value();
  if (n >= 2147483647.0) return INT32_MAX;
  if (n <= -2147483648.0) return INT32_MIN;
  return static_cast<int32_t>(n);
}

void throw_error(v8::Isolate* isolate, std::string_view text) {
  isolate->ThrowException(v8::Exception::Error(text_from_utf8(isolate, text)));
}

void throw_type_error(v8::Isolate* isolate, std::string_view text) {
  isolate->ThrowException(v8::Exception::TypeError(text_from_utf8(isolate, text)));
}

}  // namespace offing
