// A guest that goes beyond its CPU time or memory is stopped where it stands: no JavaScript can catch
// it. What it was doing is answered with the platform's words, and the isolate serves nothing new
// (spec/limits.md 5): its successor starts afresh.
//
// CPU time is charged to what a turn was entered for: a request, or the instance of a Durable Object,
// whose budget is full again at each event (spec/limits.md 2).
#ifndef OFFING_RUNTIME_ISOLATE_STOP_H_
#define OFFING_RUNTIME_ISOLATE_STOP_H_

#include "runtime/isolate/parts.h"

namespace offing {

// At the beginning and the end of an outermost turn.
void watch_turn(Isolate::Parts& parts);
void end_watch(Isolate::Parts& parts);
// From inside a turn: whom it is for. The last one counts.
void charge(Isolate::Parts& parts, RequestId request);
// This turn goes beyond a limit: what it was doing is answered when it ends.
bool is_stopping(Isolate::Parts& parts);
// A new event of this instance: its budget is full.
void refill(Isolate::Parts& parts, RequestId instance);

}  // namespace offing

#endif  // OFFING_RUNTIME_ISOLATE_STOP_H_
