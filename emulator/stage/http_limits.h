// What of a profile's limits a server or a client of HTTP keeps (spec/limits.md 2): sizes of URLs,
// headers, bodies and WebSocket messages. No limit is taken as one that no request needs.
#ifndef OFFING_EMULATOR_STAGE_HTTP_LIMITS_H_
#define OFFING_EMULATOR_STAGE_HTTP_LIMITS_H_

#include "emulator/http/client.h"
#include "emulator/http/server.h"
#include "runtime/limits/limits.h"

namespace offing {

inline constexpr uint64_t kHeadBytesMax = 64 << 20;
inline constexpr uint64_t kMessageBytesMax = 1 << 30;

inline uint64_t limit_or(uint64_t limit, uint64_t most) { return limit == 0 ? most : limit; }

inline http::ServerOptions limited(http::ServerOptions options, const Limits& limits) {
  options.url_bytes_max = limit_or(limits.url_bytes, kHeadBytesMax);
  options.header_bytes_max = limit_or(limits.headers_bytes, kHeadBytesMax);
  options.one_header_bytes_max = limits.header_bytes;
  options.body_bytes_max = limit_or(limits.request_body_bytes, UINT64_MAX / 2);
  options.web_socket_message_bytes_max =
      limit_or(limits.websocket_message_bytes, kMessageBytesMax);
  return options;
}

inline http::ClientOptions client_options(const Limits& limits) {
  http::ClientOptions options;
  options.header_bytes_max = limit_or(limits.headers_bytes, kHeadBytesMax);
  options.web_socket_message_bytes_max =
      limit_or(limits.websocket_message_bytes, kMessageBytesMax);
  return options;
}

}  // namespace offing

#endif  // OFFING_EMULATOR_STAGE_HTTP_LIMITS_H_
