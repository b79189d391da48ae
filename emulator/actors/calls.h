// Brings a guest's call to where it is to be served, and the answer back: to an entrypoint of the
// Worker, to a Durable Object, to something an earlier call handed over (runtime/actor/call.h).
//
// The way between two locations takes the link's time, each way; calls of one stub arrive in order
// (spec/durable-objects.md 3.5, rule 28) because a link's time is the same for all. Within a
// location a call is an event of the same instant. Over a link that is cut (links.h) call and answer are
// lost: the caller is told in the link's time, whether the object did its work or not. What meets a cut
// or a hold at either end of its way does so there. Every object event leaves `object.call` and
// `object.answer` in the trace.
// Owner: the Stack. Threading: the loop thread only.
#ifndef OFFING_EMULATOR_ACTORS_CALLS_H_
#define OFFING_EMULATOR_ACTORS_CALLS_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "emulator/actors/objects.h"
#include "runtime/host.h"

namespace offing {

class Calls {
 public:
  Calls(World& world, Topology& topology, Objects& objects);

  void fetch(RequestId caller, size_t location, CallTarget target, Request inner,
             Host::ActorFetchCallback done);
  void rpc(RequestId caller, size_t location, CallTarget target, RpcCall call, RpcDone done);
  // The state of this link is another now: what waits for it goes on, or is lost.
  void link_changed(size_t from, size_t to);
  // A message, close or error of a hibernatable WebSocket, from Objects.
  void socket_event(Object& object, SocketEvent event);
  // Runs the object's alarm(); from AlarmScheduler.
  void alarm(Object& object, int64_t scheduled_ms, uint32_t retry_count, bool is_retry,
             Isolate::AlarmDone done);

 private:
  // Where a call is served, for the calls that are pipelined on its result.
  struct Route {
    size_t location = 0;
    uint32_t isolate = 0;
    RequestId context = 0;    // 0: it could not be delivered; `error` says why
    bool failed = false;      // the call itself has, with `error`
    bool dropped = false;     // by a fault rule: nothing on its result is ever answered
    GuestError error;
  };
  struct Served {
    int64_t began_us;
    size_t from;
    size_t at;
  };

  // What is done at the end of a link: with true when it arrived, with false when the sender learns that
  // it was lost.
  using Way = std::move_only_function<void(bool arrived)>;
  struct Waiting {
    int64_t us;   // still to go
    Way way;
  };
  template <class Arrive>
  void send(size_t from, size_t to, Arrive arrive) {
    if (from != to) return send_far(from, to, std::move(arrive));
    world_.post([arrive = std::move(arrive)]() mutable { arrive(true); });
  }
  void send_far(size_t from, size_t to, Way way);
  void travel(size_t from, size_t to, int64_t us, Way way);
  void lose(size_t from, size_t to, int64_t us, Way way);
  // What a fault rule does to a call of the object, or null.
  const FaultEffect* fault(const Object& object, size_t from, std::string_view operation);

  void fetch_object(RequestId caller, size_t from, Object& object, uint64_t stub, Request inner,
                    Host::ActorFetchCallback done);
  void fetch_entrypoint(size_t location, CallTarget target, Request inner,
                        Host::ActorFetchCallback done);
  void rpc_object(RequestId caller, size_t from, Object& object, uint64_t stub, RpcCall call,
                  RpcDone done);
  void rpc_entrypoint(size_t location, const std::string& entrypoint, RpcCall call, RpcDone done);
  void rpc_export(RequestId caller, size_t from, CallTarget target, RpcCall call, RpcDone done);
  void rpc_result(RequestId caller, size_t from, uint64_t result_of, RpcCall call, RpcDone done);
  void rpc_lost(uint64_t number, size_t from, RpcDone done);
  void rpc_struck(const FaultEffect& effect, uint64_t number, size_t from, RpcDone done);
  // `done`, behind the way back from `at` to `from`, and then the end of what could be pipelined on
  // it.
  RpcDone returning(uint64_t number, size_t at, size_t from, RpcDone done);
  // The object's isolate; under the fault `do.reset` the instance that is there is reset first.
  std::expected<Isolate*, std::string> instance_for(Object& object, std::string_view why);
  Object* object_for(const CallTarget& target, size_t from, std::string& error);
  void called(const Object& object, RequestId caller, RequestId event, std::string_view kind,
              std::string_view what);
  void answered(const Object& object, RequestId event, int64_t began_us, std::string_view outcome,
                std::string_view error, const Counts& used);

  World& world_;
  Topology& topology_;
  Objects& objects_;
  std::unordered_map<uint64_t, Route> routes_;  // by call number
  std::map<std::pair<size_t, size_t>, std::vector<Waiting>> held_;   // by link, in order
};

}  // namespace offing

#endif  // OFFING_EMULATOR_ACTORS_CALLS_H_
