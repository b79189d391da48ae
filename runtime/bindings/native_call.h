// What every native function begins with: its isolate, its Parts, the way to a promise.
#ifndef OFFING_RUNTIME_BINDINGS_NATIVE_CALL_H_
#define OFFING_RUNTIME_BINDINGS_NATIVE_CALL_H_

#include <v8.h>

#include <string_view>

#include "runtime/bindings/convert.h"
#include "runtime/bindings/natives.h"
#include "runtime/isolate/parts.h"
#include "runtime/isolate/turn.h"

namespace offing {

using Arguments = v8::FunctionCallbackInfo<v8::Value>;
constexpr const char* kContextEnded =
    "Couldn't complete operation because the execution context has ended.";

// Null, with an exception thrown, while the snapshot is made: there is no host then.
inline Isolate::Parts* parts_of(const Arguments& info) {
  auto* parts = static_cast<Isolate::Parts*>(info.GetIsolate()->GetData(0));
  if (parts == nullptr) {
    throw_error(info.GetIsolate(), "the runtime touched its host while the snapshot was made");
  }
  return parts;
}

// Begins work of `request`: sets the call's result to a promise and gives the ticket that settles
// it. 0 when the request's context has ended (the promise is rejected already).
Ticket begin_work(const Arguments& info, Isolate::Parts& parts, RequestId request);

// For the host's callbacks: runs `settle`, which settles the promise of `ticket`, when the input gate
// lets it in; at once for what is no actor's; never when its request has ended.
void deliver(Isolate::Parts& parts, Ticket ticket, std::move_only_function<void()> settle);

// Settles the promise of `ticket` with what `value(context)` makes, in a turn. Nothing happens when
// the request has ended meanwhile.
template <class MakeValue>
void resolve_work(Isolate::Parts& parts, Ticket ticket, MakeValue value) {
  run_turn(parts, [&](v8::Local<v8::Context> context) {
    auto taken = parts.pending.take(parts.isolate, ticket);
    if (!taken) return;
    charge(parts, taken->request);
    work_ended(parts, taken->request);
    taken->resolver->Resolve(context, value(context, taken->request)).Check();
  });
}
void reject_work(Isolate::Parts& parts, Ticket ticket, std::string_view text, bool type_error);
// With the Error that what failed in another context becomes (Entry.remoteError).
void reject_with(Isolate::Parts& parts, Ticket ticket, const GuestError& error);

// A body as `respond`, `fetch`, `kvPut` and `r2Put` take it. A negative number is a source that the
// guest passes on unread.
struct GivenBody {
  bool present = false;
  std::string bytes;
  std::unique_ptr<ByteSource> stream;
  bool passed = false;   // the stream is no guest's: nothing runs in the guest for it any more
};
GivenBody take_body(Isolate::Parts& parts, v8::Local<v8::Value> body, RequestId request,
                    double length, bool is_response);
// The other way: undefined, a Uint8Array, or a new source of `owner`.
v8::Local<v8::Value> give_body(Isolate::Parts& parts, RequestId owner, bool has_body,
                               std::string bytes, std::unique_ptr<ByteSource> stream);
uint64_t add_source(Isolate::Parts& parts, RequestId owner, std::unique_ptr<ByteSource> stream);

}  // namespace offing

#endif  // OFFING_RUNTIME_BINDINGS_NATIVE_CALL_H_
