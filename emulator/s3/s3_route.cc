#include "emulator/s3/s3_route.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "emulator/s3/s3_static.h"
#include "storage/r2/key.h"
#include "storage/r2/limits.h"

namespace offing::s3 {
namespace {

constexpr std::string_view kLocalSuffix = ".localhost";
constexpr std::string_view kR2Suffix = ".r2.cloudflarestorage.com";
constexpr std::string_view kJurisdictions[] = {"eu", "fedramp", "us"};

constexpr std::string_view kListV1Parameters[] = {"prefix", "delimiter", "marker", "max-keys",
                                                  "encoding-type"};
constexpr std::string_view kListV2Parameters[] = {
    "list-type", "prefix",   "delimiter",     "continuation-token",
    "start-after", "max-keys", "encoding-type", "fetch-owner"};
constexpr std::string_view kListBucketsParameters[] = {"prefix", "start-after",
                                                       "continuation-token", "max-keys"};

std::string lower_host(std::string_view host) {
  const size_t colon = host.starts_with('[') ? host.npos : host.find(':');
  std::string name(host.substr(0, colon));
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c |= 32;
  }
  return name;
}

// What stands before the suffix, when the host has it.
std::optional<std::string_view> before(std::string_view host, std::string_view suffix) {
  if (host.size() <= suffix.size() || !host.ends_with(suffix)) return std::nullopt;
  return host.substr(0, host.size() - suffix.size());
}

void read_host(std::string_view host, Target& target) {
  auto take_bucket = [&target](std::string_view name) {
    if (!r2::is_valid_bucket_name(name)) return;
    target.bucket = name;
    target.in_host = true;
  };
  if (auto label = before(host, kLocalSuffix)) return take_bucket(*label);
  auto labels = before(host, kR2Suffix);
  if (!labels) return;
  target.jurisdiction = "";
  const size_t last = labels->rfind('.');
  if (last != labels->npos &&
      std::ranges::find(kJurisdictions, labels->substr(last + 1)) != std::end(kJurisdictions)) {
    target.jurisdiction = labels->substr(last + 1);
    labels = labels->substr(0, last);
  }
  const size_t dot = labels->find('.');
  if (dot != labels->npos) take_bucket(labels->substr(0, dot));
}

std::string decoded(std::string_view text) {
  auto plain = percent_decode(text, false);
  return plain ? std::move(*plain) : std::string(text);
}

using Routed = std::expected<OperationId, S3Error>;

Routed to(const Subresource& row) {
  if (row.operation) return *row.operation;
  return std::unexpected(not_implemented(row.name));
}

// The first parameter, in the request's order, that the table knows.
const Subresource* first_subresource(std::span<const Subresource> table, std::string_view method,
                                     const Query& query) {
  for (const auto& [name, value] : query.all()) {
    if (const Subresource* row = find(table, method, name)) return row;
  }
  return nullptr;
}

// The first parameter that is neither known nor ignored.
template <size_t kCount>
const std::string* unknown_parameter(const Query& query, const std::string_view (&known)[kCount]) {
  for (const auto& [name, value] : query.all()) {
    if (std::ranges::find(known, name) == std::end(known) && !is_ignored_parameter(name))
      return &name;
  }
  return nullptr;
}

Routed route_account(std::string_view method, const Query& query) {
  if (method != "GET") return std::unexpected(route_not_found());
  if (const std::string* name = unknown_parameter(query, kListBucketsParameters))
    return std::unexpected(not_implemented("ListBuckets search parameter " + *name));
  return OperationId::kListBuckets;
}

Routed route_list(const Query& query) {
  const std::string* type = query.get("list-type");
  if (type != nullptr && *type != "2")
    return std::unexpected(not_implemented("ListObjectsV" + *type));
  const bool v2 = type != nullptr;
  if (!v2 && query.has("continuation-token"))
    return std::unexpected(invalid_argument("continuation-token not supported in ListObjects"));
  const std::string* name = v2 ? unknown_parameter(query, kListV2Parameters)
                               : unknown_parameter(query, kListV1Parameters);
  if (name != nullptr)
    return std::unexpected(not_implemented(std::string("ListObjectsV") + (v2 ? '2' : '1') +
                                           " search parameter " + *name));
  return v2 ? OperationId::kListObjectsV2 : OperationId::kListObjects;
}

Routed route_bucket_get(const Query& query) {
  if (query.has("uploads")) return OperationId::kListMultipartUploads;
  if (query.has("location")) {
    static constexpr std::string_view kKnown[] = {"location"};
    if (const std::string* name = unknown_parameter(query, kKnown))
      return std::unexpected(
          invalid_argument("Search param " + *name + " is unsupported for bucket location"));
    return OperationId::kGetBucketLocation;
  }
  if (const Subresource* row = first_subresource(bucket_subresources(), "GET", query))
    return to(*row);
  return route_list(query);
}

// A subresource that is known wins wherever it stands; else all parameters are refused together.
Routed route_bucket_change(std::string_view method, const Query& query) {
  if (const Subresource* row = first_subresource(bucket_subresources(), method, query))
    return to(*row);
  std::string unknown;
  for (const auto& [name, value] : query.all()) {
    const std::string quoted = "\"" + name + "\"";
    if (is_ignored_parameter(name) || unknown.find(quoted) != unknown.npos) continue;
    if (!unknown.empty()) unknown += ", ";
    unknown += quoted;
  }
  if (!unknown.empty())
    return std::unexpected(invalid_argument("Unsupported search param(s) " + unknown + " on a " +
                                            std::string(method) + " bucket route"));
  return method == "PUT" ? OperationId::kCreateBucket : OperationId::kDeleteBucket;
}

Routed route_bucket(std::string_view method, const Query& query) {
  if (method == "HEAD") return OperationId::kHeadBucket;
  if (method == "GET") return route_bucket_get(query);
  if (method == "PUT" || method == "DELETE") return route_bucket_change(method, query);
  if (method == "POST")
    return query.has("delete") ? OperationId::kDeleteObjects : OperationId::kPostBucket;
  return std::unexpected(route_not_found());
}

// Blanks, a sign, digits; or nothing at all.
bool looks_like_integer(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  if (text.starts_with('-')) text.remove_prefix(1);
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Routed route_upload(std::string_view method, const Query& query, const HeaderList& headers) {
  if (method == "GET") return OperationId::kListParts;
  if (method == "HEAD") return OperationId::kHeadObject;
  if (method == "POST") return OperationId::kCompleteMultipartUpload;
  if (method == "DELETE") return OperationId::kAbortMultipartUpload;
  return headers.has("x-amz-copy-source") ? OperationId::kUploadPartCopy : OperationId::kUploadPart;
}

Routed route_object(std::string_view method, const Query& query, const HeaderList& headers) {
  const bool known = method == "GET" || method == "HEAD" || method == "PUT" || method == "POST" ||
                     method == "DELETE";
  if (!known) return std::unexpected(route_not_found());
  const std::string* part = query.get("partNumber");
  if (part != nullptr && !looks_like_integer(*part)) return std::unexpected(route_not_found());
  // Without a partNumber an upload's id says nothing to a PUT.
  if (query.has("uploadId") && (method != "PUT" || part != nullptr))
    return route_upload(method, query, headers);
  if (query.has("uploads")) {
    if (method == "POST") return OperationId::kCreateMultipartUpload;
    if (method == "GET") return OperationId::kListMultipartUploads;
  }
  if (const Subresource* row = first_subresource(object_subresources(), method, query))
    return to(*row);
  if (method == "HEAD") return OperationId::kHeadObject;
  if (method == "GET") return OperationId::kGetObject;
  if (method == "DELETE") return OperationId::kDeleteObject;
  const bool copies = method == "PUT" && headers.has("x-amz-copy-source");
  return copies ? OperationId::kCopyObject : OperationId::kPutObject;
}

}  // namespace

bool is_ignored_parameter(std::string_view name) {
  return name.starts_with("X-Amz-") || name == "x-id";
}

Target target_of(const UrlParts& url) {
  Target target;
  read_host(lower_host(url.host), target);
  std::string_view path = url.path;
  if (path.starts_with('/')) path.remove_prefix(1);
  if (!target.in_host) {
    const size_t slash = std::min(path.find('/'), path.size());
    target.bucket = decoded(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  if (!target.bucket.empty()) target.key = decoded(path);
  return target;
}

Routed route(std::string_view method, const Target& target, const Query& query,
             const HeaderList& headers) {
  if (target.bucket.empty()) return route_account(method, query);
  if (target.key.empty()) return route_bucket(method, query);
  return route_object(method, query, headers);
}

std::expected<std::optional<uint32_t>, S3Error> part_number(const Query& query) {
  const std::string* text = query.get("partNumber");
  if (text == nullptr) return std::nullopt;
  std::string_view digits = *text;
  digits.remove_prefix(std::min(digits.find_first_not_of(' '), digits.size()));
  uint32_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc() || stop != end || number < 1 || number > r2::kPartNumberMax)
    return std::unexpected(
        invalid_argument("Part number must be an integer between 1 and 10000, inclusive."));
  return number;
}

}  // namespace offing::s3
