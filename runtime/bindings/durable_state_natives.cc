// Durable Object storage: alarms, transactions, durability, point-in-time recovery
// (spec/durable-objects.md 2.6, 2.7, 3.6).
#include "runtime/actor/actor.h"
#include "runtime/bindings/durable_tables.h"

namespace offing {
namespace {

using v8::Local;

constexpr const char* kCannotCommit =
    "Cannot commit transaction due to an earlier SQL critical error";

// What storageBegin and storageSavepoint give: bits.
constexpr uint32_t kNested = 1;     // a savepoint of the transaction around it
constexpr uint32_t kAlarmSet = 2;   // the running alarm() had set or deleted the alarm before

uint32_t begun_bits(const Actor& actor, bool nested) {
  return (nested ? kNested : 0) | (actor.alarm_set_while_running ? kAlarmSet : 0);
}

// ---- alarms

void storage_alarm(const Arguments& info) {
  DurableCall call = durable_call(info);
  if (!call) return;
  info.GetReturnValue().SetNull();
  if (call.actor->alarm_running_ms && !call.actor->alarm_set_while_running) return;  // rule 42
  auto at_ms = call.storage->alarm();
  if (!at_ms) return fail(call, at_ms.error());
  if (*at_ms) info.GetReturnValue().Set(static_cast<double>(**at_ms));
}

// (actor, atMs or undefined, confirmed): what is past is due now (rule 36).
void storage_set_alarm(const Arguments& info) {
  DurableCall call = durable_call(info);
  if (!call) return;
  std::optional<int64_t> at_ms;
  if (info[1]->IsNumber()) {
    at_ms = std::max(static_cast<int64_t>(info[1].As<v8::Number>()->Value()),
                     call.parts->host.now_ms());
  }
  auto done = call.storage->set_alarm(at_ms);
  if (!done) return fail(call, done.error());
  if (call.actor->alarm_running_ms) call.actor->alarm_set_while_running = true;
  wrote(*call.parts, *call.actor, !info[2]->IsFalse());
}

// ---- transactions

// What was written before is committed for itself.
void storage_begin(const Arguments& info) {
  DurableCall call = durable_call(info);
  if (!call) return;
  const bool nested = call.actor->in_explicit;
  if (!nested && !commit_actor(*call.parts, *call.actor)) {
    return throw_error(call.isolate, kStorageGone);
  }
  auto begun = nested ? call.storage->savepoint() : call.storage->begin_explicit();
  if (!begun) return fail(call, begun.error());
  call.actor->in_explicit = true;
  info.GetReturnValue().Set(begun_bits(*call.actor, nested));
}

// (actor, begun)
void storage_commit(const Arguments& info) {
  DurableCall call = durable_call(info);
  if (!call) return;
  if (id_of(info[1]) & kNested) {
    auto done = call.storage->release_savepoint();
    if (!done) fail(call, done.error());
    return;
  }
  if (!commit_actor(*call.parts, *call.actor)) {
    throw_error(call.isolate, call.actor->broken ? call.actor->broken->message : kStorageGone);
  }
}

// (actor, begun)
void storage_rollback(const Arguments& info) {
  DurableCall call = durable_call(info);
  if (!call) return;
  const uint64_t begun = id_of(info[1]);
  call.actor->alarm_set_while_running = (begun & kAlarmSet) != 0;
  if (begun & kNested) {
    auto done = call.storage->rollback_savepoint();
    if (!done) fail(call, done.error());
    return;
  }
  call.storage->rollback_explicit();
  call.actor->in_explicit = false;
}

// It begins the implicit transaction when none is open.
void storage_savepoint(const Arguments& info) {
  DurableCall call = durable_call(info);
  if (!call) return;
  const bool was_open = call.storage->transaction_open();
  auto begun = call.storage->savepoint();
  if (!begun) return fail(call, begun.error());
  if (!was_open) wrote(*call.parts, *call.actor, true);
  info.GetReturnValue().Set(begun_bits(*call.actor, true));
}

// (actor, begun, keep)
void storage_savepoint_end(const Arguments& info) {
  Isolate::Parts* parts = parts_of(info);
  if (parts == nullptr) return;
  Actor* actor = find_actor(*parts, id_of(info[0]));
  if (actor == nullptr || actor->broken) {
    // What broke it inside was reported there; only a success must not be pretended.
    if (info[2]->IsTrue()) throw_error(info.GetIsolate(), kCannotCommit);
    return;
  }
  DurableCall call = durable_call(info);
  if (!call) return;
  if (!info[2]->IsTrue()) call.actor->alarm_set_while_running = (id_of(info[1]) & kAlarmSet) != 0;
  auto done = info[2]->IsTrue() ? call.storage->release_savepoint()
                                : call.storage->rollback_savepoint();
  if (!done) fail(call, done.error());
}

// ---- durability

void settle_sync(Isolate::Parts& parts, Ticket ticket) {
  deliver(parts, ticket, [parts = &parts, ticket] {
    resolve_work(*parts, ticket, [parts](Local<v8::Context>, RequestId) -> Local<v8::Value> {
      return v8::Undefined(parts->isolate);
    });
  });
}

// Everything committed so far, confirmed or not, then settles. Not from inside a turn.
void await_durable(Isolate::Parts& parts, RequestId actor, Ticket ticket) {
  Actor* found = find_actor(parts, actor);
  if (found == nullptr || found->broken) return;
  const bool already = parts.host.make_durable(
      actor, [token = parts.token, ticket](std::expected<void, GuestError> result) {
        // An error breaks the instance, which others tell; the promise never settles.
        if (token->parts != nullptr && result) settle_sync(*token->parts, ticket);
      });
  if (already) settle_sync(parts, ticket);
}

void storage_sync(const Arguments& info) {
  DurableCall call = durable_call(info);
  if (!call) return;
  Actor& actor = *call.actor;
  const bool open = call.storage->transaction_open() && !actor.in_explicit;
  if (!open && !actor.output.locked() &&
      call.parts->host.make_durable(actor.id, [](auto) {})) {
    return;
  }
  const Ticket ticket = begin_work(info, *call.parts, actor.id);
  if (ticket == 0) return;
  // The turn that runs ends with the commit of what is open.
  call.parts->host.post([token = call.parts->token, id = actor.id, ticket] {
    if (token->parts != nullptr) await_durable(*token->parts, id, ticket);
  });
}

// ---- point-in-time recovery

void give_text(const DurableCall& call, const Arguments& info,
               durable::StorageResult<std::string> text) {
  if (!text) return fail(call, text.error());
  info.GetReturnValue().Set(text_from_utf8(call.isolate, *text));
}

void storage_bookmark(const Arguments& info) {
  DurableCall call = durable_call(info);
  if (call) give_text(call, info, call.storage->current_bookmark());
}

// (actor, atMs)
void storage_bookmark_at(const Arguments& info) {
  DurableCall call = durable_call(info);
  if (!call || !info[1]->IsNumber()) return;
  const auto at_ms = static_cast<int64_t>(info[1].As<v8::Number>()->Value());
  give_text(call, info, call.storage->bookmark_for_time(at_ms, call.parts->host.now_ms()));
}

// (actor, bookmark)
void storage_restore(const Arguments& info) {
  DurableCall call = durable_call(info);
  if (!call || !info[1]->IsString()) return;
  give_text(call, info,
            call.storage->restore_at_next_open(utf8_of(call.isolate, info[1].As<v8::String>())));
}

constexpr NativeFunction kFunctions[] = {{"storageAlarm", storage_alarm},
                                         {"storageSetAlarm", storage_set_alarm},
                                         {"storageBegin", storage_begin},
                                         {"storageCommit", storage_commit},
                                         {"storageRollback", storage_rollback},
                                         {"storageSavepoint", storage_savepoint},
                                         {"storageSavepointEnd", storage_savepoint_end},
                                         {"storageSync", storage_sync},
                                         {"storageBookmark", storage_bookmark},
                                         {"storageBookmarkAt", storage_bookmark_at},
                                         {"storageRestore", storage_restore}};

}  // namespace

std::span<const NativeFunction> durable_state_natives() { return kFunctions; }

}  // namespace offing
