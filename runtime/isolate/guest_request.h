// One client's request while the guest has anything to do with it: from Isolate::fetch until it is
// answered, the response's stream is over and every waitUntil promise is settled. Then its context
// has ended: timers, reads and answers that are still under way are dropped.
//
// `under_way` counts the work that can wake the request up again: timers, binding calls, outbound
// fetches, reads of sources. When it is 0 after a turn and something is still asked of the guest (the
// answer, the next chunk of its stream), that will never come.
#ifndef OFFING_RUNTIME_ISOLATE_GUEST_REQUEST_H_
#define OFFING_RUNTIME_ISOLATE_GUEST_REQUEST_H_

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/host.h"
#include "runtime/http/message.h"
#include "runtime/isolate/isolate.h"
#include "runtime/limits/counts.h"

namespace offing {

class CallTree;

using FetchDone = Isolate::FetchDone;

struct GuestRequest {
  RequestId id = 0;
  Request incoming;
  std::string cf_json;
  FetchDone done;
  RpcDone rpc_done;            // of an RPC event, in place of `done`
  bool answered = false;
  bool streaming = false;      // the response's body is a guest stream, not at its end yet
  bool pulling = false;        // that stream was asked for a chunk and has not given it yet
  bool client_gone = false;
  bool hung_told = false;
  uint32_t under_way = 0;
  bool scheduled = false;      // a cron's event: it is answered when its waitUntil promises are settled
  bool no_retry = false;       // of a cron's event: FetchResult's
  uint64_t cpu_ms_max = 0;     // of a cron's event, in place of the profile's for requests
  int64_t cpu_us = 0;          // charged so far; of an instance, in its current event (stop.h)
  uint32_t wait_until = 0;
  uint32_t timers = 0;         // of those under way
  uint32_t sources = 0;        // open ones that belong to it
  uint32_t sockets = 0;        // WebSockets' ends that belong to it
  uint32_t open_sockets = 0;   // accepted ones of those (guest_socket.h)
  bool upgraded = false;       // it was answered with a WebSocket: no time limit while one is open
  TimerId drain_timer = 0;     // host's; runs while only waitUntil work is left
  Counts used;                 // of an instance, in its current event
  std::shared_ptr<Counts> told;  // of an event: who asks what it used (Called); null: nobody
  uint32_t hops = 0;           // Request::hops; of an instance, its last event's
  std::shared_ptr<CallTree> tree;  // null until it is asked for (bindings/subrequest.h)

  // ---- Durable Objects (runtime/actor/actor.h)
  RequestId actor = 0;         // the instance that this is an event of, or is itself
  bool is_instance = false;    // the instance's own context: answers nothing, ends with it
  bool is_alarm = false;
  // The answer, while the output gate holds it; called with what broke the instance, or null.
  std::move_only_function<void(const GuestError*)> held;
  bool holding = false;

  // ---- RPC (runtime/isolate/rpc.h)
  std::unique_ptr<RpcCall> rpc;  // what an RPC event asks
  std::string props;           // ctx.props: JSON text, or the serializer's bytes
  RequestId within = 0;        // the stateless context that a call of its export runs in
  uint32_t holds = 0;          // exports that others hold, streams they read, results kept for calls
  uint32_t exports = 0;        // objects of its own that others hold (RpcExport)
  uint32_t serving = 0;        // calls of its exports, not answered
  bool owns_rpc = false;       // there are imports or results to drop with it
};

// Puts one into the table; its objects are used again and again.
GuestRequest& open_request(Isolate::Parts& parts, RequestId id);
// An event of this instance begins: it may use anew what an invocation may.
void refill_counts(Isolate::Parts& parts, RequestId actor);
// What it has used until now; of an instance's event, what the instance has. Without this turn's CPU
// time and memory, which are known when it ends.
Counts used_by(Isolate::Parts& parts, const GuestRequest& request);
// What it asks for over HTTP has been on the way for so many hops. Of an actor's event, what the
// instance asks for too.
void set_hops(Isolate::Parts& parts, GuestRequest& request, uint32_t hops);
// A request takes part in counting only while it is in the table; id 0 and ended ones do not.
void work_began(Isolate::Parts& parts, RequestId request);
void work_ended(Isolate::Parts& parts, RequestId request);

// The one place that answers. Ignored when it is answered already.
void answer(Isolate::Parts& parts, GuestRequest& request, FetchResult result);
// Whether somebody outside waits for the guest to say something.
inline bool owes_something(const GuestRequest& request) {
  return request.actor == 0 && request.within == 0 &&
         (!request.answered || request.pulling || request.serving > 0);
}
// The same for any kind of event: `tell` gives the answer, or the error that broke the instance before
// it could leave. For an actor's event it waits at the output gate.
void conclude(Isolate::Parts& parts, GuestRequest& request,
              std::move_only_function<void(const GuestError*)> tell);
// Answers an actor's event with what broke the instance, past the gate. Nothing when it is answered.
void fail_event(Isolate::Parts& parts, GuestRequest& request, const GuestError& why);
// The response's guest stream is at its end, failed or was cancelled.
void response_stream_over(Isolate::Parts& parts, RequestId request);
void change_wait_until(Isolate::Parts& parts, RequestId request, int change);
// Ends the context when nothing is left to do for it.
void end_if_done(Isolate::Parts& parts, GuestRequest& request);
// Drops timers, sources and pending answers of the request and forgets it.
void end_request(Isolate::Parts& parts, RequestId request);

}  // namespace offing

#endif  // OFFING_RUNTIME_ISOLATE_GUEST_REQUEST_H_
