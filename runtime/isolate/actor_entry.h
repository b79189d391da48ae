// How an event enters an instance: private to the files that implement Isolate's methods for
// Durable Objects.
#ifndef OFFING_RUNTIME_ISOLATE_ACTOR_ENTRY_H_
#define OFFING_RUNTIME_ISOLATE_ACTOR_ENTRY_H_

#include <utility>

#include "runtime/actor/actor.h"
#include "runtime/isolate/parts.h"
#include "runtime/isolate/turn.h"

namespace offing {

// A request of this isolate, in the table until it has ended.
GuestRequest& add_actor_event(Isolate::Parts& parts, RequestId event, RequestId actor);
// Runs the constructor; what it throws breaks the instance (spec/durable-objects.md 1.5.2).
void construct_instance(Isolate::Parts& parts, Actor& actor);

// Calls the entry function `function` of an event, once the constructor has run and the gate lets
// it in. `make_arguments(arguments)` is called inside the turn; false: the event has ended.
template <class MakeArguments>
void enter_event(Isolate::Parts& parts, RequestId actor_id, RequestId event,
                 EntryFunction function, MakeArguments make_arguments) {
  Actor* actor = find_actor(parts, actor_id);
  actor->events.push_back(event);
  refill_counts(parts, actor_id);
  if (!actor->constructed) construct_instance(parts, *actor);
  if ((actor = find_actor(parts, actor_id)) == nullptr || actor->broken) return;
  actor->input.enter(0, [&parts, actor_id, function, make_arguments = std::move(make_arguments)]() mutable {
    run_turn(parts, [&](v8::Local<v8::Context> context) {
      charge(parts, actor_id);
      v8::LocalVector<v8::Value> arguments(parts.isolate);
      if (!make_arguments(arguments)) return;
      call_entry(parts, context, function, static_cast<int>(arguments.size()), arguments.data());
    });
  });
}

}  // namespace offing

#endif  // OFFING_RUNTIME_ISOLATE_ACTOR_ENTRY_H_
