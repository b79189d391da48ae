// structuredClone through V8's serializer. Objects of platform classes (whose prototype is no
// built-in's) are offered to Entry.cloneWrite: [tag, payload] or undefined. An object of a guest's
// own class is cloned as the plain object it is.
#include <cstdlib>
#include <vector>

#include "runtime/bindings/native_call.h"

namespace offing {
namespace {

using v8::Local;

void throw_clone_error(v8::Isolate* isolate, Local<v8::String> message) {
  Isolate::Parts& parts = Isolate::Parts::of(isolate);
  Local<v8::Value> error;
  if (call_entry(parts, isolate->GetCurrentContext(), EntryFunction::kDomException,
                 {v8::String::NewFromUtf8Literal(isolate, "DataCloneError"), message})
          .ToLocal(&error)) {
    isolate->ThrowException(error);
  }
}

// Payloads stay in this process and this heap: they are kept aside and written as their index.
struct HostObjects {
  v8::LocalVector<v8::Value> tags;
  v8::LocalVector<v8::Value> payloads;
};

class Writer final : public v8::ValueSerializer::Delegate {
 public:
  Writer(v8::Isolate* isolate, HostObjects& objects) : isolate_(isolate), objects_(objects) {}

  void set_serializer(v8::ValueSerializer* serializer) { serializer_ = serializer; }

  void ThrowDataCloneError(Local<v8::String> message) override {
    throw_clone_error(isolate_, message);
  }
  bool HasCustomHostObject(v8::Isolate*) override { return true; }

  // Asked for every plain JavaScript object.
  v8::Maybe<bool> IsHostObject(v8::Isolate*, Local<v8::Object> object) override {
    Local<v8::Value> prototype = object->GetPrototypeV2();
    if (!prototype->IsObject() || is_object_prototype(prototype.As<v8::Object>())) {
      return v8::Just(false);
    }
    Local<v8::Context> context = isolate_->GetCurrentContext();
    Local<v8::Value> pair, argument = object;
    // Not call_entry: what it throws is the guest's DataCloneError.
    auto& clone_write = Isolate::Parts::of(isolate_)
                            .functions[static_cast<size_t>(EntryFunction::kCloneWrite)];
    if (!clone_write.Get(isolate_)
             ->Call(context, v8::Undefined(isolate_), 1, &argument)
             .ToLocal(&pair)) {
      return v8::Nothing<bool>();
    }
    if (!pair->IsArray()) return v8::Just(false);
    pending_ = pair.As<v8::Array>();
    return v8::Just(true);
  }

  v8::Maybe<bool> WriteHostObject(v8::Isolate*, Local<v8::Object> object) override {
    Local<v8::Context> context = isolate_->GetCurrentContext();
    Local<v8::Value> tag, payload;
    if (pending_.IsEmpty() || !pending_->Get(context, 0).ToLocal(&tag) ||
        !pending_->Get(context, 1).ToLocal(&payload)) {
      ThrowDataCloneError(text_from_utf8(
          isolate_, utf8_of(isolate_, object->GetConstructorName()) + " could not be cloned."));
      return v8::Nothing<bool>();
    }
    pending_.Clear();
    serializer_->WriteUint32(static_cast<uint32_t>(objects_.tags.size()));
    objects_.tags.push_back(tag);
    objects_.payloads.push_back(payload);
    return v8::Just(true);
  }

 private:
  // The prototype of object literals: its own prototype is null.
  static bool is_object_prototype(Local<v8::Object> prototype) {
    return prototype->GetPrototypeV2()->IsNull();
  }

  v8::Isolate* isolate_;
  HostObjects& objects_;
  v8::ValueSerializer* serializer_ = nullptr;
  Local<v8::Array> pending_;
};

class Reader final : public v8::ValueDeserializer::Delegate {
 public:
  explicit Reader(const HostObjects& objects) : objects_(objects) {}
  void set_deserializer(v8::ValueDeserializer* deserializer) { deserializer_ = deserializer; }

