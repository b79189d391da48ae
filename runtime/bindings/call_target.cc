#include "runtime/bindings/call_target.h"

#include "runtime/bindings/convert.h"

namespace offing {

CallTarget target_of(Isolate::Parts& parts, v8::Local<v8::Context> context,
                     v8::Local<v8::Value> target) {
  CallTarget made;
  if (!target->IsArray()) return made;
  v8::Isolate* isolate = parts.isolate;
  auto at = [&](uint32_t i) {
    v8::Local<v8::Value> value;
    if (!target.As<v8::Array>()->Get(context, i).ToLocal(&value)) value = v8::Undefined(isolate);
    return value;
  };
  auto text = [&](uint32_t i) {
    v8::Local<v8::Value> value = at(i);
    return value->IsString() ? utf8_of(isolate, value.As<v8::String>()) : std::string();
  };
  made.kind = static_cast<CallTarget::Kind>(id_of(at(0)) & 3);
  switch (made.kind) {
    case CallTarget::Kind::kEntrypoint:
      made.index = static_cast<uint32_t>(id_of(at(1)));
      made.stub = id_of(at(6));
      break;
    case CallTarget::Kind::kActor:
      made.index = static_cast<uint32_t>(id_of(at(1)));
      made.id = text(2);
      made.name = text(3);
      made.location_hint = text(4);
      made.jurisdiction = text(5);
      made.stub = id_of(at(6));
      break;
    case CallTarget::Kind::kExport:
      break;
    case CallTarget::Kind::kResult:
      made.result_of = id_of(at(1));
      break;
  }
  return made;
}

}  // namespace offing
