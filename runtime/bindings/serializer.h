// Values as bytes: V8's serializer, format 15 with its header. Platform objects are written as a tag
// and a payload that Entry.cloneWrite gives, and made again by Entry.cloneRead.
//
// What an object of a guest's own class becomes depends on what the bytes are for: storage keeps it
// as the plain object it looks like, RPC refuses it (spec/durable-objects.md 1.3, "Refused").
// RPC's values may also hold *attachments*, which are no bytes: exports, streams, stubs' targets. The
// bytes name each by its kind and its place among those of that kind.
// Bytes may come from a disk: reading them never trusts a length or an index.
#ifndef OFFING_RUNTIME_BINDINGS_SERIALIZER_H_
#define OFFING_RUNTIME_BINDINGS_SERIALIZER_H_

#include <v8.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/isolate/isolate.h"

namespace offing {

enum class CloneFor : uint8_t { kStorage, kRpc };

enum class AttachmentKind : uint8_t { kNone, kExport, kStream, kTarget };
constexpr size_t kAttachmentKinds = 4;

// What was met while a value was written, in order.
struct Attachments {
  explicit Attachments(v8::Isolate* isolate) : things(v8::Array::New(isolate)) {}
  // [kind, thing, kind, thing, ...]; an array, for the engine's handle scopes end before it is read.
  v8::Local<v8::Array> things;
  uint32_t count = 0;
  std::array<uint32_t, kAttachmentKinds> counts{};
};

// Gives the guest what the bytes name; empty when there is no such thing.
class AttachmentSource {
 public:
  virtual ~AttachmentSource() = default;
  virtual v8::MaybeLocal<v8::Value> take(AttachmentKind kind, uint32_t index) = 0;
};

// Nothing, with an exception pending, when the value cannot be written: DataCloneError in the
// platform's words, or what a getter threw.
std::optional<std::string> serialize_for_storage(Isolate::Parts& parts,
                                                 v8::Local<v8::Context> context,
                                                 v8::Local<v8::Value> value);
// Empty, with an exception pending, when the bytes are no value.
v8::MaybeLocal<v8::Value> deserialize_from_storage(Isolate::Parts& parts,
                                                   v8::Local<v8::Context> context,
                                                   std::string_view bytes);

// The parts RPC is made of (runtime/isolate/rpc_message.h). With `blocked` a function or a stub deep
// inside stops the writing and sets it (any exception is then the engine's own and of no use).
std::optional<std::string> write_value(Isolate::Parts& parts, v8::Local<v8::Context> context,
                                       v8::Local<v8::Value> value, CloneFor purpose,
                                       Attachments* attachments, bool* blocked);
v8::MaybeLocal<v8::Value> read_value(Isolate::Parts& parts, v8::Local<v8::Context> context,
                                     std::string_view bytes, AttachmentSource* attachments);

}  // namespace offing

#endif  // OFFING_RUNTIME_BINDINGS_SERIALIZER_H_
