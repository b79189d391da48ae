// The modules of one isolate: found by name in the bundle, made into V8 modules when first
// imported, evaluated once. Static imports, import() and require() share them.
//
// Names: a specifier is relative to the importing module ("./a", "../a", and bare "a"); when the
// bundle has no such module, it is a built-in ("cloudflare:workers") or an error.
// Owner: Isolate::Parts. Used within turns only.
#ifndef OFFING_RUNTIME_MODULES_REGISTRY_H_
#define OFFING_RUNTIME_MODULES_REGISTRY_H_

#include <v8.h>

#include <expected>
#include <map>
#include <string>
#include <string_view>

#include "runtime/isolate/isolate.h"
#include "runtime/modules/bundle.h"
#include "runtime/modules/code_cache.h"

namespace offing {

class ModuleRegistry {
 public:
  explicit ModuleRegistry(Isolate::Parts& parts) : parts_(parts) {}
  ModuleRegistry(const ModuleRegistry&) = delete;

  // Instantiates and evaluates the main module. Gives its namespace, or the startup error's text.
  // `bundle` is read during the call; what is not imported by then is copied for later imports.
  std::expected<v8::Local<v8::Object>, std::string> start(v8::Local<v8::Context> context,
                                                          const Bundle& bundle);

  // Gives what has been compiled to the engine, if that keeps it. Not while a guest runs.
  void keep_code();

  // V8's hook for import(): rejects with the platform's texts.
  static v8::MaybeLocal<v8::Promise> import_dynamically(v8::Local<v8::Context> context,
                                                        v8::Local<v8::Data> options,
                                                        v8::Local<v8::Value> referrer,
                                                        v8::Local<v8::String> specifier,
                                                        v8::Local<v8::FixedArray> attributes);

  // The path `specifier` means inside the module `referrer`: "./b" in "lib/a.js" is "lib/b".
  // Empty when it leaves the bundle's root.
  static std::string resolve_path(std::string_view referrer, std::string_view specifier);

 private:
  struct Record {
    Module::Kind kind = Module::Kind::kEsModule;
    bool builtin = false;
    CodeCache::Key code = 0;  // under which its code may be kept; 0: not at all
    v8::Global<v8::Module> module;
    // The default export of a synthetic module; of CommonJS: module.exports once it ran.
    v8::Global<v8::Value> value;
    // CommonJS: `module`, from the beginning of its evaluation on (cycles see partial exports).
    v8::Global<v8::Object> common_js;
  };

  // Throws into the isolate and gives nothing when there is no such module or it does not compile.
  Record* load(v8::Local<v8::Context> context, std::string_view specifier,
               std::string_view referrer);
  Record* load_from_bundle(v8::Local<v8::Context> context, const Module& module);
  Record* load_builtin(v8::Local<v8::Context> context, const std::string& specifier,
                       std::string_view referrer);
  bool fill(v8::Local<v8::Context> context, Record& record, const Module& module);
  v8::MaybeLocal<v8::Value> value_of(v8::Local<v8::Context> context, const Module& module);
  v8::MaybeLocal<v8::Module> compile(Record& record, const Module& module);
  const Module* find(std::string_view name) const;
  std::string error_text(v8::Local<v8::Context> context, v8::TryCatch& caught);

  // CommonJS
  v8::MaybeLocal<v8::Value> run_common_js(v8::Local<v8::Context> context, const std::string& name,
                                          Record& record);
  v8::MaybeLocal<v8::Value> require(v8::Local<v8::Context> context, std::string_view specifier,
                                    std::string_view referrer);
  static void on_require(const v8::FunctionCallbackInfo<v8::Value>& info);

  // V8's hooks
  static v8::MaybeLocal<v8::Module> on_resolve(v8::Local<v8::Context> context,
                                               v8::Local<v8::String> specifier,
                                               v8::Local<v8::FixedArray> attributes,
                                               v8::Local<v8::Module> referrer);
  static v8::MaybeLocal<v8::Value> on_evaluate_synthetic(v8::Local<v8::Context> context,
                                                         v8::Local<v8::Module> module);
  // Instantiates and evaluates outside of any request's frame.
  v8::MaybeLocal<v8::Promise> evaluate(v8::Local<v8::Context> context,
                                       v8::Local<v8::Module> module);

  Isolate::Parts& parts_;
  const Bundle* bundle_ = nullptr;  // during start
  Bundle later_;                    // modules not imported during start
  std::map<std::string, Record, std::less<>> records_;
  std::string missing_;  // text of the last "No such module" error, which is reported bare
};

}  // namespace offing

#endif  // OFFING_RUNTIME_MODULES_REGISTRY_H_
