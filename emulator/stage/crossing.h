// The border between a daemon's own world, where its sockets live, and a virtual world on the same loop.
//
// What is done for a guest has to be an event of the guest's world, in its order and at its time; what is
// done for a socket must not wait for that time. So every call that crosses goes as an event of the
// other side: a request inwards, reads of its answer's body inwards, bytes of its own body inwards.
// While somebody outside waits for an answer or for more of its body, the world is told (begin_wait),
// so that its time may skip. Answers go outwards directly: servers post by themselves.
// A request that a destroyed world leaves unanswered is answered 503 by the crossing.
// Without a virtual world (a daemon in real time) nothing crosses, and nothing is added.
#ifndef OFFING_EMULATOR_STAGE_CROSSING_H_
#define OFFING_EMULATOR_STAGE_CROSSING_H_

#include <memory>

#include "emulator/world/world.h"
#include "runtime/http/message.h"

namespace offing {

// A world as the outside holds it: null once it is gone.
struct Inside {
  VirtualWorld* world = nullptr;
};
using InsideRef = std::shared_ptr<Inside>;

// Gives `request` to `serve` as an event of `inside`, and its answer to `respond` in the outer world.
using Serve = std::move_only_function<void(Request, ResponseCallback)>;
void cross(const InsideRef& inside, Request request, ResponseCallback respond, Serve serve);

}  // namespace offing

#endif  // OFFING_EMULATOR_STAGE_CROSSING_H_
