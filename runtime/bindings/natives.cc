#include "runtime/bindings/natives.h"

#include <array>
#include <vector>

namespace offing {
namespace {

std::array<std::span<const NativeFunction>, 20> groups() {
  return {actor_natives(), actor_id_natives(), durable_natives(), durable_sql_natives(),
          durable_state_natives(), clone_natives(),   codec_natives(), crypto_natives(),  fetch_natives(),
          host_natives(),    inspect_natives(), kv_natives(),    r2_natives(),
          r2_object_natives(), request_natives(), rpc_natives(),
          stream_natives(),  text_natives(),  url_natives(),
          web_socket_natives()};
}

}  // namespace

v8::Local<v8::Object> make_native_object(v8::Local<v8::Context> context) {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  v8::Local<v8::Object> object = v8::Object::New(isolate);
  for (std::span<const NativeFunction> group : groups()) {
    for (const NativeFunction& native : group) {
      v8::Local<v8::String> name =
          v8::String::NewFromUtf8(isolate, native.name, v8::NewStringType::kInternalized)
              .ToLocalChecked();
      v8::Local<v8::Function> function =
          v8::Function::New(context, native.callback, {}, 0, v8::ConstructorBehavior::kThrow)
              .ToLocalChecked();
      function->SetName(name);
      object->CreateDataProperty(context, name, function).Check();
    }
  }
  return object;
}

const intptr_t* native_references() {
  static const std::vector<intptr_t> references = [] {
    std::vector<intptr_t> all;
    for (std::span<const NativeFunction> group : groups()) {
      for (const NativeFunction& native : group) {
        all.push_back(reinterpret_cast<intptr_t>(native.callback));
      }
    }
    all.push_back(0);
    return all;
  }();
  return references.data();
}

}  // namespace offing
