// What a guest's global fetch reaches: nothing, by default. A recording answers first; then the
// network, for hosts that were allowed by name; everything else is denied with a text that says how
// to allow it.
// In a virtual world an answer from the network is taken in whole and delivered at the simulated
// time it is due, not when it came (DESIGN rule 2).
#ifndef OFFING_EMULATOR_SERVICES_OUTBOUND_H_
#define OFFING_EMULATOR_SERVICES_OUTBOUND_H_

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/http/client.h"
#include "emulator/replay/recording.h"
#include "emulator/world/world.h"
#include "runtime/host.h"

namespace offing {

// Request::hops on the way from one Worker to the next, which may be another process's. Only what
// goes over the network has it.
inline constexpr std::string_view kHopsHeader = "offing-hops";

struct OutboundOptions {
  // "api.example.com", "api.example.com:8443", "*.example.com", or "*" for everything.
  std::vector<std::string> allowed;
  bool allow_loopback = false;  // localhost, 127.0.0.0/8, [::1], any port
  std::string recording_path;   // --outbound FILE.har
  int64_t latency_ms = 20;      // simulated time that an answer takes
  http::ClientOptions client = {};
};

// Whether `host` (with port) is one of `allowed`. `default_port` is that of the URL's scheme.
bool outbound_allowed(const OutboundOptions& options, std::string_view host, uint16_t port,
                      bool default_port);

class Outbound {
 public:
  // The error is the recording's: file, line and field.
  static std::expected<std::unique_ptr<Outbound>, std::string> open(World& world,
                                                                    OutboundOptions options);

  void fetch(std::string_view location, RequestId request, Request outbound,
             Host::FetchCallback done);

 private:
  Outbound(World& world, OutboundOptions options);
  bool pass_rules(std::string_view location, RequestId request, Request& outbound,
                  Host::FetchCallback& done);
  void from_network(std::string location, RequestId request, Request outbound,
                    Host::FetchCallback done);
  void answer(std::string_view location, RequestId request, const Request& asked,
              std::string_view via, std::expected<Response, std::string> result,
              Host::FetchCallback done);

  World& world_;
  OutboundOptions options_;
  std::optional<replay::Recording> recording_;
  std::unique_ptr<http::Client> client_;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_SERVICES_OUTBOUND_H_
