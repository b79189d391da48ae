// The front door for Worker traffic, whether it comes from a socket or from a recording: finds the
// location and the isolate, makes the client's request the one a guest sees (edge headers,
// request.cf), and turns the guest's result into the client's answer.
// Every request leaves two events in the trace: `request` and `response`.
#ifndef OFFING_EMULATOR_GATEWAY_WORKER_GATEWAY_H_
#define OFFING_EMULATOR_GATEWAY_WORKER_GATEWAY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "emulator/topology/topology.h"
#include "emulator/world/world.h"
#include "runtime/http/message.h"

namespace offing {

class WorkerGateway {
 public:
  WorkerGateway(World& world, Topology& topology);

  // `id` names the request in the trace; never used twice. `respond` is called exactly once, unless
  // `client_gone` is called first.
  void dispatch(RequestId id, Request request, ResponseCallback respond);
  // The client went away before it had its whole answer.
  void client_gone(RequestId id);
  size_t in_flight() const { return in_flight_.size(); }

 private:
  struct InFlight {
    size_t location;
    uint32_t isolate;
    bool gone = false;  // the client is; it is told nothing
  };
  using Bodies = std::unordered_map<RequestId, InFlight>;
  class Body;
  void body_cut(RequestId id, InFlight gone);
  void finish(RequestId id, size_t location, uint32_t isolate, int64_t started_us,
              const std::string& ray, std::string accept, FetchResult result,
              ResponseCallback respond);
  // 1019: Workers fetch one another without end.
  void refuse_loop(RequestId id, size_t location, const Request& request, ResponseCallback respond);
  std::string new_ray();
  HeaderList guest_headers(const HeaderList& headers, size_t location, const std::string& ray);

  World& world_;
  Topology& topology_;
  RunningNote& running_;
  Random& rays_;
  std::vector<std::string> country_;  // one for each location
  std::unordered_map<RequestId, InFlight> in_flight_;
  // Answered ones whose body is a stream, until that is over; a body may outlive the gateway.
  std::shared_ptr<Bodies> bodies_ = std::make_shared<Bodies>();
};

}  // namespace offing

#endif  // OFFING_EMULATOR_GATEWAY_WORKER_GATEWAY_H_
