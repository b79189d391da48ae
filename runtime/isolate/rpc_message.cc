// Values of RPC to messages and back (runtime/isolate/rpc.h, runtime/bindings/serializer.h).
#include <utility>

#include "runtime/bindings/call_target.h"
#include "runtime/bindings/native_call.h"
#include "runtime/bindings/serializer.h"
#include "runtime/isolate/rpc.h"

namespace offing {
namespace {

using v8::Local;

// An exception stays pending: it is the guest's.
v8::MaybeLocal<v8::Value> call_through(Isolate::Parts& parts, Local<v8::Context> context,
                                       EntryFunction function, Local<v8::Value> argument) {
  return parts.functions[static_cast<size_t>(function)]
      .Get(parts.isolate)
      ->Call(context, v8::Undefined(parts.isolate), 1, &argument);
}

// The bytes of `value`. Most values need one writing; one that holds functions or stubs deep inside
// is copied with these replaced (Entry.rpcReplace), and written again.
std::optional<std::string> write_bytes(Isolate::Parts& parts, Local<v8::Context> context,
                                       Local<v8::Value> value, Attachments& attachments) {
  bool blocked = false;
  {
    v8::TryCatch caught(parts.isolate);
    auto bytes = write_value(parts, context, value, CloneFor::kRpc, &attachments, &blocked);
    if (bytes) return bytes;
    if (!blocked || caught.HasTerminated()) {
      caught.ReThrow();
      return std::nullopt;
    }
  }
  attachments = Attachments(parts.isolate);
  Local<v8::Value> replaced;
  if (!call_through(parts, context, EntryFunction::kRpcReplace, value).ToLocal(&replaced)) {
    return std::nullopt;
  }
  return write_value(parts, context, replaced, CloneFor::kRpc, &attachments, nullptr);
}

// "32MiB", as the platform writes its own limit.
std::string size_text(uint64_t bytes) {
  constexpr uint64_t kMiB = 1 << 20;
  return bytes % kMiB == 0 ? std::to_string(bytes / kMiB) + "MiB" : std::to_string(bytes) + " bytes";
}

class PayloadSource final : public AttachmentSource {
 public:
  PayloadSource(Isolate::Parts& parts, RequestId owner, RpcPayload& payload)
      : parts_(parts), owner_(owner), payload_(payload) {}

  v8::MaybeLocal<v8::Value> take(AttachmentKind kind, uint32_t index) override {
    switch (kind) {
      case AttachmentKind::kExport: {
        if (index >= payload_.exports.size() || !payload_.exports[index]) return {};
        return id(add_import(parts_, owner_, std::move(payload_.exports[index])));
      }
      case AttachmentKind::kStream: {
        if (index >= payload_.streams.size() || !payload_.streams[index]) return {};
        return id(add_source(parts_, owner_, std::move(payload_.streams[index])));
      }
      case AttachmentKind::kTarget: {
        if (index >= payload_.stubs.size()) return {};
        return target_to_guest(parts_, payload_.stubs[index]);
      }
      case AttachmentKind::kNone: break;
    }
    return {};
  }

 private:
  Local<v8::Value> id(uint64_t value) const { return number(parts_.isolate, value); }

  Isolate::Parts& parts_;
  RequestId owner_;
  RpcPayload& payload_;
};

}  // namespace

std::optional<RpcPayload> write_message(Isolate::Parts& parts, Local<v8::Context> context,
                                        Local<v8::Value> value) {
  v8::Isolate* isolate = parts.isolate;
  v8::HandleScope handles(isolate);
  Attachments attachments(isolate);
  auto bytes = write_bytes(parts, context, value, attachments);
  if (!bytes) return std::nullopt;
  const uint64_t most = parts.limits.rpc_message_bytes;
  if (most != 0 && bytes->size() > most) {
    throw_error(isolate, "Serialized RPC arguments or return values are limited to " +
                             size_text(most) + ", but the size of this value was: " +
                             std::to_string(bytes->size()) + " bytes.");
    return std::nullopt;
  }
  RpcPayload payload;
  payload.bytes = std::move(*bytes);
  if (attachments.count == 0) return payload;
  RpcPayload* around = std::exchange(parts.rpc.writing, &payload);
  const bool attached =
      !call_through(parts, context, EntryFunction::kRpcAttach, attachments.things).IsEmpty();
  parts.rpc.writing = around;
  if (!attached) return std::nullopt;
  return payload;
}

v8::MaybeLocal<v8::Value> read_message(Isolate::Parts& parts, Local<v8::Context> context,
                                       RequestId owner, RpcPayload payload) {
  PayloadSource source(parts, owner, payload);
  return read_value(parts, context, payload.bytes, &source);
}

}  // namespace offing
