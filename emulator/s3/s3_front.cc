#include "emulator/s3/s3_front.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "emulator/s3/s3_cors.h"
#include "emulator/s3/s3_headers.h"
#include "runtime/bindings/utf8.h"

namespace offing {
namespace s3 {
namespace {

std::optional<S3Error> refuse(const HeaderList& headers, std::string_view name) {
  if (auto value = headers.get(name)) return header_not_implemented(name, *value);
  return std::nullopt;
}

std::optional<S3Error> refuse_prefixed(const HeaderList& headers, std::string_view prefix) {
  for (Header header : headers) {
    if (header.name.size() > prefix.size() &&
        equals_ignoring_case(header.name.substr(0, prefix.size()), prefix))
      return header_not_implemented(header.name, header.value);
  }
  return std::nullopt;
}

// spec/r2.md 5.2, rejected headers.
std::optional<S3Error> screen(Screen rules, const HeaderList& headers) {
  if (rules == Screen::kNone) return std::nullopt;
  if (auto refused = refuse(headers, "x-amz-expected-bucket-owner")) return refused;
  switch (rules) {
    case Screen::kWrite: return refused_header(headers, false);
    case Screen::kDelete:
      if (auto refused = refuse(headers, "x-amz-mfa")) return refused;
      return refuse(headers, "x-amz-bypass-governance-retention");
    case Screen::kPart: return refuse(headers, "x-amz-server-side-encryption");
    case Screen::kPartCopy:
      if (auto refused = refuse(headers, "x-amz-source-expected-bucket-owner")) return refused;
      return refuse_prefixed(headers, kCopySourceIf);
    default: return std::nullopt;
  }
}

// A POST to a bucket without any authentication: a form that a browser sends (5.1).
bool is_form_upload(const Exchange& x) {
  return x.request.method == "POST" && !x.target.bucket.empty() && x.target.key.empty() &&
         !x.query.has("delete") && !has_authentication(x.request, x.query);
}

bool is_valid_text(const std::string& text) {
  return is_utf8({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

// `cf-create-bucket-if-missing: true` (5.3): only a key that may create it has it made.
bool makes_bucket(const Exchange& x) {
  const bool uploads = x.operation_id == OperationId::kPutObject ||
                       x.operation_id == OperationId::kCreateMultipartUpload;
  return uploads && x.headers().get("cf-create-bucket-if-missing") == "true";
}

// The part of the target that permissions are about: a list asks for what is below its prefix.
std::string_view asked_key(const Exchange& x) {
  if (!x.target.key.empty() || operation(x.operation_id).access != Access::kListObjects)
    return x.target.key;
  const std::string* prefix = x.query.get("prefix");
  return prefix ? std::string_view(*prefix) : "";
}

std::expected<uint32_t, S3Error> find_or_make_bucket(const Exchange& x) {
  if (const r2::Bucket* bucket = x.bucket()) return bucket->id;
  if (!makes_bucket(x) || x.door.service.find_bucket(x.target.bucket) != nullptr)
    return std::unexpected(from(r2::Error(r2::Code::kNoSuchBucket)));
  if (!x.may(Access::kEditBucket, x.target.bucket, "")) return std::unexpected(access_denied());
  r2::BucketSettings settings;
  settings.name = x.target.bucket;
  settings.jurisdiction = x.target.jurisdiction.value_or("");
  auto made = x.door.service.create_bucket(std::move(settings));
  if (!made) return std::unexpected(from(made.error()));
  return (*made)->id;
}

// Clients sign with the time of their own clocks, and a virtual world's clock has nothing to do with those:
// there each signature is taken as made now. A presigned URL runs out on the world's clock, unless it is dated
// ahead of that: then another clock dated it, and it does not run out.
int64_t time_of_signature_ms(const Exchange& x) {
  const int64_t now_ms = x.door.world.now_ms();
  if (!x.door.world.is_virtual()) return now_ms;
  const std::string* query = x.query.get("X-Amz-Date");
  const auto date = query ? std::optional<std::string_view>(*query) : x.headers().get("x-amz-date");
  const int64_t dated_ms = date ? parse_basic_date(*date).value_or(now_ms) : now_ms;
  return query ? std::max(dated_ms, now_ms) : dated_ms;
}

// What stands between a request and its operation, in order; the error that it is answered with.
std::optional<S3Error> admit(Exchange& x) {
  if (is_form_upload(x))
    return not_implemented("Presigned post requests are not yet implemented");
  auto signer = x.door.verifier.verify(x.request, x.query, time_of_signature_ms(x));
  if (!signer) return std::move(signer.error());
  x.signer = std::move(*signer);
  if (!has_signed_hash(x.request, x.signer)) return content_hash_mismatch();
  auto routed = route(x.request.method, x.target, x.query, x.headers());
  if (!routed) return std::move(routed.error());
  x.operation_id = *routed;
  x.is_routed = true;
  const Operation& what = operation(*routed);
  if (auto refused = screen(what.screen, x.headers())) return refused;
  // UNKNOWN (spec/r2.md 1.12): keys that are not UTF-8; no list could show one.
  if (!is_valid_text(x.target.key)) return from(r2::Error(r2::Code::kInvalidObjectName));
  // Of a delete of several keys each is asked for by itself.
  const bool one_by_one = *routed == OperationId::kDeleteObjects;
  if (!one_by_one && !x.may(what.access, x.target.bucket, asked_key(x))) return access_denied();
  if (*routed == OperationId::kListBuckets || *routed == OperationId::kCreateBucket)
    return std::nullopt;
  auto bucket = find_or_make_bucket(x);
  if (!bucket) return std::move(bucket.error());
  x.bucket_id = *bucket;
  return std::nullopt;
}

}  // namespace
}  // namespace s3

void S3Front::on_request(uint64_t ticket, Request request, ResponseCallback respond) {
  auto x = std::make_unique<s3::Exchange>(door_, ticket, std::move(request), std::move(respond));
  if (s3::is_preflight(x->request)) return s3::answer_preflight(std::move(x));
  if (auto error = s3::admit(*x)) return x->fail(*error);
  s3::operation(x->operation_id).run(std::move(x));
}

}  // namespace offing
