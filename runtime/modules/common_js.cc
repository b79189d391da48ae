// CommonJS modules: each runs once, when it is first imported or required; `module.exports` is its
// default export and what require() gives.
#include "runtime/bindings/convert.h"
#include "runtime/isolate/parts.h"
#include "runtime/modules/registry.h"

namespace offing {

using v8::Local;

v8::MaybeLocal<v8::Value> ModuleRegistry::run_common_js(Local<v8::Context> context,
                                                        const std::string& name, Record& record) {
  v8::Isolate* isolate = parts_.isolate;
  Local<v8::String> exports_name = v8::String::NewFromUtf8Literal(isolate, "exports");
  if (!record.common_js.IsEmpty()) return record.common_js.Get(isolate)->Get(context, exports_name);

  Local<v8::Object> module = v8::Object::New(isolate);
  Local<v8::Object> exports = v8::Object::New(isolate);
  module->CreateDataProperty(context, exports_name, exports).Check();
  Local<v8::Function> require;
  if (!v8::Function::New(context, on_require, text_from_utf8(isolate, name)).ToLocal(&require)) {
    return {};
  }
  record.common_js.Reset(isolate, module);
  Local<v8::Value> arguments[] = {module, exports, require};
  auto wrapper = record.value.Get(isolate).As<v8::Function>();
  if (wrapper->Call(context, exports, 3, arguments).IsEmpty()) {
    record.common_js.Reset();
    return {};
  }
  return module->Get(context, exports_name);
}

void ModuleRegistry::on_require(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  if (!info[0]->IsString()) {
    return throw_type_error(isolate, "require() needs the name of a module.");
  }
  ModuleRegistry& self = *Isolate::Parts::of(isolate).modules;
  Local<v8::Value> exported;
  if (self.require(isolate->GetCurrentContext(), utf8_of(isolate, info[0].As<v8::String>()),
                   utf8_of(isolate, info.Data().As<v8::String>()))
          .ToLocal(&exported)) {
    info.GetReturnValue().Set(exported);
  }
}

v8::MaybeLocal<v8::Value> ModuleRegistry::require(Local<v8::Context> context,
                                                  std::string_view specifier,
                                                  std::string_view referrer) {
  v8::Isolate* isolate = parts_.isolate;
  Record* record = load(context, specifier, referrer);
  if (record == nullptr) return {};
  if (record->builtin) return record->value.Get(isolate);
  Local<v8::Module> module = record->module.Get(isolate);
  if (record->kind == Module::Kind::kCommonJs) {
    const std::string name = utf8_of(isolate, module->GetResourceName().As<v8::String>());
    return run_common_js(context, name, *record);
  }
  if (record->kind != Module::Kind::kEsModule) return record->value.Get(isolate);

  // An ES module gives its namespace; it must be able to run to its end now.
  Local<v8::Promise> evaluated;
  if (!evaluate(context, module).ToLocal(&evaluated)) return {};
  if (evaluated->State() == v8::Promise::kRejected) {
    evaluated->MarkAsHandled();
    isolate->ThrowException(evaluated->Result());
    return {};
  }
  if (module->IsGraphAsync()) {
    throw_error(isolate, "cannot require() the module \"" + std::string(specifier) +
                             "\": it has a top-level await. Use import() instead.");
    return {};
  }
  return module->GetModuleNamespace();
}

}  // namespace offing
