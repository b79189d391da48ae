#include "runtime/actor/actor.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "runtime/bindings/convert.h"
#include "runtime/bindings/durable_tables.h"
#include "runtime/isolate/guest_stream.h"
#include "runtime/isolate/parts.h"
#include "runtime/isolate/turn.h"

namespace offing {
namespace {

// spec/durable-objects.md 3.2, rules 11 and 12.
constexpr const char* kSectionTooLong =
    "A call to blockConcurrencyWhile() in a Durable Object waited for too long. The call was "
    "canceled and the Durable Object was reset.";
constexpr const char* kSectionHangs =
    "A critical section within this Durable Object awaited a Promise that apparently will never "
    "complete. This could happen in particular if a critical section awaits a task that was "
    "initiated outside of the critical section. Since a critical section blocks all other tasks "
    "from completing, this leads to deadlock.";

void mark(Isolate::Parts& parts, Actor& actor) {
  if (std::exchange(actor.dirty, true)) return;
  parts.dirty_actors.push_back(actor.id);
}

Actor* actor_of(Isolate::Parts& parts, RequestId context) {
  GuestRequest* request = parts.find_request(context);
  return request == nullptr || request->actor == 0 ? nullptr : find_actor(parts, request->actor);
}

// The answer of make_durable, when it did not come at once.
void on_durable(Isolate::Parts& parts, RequestId id, OutputGate::Lock lock,
                std::expected<void, GuestError> result) {
  Actor* actor = find_actor(parts, id);
  if (actor == nullptr || actor->broken) return;
  if (!result) {
    break_actor(parts, *actor, std::move(result.error()));
    finish_actors(parts);
  } else {
    actor->output.open_through(lock);
  }
  flush_outbox(parts);
}

// Whether the section that runs waits for something that cannot come (rule 12).
bool hangs(Isolate::Parts& parts, Actor& actor) {
  if (actor.input.running() == 0 || actor.input.wants_pump()) return false;
  if (actor.output.held() > 0 || actor.open_sockets > 0) return false;
  const auto works = [&parts](RequestId context) {
    GuestRequest* request = parts.find_request(context);
    return request != nullptr && request->under_way > 0;
  };
  return !works(actor.id) && std::ranges::none_of(actor.events, works);
}

void end_instance(Isolate::Parts& parts, Actor& actor) {
  const RequestId id = actor.id;
  for (auto& [section, timer] : actor.section_timers) parts.host.clear_timer(timer);
  std::vector<GuestStream*> streams;
  parts.streams.for_each([&](uint64_t, GuestStream* stream) {
    const RequestId owner = stream->request();
    GuestRequest* request = parts.find_request(owner);
    if (request != nullptr && request->actor == id) streams.push_back(stream);
  });
  for (GuestStream* stream : streams) stream->fail("Network connection lost.");
  run_turn(parts, [&](v8::Local<v8::Context> context) {
    call_entry(parts, context, EntryFunction::kActorClose, {number(parts.isolate, id)});
  });
  // Told after the turn: whoever owns the object hears that it is broken before it hears of its
  // events.
  const std::vector<RequestId> events = std::exchange(actor.events, {});
  const GuestError why = actor.broken.value_or(GuestError::reset(kStorageGone));
  for (RequestId event : events) {
    if (GuestRequest* request = parts.find_request(event)) fail_event(parts, *request, why);
    end_request(parts, event);
  }
  end_request(parts, id);
  parts.durable->drop_of(id);
  parts.actors.remove(id);
}

}  // namespace

Actor* find_actor(Isolate::Parts& parts, RequestId actor) {
  std::unique_ptr<Actor>* found = parts.actors.find(actor);
  return found == nullptr ? nullptr : found->get();
}

durable::ObjectStorage* storage_of(Isolate::Parts& parts, Actor& actor) {
  if (actor.broken) return nullptr;
  if (actor.storage == nullptr) actor.storage = &parts.host.actor_storage(actor.id);
  return actor.storage;
}

void wrote(Isolate::Parts& parts, Actor& actor, bool confirmed) {
  mark(parts, actor);
  if (confirmed && actor.open_lock == 0 && !actor.in_explicit) {
    actor.open_lock = actor.output.lock();
  }
}

bool commit_actor(Isolate::Parts& parts, Actor& actor) {
  durable::ObjectStorage* storage = actor.broken ? nullptr : actor.storage;
  if (storage == nullptr || !storage->transaction_open()) return !actor.broken;
  if (std::exchange(actor.in_explicit, false)) {
    if (actor.open_lock == 0) actor.open_lock = actor.output.lock();
    mark(parts, actor);
    auto done = storage->commit_explicit(parts.host.now_ms());
    if (!done) return break_actor(parts, actor, GuestError::reset(done.error().text)), false;
  } else {
    auto done = storage->commit(parts.host.now_ms());
    if (!done) return break_actor(parts, actor, GuestError::reset(done.error().text)), false;
  }
  const OutputGate::Lock lock = std::exchange(actor.open_lock, 0);
  const bool durable = parts.host.make_durable(
      actor.id, [token = parts.token, id = actor.id, lock](std::expected<void, GuestError> result) {
        if (token->parts != nullptr) on_durable(*token->parts, id, lock, std::move(result));
      });
  if (durable && lock > actor.durable_lock) actor.durable_lock = lock;
  return true;
}

void break_actor(Isolate::Parts& parts, Actor& actor, GuestError why) {
  if (actor.broken) return;
  why.object_id = actor.object_id;
  actor.broken = std::move(why);
  actor.input.break_for_good();
  actor.output.break_for_good();
  if (actor.storage != nullptr) actor.storage->rollback();
  mark(parts, actor);
}

InputGate::Section current_section(Isolate::Parts& parts) {
  v8::Isolate* isolate = parts.isolate;
  v8::Local<v8::Data> frame = isolate->GetContinuationPreservedEmbedderDataV2();
  if (!frame->IsValue() || !frame.As<v8::Value>()->IsObject()) return 0;
  v8::Local<v8::Value> section;
  if (!frame.As<v8::Value>().As<v8::Object>()
           ->Get(isolate->GetCurrentContext(), parts.name(Name::kSection))
           .ToLocal(&section)) {
    return 0;
  }
  return static_cast<InputGate::Section>(id_of(section));
}

InputGate::Section section_for(Isolate::Parts& parts, RequestId context) {
  GuestRequest* request = parts.find_request(context);
  return request == nullptr || request->actor == 0 ? 0 : current_section(parts);
}

void look_for_hang(Isolate::Parts& parts, RequestId actor) {
  Actor* found = find_actor(parts, actor);
  if (found != nullptr && found->input.running() != 0) mark(parts, *found);
}

void enter_for(Isolate::Parts& parts, RequestId context, InputGate::Section section,
               InputGate::Task entry) {
  Actor* actor = actor_of(parts, context);
  if (actor == nullptr) return entry();
  if (actor->broken) return;
  actor->input.enter(section, std::move(entry));
}

void leave_for(Isolate::Parts& parts, RequestId context, OutputGate::Task message) {
  Actor* actor = actor_of(parts, context);
  if (actor == nullptr) return message(true);
  actor->output.pass(std::move(message));
}

InputGate::Section begin_section(Isolate::Parts& parts, Actor& actor) {
  auto number_of = std::make_shared<InputGate::Section>();
  *number_of = actor.input.ask(current_section(parts), [token = parts.token, id = actor.id,
                                                       number_of] {
    Isolate::Parts& live = *token->parts;
    Actor* starting = find_actor(live, id);
    const InputGate::Section section = *number_of;
    starting->section_timers.emplace(
        section, live.host.set_timer(id, kSectionMs, [token, id] {
          if (token->parts == nullptr) return;
          Actor* late = find_actor(*token->parts, id);
          if (late == nullptr) return;
          GuestError error = GuestError::reset(kSectionTooLong);
          error.overloaded = true;
          break_actor(*token->parts, *late, std::move(error));
          finish_actors(*token->parts);
          flush_outbox(*token->parts);
        }));
    mark(live, *starting);
    run_turn(live, [&](v8::Local<v8::Context> context) {
      charge(live, id);
      call_entry(live, context, EntryFunction::kSectionStart,
                 {number(live.isolate, id), number(live.isolate, section)});
    });
  });
  if (*number_of != 0) mark(parts, actor);
  return *number_of;
}

void end_section(Isolate::Parts& parts, Actor& actor, InputGate::Section section) {
  auto timer = actor.section_timers.find(section);
  if (timer != actor.section_timers.end()) {
    parts.host.clear_timer(timer->second);
    actor.section_timers.erase(timer);
  }
  actor.input.end(section);
  mark(parts, actor);
}

void finish_actors(Isolate::Parts& parts) {
  assert(parts.depth == 0);
  const std::shared_ptr<Token> token = parts.token;
  while (token->parts != nullptr && !parts.dirty_actors.empty()) {
    const RequestId id = parts.dirty_actors.front();
    parts.dirty_actors.erase(parts.dirty_actors.begin());
    Actor* actor = find_actor(parts, id);
    if (actor == nullptr) continue;
    actor->dirty = false;
    if (!actor->broken && !actor->in_explicit) commit_actor(parts, *actor);
    if (!actor->broken) actor->output.open_through(actor->durable_lock);
    if (!actor->broken && actor->input.wants_pump()) actor->input.pump();
    if ((actor = find_actor(parts, id)) == nullptr) continue;
    if (!actor->broken && hangs(parts, *actor)) {
      break_actor(parts, *actor, GuestError::reset(kSectionHangs));
    }
    if (!actor->broken) continue;
    const GuestError why = *actor->broken;
    const bool retry_alarm = actor->retry_alarm;
    end_instance(parts, *actor);
    parts.host.actor_broken(id, why, retry_alarm);
  }
}

void close_instance(Isolate::Parts& parts, Actor& actor, const GuestError& why) {
  assert(parts.depth == 0);
  if (!actor.broken) {
    actor.broken = why;
    actor.input.break_for_good();
    actor.output.break_for_good();
  }
  end_instance(parts, actor);
  flush_outbox(parts);
}

}  // namespace offing
