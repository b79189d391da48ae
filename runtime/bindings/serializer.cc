#include "runtime/bindings/serializer.h"

#include <cassert>
#include <cstdlib>
#include <cstring>

#include "runtime/bindings/convert.h"
#include "runtime/isolate/parts.h"
#include "runtime/isolate/turn.h"

namespace offing {
namespace {

using v8::Local;

constexpr uint32_t kTagBytesMax = 64;
// Most messages and values are small: they are written to the stack first.
constexpr size_t kScratchBytes = 2048;

// Unlike call_entry, an exception stays pending: it is the guest's.
v8::MaybeLocal<v8::Value> call_through(Isolate::Parts& parts, Local<v8::Context> context,
                                       EntryFunction function, int count,
                                       Local<v8::Value> arguments[]) {
  return parts.functions[static_cast<size_t>(function)]
      .Get(parts.isolate)
      ->Call(context, v8::Undefined(parts.isolate), count, arguments);
}

class Writer final : public v8::ValueSerializer::Delegate {
 public:
  Writer(Isolate::Parts& parts, CloneFor purpose, Attachments* attachments, bool* blocked)
      : parts_(parts), isolate_(parts.isolate), purpose_(purpose), attachments_(attachments),
        blocked_(blocked),
        object_prototype_(v8::Object::New(isolate_)->GetPrototypeV2()) {}

  std::optional<std::string> write(Local<v8::Context> context, Local<v8::Value> value) {
    v8::ValueSerializer serializer(isolate_, this);
    serializer_ = &serializer;
    serializer.WriteHeader();
    const bool written = serializer.WriteValue(context, value).IsJust();
    auto [data, size] = serializer.Release();
    std::optional<std::string> bytes;
    if (written) bytes.emplace(reinterpret_cast<const char*>(data), size);
    FreeBufferMemory(data);
    return bytes;
  }

  void ThrowDataCloneError(Local<v8::String> message) override {
    if (blocked_ != nullptr) {
      *blocked_ = true;
      isolate_->ThrowException(message);
      return;
    }
    Local<v8::Value> arguments[] = {v8::String::NewFromUtf8Literal(isolate_, "DataCloneError"),
                                    message};
    Local<v8::Value> error;
    if (call_through(parts_, isolate_->GetCurrentContext(), EntryFunction::kDomException, 2,
                     arguments)
            .ToLocal(&error)) {
      isolate_->ThrowException(error);
    }
  }

  bool HasCustomHostObject(v8::Isolate*) override { return true; }

  // Asked for every object that is not one of the language's own kinds.
  v8::Maybe<bool> IsHostObject(v8::Isolate*, Local<v8::Object> object) override {
    Local<v8::Value> prototype = object->GetPrototypeV2();
    if (prototype == object_prototype_) return v8::Just(false);
    if (prototype->IsNull()) return v8::Just(purpose_ == CloneFor::kRpc);
    Local<v8::Value> arguments[] = {object,
                                    v8::Boolean::New(isolate_, purpose_ == CloneFor::kRpc)};
    Local<v8::Value> found;
    if (!call_through(parts_, isolate_->GetCurrentContext(), EntryFunction::kCloneWrite, 2,
                      arguments)
             .ToLocal(&found)) {
      return v8::Nothing<bool>();
    }
    pending_ = found->IsArray() ? found.As<v8::Array>() : Local<v8::Array>();
    // Errors of any class are the engine's own.
    return v8::Just(!pending_.IsEmpty() ||
                    (purpose_ == CloneFor::kRpc && !object->IsNativeError()));
  }

  // Written as: length of the tag, the tag, kind, index, payload. `pending_` is
  // [tag, payload, kind, thing]; a tag of "" is something that has to be replaced before.
  v8::Maybe<bool> WriteHostObject(v8::Isolate*, Local<v8::Object> object) override {
    Local<v8::Context> context = isolate_->GetCurrentContext();
    Local<v8::Array> found = pending_;
    pending_.Clear();
    if (found.IsEmpty()) return refuse(object);
    Local<v8::Value> tag, payload, kind_value, thing;
    if (!found->Get(context, 0).ToLocal(&tag) || !found->Get(context, 1).ToLocal(&payload) ||
        !found->Get(context, 2).ToLocal(&kind_value) || !found->Get(context, 3).ToLocal(&thing) ||
        !tag->IsString()) {
      return refuse(object);
    }
    const std::string name = utf8_of(isolate_, tag.As<v8::String>());
    assert(name.size() <= kTagBytesMax);
    if (name.empty()) {
      if (blocked_ == nullptr) return refuse(object);
      *blocked_ = true;
      isolate_->ThrowException(tag);
      return v8::Nothing<bool>();
    }
    const uint64_t kind = id_of(kind_value);
    assert(kind < kAttachmentKinds);
    if (kind != 0 && attachments_ == nullptr) return refuse(object);
    serializer_->WriteUint32(static_cast<uint32_t>(name.size()));
    serializer_->WriteRawBytes(name.data(), name.size());
    serializer_->WriteUint32(static_cast<uint32_t>(kind));
    if (kind != 0) {
      serializer_->WriteUint32(attachments_->counts[kind]++);
      const uint32_t at = attachments_->count++ * 2;
      if (attachments_->things->CreateDataProperty(context, at, kind_value).IsNothing() ||
          attachments_->things->CreateDataProperty(context, at + 1, thing).IsNothing()) {
        return v8::Nothing<bool>();
      }
    }
    return serializer_->WriteValue(context, payload);
  }

