// native.d.ts: NativeTarget, the address of a call, as C++ has it (runtime/actor/call.h).
#ifndef OFFING_RUNTIME_BINDINGS_CALL_TARGET_H_
#define OFFING_RUNTIME_BINDINGS_CALL_TARGET_H_

#include <v8.h>

#include "runtime/actor/call.h"
#include "runtime/isolate/parts.h"

namespace offing {

// The runtime's own TypeScript made it; what does not fit is left at its default.
CallTarget target_of(Isolate::Parts& parts, v8::Local<v8::Context> context,
                     v8::Local<v8::Value> target);
// The other way, for a stub that a message brought.
v8::Local<v8::Value> target_to_guest(Isolate::Parts& parts, const CallTarget& target);

}  // namespace offing

#endif  // OFFING_RUNTIME_BINDINGS_CALL_TARGET_H_
