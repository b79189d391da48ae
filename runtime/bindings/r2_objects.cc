#include "runtime/bindings/r2_objects.h"

#include <cassert>

#include "runtime/bindings/native_call.h"

namespace offing {
namespace {

using v8::Local;
using Getting = v8::PropertyCallbackInfo<v8::Value>;

// The engine shows a template's properties from the last to the first, as on the platform.
enum class Property : int32_t {
  kKey, kVersion, kSize, kEtag, kHttpEtag, kChecksums, kUploaded, kHttpMetadata, kCustomMetadata,
  kRange, kStorageClass, kSsecKeyMd5
};
constexpr const char* kProperties[] = {
    "key", "version", "size", "etag", "httpEtag", "checksums", "uploaded", "httpMetadata",
    "customMetadata", "range", "storageClass", "ssecKeyMd5"};
// By the number of the algorithm.
constexpr const char* kDigests[] = {"md5", "sha1", "sha256", "sha384", "sha512"};

R2Record* record_in(Local<v8::Object> object) {
  Local<v8::Data> held = object->GetInternalField(0);
  return static_cast<R2Record*>(const_cast<v8::String::ExternalOneByteStringResource*>(
      held.As<v8::Value>().As<v8::String>()->GetExternalOneByteStringResource()));
}

Local<v8::Value> from_shape(Isolate::Parts& parts, Local<v8::Context> context, Shape which,
                            std::span<v8::MaybeLocal<v8::Value>> values) {
  return parts.shapes[static_cast<size_t>(which)].Get(parts.isolate)->NewInstance(
      context, {values.data(), values.size()});
}

v8::MaybeLocal<v8::Value> text_or_absent(Isolate::Parts& parts,
                                         const std::optional<std::string>& text) {
  if (!text) return parts.r2->absent(parts.isolate);
  return text_from_utf8(parts.isolate, *text).As<v8::Value>();
}

Local<v8::Value> date_of(Local<v8::Context> context, int64_t ms) {
  return v8::Date::New(context, static_cast<double>(ms)).ToLocalChecked();
}

Local<v8::Value> http_object(Isolate::Parts& parts, Local<v8::Context> context,
                             const r2::HttpMetadata& http) {
  v8::MaybeLocal<v8::Value> values[] = {
      text_or_absent(parts, http.content_type), text_or_absent(parts, http.content_language),
      text_or_absent(parts, http.content_disposition),
      text_or_absent(parts, http.content_encoding), text_or_absent(parts, http.cache_control),
      http.cache_expiry_ms ? v8::MaybeLocal<v8::Value>(date_of(context, *http.cache_expiry_ms))
                           : parts.r2->absent(parts.isolate)};
  return from_shape(parts, context, Shape::kR2Http, values);
}

Local<v8::Value> custom_object(v8::Isolate* isolate, Local<v8::Context> context,
                               const r2::CustomMetadata& custom) {
  Local<v8::Object> object = v8::Object::New(isolate);
  for (const auto& [name, value] : custom) {
    object->CreateDataProperty(context, text_from_utf8(isolate, name),
                               text_from_utf8(isolate, value)).Check();
  }
  return object;
}

Local<v8::Value> range_object(Isolate::Parts& parts, Local<v8::Context> context,
                              const r2::Range& range) {
  v8::MaybeLocal<v8::Value> values[] = {number(parts.isolate, range.offset),
                                        number(parts.isolate, range.length),
                                        parts.r2->absent(parts.isolate)};
  return from_shape(parts, context, Shape::kR2Range, values);
}

std::string hex_of(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    hex.push_back(kDigits[static_cast<uint8_t>(byte) >> 4]);
    hex.push_back(kDigits[static_cast<uint8_t>(byte) & 15]);
  }
  return hex;
}

std::string_view name_of(r2::StorageClass storage_class) {
  return storage_class == r2::StorageClass::kStandard ? "Standard" : "InfrequentAccess";
}

Local<v8::Value> property_of(Isolate::Parts& parts, Local<v8::Context> context,
                             Local<v8::Object> object, Property which) {
  v8::Isolate* isolate = parts.isolate;
  const R2Record& record = *record_in(object);
  switch (which) {
    case Property::kKey: return text_from_utf8(isolate, record.key);
    case Property::kVersion: return text_from_utf8(isolate, record.version);
    case Property::kSize: return number(isolate, record.size_bytes);
    case Property::kEtag: return text_from_utf8(isolate, record.etag);
    case Property::kHttpEtag: return text_from_utf8(isolate, '"' + record.etag + '"');
    case Property::kChecksums: return parts.r2->checksums_of(context, object);
    case Property::kUploaded: return date_of(context, record.uploaded_ms);
    case Property::kStorageClass: return text_from_utf8(isolate, name_of(record.storage_class));
    case Property::kHttpMetadata:
      if (record.http) return http_object(parts, context, *record.http);
      break;
    case Property::kCustomMetadata:
      if (record.custom) return custom_object(isolate, context, *record.custom);
      break;
    case Property::kRange:
      if (record.range) return range_object(parts, context, *record.range);
      break;
    case Property::kSsecKeyMd5:
      if (!record.ssec_key_md5.empty()) return text_from_utf8(isolate, hex_of(record.ssec_key_md5));
      break;
  }
  return v8::Undefined(isolate);
}

void get_property(Local<v8::Name>, const Getting& info) {
  v8::Isolate* isolate = info.GetIsolate();
  info.GetReturnValue().Set(property_of(Isolate::Parts::of(isolate), isolate->GetCurrentContext(),
                                        info.HolderV2(),
                                        Property(info.Data().As<v8::Int32>()->Value())));
}

const std::string* digest_in(const R2Record& record, int32_t algorithm) {
  for (const r2::Checksum& checksum : record.checksums) {
    if (static_cast<int32_t>(checksum.algorithm) == algorithm) return &checksum.bytes;
  }
  return nullptr;
}

void get_digest(Local<v8::Name>, const Getting& info) {
  const std::string* bytes =
      digest_in(*record_in(info.HolderV2()), info.Data().As<v8::Int32>()->Value());
  if (bytes == nullptr) return;
  info.GetReturnValue().Set(array_buffer_from(info.GetIsolate(), *bytes));
}

Local<v8::FunctionTemplate> template_of(v8::Isolate* isolate, Local<v8::Context> context,
                                        Local<v8::Object> prototype) {
  Local<v8::FunctionTemplate> made = v8::FunctionTemplate::New(isolate);
  made->InstanceTemplate()->SetInternalFieldCount(1);
  made->GetFunction(context).ToLocalChecked()
      ->Set(context, v8::String::NewFromUtf8Literal(isolate, "prototype"), prototype).Check();
  return made;
}

void add_lazily(v8::Isolate* isolate, Local<v8::FunctionTemplate> made, const char* name,
                v8::AccessorNameGetterCallback getter, int32_t which) {
  made->InstanceTemplate()->SetLazyDataProperty(
      v8::String::NewFromUtf8(isolate, name, v8::NewStringType::kInternalized).ToLocalChecked(),
      getter, v8::Integer::New(isolate, which), v8::ReadOnly,
      v8::SideEffectType::kHasNoSideEffect);
}

// ---- Natives. The first argument is an object that TypeScript was called on: anything at all.

R2Record* object_record(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr || parts->r2 == nullptr) return nullptr;
  return parts->r2->object_record(info.GetIsolate(), info[0]);
}

