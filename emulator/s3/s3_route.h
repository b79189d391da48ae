// What a request at the S3 door is about: the bucket and key that its host and path name, and the
// operation that its method and query ask for (spec/r2.md 5.2, 5.3 Routing). Pure.
#ifndef OFFING_EMULATOR_S3_S3_ROUTE_H_
#define OFFING_EMULATOR_S3_S3_ROUTE_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "emulator/s3/s3_error.h"
#include "emulator/s3/s3_operations.h"
#include "emulator/s3/s3_uri.h"
#include "runtime/http/header_list.h"

namespace offing::s3 {

struct Target {
  std::string bucket;   // "": the account
  std::string key;      // decoded once; "": the bucket
  bool in_host = false;   // the bucket's name came from the host
  // Of <acct>[.<jurisdiction>].r2.cloudflarestorage.com, "" for the default one: only its buckets
  // are there. none: a local name, by which all are.
  std::optional<std::string> jurisdiction;
};

// Path style, or a virtual host: `<bucket>.localhost[:port]`,
// `<bucket>.<acct>[.<jurisdiction>].r2.cloudflarestorage.com`. A first label that cannot be a
// bucket's name is none.
Target target_of(const UrlParts& url);

// Errors: RouteNotFound, 501 for what R2 knows and does not do, InvalidArgument for parameters that
// a route does not take.
std::expected<OperationId, S3Error> route(std::string_view method, const Target& target,
                                          const Query& query, const HeaderList& headers);

// `partNumber` of the query; none: it is not there. The route has let it pass as an integer; out of
// range is InvalidArgument (5.3 Complete).
std::expected<std::optional<uint32_t>, S3Error> part_number(const Query& query);

// Parameters that every operation ignores: those of a presigned URL and an SDK's x-id (5.2).
bool is_ignored_parameter(std::string_view name);

}  // namespace offing::s3

#endif  // OFFING_EMULATOR_S3_S3_ROUTE_H_
