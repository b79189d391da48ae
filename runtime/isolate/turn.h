// One stay of control in a guest. `run_turn(parts, body)` enters the isolate and its context, runs
// `body`, then the microtasks and whatever they ask for, leaves, and only then tells the outside
// what the guest has answered. Inside a turn (a host that answers at once) it only runs `body`.
// `parts` may be gone when the outermost run_turn returns.
#ifndef OFFING_RUNTIME_ISOLATE_TURN_H_
#define OFFING_RUNTIME_ISOLATE_TURN_H_

#include <v8.h>

#include <initializer_list>
#include <string_view>
#include <utility>

#include "runtime/isolate/parts.h"
#include "runtime/isolate/stop.h"

namespace offing {

// Microtasks, unhandled rejections, pulls and hung requests, until none is left.
void settle_turn(Isolate::Parts& parts, v8::Local<v8::Context> context);
// runtime/actor/actor.h
void finish_actors(Isolate::Parts& parts);
// Gives the outbox's contents to their receivers, oldest first.
void flush_outbox(Isolate::Parts& parts);

template <class Body>
void run_turn(Isolate::Parts& parts, Body body) {
  if (parts.depth > 0) {
    v8::HandleScope handles(parts.isolate);
    body(parts.isolate->GetCurrentContext());
    return;
  }
  {
    v8::Isolate::Scope entered(parts.isolate);
    v8::HandleScope handles(parts.isolate);
    v8::Local<v8::Context> context = parts.context.Get(parts.isolate);
    v8::Context::Scope inside(context);
    // What is buried may itself enter the guest, to cancel a stream.
    if (!parts.graveyard.empty()) std::exchange(parts.graveyard, {}).clear();
    ++parts.depth;
    const uint64_t outer = std::exchange(*parts.running.word, parts.running.value);
    watch_turn(parts);
    body(context);
    settle_turn(parts, context);
    end_watch(parts);
    *parts.running.word = outer;
    --parts.depth;
  }
  if (!parts.dirty_actors.empty()) finish_actors(parts);
  flush_outbox(parts);
}

// Calls a function of Entry. An exception that leaves it is the runtime's own fault or a
// termination; it is reported to the host and the result is empty.
v8::MaybeLocal<v8::Value> call_entry(Isolate::Parts& parts, v8::Local<v8::Context> context,
                                     EntryFunction function, int count,
                                     v8::Local<v8::Value> arguments[]);
v8::MaybeLocal<v8::Value> call_entry(Isolate::Parts& parts, v8::Local<v8::Context> context,
                                     EntryFunction function,
                                     std::initializer_list<v8::Local<v8::Value>> arguments);

// Text and stack of an exception, as Entry.describe words them.
struct Described {
  std::string text;
  std::string stack;
};
Described describe(Isolate::Parts& parts, v8::Local<v8::Context> context,
                   v8::Local<v8::Value> exception);
// An exception on its way out of a context, and what the calling guest is given for it.
GuestError guest_error_of(Isolate::Parts& parts, v8::Local<v8::Context> context,
                          v8::Local<v8::Value> exception);
// From native.d.ts: RemoteErrorFields.
GuestError guest_error_from(Isolate::Parts& parts, v8::Local<v8::Context> context,
                            v8::Local<v8::Object> fields);
v8::Local<v8::Value> remote_error(Isolate::Parts& parts, v8::Local<v8::Context> context,
                                  const GuestError& error);
// A request's method; the usual ones are kept.
v8::Local<v8::String> method_string(Isolate::Parts& parts, std::string_view method);
void report_uncaught(Isolate::Parts& parts, v8::Local<v8::Context> context, RequestId request,
                     std::string_view where, v8::Local<v8::Value> exception);

}  // namespace offing

#endif  // OFFING_RUNTIME_ISOLATE_TURN_H_
