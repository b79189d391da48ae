// One guest isolate: a V8 heap with one Worker's modules evaluated in it. Serves many requests at a
// time, as on the platform; module state lives as long as the isolate.
//
// Control enters the guest only through the methods here and through callbacks given to the Host;
// each entry ends with a microtask checkpoint. Nothing here waits.
// Owner: emulator/topology. Threading: the loop thread only.
#ifndef OFFING_RUNTIME_ISOLATE_ISOLATE_H_
#define OFFING_RUNTIME_ISOLATE_ISOLATE_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/actor/call.h"
#include "runtime/actor/guest_error.h"
#include "runtime/host.h"
#include "runtime/http/message.h"
#include "runtime/isolate/engine.h"
#include "runtime/limits/counts.h"
#include "runtime/modules/bundle.h"

namespace offing {

// How one invocation ended; spellings of spec/limits.md 5.3.
enum class Outcome : uint8_t {
  kOk, kException, kCanceled, kResponseStreamDisconnected, kExceededCpu, kExceededMemory,
  kExceededWallTime
};
std::string_view to_string(Outcome outcome);

struct FetchResult {
  Outcome outcome = Outcome::kOk;
  Response response;               // when kOk
  bool pass_through = false;       // kException: the guest had called passThroughOnException()
  std::string error;               // kException: "TypeError: …", already reported to the Host
  Counts used = {};                // until now
  GuestError thrown;               // kException: what a calling guest is given
  bool no_retry = false;           // a scheduled event's controller.noRetry() was called
};

// What scheduled() is told (spec/services.md 2).
struct ScheduledEvent {
  int64_t time_ms = 0;             // controller.scheduledTime
  std::string cron;                // controller.cron, character for character
  uint64_t cpu_ms_max = 0;         // by how often it runs; 0: no limit
};

// How an alarm() ended (spec/durable-objects.md 3.6).
struct AlarmResult {
  bool ok = true;
  bool ran = true;          // false: the alarm was not due any more (rule 51)
  bool counted = true;      // rule 47: a failure that counts against the six retries
  bool retry = true;        // rule 49
  GuestError error;         // when not ok
};

struct SocketEvent;   // runtime/actor/actor_sockets.h

struct ActorOptions {
  uint32_t space = 0;       // WorkerOptions::actor_classes
  std::string object_id;    // 64 hex digits
  std::string name;         // of idFromName, or empty
  bool sqlite = true;       // of its class; false for the legacy key-value backend
  bool input_gate_defective = false;   // test only
  bool output_gate_defective = false;  // test only
};

// What an instance is doing: may it hibernate, may it be evicted (rule 32)?
struct ActorActivity {
  size_t events = 0;        // being served or waiting at the input gate
  size_t work = 0;          // timers, fetches, reads, waitUntil promises, open transactions
  size_t sockets = 0;       // accept()ed WebSockets
  size_t held = 0;          // what others hold of it: stubs of its functions and targets
};

class StartupRecorder;  // runtime/isolate/startup.h

struct TestResult {
  std::string name;   // the export's
  bool passed = false;
  std::string error;  // text and stack
};

class Isolate {
 public:
  using FetchDone = std::move_only_function<void(FetchResult)>;
  using SocketDone = std::move_only_function<void(bool ok)>;
  using AlarmDone = std::move_only_function<void(AlarmResult)>;

  // Makes the isolate and evaluates the modules. The error is the platform's text for a Worker that
  // does not start ("Uncaught SyntaxError: …", "No such module \"x\".\n  imported from \"y\""),
  // followed by a stack when there is one. `recorder`, if any, is told of it and outlives the call.
  static std::expected<std::unique_ptr<Isolate>, std::string> start(
      Engine& engine, Host& host, const Bundle& bundle, const WorkerOptions& options,
      StartupRecorder* recorder = nullptr);
  // Drops everything at once: unanswered requests get no answer.
  ~Isolate();

  // Calls the guest's fetch handler: `entrypoint` is an export's name, "default" the usual one.
  // `cf_json` becomes request.cf. `done` is called once, possibly before this returns. The response's
  // stream, if any, must be read to its end or cancelled.
  // `props`, `tree`: CallTarget's, of a guest's call.
  void fetch(RequestId request, Request incoming, std::string cf_json, std::string_view entrypoint,
             FetchDone done, std::string props = {}, std::shared_ptr<CallTree> tree = nullptr);
  // Calls the guest's scheduled handler, default's. `done` is told when it and everything given to
  // waitUntil is over: `outcome`, `error` (of the first that failed), `no_retry` and `used`.
  void scheduled(RequestId event, ScheduledEvent what, FetchDone done);
  // That event has taken too long: what it does is dropped, its outcome is exceededWallTime.
  void end_scheduled(RequestId event);
  // The client of this request is gone. Its waitUntil promises go on for up to 30 s.
  void client_gone(RequestId request);

  // Calls `test(controller, env, ctx)` of every export that has one, in order of export names, as
  // `workerd test` does.
  void run_tests(std::move_only_function<void(std::vector<TestResult>)> done);

  // ---- Durable Objects: instances in this isolate (runtime/actor/actor.h). `actor` is the number of
  // the instance and its context, never used twice.
  void open_actor(RequestId actor, ActorOptions options);
  // Drops the instance: memory, timers, promises. Events it still serves fail with `why`.
  void close_actor(RequestId actor, const GuestError& why);
  // Breaks it as a platform failure does, from outside (abort on demand, reset by a new bundle).
  void break_actor(RequestId actor, GuestError why);
  // `used`, here and in RpcCall: told what the instance has used in this event, before `done`.
  void actor_fetch(RequestId actor, RequestId event, Request incoming, std::string cf_json,
                   FetchDone done, std::shared_ptr<Counts> used = nullptr);
  void actor_alarm(RequestId actor, RequestId event, int64_t scheduled_ms, uint32_t retry_count,
                   bool is_retry, AlarmDone done, std::shared_ptr<Counts> used = nullptr);
  // An event of a hibernatable WebSocket (runtime/actor/actor_sockets.h). `done`: did it succeed?
  void actor_socket_event(RequestId actor, RequestId event, SocketEvent what, SocketDone done,
                          std::shared_ptr<Counts> used = nullptr);
  ActorActivity actor_activity(RequestId actor) const;

  // ---- RPC. A new event of a stateless entrypoint:
  void rpc(RequestId event, std::string_view entrypoint, RpcCall call, RpcDone done);
  // An event of an actor:
  void actor_rpc(RequestId actor, RequestId event, RpcCall call, RpcDone done);
  // A call of an export, or of what call `result_of` returned (0: `exported` itself), in their context,
  // wherever their isolate is. False: that isolate or context is gone; `done` was not called.
  static bool rpc_export(const RpcExport& exported, RequestId event, RpcCall& call, RpcDone& done);
  bool rpc_result(RequestId context, uint64_t result_of, RequestId event, RpcCall& call,
                  RpcDone& done);
  // The caller has its result and sent no more.
  void rpc_forget(RequestId context, uint64_t call_number);

  // Requests and waitUntil work under way; 0 means it may be evicted without harm.
  size_t active() const;

  // Names this isolate; outlives it (RpcExport::isolate).
  const std::shared_ptr<Token>& token() const;

  struct Parts;
  Parts& parts() { return *parts_; }

 private:
  explicit Isolate(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace offing

#endif  // OFFING_RUNTIME_ISOLATE_ISOLATE_H_
