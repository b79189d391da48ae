// What each call to the outside begins with: it is counted, and it waits for a connection
// (spec/limits.md 2.1).
#ifndef OFFING_RUNTIME_BINDINGS_SUBREQUEST_H_
#define OFFING_RUNTIME_BINDINGS_SUBREQUEST_H_

#include <memory>
#include <utility>

#include "runtime/bindings/native_call.h"
#include "runtime/limits/call_tree.h"
#include "runtime/limits/counts.h"

namespace offing {

// Counts a subrequest of `request`. False: it is one too many, and the call's result is a promise
// that rejects.
bool count_call(const Arguments& info, Isolate::Parts& parts, RequestId request, Subrequest kind);
// The same for a call of a stub: of an object, or of a Worker, which counts among those that one
// request may invoke. Calls of what an earlier call gave are part of that one.
bool count_stub_call(const Arguments& info, Isolate::Parts& parts, RequestId request,
                     CallTarget::Kind kind);

// begin_work of what was counted: it costs the isolate memory until it is settled (spec/limits.md
// 2.1).
Ticket begin_subrequest(const Arguments& info, Isolate::Parts& parts, RequestId request);
// Request::hops of what `request` asks for.
uint32_t hops_of(Isolate::Parts& parts, RequestId request);

// What `request` shares with the Workers it calls; made when it is first asked for.
const std::shared_ptr<CallTree>& tree_of(Isolate::Parts& parts, GuestRequest& request);
// The same to be passed on; null when the request has ended.
std::shared_ptr<CallTree> shared_tree(Isolate::Parts& parts, RequestId request);
// As an event: is somebody waiting for connections that nobody uses?
void look_for_deadlock(const std::shared_ptr<Token>& token, const std::shared_ptr<CallTree>& tree);
// The answer has come: lets go of its connection, unless `body`, not null, is one that keeps it.
void answered(Isolate::Parts& parts, ConnectionSlot slot, std::unique_ptr<ByteSource>* body);

// Runs `start(ConnectionSlot)` now, or when it is this call's turn; never when its request has
// ended by then.
template <class Start>
void connect(Isolate::Parts& parts, RequestId request, Ticket ticket, Start start) {
  GuestRequest* found =
      parts.limits.connections == 0 ? nullptr : parts.find_request(request);
  if (found == nullptr) return start(ConnectionSlot());
  const std::shared_ptr<CallTree>& tree = tree_of(parts, *found);
  if (tree->take()) return start(ConnectionSlot(tree));
  tree->wait([token = parts.token, ticket,
              start = std::move(start)](ConnectionSlot slot) mutable {
    if (token->parts == nullptr || token->parts->pending.owner_of(ticket).first == 0) return;
    start(std::move(slot));
  });
  if (parts.limits.connection_count == ConnectionCount::kOpen) look_for_deadlock(parts.token, tree);
}

}  // namespace offing

#endif  // OFFING_RUNTIME_BINDINGS_SUBREQUEST_H_
