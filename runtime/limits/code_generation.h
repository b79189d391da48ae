// What a guest may turn into code: nothing but its modules (spec/limits.md 6.2). During startup the
// flag allow_eval_during_startup lifts the ban.
#ifndef OFFING_RUNTIME_LIMITS_CODE_GENERATION_H_
#define OFFING_RUNTIME_LIMITS_CODE_GENERATION_H_

#include <v8.h>

namespace offing {

// V8's own texts for what is refused: `EvalError: Code generation from strings disallowed for this
// context`, `WebAssembly.Module(): Wasm code generation disallowed by embedder`.
void forbid_code_generation(v8::Isolate* isolate, v8::Local<v8::Context> context);

}  // namespace offing

#endif  // OFFING_RUNTIME_LIMITS_CODE_GENERATION_H_