// (prototype of HeadResult, of GetResult, of Checksums, allFields)
void r2_classes(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  v8::Isolate* isolate = info.GetIsolate();
  parts->r2 = std::make_unique<R2Shapes>(
      isolate, isolate->GetCurrentContext(),
      std::array{info[0].As<v8::Object>(), info[1].As<v8::Object>(), info[2].As<v8::Object>()},
      info[3]->IsTrue());
}

// [contentType, contentLanguage, contentDisposition, contentEncoding, cacheControl, expiry in ms]
void r2_http_metadata(const Arguments& info) {
  const R2Record* record = object_record(info);
  v8::Isolate* isolate = info.GetIsolate();
  if (record == nullptr) return info.GetReturnValue().SetNull();
  if (!record->http) return;
  const r2::HttpMetadata& http = *record->http;
  Local<v8::Value> expiry = v8::Undefined(isolate);
  if (http.cache_expiry_ms) {
    expiry = v8::Number::New(isolate, static_cast<double>(*http.cache_expiry_ms));
  }
  Local<v8::Value> values[] = {
      optional_text(isolate, http.content_type), optional_text(isolate, http.content_language),
      optional_text(isolate, http.content_disposition),
      optional_text(isolate, http.content_encoding), optional_text(isolate, http.cache_control),
      expiry};
  info.GetReturnValue().Set(v8::Array::New(isolate, values, std::size(values)));
}

