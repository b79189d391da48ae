// Events of hibernatable WebSockets (spec/durable-objects.md 4).
#include <cassert>
#include <utility>

#include "runtime/actor/actor_sockets.h"
#include "runtime/bindings/convert.h"
#include "runtime/isolate/actor_entry.h"

namespace offing {
namespace {

using v8::Local;

constexpr const char* kEventTooLong =
    "Actor exceeded event execution time and was disconnected.";

TimerId start_timeout(Isolate::Parts& parts, RequestId actor, int64_t timeout_ms) {
  return parts.host.set_timer(actor, timeout_ms, [token = parts.token, actor] {
    if (token->parts == nullptr) return;
    Actor* late = find_actor(*token->parts, actor);
    if (late == nullptr) return;
    GuestError error = GuestError::reset(kEventTooLong);
    error.retryable = true;
    break_actor(*token->parts, *late, std::move(error));
    finish_actors(*token->parts);
    flush_outbox(*token->parts);
  });
}

bool begin(Isolate::Parts& parts, RequestId actor, RequestId event, SocketEvent& what,
           TimerId& timeout, v8::LocalVector<v8::Value>& arguments) {
  if (parts.find_request(event) == nullptr) return false;
  ActorSockets* sockets = ActorSockets::of(what);
  if (sockets != nullptr) {
    sockets->begun(what);
    if (sockets->event_timeout_ms() > 0) {
      timeout = start_timeout(parts, actor, sockets->event_timeout_ms());
    }
  }
  v8::Isolate* isolate = parts.isolate;
  Local<v8::Value> data;
  if (what.kind != SocketEvent::Kind::kMessage) {
    data = text_from_utf8(isolate, what.close.reason);
  } else if (what.message.binary) {
    data = array_buffer_from(isolate, std::move(what.message.bytes));
  } else {
    data = text_from_utf8(isolate, what.message.bytes);
  }
  arguments.push_back(number(isolate, actor));
  arguments.push_back(number(isolate, event));
  arguments.push_back(number(isolate, what.socket));
  arguments.push_back(v8::Integer::New(isolate, static_cast<int32_t>(what.kind)));
  arguments.push_back(data);
  arguments.push_back(v8::Integer::New(isolate, what.close.code));
  arguments.push_back(v8::Boolean::New(isolate, what.close.clean));
  return true;
}

}  // namespace

void Isolate::actor_socket_event(RequestId actor, RequestId event, SocketEvent what,
                                 SocketDone done, std::shared_ptr<Counts> used) {
  Parts& parts = *parts_;
  assert(find_actor(parts, actor) != nullptr);
  if (ActorSockets::of(what) == nullptr) return done(true);  // dropped by a reset
  auto timeout = std::make_shared<TimerId>(0);
  GuestRequest& request = add_actor_event(parts, event, actor);
  request.told = std::move(used);
  request.done = [event = SocketEvent{what.kind, what.socket, {}, {}, what.from}, timeout,
                  token = parts.token, done = std::move(done)](FetchResult result) mutable {
    if (*timeout != 0 && token->parts != nullptr) token->parts->host.clear_timer(*timeout);
    if (ActorSockets* sockets = ActorSockets::of(event)) sockets->over(event);
    done(result.outcome == Outcome::kOk);
  };
  enter_event(parts, actor, event, EntryFunction::kActorSocketEvent,
              [&parts, actor, event, timeout,
               what = std::move(what)](v8::LocalVector<v8::Value>& arguments) mutable {
                return begin(parts, actor, event, what, *timeout, arguments);
              });
  flush_outbox(parts);
}

}  // namespace offing
