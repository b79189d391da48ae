// What a guest's host needs of the room that serves calls between guests (emulator/actors); an interface, so
// that topology does not know that room.
#ifndef OFFING_EMULATOR_TOPOLOGY_GUEST_CALLS_H_
#define OFFING_EMULATOR_TOPOLOGY_GUEST_CALLS_H_

#include <cstddef>
#include <expected>
#include <functional>

#include "runtime/host.h"

namespace offing {

// As the methods of Host of the same names; `location` is the calling isolate's.
class GuestCalls {
 public:
  virtual ~GuestCalls() = default;
  virtual void call_fetch(RequestId caller, size_t location, CallTarget target, Request inner,
                          Host::ActorFetchCallback done) = 0;
  virtual void call_rpc(RequestId caller, size_t location, CallTarget target, RpcCall call,
                        RpcDone done) = 0;
  virtual bool make_durable(
      RequestId actor, std::move_only_function<void(std::expected<void, GuestError>)> done) = 0;
  virtual void actor_broken(RequestId actor, const GuestError& why, bool retry_alarm) = 0;
  virtual durable::ObjectStorage& actor_storage(RequestId actor) = 0;
  virtual ActorSockets& actor_sockets(RequestId actor) = 0;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_TOPOLOGY_GUEST_CALLS_H_
