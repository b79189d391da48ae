// One request of REST on its way: who asks, the words of its path, its query, its body.
#ifndef OFFING_EMULATOR_REST_REST_EXCHANGE_H_
#define OFFING_EMULATOR_REST_REST_EXCHANGE_H_

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/rest/rest_answer.h"
#include "emulator/s3/s3_uri.h"
#include "emulator/services/r2_service.h"
#include "emulator/services/r2_tokens.h"
#include "runtime/http/message.h"

namespace offing::rest {

struct Exchange {
  uint64_t ticket = 0;
  Request request;                     // its body may have been read into `request.body`
  // Behind …/client/v4, decoded: {"accounts", "…", "r2", "buckets", …}. A key is one word, its
  // slashes included.
  std::vector<std::string> words;
  s3::Query query;
  const R2Token* token = nullptr;      // null: somebody who may do everything
  ResponseCallback respond;

  std::string_view method() const { return request.method; }
  std::string_view header(std::string_view name) const {
    return request.headers.get(name).value_or("");
  }
  bool is(std::string_view method, size_t words_count) const {
    return request.method == method && words.size() == words_count;
  }
  void answer(const RestOutcome& outcome) { respond(rest_response(outcome)); }
};
using ExchangePtr = std::unique_ptr<Exchange>;

// What all routes work on. All of it outlives every exchange.
struct RestContext {
  World& world;
  R2Service& r2;
  R2Tokens& tokens;
  // Queues that were asked for by name: id → name. Any queue exists.
  std::map<std::string, std::string, std::less<>> queue_names = {};
};

enum class Right : uint8_t { kReadBucket, kEditBucket, kReadObjects, kWriteObjects };
// spec/r2.md 2.1: object tokens cannot read or edit a bucket's configuration. `bucket`: "" for the
// account.
std::optional<RestError> refused(const Exchange& exchange, Right right, std::string_view bucket);

// "" (default), eu, fedramp or us, of the header cf-r2-jurisdiction.
std::expected<std::string, RestError> jurisdiction_of(const Exchange& exchange);
// The bucket of that name in the jurisdiction that is asked for, when this right is there.
std::expected<const r2::Bucket*, RestError> bucket_of(RestContext& context,
                                                      const Exchange& exchange,
                                                      std::string_view name, Right right);
// A whole number of the query; `fallback` when it is not there.
std::expected<int64_t, RestError> number_of(const Exchange& exchange, const char* name,
                                            int64_t fallback, int64_t low, int64_t high);
std::string_view storage_class_name(r2::StorageClass value);   // Standard, InfrequentAccess
std::optional<r2::StorageClass> storage_class_named(std::string_view name);

// ---- The routes. Each takes what is its own, or nothing: nullopt.
// buckets.cc: …/r2/buckets, …/r2/buckets/{bucket}
std::optional<RestOutcome> route_buckets(RestContext& context, Exchange& exchange);
// bucket_rules.cc: …/r2/buckets/{bucket}/{lock,lifecycle,cors}
std::optional<RestOutcome> route_rules(RestContext& context, Exchange& exchange);
// notifications.cc: …/event_notifications/r2/{bucket}/configuration…, …/queues…
std::optional<RestOutcome> route_notifications(RestContext& context, Exchange& exchange);
// account.cc: who one is, tokens, temporary credentials, usage
std::optional<RestOutcome> route_account(RestContext& context, Exchange& exchange);
// The same of what has no envelope: GraphQL's, for sizes. False: not its own.
bool route_usage(RestContext& context, Exchange& exchange);
// objects.cc: …/r2/buckets/{bucket}/objects…, …/jobs/{id}. Answers itself, maybe later; false: not
// its own, and the exchange is still there.
bool route_objects(RestContext& context, ExchangePtr& exchange);

}  // namespace offing::rest

#endif  // OFFING_EMULATOR_REST_REST_EXCHANGE_H_