void r2_checksums(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr || parts->r2 == nullptr) return;
  v8::Isolate* isolate = info.GetIsolate();
  const R2Record* record = parts->r2->checksums_record(isolate, info[0]);
  if (record == nullptr) return;
  std::array<v8::MaybeLocal<v8::Value>, std::size(kDigests)> values;
  for (size_t i = 0; i < values.size(); ++i) {
    const std::string* bytes = digest_in(*record, static_cast<int32_t>(i));
    if (bytes == nullptr) values[i] = parts->r2->absent(isolate);
    else values[i] = text_from_utf8(isolate, hex_of(*bytes)).As<v8::Value>();
  }
  info.GetReturnValue().Set(
      from_shape(*parts, isolate->GetCurrentContext(), Shape::kR2Checksums, values));
}

void r2_take_text(const Arguments& info) {
  R2Record* record = object_record(info);
  if (record == nullptr || record->bytes == nullptr) return;
  info.GetReturnValue().Set(text_from_utf8(info.GetIsolate(), *record->bytes));
  record->bytes.reset();
}

void r2_take_body(const Arguments& info) {
  R2Record* record = object_record(info);
  if (record == nullptr) return;
  if (record->source != 0) {
    info.GetReturnValue().Set(number(info.GetIsolate(), std::exchange(record->source, 0)));
    return;
  }
  const std::shared_ptr<const std::string> bytes = std::move(record->bytes);
  info.GetReturnValue().Set(
      uint8_array_from(info.GetIsolate(), bytes == nullptr ? std::string() : *bytes));
}

constexpr NativeFunction kFunctions[] = {{"r2Classes", r2_classes},
                                         {"r2HttpMetadata", r2_http_metadata},
                                         {"r2Checksums", r2_checksums},
                                         {"r2TakeText", r2_take_text},
                                         {"r2TakeBody", r2_take_body}};

}  // namespace

R2Record::R2Record(const r2::Object& object)
    : key(object.key), version(object.version), etag(object.etag), size_bytes(object.size_bytes),
      uploaded_ms(object.uploaded_ms), http(object.http), custom(object.custom),
      checksums(object.checksums), storage_class(object.storage_class),
      ssec_key_md5(object.ssec_key_md5) {}

R2Shapes::R2Shapes(v8::Isolate* isolate, Local<v8::Context> context,
                   const std::array<Local<v8::Object>, 3>& classes, bool all_fields)
    : all_fields_(all_fields) {
  for (size_t i = 0; i < classes.size(); ++i) {
    Local<v8::FunctionTemplate> made = template_of(isolate, context, classes[i]);
    if (i == kChecksums) {
      for (size_t at = 0; at < std::size(kDigests); ++at) {
        add_lazily(isolate, made, kDigests[at], get_digest, static_cast<int32_t>(at));
      }
    } else {
      for (size_t at = 0; at < std::size(kProperties); ++at) {
        add_lazily(isolate, made, kProperties[at], get_property, static_cast<int32_t>(at));
      }
    }
    classes_[i].Reset(isolate, made);
  }
}

Local<v8::Object> R2Shapes::make(v8::Isolate* isolate, Local<v8::Context> context, Kind kind,
                                 std::unique_ptr<R2Record> record) const {
  Local<v8::Object> object = classes_[static_cast<size_t>(kind)].Get(isolate)
                                 ->InstanceTemplate()->NewInstance(context).ToLocalChecked();
  object->SetInternalField(
      0, v8::String::NewExternalOneByte(isolate, record.release()).ToLocalChecked());
  return object;
}

Local<v8::Object> R2Shapes::checksums_of(Local<v8::Context> context,
                                         Local<v8::Object> object) const {
  Local<v8::Object> made = classes_[kChecksums].Get(v8::Isolate::GetCurrent())
                               ->InstanceTemplate()->NewInstance(context).ToLocalChecked();
  made->SetInternalField(0, object->GetInternalField(0));
  return made;
}

R2Record* R2Shapes::object_record(v8::Isolate* isolate, Local<v8::Value> value) const {
  for (size_t i = 0; i < kChecksums; ++i) {
    if (classes_[i].Get(isolate)->HasInstance(value)) return record_in(value.As<v8::Object>());
  }
  return nullptr;
}

R2Record* R2Shapes::checksums_record(v8::Isolate* isolate, Local<v8::Value> value) const {
  if (!classes_[kChecksums].Get(isolate)->HasInstance(value)) return nullptr;
  return record_in(value.As<v8::Object>());
}

std::span<const NativeFunction> r2_object_natives() { return kFunctions; }

}  // namespace offing
