// The daemon's front door: requests of the HTTP server go to the Worker of the world that they name, to the
// other doors of that world (Cloudflare's REST API for R2, workerd's R2 protocol), or to the control API.
//
// The control API needs the header `offing-control: 1`, which a page of another origin cannot send without
// asking first, and is never allowed to; what a browser sends for such a page is refused besides. Which
// Host names are answered is the server's. The paths that make a cron trigger run (cron_door.h) need no header,
// and are refused to other origins' pages likewise.
// Owner: the command. Threading: the loop thread.
#ifndef OFFING_EMULATOR_CONTROL_FRONT_H_
#define OFFING_EMULATOR_CONTROL_FRONT_H_

#include <string>
#include <string_view>
#include <unordered_map>

#include "emulator/control/control.h"
#include "emulator/http/server.h"

namespace offing::control {

class ControlFront final : public http::Server::Handler {
 public:
  static constexpr uint64_t kBodyBytesMax = 32ull << 20;  // of a control request

  ControlFront(Stages& stages, std::string version) : control_(stages, std::move(version)) {}
  void on_request(uint64_t ticket, Request request, ResponseCallback respond) override;
  void on_client_gone(uint64_t ticket) override;
  Control& api() { return control_; }

 private:
  void worker(Stage& stage, uint64_t ticket, Request request, ResponseCallback respond);
  void ask(Stage& stage, Request request, std::string_view path, ResponseCallback respond);
  void run(const std::string& world, const Verb& verb, std::string_view query,
           std::string_view body, ResponseCallback respond);
  Response stream(Stage& stage, const Verb& verb, const Request& request, std::string_view query);

  Control control_;
  // Requests of clients in worlds beside main, to the ids of those.
  std::unordered_map<uint64_t, std::string> elsewhere_;
};

}  // namespace offing::control

#endif  // OFFING_EMULATOR_CONTROL_FRONT_H_
