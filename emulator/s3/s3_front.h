// The S3 door (spec/r2.md 5): an HTTP server's handler that turns signed requests into calls of the
// R2 service. In this order: a browser's preflight; the signature; the route; headers that R2
// refuses; the key's permission; the bucket; the operation. So nobody without a key learns what
// there is.
//
// There is no other authority than a signature: no cookie, no trusted address. Pages of other sites
// may read answers only as a bucket's CORS rules say. Each request leaves one S3RequestEvent.
// Service and keys outlive it, and it outlives the world's last event. Threading: the loop thread.
#ifndef OFFING_EMULATOR_S3_S3_FRONT_H_
#define OFFING_EMULATOR_S3_S3_FRONT_H_

#include <cstdint>

#include "emulator/http/server.h"
#include "emulator/s3/s3_exchange.h"
#include "emulator/s3/s3_keys.h"
#include "emulator/services/r2_service.h"
#include "storage/r2/limits.h"

namespace offing {

class S3Front final : public http::Server::Handler {
 public:
  // For http::ServerOptions::body_bytes_max: the largest upload, and what aws-chunked adds to it.
  // What is above the limit of one upload is refused here, as S3 does (EntityTooLarge).
  static constexpr uint64_t kBodyBytesMax = 2 * r2::kSinglePutBytesMax;

  S3Front(World& world, R2Service& service, const s3::Keys& keys) : door_(world, service, keys) {}
  void on_request(uint64_t ticket, Request request, ResponseCallback respond) override;
  // An upload's stream ends in an error then, so nothing of it is stored.
  void on_client_gone(uint64_t) override {}

 private:
  s3::Door door_;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_S3_S3_FRONT_H_