  void* ReallocateBufferMemory(void* old, size_t size, size_t* actual) override {
    if (old == nullptr && size <= kScratchBytes) {
      *actual = kScratchBytes;
      return scratch_;
    }
    *actual = size;
    if (old != scratch_) return std::realloc(old, size);
    void* grown = std::malloc(size);
    if (grown != nullptr) std::memcpy(grown, scratch_, std::min(size, kScratchBytes));
    return grown;
  }
  void FreeBufferMemory(void* buffer) override {
    if (buffer != scratch_) std::free(buffer);
  }

 private:
  v8::Maybe<bool> refuse(Local<v8::Object> object) {
    ThrowRefusal("Could not serialize object of type \"" +
                 utf8_of(isolate_, object->GetConstructorName()) +
                 "\". This type does not support serialization.");
    return v8::Nothing<bool>();
  }
  // A refusal is final: no replacing helps.
  void ThrowRefusal(const std::string& text) {
    bool* blocked = std::exchange(blocked_, nullptr);
    ThrowDataCloneError(text_from_utf8(isolate_, text));
    blocked_ = blocked;
  }

  Isolate::Parts& parts_;
  v8::Isolate* isolate_;
  const CloneFor purpose_;
  Attachments* attachments_;
  bool* blocked_;
  v8::ValueSerializer* serializer_ = nullptr;
  Local<v8::Value> object_prototype_;
  Local<v8::Array> pending_;
  alignas(16) uint8_t scratch_[kScratchBytes];
};

class Reader final : public v8::ValueDeserializer::Delegate {
 public:
  Reader(Isolate::Parts& parts, AttachmentSource* attachments)
      : parts_(parts), attachments_(attachments) {}

  v8::MaybeLocal<v8::Value> read(Local<v8::Context> context, std::string_view bytes) {
    v8::ValueDeserializer deserializer(
        parts_.isolate, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), this);
    deserializer_ = &deserializer;
    if (deserializer.ReadHeader(context).IsNothing()) return {};
    return deserializer.ReadValue(context);
  }

  v8::MaybeLocal<v8::Object> ReadHostObject(v8::Isolate* isolate) override {
    Local<v8::Context> context = isolate->GetCurrentContext();
    uint32_t length = 0, kind = 0, index = 0;
    const void* tag = nullptr;
    if (!deserializer_->ReadUint32(&length) || length == 0 || length > kTagBytesMax ||
        !deserializer_->ReadRawBytes(length, &tag) || !deserializer_->ReadUint32(&kind) ||
        kind >= kAttachmentKinds || (kind != 0 && !deserializer_->ReadUint32(&index))) {
      return {};
    }
    const std::string name(static_cast<const char*>(tag), length);
    Local<v8::Value> thing = v8::Undefined(isolate), payload, made;
    if (!deserializer_->ReadValue(context).ToLocal(&payload)) return {};
    if (kind != 0 && (attachments_ == nullptr ||
                      !attachments_->take(static_cast<AttachmentKind>(kind), index)
                           .ToLocal(&thing))) {
      return {};
    }
    Local<v8::Value> arguments[] = {text_from_utf8(isolate, name), payload, thing};
    // The engine forbids scripts while it reads. Ours makes an object and touches none of those read.
    v8::Isolate::AllowJavascriptExecutionScope allowed(isolate);
    if (!call_through(parts_, context, EntryFunction::kCloneRead, 3, arguments).ToLocal(&made) ||
        !made->IsObject()) {
      return {};
    }
    return made.As<v8::Object>();
  }

 private:
  Isolate::Parts& parts_;
  AttachmentSource* attachments_;
  v8::ValueDeserializer* deserializer_ = nullptr;
};

}  // namespace

std::optional<std::string> write_value(Isolate::Parts& parts, Local<v8::Context> context,
                                       Local<v8::Value> value, CloneFor purpose,
                                       Attachments* attachments, bool* blocked) {
  return Writer(parts, purpose, attachments, blocked).write(context, value);
}

v8::MaybeLocal<v8::Value> read_value(Isolate::Parts& parts, Local<v8::Context> context,
                                     std::string_view bytes, AttachmentSource* attachments) {
  v8::EscapableHandleScope handles(parts.isolate);
  Local<v8::Value> value;
  if (!Reader(parts, attachments).read(context, bytes).ToLocal(&value)) return {};
  return handles.Escape(value);
}

std::optional<std::string> serialize_for_storage(Isolate::Parts& parts,
                                                 Local<v8::Context> context,
                                                 Local<v8::Value> value) {
  v8::HandleScope handles(parts.isolate);
  return write_value(parts, context, value, CloneFor::kStorage, nullptr, nullptr);
}

v8::MaybeLocal<v8::Value> deserialize_from_storage(Isolate::Parts& parts,
                                                   Local<v8::Context> context,
                                                   std::string_view bytes) {
  return read_value(parts, context, bytes, nullptr);
}

}  // namespace offing
