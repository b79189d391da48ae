#include "runtime/modules/registry.h"

#include <cassert>
#include <vector>

#include "runtime/bindings/convert.h"
#include "runtime/isolate/engine_parts.h"
#include "runtime/isolate/parts.h"
#include "runtime/isolate/turn.h"

namespace offing {
namespace {

using v8::Local;

std::string name_of(v8::Isolate* isolate, Local<v8::Value> resource_name) {
  return resource_name->IsString() ? utf8_of(isolate, resource_name.As<v8::String>()) : "";
}

bool has_scheme(std::string_view specifier) {
  return specifier.find(':') != std::string_view::npos;
}

// Module code belongs to no request, whichever request imports it.
class OutsideFrames {
 public:
  explicit OutsideFrames(v8::Isolate* isolate)
      : isolate_(isolate), frame_(isolate->GetContinuationPreservedEmbedderDataV2()) {
    isolate->SetContinuationPreservedEmbedderDataV2(v8::Undefined(isolate));
  }
  ~OutsideFrames() { isolate_->SetContinuationPreservedEmbedderDataV2(frame_); }
  OutsideFrames(const OutsideFrames&) = delete;

 private:
  v8::Isolate* isolate_;
  Local<v8::Data> frame_;
};

std::string where(v8::Isolate* isolate, Local<v8::Context> context, Local<v8::Message> message) {
  if (message.IsEmpty()) return "";
  const std::string file = name_of(isolate, message->GetScriptResourceName());
  if (file.empty()) return "";
  return "\n    at " + file + ":" + std::to_string(message->GetLineNumber(context).FromMaybe(0)) +
         ":" + std::to_string(message->GetStartColumn(context).FromMaybe(0) + 1);
}

}  // namespace

std::string ModuleRegistry::resolve_path(std::string_view referrer, std::string_view specifier) {
  std::vector<std::string_view> parts;
  auto walk = [&parts](std::string_view path) {
    while (true) {
      const size_t slash = path.find('/');
      const std::string_view part = path.substr(0, slash);
      if (part == "..") {
        if (parts.empty()) return false;
        parts.pop_back();
      } else if (!part.empty() && part != ".") {
        parts.push_back(part);
      }
      if (slash == std::string_view::npos) return true;
      path.remove_prefix(slash + 1);
    }
  };
  const size_t folder_end = referrer.rfind('/');
  if (!specifier.starts_with('/') && folder_end != std::string_view::npos) {
    walk(referrer.substr(0, folder_end));
  }
  if (!walk(specifier)) return "";
  std::string path;
  for (std::string_view part : parts) {
    if (!path.empty()) path += '/';
    path += part;
  }
  return path;
}

const Module* ModuleRegistry::find(std::string_view name) const {
  return (bundle_ != nullptr ? *bundle_ : later_).find(name);
}

std::expected<Local<v8::Object>, std::string> ModuleRegistry::start(Local<v8::Context> context,
                                                                    const Bundle& bundle) {
  v8::Isolate* isolate = parts_.isolate;
  const Module* main = bundle.find(bundle.main);
  if (main == nullptr) {
    return std::unexpected("Uncaught TypeError: Main module name is not present in bundle.");
  }
  if (main->kind != Module::Kind::kEsModule) {
    return std::unexpected("Uncaught TypeError: Main module must be an ES module.");
  }
  bundle_ = &bundle;
  v8::TryCatch caught(isolate);
  v8::EscapableHandleScope handles(isolate);
  Record* record = load_from_bundle(context, *main);
  Local<v8::Promise> evaluated;
  if (record == nullptr ||
      !evaluate(context, record->module.Get(isolate)).ToLocal(&evaluated)) {
    return std::unexpected(error_text(context, caught));
  }
  // Promises that are settled already, and what hangs on them, are all that startup waits for.
  isolate->PerformMicrotaskCheckpoint();
  if (evaluated->State() == v8::Promise::kRejected) {
    evaluated->MarkAsHandled();
    isolate->ThrowException(evaluated->Result());
    return std::unexpected(error_text(context, caught));
  }
  Local<v8::Module> module = record->module.Get(isolate);
  if (evaluated->State() == v8::Promise::kPending) {
    auto [stalled, messages] = module->GetStalledTopLevelAwaitMessages(isolate);
    return std::unexpected("Uncaught Error: Top-level await in module is unsettled." +
                           (messages.empty() ? "" : where(isolate, context, messages[0])));
  }
  later_.main = bundle.main;
  for (const Module& m : bundle.modules) {
    if (!records_.contains(m.name)) later_.modules.push_back(m);
  }
  bundle_ = nullptr;
  return handles.Escape(module->GetModuleNamespace().As<v8::Object>());
}

std::string ModuleRegistry::error_text(Local<v8::Context> context, v8::TryCatch& caught) {
  v8::Isolate* isolate = parts_.isolate;
  if (caught.HasTerminated()) {
    isolate->CancelTerminateExecution();
    return parts_.memory.heap_exceeded() ? "Error: Script startup exceeded memory limit."
                                         : "Error: Script startup exceeded CPU time limit.";
  }
  Local<v8::Value> exception = caught.Exception();
  const Described described = describe(parts_, context, exception);
  if (!missing_.empty() && described.text.ends_with(missing_)) return missing_;
  std::string text = "Uncaught " + described.text;
  const size_t frames = described.stack.find("\n    at ");
  if (frames != std::string::npos) return text + described.stack.substr(frames);
  return text + where(isolate, context, caught.Message());
}

v8::MaybeLocal<v8::Promise> ModuleRegistry::evaluate(Local<v8::Context> context,
                                                     Local<v8::Module> module) {
  OutsideFrames outside(parts_.isolate);
  if (module->GetStatus() == v8::Module::kUninstantiated &&
      module->InstantiateModule(context, on_resolve).IsNothing()) {
    return {};
  }
  Local<v8::Value> evaluated;
  if (!module->Evaluate(context).ToLocal(&evaluated)) return {};
  return evaluated.As<v8::Promise>();
}

ModuleRegistry::Record* ModuleRegistry::load(Local<v8::Context> context,
                                             std::string_view specifier,
                                             std::string_view referrer) {
  std::string path;
  if (!has_scheme(specifier)) {
    path = resolve_path(referrer, specifier);
    auto made = records_.find(path);
    if (made != records_.end()) return &made->second;
    const Module* module = find(path);
    // A bare name may also be meant from the bundle's root.
    if (module == nullptr && !specifier.starts_with('.')) {
      made = records_.find(specifier);
      if (made != records_.end()) return &made->second;
      module = find(specifier);
    }
    if (module != nullptr) return load_from_bundle(context, *module);
  }
  // Texts name a relative specifier by the path it means.
  const bool relative = specifier.starts_with('.') || specifier.starts_with('/');
  return load_builtin(context, relative && !path.empty() ? path : std::string(specifier),
                      referrer);
}

ModuleRegistry::Record* ModuleRegistry::load_from_bundle(Local<v8::Context> context,
                                                         const Module& module) {
  auto made = records_.find(module.name);
  if (made != records_.end()) return &made->second;
  Record& record = records_[module.name];
  record.kind = module.kind;
  if (fill(context, record, module)) return &record;
  records_.erase(module.name);
  return nullptr;
}

bool ModuleRegistry::fill(Local<v8::Context> context, Record& record, const Module& module) {
  v8::Isolate* isolate = parts_.isolate;
  Local<v8::Module> made;
  if (module.kind == Module::Kind::kEsModule) {
    if (!compile(record, module).ToLocal(&made)) return false;
  } else {
    Local<v8::Value> value;
    if (!value_of(context, module).ToLocal(&value)) return false;
    record.value.Reset(isolate, value);
    Local<v8::String> export_name = parts_.name(Name::kDefault);
    made = v8::Module::CreateSyntheticModule(isolate, text_from_utf8(isolate, module.name),
                                             {&export_name, 1}, on_evaluate_synthetic);
  }
  record.module.Reset(isolate, made);
  return true;
}

v8::MaybeLocal<v8::Module> ModuleRegistry::compile(Record& record, const Module& module) {
  using v8::ScriptCompiler;
  v8::Isolate* isolate = parts_.isolate;
  v8::ScriptOrigin origin(text_from_utf8(isolate, module.name), 0, 0, false, -1, {}, false, false,
                          /*is_module=*/true);
  Local<v8::String> text = text_from_utf8(isolate, module.bytes);
  CodeCache* cache = parts_.engine.parts().code.get();
  if (cache != nullptr) record.code = CodeCache::key_of(module);
  const std::string* code = cache != nullptr ? cache->find(record.code) : nullptr;
  if (code == nullptr) {
    ScriptCompiler::Source source(text, origin);
    return ScriptCompiler::CompileModule(isolate, &source);
  }
  // The source owns the description, not the bytes.
  ScriptCompiler::Source source(
      text, origin,
      new ScriptCompiler::CachedData(reinterpret_cast<const uint8_t*>(code->data()),
                                     static_cast<int>(code->size())));
  auto made = ScriptCompiler::CompileModule(isolate, &source, ScriptCompiler::kConsumeCodeCache);
  if (source.GetCachedData()->rejected) cache->drop(record.code);
  return made;
}

void ModuleRegistry::keep_code() {
  CodeCache* cache = parts_.engine.parts().code.get();
  if (cache == nullptr) return;
  v8::HandleScope handles(parts_.isolate);
  for (auto& [name, record] : records_) {
    if (record.code == 0 || record.module.IsEmpty() || !cache->wants(record.code)) continue;
    Local<v8::Module> module = record.module.Get(parts_.isolate);
    if (module->GetStatus() != v8::Module::kEvaluated) continue;
    const std::unique_ptr<v8::ScriptCompiler::CachedData> code(
        v8::ScriptCompiler::CreateCodeCache(module->GetUnboundModuleScript()));
    if (code != nullptr && code->length > 0)
      cache->keep(record.code, std::string(reinterpret_cast<const char*>(code->data),
                                           static_cast<size_t>(code->length)));
  }
}

// What the module's default export will be; of CommonJS the function that makes it.
v8::MaybeLocal<v8::Value> ModuleRegistry::value_of(Local<v8::Context> context,
                                                   const Module& module) {
  v8::Isolate* isolate = parts_.isolate;
  switch (module.kind) {
    case Module::Kind::kText: return text_from_utf8(isolate, module.bytes);
    case Module::Kind::kData: return array_buffer_from(isolate, module.bytes);
    case Module::Kind::kJson: {
      Local<v8::Value> value;
      v8::TryCatch caught(isolate);
      if (v8::JSON::Parse(context, text_from_utf8(isolate, module.bytes)).ToLocal(&value)) {
        return value;
      }
      const std::string why = describe(parts_, context, caught.Exception()).text;
      caught.Reset();
      isolate->ThrowException(v8::Exception::SyntaxError(
          text_from_utf8(isolate, "cannot parse the JSON module " + module.name + ": " + why)));
      caught.ReThrow();
      return {};
    }
    case Module::Kind::kWasm: {
      parts_.compiling_wasm = true;
      auto* bytes = reinterpret_cast<const uint8_t*>(module.bytes.data());
      v8::MaybeLocal<v8::WasmModuleObject> compiled =
          v8::WasmModuleObject::Compile(isolate, {bytes, module.bytes.size()});
      parts_.compiling_wasm = false;
      Local<v8::WasmModuleObject> wasm;
      if (!compiled.ToLocal(&wasm)) return {};
      return wasm;
    }
    case Module::Kind::kCommonJs: {
      v8::ScriptOrigin origin(text_from_utf8(isolate, module.name));
      v8::ScriptCompiler::Source source(text_from_utf8(isolate, module.bytes), origin);
      Local<v8::String> parameters[] = {v8::String::NewFromUtf8Literal(isolate, "module"),
                                        v8::String::NewFromUtf8Literal(isolate, "exports"),
                                        v8::String::NewFromUtf8Literal(isolate, "require")};
      Local<v8::Function> wrapper;
      if (!v8::ScriptCompiler::CompileFunction(context, &source, 3, parameters)
               .ToLocal(&wrapper)) {
        return {};
      }
      return wrapper;
    }
    case Module::Kind::kEsModule: break;
  }
  assert(false);
  return {};
}

ModuleRegistry::Record* ModuleRegistry::load_builtin(Local<v8::Context> context,
                                                     const std::string& specifier,
                                                     std::string_view referrer) {
  v8::Isolate* isolate = parts_.isolate;
  auto made = records_.find(specifier);
  if (made != records_.end()) return &made->second;
  Local<v8::Value> answer;
  if (!call_entry(parts_, context, EntryFunction::kBuiltin, {text_from_utf8(isolate, specifier)})
           .ToLocal(&answer)) {
    return nullptr;
  }
  if (!answer->IsObject()) {
    missing_ = answer->IsString() ? utf8_of(isolate, answer.As<v8::String>())
                                  : "No such module \"" + specifier + "\".";
    // A dynamic import() fails in the guest's own hands, which knows where it stands.
    if (parts_.starting) missing_ += "\n  imported from \"" + std::string(referrer) + "\"";
    throw_error(isolate, missing_);
    return nullptr;
  }
  auto exports = answer.As<v8::Object>();
  Local<v8::Array> keys;
  if (!exports->GetOwnPropertyNames(context).ToLocal(&keys)) return nullptr;
  v8::LocalVector<v8::String> names(isolate);
  for (uint32_t i = 0; i < keys->Length(); ++i) {
    names.push_back(keys->Get(context, i).ToLocalChecked().As<v8::String>());
  }
  Record& record = records_[specifier];
  record.builtin = true;
  record.value.Reset(isolate, exports);
  record.module.Reset(isolate, v8::Module::CreateSyntheticModule(
                                   isolate, text_from_utf8(isolate, specifier),
                                   {names.data(), names.size()}, on_evaluate_synthetic));
  return &record;
}

// ---- V8's hooks

v8::MaybeLocal<v8::Module> ModuleRegistry::on_resolve(Local<v8::Context> context,
                                                      Local<v8::String> specifier,
                                                      Local<v8::FixedArray>,
                                                      Local<v8::Module> referrer) {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  ModuleRegistry& self = *Isolate::Parts::of(isolate).modules;
  Record* record = self.load(context, utf8_of(isolate, specifier),
                             name_of(isolate, referrer->GetResourceName()));
  if (record == nullptr) return {};
  return record->module.Get(isolate);
}

v8::MaybeLocal<v8::Value> ModuleRegistry::on_evaluate_synthetic(Local<v8::Context> context,
                                                                Local<v8::Module> module) {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  ModuleRegistry& self = *Isolate::Parts::of(isolate).modules;
  const std::string name = name_of(isolate, module->GetResourceName());
  Record& record = self.records_.find(name)->second;
  Local<v8::Value> value = record.value.Get(isolate);
  if (record.builtin) {
    auto exports = value.As<v8::Object>();
    Local<v8::Array> keys;
    if (!exports->GetOwnPropertyNames(context).ToLocal(&keys)) return {};
    for (uint32_t i = 0; i < keys->Length(); ++i) {
      Local<v8::Value> key, exported;
      if (!keys->Get(context, i).ToLocal(&key) || !exports->Get(context, key).ToLocal(&exported) ||
          module->SetSyntheticModuleExport(isolate, key.As<v8::String>(), exported).IsNothing()) {
        return {};
      }
    }
  } else {
    if (record.kind == Module::Kind::kCommonJs &&
        !self.run_common_js(context, name, record).ToLocal(&value)) {
      return {};
    }
    if (module
            ->SetSyntheticModuleExport(
                isolate, Isolate::Parts::of(isolate).name(Name::kDefault), value)
            .IsNothing()) {
      return {};
    }
  }
  Local<v8::Promise::Resolver> done;
  if (!v8::Promise::Resolver::New(context).ToLocal(&done)) return {};
  done->Resolve(context, v8::Undefined(isolate)).Check();
  return done->GetPromise();
}

v8::MaybeLocal<v8::Promise> ModuleRegistry::import_dynamically(
    Local<v8::Context> context, Local<v8::Data>, Local<v8::Value> referrer,
    Local<v8::String> specifier, Local<v8::FixedArray>) {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  ModuleRegistry& self = *Isolate::Parts::of(isolate).modules;
  Local<v8::Promise::Resolver> resolver;
  if (!v8::Promise::Resolver::New(context).ToLocal(&resolver)) return {};
  v8::TryCatch caught(isolate);
  auto reject = [&]() -> v8::MaybeLocal<v8::Promise> {
    if (caught.HasTerminated()) return {};
    resolver->Reject(context, caught.Exception()).Check();
    return resolver->GetPromise();
  };
  Record* record =
      self.load(context, utf8_of(isolate, specifier), name_of(isolate, referrer));
  if (record == nullptr) return reject();
  Local<v8::Module> module = record->module.Get(isolate);
  Local<v8::Promise> evaluated;
  if (!self.evaluate(context, module).ToLocal(&evaluated)) return reject();
  // Settled or not, the namespace comes after the evaluation.
  Local<v8::Function> then =
      v8::Function::New(
          context,
          [](const v8::FunctionCallbackInfo<v8::Value>& info) {
            info.GetReturnValue().Set(info.Data());
          },
          module->GetModuleNamespace())
          .ToLocalChecked();
  Local<v8::Promise> imported;
  if (!evaluated->Then(context, then).ToLocal(&imported)) return reject();
  resolver->Resolve(context, imported).Check();
  return resolver->GetPromise();
}

}  // namespace offing
