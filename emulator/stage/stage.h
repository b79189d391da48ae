// A Worker in a world, observed: one place to send requests to, to move the clock of, to look into.
// A daemon has one stage at its start ("main"); in virtual time it may have more (stages.h).
// Owner: Stages. Threading: the loop thread.
#ifndef OFFING_EMULATOR_STAGE_STAGE_H_
#define OFFING_EMULATOR_STAGE_STAGE_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "emulator/gateway/r2_door.h"
#include "emulator/replay/staleness.h"
#include "emulator/rest/rest_front.h"
#include "emulator/s3/s3_front.h"
#include "emulator/stage/crossing.h"
#include "emulator/stage/stack.h"
#include "emulator/trace/log.h"

namespace offing {

class Stage {
 public:
  // In a world that is the daemon's own, in real time; it outlives the stage.
  Stage(std::string id, RealWorld& world);
  // In a virtual world on the house's loop.
  Stage(std::string id, RealWorld& house, WorldState state);
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  const std::string id;
  World& world() { return world_; }
  VirtualWorld* virtual_world() { return virtual_.get(); }  // null: its clock is the system's
  Stack& stack() { return *stack_; }
  // Readers since the world began. In real time the log is kept only once somebody has asked for it:
  // before, each event costs nothing.
  trace::Log& log();
  bool logged() const { return log_listens_; }
  replay::StalenessReport& staleness() { return staleness_; }
  // Once, before anything else is asked.
  void set_stack(std::unique_ptr<Stack> stack);

  // A client's request, from outside: `ticket` is the caller's name for it.
  void fetch(uint64_t ticket, Request request, ResponseCallback respond);
  void client_gone(uint64_t ticket);
  // The same in this world already: the number under which the trace names it.
  uint64_t dispatch(Request request, ResponseCallback respond);
  void rest(uint64_t ticket, Request request, ResponseCallback respond);
  void r2_protocol(uint64_t ticket, Request request, ResponseCallback respond);
  void s3(uint64_t ticket, Request request, ResponseCallback respond);
  // A reader of this world's trace, owned by the stage from now on.
  void keep(std::unique_ptr<trace::Reader> reader);
  void keep(std::unique_ptr<TraceOutput> output) { output_ = std::move(output); }
  const InsideRef& inside() const { return inside_; }
  uint64_t requests() const { return requests_; }  // of clients, so far
  // Whether nothing has happened here since its trace had so many events.
  bool untouched_since(uint64_t events) const {
    return world_.trace().count() == events && !touched_;
  }
  // Something was changed that leaves no event.
  void touch() { touched_ = true; }

 private:
  uint64_t number_of(uint64_t ticket);
  RealWorld& house_;
  std::unique_ptr<VirtualWorld> virtual_;
  World& world_;
  InsideRef inside_;  // null in real time
  trace::Log log_;
  bool log_listens_ = false;
  replay::StalenessReport staleness_;
  std::unique_ptr<Stack> stack_;
  std::unique_ptr<rest::RestFront> rest_;
  std::unique_ptr<R2Door> r2_door_;
  std::unique_ptr<s3::Keys> s3_keys_;
  std::unique_ptr<S3Front> s3_;
  std::vector<std::unique_ptr<trace::Reader>> readers_;
  std::unique_ptr<TraceOutput> output_;
  uint64_t next_request_ = 1;
  uint64_t requests_ = 0;
  bool touched_ = false;
  std::unordered_map<uint64_t, uint64_t> tickets_;  // of requests in flight, to their numbers
};

}  // namespace offing

#endif  // OFFING_EMULATOR_STAGE_STAGE_H_
