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
      made.entrypoint = text(3);
      made.props = at(4)->IsUint8Array() ? std::string(BytesOf(at(4)).view()) : text(4);
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
      if (RpcTables::Import* found = parts.rpc.imports.find(id_of(at(1)))) {
        made.exported = found->exported;
      }
      break;
    case CallTarget::Kind::kResult:
      made.result_of = id_of(at(1));
      break;
  }
  return made;
}

v8::Local<v8::Value> target_to_guest(Isolate::Parts& parts, const CallTarget& target) {
  v8::Isolate* isolate = parts.isolate;
  const bool actor = target.kind == CallTarget::Kind::kActor;
  v8::Local<v8::Value> items[] = {
      number(isolate, static_cast<uint64_t>(target.kind)),
      number(isolate, target.index),
      text_from_utf8(isolate, target.id),
      text_from_utf8(isolate, actor ? target.name : target.entrypoint),
      actor ? text_from_utf8(isolate, target.location_hint).As<v8::Value>()
            : uint8_array_from(isolate, target.props).As<v8::Value>(),
      text_from_utf8(isolate, target.jurisdiction),
      number(isolate, 0)};
  return v8::Array::New(isolate, items, std::size(items));
}

}  // namespace offing
