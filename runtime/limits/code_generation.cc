#include "runtime/limits/code_generation.h"

#include <array>
#include <string_view>

#include "runtime/isolate/parts.h"

namespace offing {
namespace {

// What `new Function()` and a class that extends Function with an empty super() assemble.
constexpr std::array<std::string_view, 4> kEmptyFunctions = {
    "(function anonymous(\n) {\n\n})", "(function* anonymous(\n) {\n\n})",
    "(async function anonymous(\n) {\n\n})", "(async function* anonymous(\n) {\n\n})"};

bool startup_allows(const Isolate::Parts& parts) {
  return parts.starting && parts.eval_during_startup;
}

bool is_empty_function(v8::Isolate* isolate, v8::Local<v8::String> source) {
  char text[64];
  const auto length = static_cast<uint32_t>(source->Length());
  if (length > sizeof(text) || !source->ContainsOnlyOneByte()) return false;
  source->WriteOneByteV2(isolate, 0, length, reinterpret_cast<uint8_t*>(text));
  for (std::string_view empty : kEmptyFunctions) {
    if (empty == std::string_view(text, length)) return true;
  }
  return false;
}

v8::ModifyCodeGenerationFromStringsResult on_eval(v8::Local<v8::Context>,
                                                  v8::Local<v8::Value> source, bool) {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  v8::ModifyCodeGenerationFromStringsResult result;
  // spec/limits.md 6.2 says that eval() of anything but a string is allowed; the real workerd allows
  // only eval() and eval(undefined), and so do we (tests/conformance/globals.js).
  result.codegen_allowed =
      source->IsUndefined() || startup_allows(Isolate::Parts::of(isolate)) ||
      (source->IsString() && is_empty_function(isolate, source.As<v8::String>()));
  return result;
}

bool on_wasm(v8::Local<v8::Context>, v8::Local<v8::String>) {
  const Isolate::Parts& parts = Isolate::Parts::of(v8::Isolate::GetCurrent());
  return parts.compiling_wasm || startup_allows(parts);
}

}  // namespace

void forbid_code_generation(v8::Isolate* isolate, v8::Local<v8::Context> context) {
  context->AllowCodeGenerationFromStrings(false);
  isolate->SetModifyCodeGenerationFromStringsCallback(on_eval);
  isolate->SetAllowWasmCodeGenerationCallback(on_wasm);
}

}  // namespace offing
