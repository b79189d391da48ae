// One live instance of a Durable Object inside an isolate (spec/durable-objects.md 3): its gates,
// its storage, the events it is serving. The object of the guest's class lives in TypeScript
// (runtime/web/actor.ts) under the same RequestId, which is also the context that the instance's
// timers, fetches and promises belong to: they outlive the event that began them.
//
// Every entry goes through `input` (enter_for), everything that leaves through `output`
// (leave_for). After each turn finish_actors commits what the turn wrote. A broken actor
// is emptied at the end of the turn that broke it: its events are answered with the error, nothing
// is sent any more.
// Owner: Isolate::Parts. Life: open_actor to close_actor or break.
#ifndef OFFING_RUNTIME_ACTOR_ACTOR_H_
#define OFFING_RUNTIME_ACTOR_ACTOR_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/actor/guest_error.h"
#include "runtime/actor/input_gate.h"
#include "runtime/actor/output_gate.h"
#include "runtime/isolate/isolate.h"
#include "storage/durable/object_storage.h"

namespace offing {

struct Actor {
  RequestId id = 0;
  uint32_t space = 0;        // WorkerOptions::actor_classes
  bool sqlite = true;        // storage.sql and storage.kv are there
  std::string object_id;     // 64 hex digits
  std::string name;          // or empty
  InputGate input;
  OutputGate output;
  std::vector<RequestId> events;      // being served
  bool constructed = false;           // the constructor was called
  std::optional<GuestError> broken;   // set once
  bool retry_alarm = true;            // ctx.abort(reason, {retryAlarm: false})

  durable::ObjectStorage* storage = nullptr;  // null before the first use
  OutputGate::Lock open_lock = 0;     // of the open transaction's confirmed writes; 0: none
  OutputGate::Lock durable_lock = 0;  // made durable at once; opened after the turn
  bool dirty = false;                 // in Parts::dirty_actors
  bool in_explicit = false;           // a transaction() is open: turns do not commit
  std::optional<int64_t> alarm_running_ms;   // scheduled time of the alarm() that runs
  bool alarm_set_while_running = false;      // it called setAlarm or deleteAlarm

  std::unordered_map<InputGate::Section, TimerId> section_timers;  // 30 s each (rule 11)
  uint32_t open_sockets = 0;          // accept()ed WebSockets that keep it in memory (rule 32)
};

constexpr const char* kStorageGone = "Durable Object storage is no longer accessible.";  // rule 25
constexpr int64_t kSectionMs = 30'000;   // rule 11

// The instance of this context, or null. Broken ones are found too until they are emptied.
Actor* find_actor(Isolate::Parts& parts, RequestId actor);

// ---- for natives that touch storage
// The storage, opened at the first use; null when the actor is broken or closed (rule 25).
durable::ObjectStorage* storage_of(Isolate::Parts& parts, Actor& actor);
// A write was made. A confirmed one locks the output gate until the transaction is durable (rules
// 13, 18).
void wrote(Isolate::Parts& parts, Actor& actor, bool confirmed);
// COMMIT of what is open, now, implicit or explicit: false when it failed; the actor is broken
// then.
bool commit_actor(Isolate::Parts& parts, Actor& actor);
// Breaks the instance (at the end of this turn). The first call wins.
void break_actor(Isolate::Parts& parts, Actor& actor, GuestError why);

// ---- entries and exits
// The critical section of the frame that runs now; 0 outside of all.
InputGate::Section current_section(Isolate::Parts& parts);
// The same for work of `context`; 0, without looking, when that is no actor's.
InputGate::Section section_for(Isolate::Parts& parts, RequestId context);
// Runs `entry` when `section` of the actor that `context` is, or is an event of, may enter: now, or
// later; never when it is broken. For other contexts, now. Not from inside a turn of the actor.
void enter_for(Isolate::Parts& parts, RequestId context, InputGate::Section section,
               InputGate::Task entry);
// Runs `message` when the output gate of that actor lets it pass: now (then perhaps inside the
// turn), or after a later turn; never when it breaks before. For other contexts, now.
void leave_for(Isolate::Parts& parts, RequestId context, OutputGate::Task message);

// blockConcurrencyWhile: asks for a section inside the current one; Entry.sectionStart follows. 0:
// too deep.
InputGate::Section begin_section(Isolate::Parts& parts, Actor& actor);
void end_section(Isolate::Parts& parts, Actor& actor, InputGate::Section section);
// The last of some work of this actor, or of an event of it, has ended: after this turn, is there
// anything left that its section can wait for (rule 12)?
void look_for_hang(Isolate::Parts& parts, RequestId actor);

// After a turn: commits, sends, starts what waits, empties what is broken.
void finish_actors(Isolate::Parts& parts);
// Drops the instance, not from inside a turn; Isolate::close_actor.
void close_instance(Isolate::Parts& parts, Actor& actor, const GuestError& why);

}  // namespace offing

#endif  // OFFING_RUNTIME_ACTOR_ACTOR_H_
