// Which names a request may call this server by, and the absolute URL that follows.
//
// A web page on another site can make its own name resolve to 127.0.0.1 and have the browser talk to
// this port as that name (DNS rebinding). So a Host that is none of ours is refused, whatever the
// request's Origin says. Ours are localhost, *.localhost, 127.0.0.1, [::1], the bound address, and
// the names given with --allow-host ("*.name": all names below it). Bound to all addresses, any literal IP address is ours too: the
// attack needs a name.
#ifndef OFFING_EMULATOR_HTTP_HOST_RULES_H_
#define OFFING_EMULATOR_HTTP_HOST_RULES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/http/request_parser.h"

namespace offing::http {

// "name[:port]" or "[v6]:port", split and checked; nothing when it is not of that form.
struct Authority {
  std::string_view host;  // with the brackets of an IPv6 address
  std::string_view port;  // empty when absent
};
std::optional<Authority> split_authority(std::string_view text);

class HostRules {
 public:
  // `bound` is the address as the user gave it ("127.0.0.1", "::", "mybox").
  HostRules(std::string bound, uint16_t port, std::vector<std::string> allowed);

  // Sets head.request.url, or says why the request is refused (400 or 421).
  std::optional<Refusal> complete(RequestHead& head);
  bool allows(std::string_view host) const;  // without a port

 private:
  std::optional<Refusal> check(std::string_view authority);
  std::optional<Refusal> complete_absolute(RequestHead& head);

  std::string bound_;
  uint16_t port_;
  bool bound_to_all_;
  std::vector<std::string> allowed_;
  std::string last_allowed_;  // the Host seen last: nearly always the next one's, too
};

}  // namespace offing::http

#endif  // OFFING_EMULATOR_HTTP_HOST_RULES_H_
