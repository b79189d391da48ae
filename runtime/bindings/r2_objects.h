// R2 objects as a guest holds them (spec/r2.md 1.7): HeadResult, GetResult and their Checksums.
//
// As on the platform their properties are own, enumerable and read-only, and each comes into being
// when it is first looked at: getting an object and passing its body on makes none of them. What
// they are made of, the record, is owned by an external string in the object's only internal field:
// the engine frees it with the object, and the string itself is never shown to anybody.
// The classes' prototypes are TypeScript's (runtime/web/r2_object.ts). Owner: Isolate::Parts.
#ifndef OFFING_RUNTIME_BINDINGS_R2_OBJECTS_H_
#define OFFING_RUNTIME_BINDINGS_R2_OBJECTS_H_

#include <v8.h>

#include <memory>
#include <optional>
#include <string>

#include "runtime/isolate/parts.h"
#include "storage/r2/object.h"

namespace offing {

// A copy of what an object says about itself: it does not keep the object's bodies.
struct R2Record final : v8::String::ExternalOneByteStringResource {
  explicit R2Record(const r2::Object& object);
  const char* data() const override { return "R2"; }
  size_t length() const override { return 2; }

  std::string key, version, etag;
  uint64_t size_bytes = 0;
  int64_t uploaded_ms = 0;
  std::optional<r2::HttpMetadata> http;      // none: a list did not ask for it
  std::optional<r2::CustomMetadata> custom;  // the same
  std::vector<r2::Checksum> checksums;
  r2::StorageClass storage_class = r2::StorageClass::kStandard;
  std::string ssec_key_md5;
  std::optional<r2::Range> range;
  // The body, until it is asked for: bytes, or a source of the isolate.
  std::shared_ptr<const std::string> bytes;
  uint64_t source = 0;
};

class R2Shapes {
 public:
  enum class Kind : uint8_t { kHead, kGet };

  // `classes`: the prototypes of HeadResult, GetResult and Checksums. `all_fields`: what is absent
  // from a plain object is there as undefined (enable_fast_jsg_struct).
  R2Shapes(v8::Isolate* isolate, v8::Local<v8::Context> context,
           const std::array<v8::Local<v8::Object>, 3>& classes, bool all_fields);

  v8::Local<v8::Object> make(v8::Isolate* isolate, v8::Local<v8::Context> context, Kind kind,
                             std::unique_ptr<R2Record> record) const;
  v8::Local<v8::Object> checksums_of(v8::Local<v8::Context> context,
                                     v8::Local<v8::Object> object) const;
  // Null when `value` is no HeadResult or GetResult, or no Checksums.
  R2Record* object_record(v8::Isolate* isolate, v8::Local<v8::Value> value) const;
  R2Record* checksums_record(v8::Isolate* isolate, v8::Local<v8::Value> value) const;
  // What stands for a field that is not there.
  v8::MaybeLocal<v8::Value> absent(v8::Isolate* isolate) const {
    return all_fields_ ? v8::MaybeLocal<v8::Value>(v8::Undefined(isolate))
                       : v8::MaybeLocal<v8::Value>();
  }

 private:
  static constexpr size_t kChecksums = 2;
  std::array<v8::Global<v8::FunctionTemplate>, 3> classes_;   // by Kind, then kChecksums
  bool all_fields_;
};

}  // namespace offing

#endif  // OFFING_RUNTIME_BINDINGS_R2_OBJECTS_H_
