// A real workerd, here: its `r2Bucket` binding talks to this door as it talks to R2 (spec/r2.md
// section 6), so that both runtimes can ask the same service.
//
//   services = [(name = "r2", external = (address = "127.0.0.1:8787", http = (
//     injectRequestHeaders = [(name = "offing-control", value = "1"),
//                             (name = "offing-r2-bucket", value = "NAME")])))],
//   bindings = [(name = "BUCKET", r2Bucket = "r2")]
//
// workerd always asks for "/", with the Host "fake-host" (`offing dev --allow-host fake-host`), so
// the injected header names the bucket; other clients may say it in the path instead:
// /cdn-cgi/offing/r2-protocol/NAME. A bucket that is not there is made, as for any binding.
// Threading: the loop thread. The service outlives the door; the door may go before its answers.
#ifndef OFFING_EMULATOR_GATEWAY_R2_DOOR_H_
#define OFFING_EMULATOR_GATEWAY_R2_DOOR_H_

#include <cstdint>
#include <string_view>

#include "emulator/services/r2_service.h"
#include "runtime/http/message.h"

namespace offing {

class R2Door {
 public:
  explicit R2Door(R2Service& service) : service_(service) {}

  // `path` is the request's, with its query.
  static bool is_for(const Request& request, std::string_view path);
  // `ticket` names the request in the trace. Calls `respond` once.
  void handle(uint64_t ticket, Request request, ResponseCallback respond);

 private:
  R2Service& service_;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_GATEWAY_R2_DOOR_H_
