#include "emulator/http/host_rules.h"

#include <uv.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace offing::http {

static bool host_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

static bool address_byte(char c) {  // inside the brackets of an IPv6 address
  return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' ||
         c == '.';
}

std::optional<Authority> split_authority(std::string_view text) {
  size_t end;
  if (text.starts_with('[')) {
    end = text.find(']');
    if (end == text.npos || end < 3) return std::nullopt;
    if (!std::ranges::all_of(text.substr(1, end - 1), address_byte)) return std::nullopt;
    ++end;
  } else {
    end = std::min(text.find(':'), text.size());
    if (end == 0 || !std::ranges::all_of(text.substr(0, end), host_byte)) return std::nullopt;
  }
  Authority split{text.substr(0, end), {}};
  if (end == text.size()) return split;
  if (text[end] != ':') return std::nullopt;
  split.port = text.substr(end + 1);
  uint16_t port;
  const char* last = split.port.data() + split.port.size();
  auto [p, ec] = std::from_chars(split.port.data(), last, port);
  if (!split.port.empty() && (ec != std::errc() || p != last)) return std::nullopt;
  return split;
}

static std::string in_brackets(std::string address) {
  return address.find(':') == address.npos || address.starts_with('[') ? address
                                                                      : "[" + address + "]";
}

static bool literal_address(std::string_view host) {
  char bytes[16];
  if (host.starts_with('[')) {
    return uv_inet_pton(AF_INET6, std::string(host.substr(1, host.size() - 2)).c_str(), bytes) == 0;
  }
  return uv_inet_pton(AF_INET, std::string(host).c_str(), bytes) == 0;
}

HostRules::HostRules(std::string bound, uint16_t port, std::vector<std::string> allowed)
    : bound_(in_brackets(std::move(bound))), port_(port), allowed_(std::move(allowed)) {
  bound_to_all_ = bound_ == "0.0.0.0" || bound_ == "[::]";
}

bool HostRules::allows(std::string_view host) const {
  const auto is = [host](std::string_view name) { return equals_ignoring_case(host, name); };
  constexpr std::string_view kSuffix = ".localhost";
  if (is("localhost") || is("127.0.0.1") || is("[::1]") || is(bound_)) return true;
  if (host.size() > kSuffix.size() &&
      equals_ignoring_case(host.substr(host.size() - kSuffix.size()), kSuffix)) {
    return true;
  }
  const auto is_below = [host](std::string_view rule) {
    if (!rule.starts_with("*.") || host.size() < rule.size()) return false;
    return equals_ignoring_case(host.substr(host.size() - rule.size() + 1), rule.substr(1));
  };
  if (std::ranges::any_of(allowed_, is) || std::ranges::any_of(allowed_, is_below)) return true;
  return bound_to_all_ && literal_address(host);
}

std::optional<Refusal> HostRules::check(std::string_view authority) {
  if (authority == last_allowed_) return std::nullopt;
  const std::optional<Authority> split = split_authority(authority);
  const std::string shown(authority.substr(0, 200));
  if (!split) return Refusal{400, "The host \"" + shown + "\" is not of the form name or name:port."};
  if (!allows(split->host)) {
    return Refusal{421, "This server does not answer for the host \"" + shown +
                            "\": only for localhost and the address it is bound to, so that web "
                            "pages elsewhere cannot reach it. To allow this name, start with "
                            "--allow-host " + std::string(split->host.substr(0, 200))};
  }
  last_allowed_ = authority;
  return std::nullopt;
}

std::optional<Refusal> HostRules::complete(RequestHead& head) {
  if (head.host.empty()) head.host = bound_ + ":" + std::to_string(port_);
  if (auto refusal = check(head.host)) return refusal;
  std::string& url = head.request.url;
  if (head.target.starts_with('/')) {
    url.reserve(7 + head.host.size() + head.target.size());
    url = "http://";
    url += head.host;
    url += head.target;
    return std::nullopt;
  }
  if (head.target == "*" && head.request.method == "OPTIONS") {
    url = "http://" + head.host + "/";
    return std::nullopt;
  }
  return complete_absolute(head);
}

// A proxy's request line, "GET http://host/path": the target's host counts (RFC 9112, 3.2.2).
std::optional<Refusal> HostRules::complete_absolute(RequestHead& head) {
  constexpr std::string_view kScheme = "http://";
  const std::string_view target = head.target;
  if (target.size() < kScheme.size() ||
      !equals_ignoring_case(target.substr(0, kScheme.size()), kScheme)) {
    return Refusal{400, "The request's target must start with \"/\" or \"http://\"."};
  }
  const std::string_view rest = target.substr(kScheme.size());
  const size_t end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  if (auto refusal = check(authority)) return refusal;
  std::string& url = head.request.url;
  url = "http://";
  url += authority;
  if (end == rest.size() || rest[end] == '?') url += '/';
  url += rest.substr(end);
  return std::nullopt;
}

}  // namespace offing::http
