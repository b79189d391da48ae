// Cloudflare's REST API v4 as far as R2 needs it (spec/r2.md 2.1, 3), at /cdn-cgi/offing/client/v4
// of the Worker's own port: what `wrangler r2 …`, the SDKs and `offing r2 …` manage buckets with.
// docs/r2.md has the table of routes.
//
// A request has to carry an API token (`Authorization: Bearer …`, or X-Auth-Key) or
// `offing-control: 1`: a web page of another origin can send neither without asking first, and is
// never allowed to. The token of a known R2 token has that one's scope; any other one may do
// everything, and so may the account id: both are somebody's own machine's.
// Owner: whoever owns the HttpFront. Threading: the loop thread.
#ifndef OFFING_EMULATOR_REST_REST_FRONT_H_
#define OFFING_EMULATOR_REST_REST_FRONT_H_

#include <cstdint>
#include <string_view>

#include "emulator/rest/rest_exchange.h"

namespace offing::rest {

inline constexpr std::string_view kRestBase = "/cdn-cgi/offing/client/v4";
// Of an upload of an object (1.12), and so of any body.
inline constexpr uint64_t kRestBodyBytesMax = 300ull * 1024 * 1024;
// Of a document with rules.
inline constexpr uint64_t kRestDocumentBytesMax = 8ull * 1024 * 1024;

class RestFront {
 public:
  // All of them outlive every request.
  RestFront(World& world, R2Service& r2, R2Tokens& tokens) : context_{world, r2, tokens} {}

  // Whether this path (with its query) is REST's.
  static bool owns(std::string_view path) {
    return path.starts_with(kRestBase) &&
           (path.size() == kRestBase.size() || path[kRestBase.size()] == '/');
  }
  // Of a request whose path is. `respond` is called once, maybe later.
  void on_request(uint64_t ticket, Request request, ResponseCallback respond);

 private:
  void route(ExchangePtr exchange);

  RestContext context_;
};

}  // namespace offing::rest

#endif  // OFFING_EMULATOR_REST_REST_FRONT_H_
