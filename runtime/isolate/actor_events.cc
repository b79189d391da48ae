// Isolate's methods for Durable Objects: instances, and the events they are given.
#include <cassert>
#include <utility>

#include "runtime/actor/actor.h"
#include "runtime/bindings/convert.h"
#include "runtime/isolate/actor_entry.h"
#include "runtime/isolate/parts.h"
#include "runtime/isolate/turn.h"

namespace offing {

using v8::Local;

GuestRequest& add_actor_event(Isolate::Parts& parts, RequestId event, RequestId actor) {
  GuestRequest& request = open_request(parts, event);
  request.actor = actor;
  refill(parts, actor);
  set_hops(parts, request, 0);
  return request;
}

void construct_instance(Isolate::Parts& parts, Actor& actor) {
  actor.constructed = true;
  run_turn(parts, [&](Local<v8::Context> context) {
    charge(parts, actor.id);
    v8::TryCatch caught(parts.isolate);
    Local<v8::Value> argument = number(parts.isolate, actor.id);
    auto& construct = parts.functions[static_cast<size_t>(EntryFunction::kActorConstruct)];
    if (!construct.Get(parts.isolate)
             ->Call(context, v8::Undefined(parts.isolate), 1, &argument)
             .IsEmpty()) {
      return;
    }
    if (caught.HasTerminated()) {
      return parts.isolate->CancelTerminateExecution();   // end_watch breaks it
    }
    report_uncaught(parts, context, actor.id, "constructor", caught.Exception());
    GuestError error = guest_error_of(parts, context, caught.Exception());
    error.remote = error.object_reset = true;
    break_actor(parts, actor, std::move(error));
  });
}

void Isolate::open_actor(RequestId actor, ActorOptions options) {
  Parts& parts = *parts_;
  GuestRequest& context_of = add_actor_event(parts, actor, actor);
  context_of.is_instance = true;
  auto instance = std::make_unique<Actor>();
  instance->id = actor;
  instance->space = options.space;
  instance->sqlite = options.sqlite;
  instance->object_id = std::move(options.object_id);
  instance->name = std::move(options.name);
  instance->input.defective = options.input_gate_defective;
  instance->output.defective = options.output_gate_defective;
  const Actor& opened = *parts.actors.add(actor, std::move(instance));
  run_turn(parts, [&](Local<v8::Context> context) {
    v8::Isolate* isolate = parts.isolate;
    call_entry(parts, context, EntryFunction::kActorOpen,
               {number(isolate, actor), number(isolate, opened.space),
                text_from_utf8(isolate, opened.object_id),
                opened.name.empty() ? v8::Undefined(isolate).As<v8::Value>()
                                    : text_from_utf8(isolate, opened.name).As<v8::Value>()});
  });
}

void Isolate::close_actor(RequestId actor, const GuestError& why) {
  if (Actor* found = find_actor(*parts_, actor)) close_instance(*parts_, *found, why);
}

void Isolate::break_actor(RequestId actor, GuestError why) {
  Actor* found = find_actor(*parts_, actor);
  if (found == nullptr) return;
  offing::break_actor(*parts_, *found, std::move(why));
  finish_actors(*parts_);
  flush_outbox(*parts_);
}

void Isolate::actor_fetch(RequestId actor, RequestId event, Request incoming, std::string cf_json,
                          FetchDone done, std::shared_ptr<Counts> used) {
  Parts& parts = *parts_;
  assert(find_actor(parts, actor) != nullptr);
  GuestRequest& request = add_actor_event(parts, event, actor);
  set_hops(parts, request, incoming.hops);
  request.incoming = std::move(incoming);
  request.cf_json = std::move(cf_json);
  request.done = std::move(done);
  request.told = std::move(used);
  enter_event(parts, actor, event, EntryFunction::kActorFetch,
              [&parts, actor, event](v8::LocalVector<v8::Value>& arguments) {
                GuestRequest* entering = parts.find_request(event);
                if (entering == nullptr) return false;
                v8::Isolate* isolate = parts.isolate;
                const Request& in = entering->incoming;
                arguments.push_back(number(isolate, actor));
                arguments.push_back(number(isolate, event));
                arguments.push_back(method_string(parts, in.method));
                arguments.push_back(text_from_utf8(isolate, in.url));
                arguments.push_back(v8::Boolean::New(isolate, in.has_body));
                return true;
              });
  flush_outbox(parts);
}

// Whether the object's alarm still is the one that is about to run: its constructor, or an event
// before it, may have moved it (rules 50, 51).
static bool is_alarm_set(Isolate::Parts& parts, Actor& actor, int64_t scheduled_ms) {
  durable::ObjectStorage* storage = storage_of(parts, actor);
  if (storage == nullptr) return true;
  auto at_ms = storage->alarm();
  return !at_ms || *at_ms == scheduled_ms;
}

void Isolate::actor_alarm(RequestId actor, RequestId event, int64_t scheduled_ms,
                          uint32_t retry_count, bool is_retry, AlarmDone done,
                          std::shared_ptr<Counts> used) {
  Parts& parts = *parts_;
  assert(find_actor(parts, actor) != nullptr);
  GuestRequest& request = add_actor_event(parts, event, actor);
  request.is_alarm = true;
  request.told = std::move(used);
  auto due = std::make_shared<bool>(true);
  request.done = [due, done = std::move(done)](FetchResult result) mutable {
    const bool ok = result.outcome == Outcome::kOk;
    done({.ok = ok, .ran = *due, .counted = true, .retry = true,
          .error = std::move(result.thrown)});
  };
  enter_event(parts, actor, event, EntryFunction::kActorAlarm,
              [&parts, actor, event, scheduled_ms, retry_count, is_retry,
               due](v8::LocalVector<v8::Value>& arguments) {
                Actor* running = find_actor(parts, actor);
                GuestRequest* entering = parts.find_request(event);
                if (running == nullptr || entering == nullptr) return false;
                if (!is_alarm_set(parts, *running, scheduled_ms)) {
                  *due = entering->is_alarm = false;
                  answer(parts, *entering, {});
                  return false;
                }
                running->alarm_running_ms = scheduled_ms;
                running->alarm_set_while_running = false;
                v8::Isolate* isolate = parts.isolate;
                arguments.push_back(number(isolate, actor));
                arguments.push_back(number(isolate, event));
                arguments.push_back(v8::Number::New(isolate, static_cast<double>(scheduled_ms)));
                arguments.push_back(number(isolate, retry_count));
                arguments.push_back(v8::Boolean::New(isolate, is_retry));
                return true;
              });
  flush_outbox(parts);
}

ActorActivity Isolate::actor_activity(RequestId actor) const {
  ActorActivity activity;
  Actor* found = find_actor(*parts_, actor);
  GuestRequest* context_of = parts_->find_request(actor);
  if (found == nullptr || context_of == nullptr) return activity;
  activity.events = found->events.size();
  activity.work = context_of->under_way + context_of->wait_until + found->input.waiting() +
                  found->output.held() + (found->input.idle() ? 0 : 1);
  activity.sockets = found->open_sockets;
  activity.held = context_of->exports;
  return activity;
}

}  // namespace offing