  v8::MaybeLocal<v8::Object> ReadHostObject(v8::Isolate* isolate) override {
    uint32_t index = 0;
    if (!deserializer_->ReadUint32(&index) || index >= objects_.tags.size()) return {};
    Local<v8::Value> made;
    v8::Isolate::AllowJavascriptExecutionScope allowed(isolate);  // forbidden while it reads
    if (!call_entry(Isolate::Parts::of(isolate), isolate->GetCurrentContext(),
                    EntryFunction::kCloneRead, {objects_.tags[index], objects_.payloads[index]})
             .ToLocal(&made) ||
        !made->IsObject()) {
      return {};
    }
    return made.As<v8::Object>();
  }

 private:
  const HostObjects& objects_;
  v8::ValueDeserializer* deserializer_ = nullptr;
};

// Throws when something in the list cannot be handed over.
bool read_transfer(v8::Isolate* isolate, Local<v8::Value> list,
                   v8::LocalVector<v8::ArrayBuffer>& buffers) {
  if (!list->IsArray()) return true;
  auto items = list.As<v8::Array>();
  for (uint32_t i = 0; i < items->Length(); ++i) {
    Local<v8::Value> item;
    if (!items->Get(isolate->GetCurrentContext(), i).ToLocal(&item)) return false;
    if (!item->IsArrayBuffer() || !item.As<v8::ArrayBuffer>()->IsDetachable() ||
        item.As<v8::ArrayBuffer>()->WasDetached()) {
      throw_clone_error(isolate, v8::String::NewFromUtf8Literal(
                                     isolate, "Value in the transfer list cannot be transferred."));
      return false;
    }
    for (Local<v8::ArrayBuffer> earlier : buffers) {
      if (earlier != item) continue;
      throw_clone_error(isolate, v8::String::NewFromUtf8Literal(
                                     isolate, "ArrayBuffer occurs in the transfer list twice."));
      return false;
    }
    buffers.push_back(item.As<v8::ArrayBuffer>());
  }
  return true;
}

// (value, transfer)
void structured_clone(const Arguments& info) {
  if (parts_of(info) == nullptr) return;
  v8::Isolate* isolate = info.GetIsolate();
  Local<v8::Context> context = isolate->GetCurrentContext();
  v8::LocalVector<v8::ArrayBuffer> transferred(isolate);
  if (!read_transfer(isolate, info[1], transferred)) return;

  HostObjects objects{v8::LocalVector<v8::Value>(isolate), v8::LocalVector<v8::Value>(isolate)};
  Writer writer(isolate, objects);
  v8::ValueSerializer serializer(isolate, &writer);
  writer.set_serializer(&serializer);
  serializer.WriteHeader();
  for (uint32_t i = 0; i < transferred.size(); ++i) {
    serializer.TransferArrayBuffer(i, transferred[i]);
  }
  if (serializer.WriteValue(context, info[0]).IsNothing()) return;
  auto [data, size] = serializer.Release();
  const std::unique_ptr<uint8_t, decltype(&std::free)> bytes(data, std::free);

  Reader reader(objects);
  v8::ValueDeserializer deserializer(isolate, data, size, &reader);
  reader.set_deserializer(&deserializer);
  for (uint32_t i = 0; i < transferred.size(); ++i) {
    auto store = transferred[i]->GetBackingStore();
    if (transferred[i]->Detach({}).IsNothing()) return;
    deserializer.TransferArrayBuffer(i, v8::ArrayBuffer::New(isolate, std::move(store)));
  }
  Local<v8::Value> clone;
  if (deserializer.ReadHeader(context).IsNothing() ||
      !deserializer.ReadValue(context).ToLocal(&clone)) {
    return;
  }
  info.GetReturnValue().Set(clone);
}

constexpr NativeFunction kFunctions[] = {{"structuredClone", structured_clone}};

}  // namespace

std::span<const NativeFunction> clone_natives() { return kFunctions; }

}  // namespace offing
