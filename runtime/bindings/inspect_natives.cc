// What console's inspection cannot see from JavaScript.
#include "runtime/bindings/native_call.h"

namespace offing {
namespace {

using v8::Local;

void promise_state(const Arguments& info) {
  v8::Isolate* isolate = info.GetIsolate();
  if (!info[0]->IsPromise()) return;
  auto promise = info[0].As<v8::Promise>();
  Local<v8::Value> result = v8::Undefined(isolate);
  if (promise->State() != v8::Promise::kPending) result = promise->Result();
  Local<v8::Value> both[] = {v8::Integer::New(isolate, promise->State()), result};
  info.GetReturnValue().Set(v8::Array::New(isolate, both, 2));
}

void proxy_target(const Arguments& info) {
  if (!info[0]->IsProxy()) return;
  Local<v8::Value> target = info[0].As<v8::Proxy>()->GetTarget();
  // A revoked proxy has no target; an empty object shows that it is one.
  if (target->IsObject()) return info.GetReturnValue().Set(target);
  info.GetReturnValue().Set(v8::Object::New(info.GetIsolate()));
}

void class_name(const Arguments& info) {
  if (!info[0]->IsObject()) return;
  info.GetReturnValue().Set(info[0].As<v8::Object>()->GetConstructorName());
}

constexpr NativeFunction kFunctions[] = {
    {"promiseState", promise_state}, {"proxyTarget", proxy_target}, {"className", class_name}};

}  // namespace

std::span<const NativeFunction> inspect_natives() { return kFunctions; }

}  // namespace offing
