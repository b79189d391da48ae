// Whatever a guest needs from outside itself: time, timers, randomness, bindings, the network, the
// log. The runtime declares it, emulator/ implements it, one object for each isolate.
//
// Every callback given to a host is called at most once, later (never before the call returns), from
// the loop thread, as an event of the world; never after `release` of the isolate that gave it.
// `RequestId` names the client's request on whose behalf a call is made; 0 is module evaluation.
#ifndef OFFING_RUNTIME_HOST_H_
#define OFFING_RUNTIME_HOST_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/actor/call.h"
#include "runtime/actor/guest_error.h"
#include "runtime/bindings/kv_call.h"
#include "runtime/bindings/r2_call.h"
#include "runtime/http/message.h"
#include "runtime/limits/cpu_watch.h"

namespace offing::durable {
class ObjectStorage;
}

namespace offing {

class ActorSockets;  // runtime/actor/actor_sockets.h

using RequestId = uint64_t;
using TimerId = uint64_t;

// Where it is noted which isolate control is in: `*word` is `value` during its turns, and what it was before
// them afterwards.
struct RunningMark {
  uint64_t* word = nullptr;  // null: nobody wants to know
  uint64_t value = 0;
};

class Host {
 public:
  using FetchCallback = std::move_only_function<void(std::expected<Response, std::string>)>;

  virtual ~Host() = default;

  // World time in ms. Stands still while a guest computes.
  virtual int64_t now_ms() = 0;
  virtual TimerId set_timer(RequestId request, int64_t delay_ms,
                            std::move_only_function<void()> fire) = 0;
  virtual void clear_timer(TimerId timer) = 0;

  virtual double random() = 0;  // Math.random: [0, 1)
  virtual void random_bytes(std::span<uint8_t> bytes) = 0;

  // Global fetch, one hop: redirects are the guest side's. The error is the text of the Error that
  // the guest's promise rejects with.
  virtual void fetch(RequestId request, Request outbound, FetchCallback done) = 0;
  virtual void kv(RequestId request, KvCall call, KvCallback done) = 0;
  virtual void r2(RequestId request, R2Call call, R2Callback done) = 0;

  // ---- Calls between guests. Each takes the time of the link between the two locations, there and
  // back, and is answered once.
  using ActorFetchCallback = std::move_only_function<void(std::expected<Response, GuestError>)>;
  virtual void call_fetch(RequestId caller, CallTarget target, Request inner,
                          ActorFetchCallback done) = 0;
  virtual void call_rpc(RequestId caller, CallTarget target, RpcCall call, RpcDone done) = 0;
  // Runs `task` as an event of the world, at this instant.
  virtual void post(std::move_only_function<void()> task) = 0;
  // A number that no request, context or call of the run has.
  virtual uint64_t new_number() = 0;
  virtual uint32_t location_index() const = 0;
  // Asked once, before the isolate's first turn; the word outlives the isolate.
  virtual RunningMark running_mark() { return {}; }

  // ---- Durable Objects
  // Makes the commits of this actor so far durable. True: they are already, and `done` is dropped. Else
  // `done` is told; an error is what the instance breaks with.
  virtual bool make_durable(RequestId actor,
                            std::move_only_function<void(std::expected<void, GuestError>)> done) = 0;
  // The instance is broken and has been emptied: no event may be delivered to it any more.
  virtual void actor_broken(RequestId actor, const GuestError& why, bool retry_alarm) = 0;
  // The storage of this actor's object, opened by the first call; good until the actor is closed.
  virtual durable::ObjectStorage& actor_storage(RequestId actor) = 0;
  // The hibernatable WebSockets of this actor's object; they outlive the instance.
  virtual ActorSockets& actor_sockets(RequestId actor) = 0;

  // Asked once, before the isolate's first turn; it outlives the isolate. Null: no CPU limits.
  virtual CpuWatch* cpu_watch() { return nullptr; }
  // Whether anybody reads Counts::memory_bytes: looking costs something at each turn.
  virtual bool wants_memory() { return false; }
  // The guest was stopped ("exceededCpu", "exceededMemory"): no new request may be given to this isolate.
  virtual void condemn(std::string_view why) { static_cast<void>(why); }

  // level: debug, info, log, warn, error.
  virtual void log(RequestId request, std::string_view level, std::string_view text) = 0;
  // An exception nobody caught. `where`: fetch, waitUntil, timer, module, rejection.
  // `stack` is V8's, positions in the bundle's files; the host maps them to sources.
  virtual void uncaught(RequestId request, std::string_view where, std::string_view text,
                        std::string_view stack) = 0;
};

}  // namespace offing

#endif  // OFFING_RUNTIME_HOST_H_
