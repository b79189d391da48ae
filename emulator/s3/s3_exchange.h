// One request at the S3 door, from its head to its answer: what it is about, who signed it, and the
// way to the service and back. Operations get it by unique_ptr and pass it on to whatever they wait
// for; exactly one `answer` or `fail` ends it. Dropping it unanswered closes the connection.
// Owner: whoever waits. The Door outlives it.
#ifndef OFFING_EMULATOR_S3_S3_EXCHANGE_H_
#define OFFING_EMULATOR_S3_S3_EXCHANGE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "emulator/s3/s3_body.h"
#include "emulator/s3/s3_error.h"
#include "emulator/s3/s3_operations.h"
#include "emulator/s3/s3_route.h"
#include "emulator/s3/s3_uri.h"
#include "emulator/s3/sigv4.h"
#include "emulator/services/r2_service.h"
#include "runtime/http/message.h"

namespace offing::s3 {

// What all exchanges of a front share.
class Door {
 public:
  Door(World& world, R2Service& service, const Keys& keys);
  std::string_view date();         // of this instant, as of an HTTP header
  std::string next_request_id();   // 16 hex digits

  World& world;
  R2Service& service;
  Verifier verifier;

 private:
  Random& ids_;
  int64_t date_s_ = -1;
  std::string date_;
};

class Exchange {
 public:
  Exchange(Door& door, uint64_t ticket, Request request, ResponseCallback respond);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  Door& door;
  const uint64_t ticket;
  Request request;
  const UrlParts url;      // of request.url, which stays as it is
  const Query query;
  const Target target;
  OperationId operation_id = OperationId::kListBuckets;
  bool is_routed = false;
  Verified signer;         // when verified
  uint32_t bucket_id = 0;  // when the operation has a bucket
  std::shared_ptr<BodyChecks> body;   // what the body's stream found wrong

  const HeaderList& headers() const { return request.headers; }
  bool is_head() const { return request.method == "HEAD"; }
  // Null when it was deleted meanwhile, or is of another jurisdiction.
  const r2::Bucket* bucket() const;
  bool may(Access access, std::string_view bucket, std::string_view key) const;

  void answer(Response response);
  void fail(const S3Error& error);
  void fail(const r2::Error& error);
  // What the service refused, or the body's stream did.
  void fail(const R2Answer& answer);

 private:
  void add_common_headers(Response& response);
  void trace(uint16_t status, std::string_view error);

  ResponseCallback respond_;
};

using Answered = void (*)(ExchangePtr x, R2Answer answer);
// Calls the service for the target's bucket and key.
void submit(ExchangePtr x, R2Call call, Answered answered);
// Likewise; `answered` is only called when it succeeded: a failed condition is a 412.
void submit_or_fail(ExchangePtr x, R2Call call, Answered answered);

Response xml_response(std::string xml);
std::string quoted(std::string_view etag);

}  // namespace offing::s3

#endif  // OFFING_EMULATOR_S3_S3_EXCHANGE_H_
