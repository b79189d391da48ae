// The socket side of the front door: hands requests of the HTTP server to the Worker gateway, and
// answers the few paths that are offing's own.
//
//   GET  /cdn-cgi/offing/status           {"requests":…,"isolates":…,"locations":[…]}
//   POST /cdn-cgi/offing/isolates/evict   [?location=SIN]: module state is lost, as on the platform
//   POST /cdn-cgi/offing/objects/evict    [?namespace=CLASS][&name=NAME | &id=HEX]: Durable Objects
//                                         leave memory; storage and hibernatable sockets stay
//
// These need the header `offing-control: 1`. A web page of another origin cannot send it without
// asking first, and is never allowed to. Two more doors are here: Cloudflare's REST API for R2, at
// /cdn-cgi/offing/client/v4 (rest_front.h says who may), and workerd's R2 protocol (r2_door.h).
#ifndef OFFING_EMULATOR_GATEWAY_HTTP_FRONT_H_
#define OFFING_EMULATOR_GATEWAY_HTTP_FRONT_H_

#include "emulator/actors/actors.h"
#include "emulator/gateway/r2_door.h"
#include "emulator/gateway/worker_gateway.h"
#include "emulator/http/server.h"
#include "emulator/rest/rest_front.h"

namespace offing {

class HttpFront final : public http::Server::Handler {
 public:
  HttpFront(Topology& topology, WorkerGateway& gateway, Actors& actors, R2Service& r2,
            rest::RestFront& rest)
      : topology_(topology), gateway_(gateway), actors_(actors), rest_(rest), r2_door_(r2) {}
  void on_request(uint64_t ticket, Request request, ResponseCallback respond) override;
  void on_client_gone(uint64_t ticket) override { gateway_.client_gone(ticket); }

 private:
  Response evict_objects(std::string_view query);
  Response control(const Request& request, std::string_view path);

  Topology& topology_;
  WorkerGateway& gateway_;
  Actors& actors_;
  rest::RestFront& rest_;
  R2Door r2_door_;
  uint64_t served_ = 0;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_GATEWAY_HTTP_FRONT_H_
