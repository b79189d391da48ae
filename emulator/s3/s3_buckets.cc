// Buckets and their configuration: everything but ListBuckets (s3_list_buckets.cc) and the replies
// that are the same for all (s3_static.cc).
#include <utility>

#include "emulator/s3/s3_exchange.h"
#include "emulator/s3/s3_headers.h"
#include "emulator/s3/s3_xml.h"

namespace offing::s3 {
namespace {

constexpr std::string_view kDeclaration = R"(<?xml version="1.0" encoding="UTF-8"?>)";
constexpr std::string_view kNamespace = R"(xmlns="http://s3.amazonaws.com/doc/2006-03-01/")";

void answer_empty(ExchangePtr x, uint16_t status) {
  Response response;
  response.status = status;
  x->answer(std::move(response));
}

// What a change of a bucket came to.
void answer_change(ExchangePtr x, const std::expected<void, r2::Error>& changed, uint16_t status) {
  if (!changed) return x->fail(changed.error());
  answer_empty(std::move(x), status);
}

void make_bucket(ExchangePtr x, const std::string& document) {
  auto location = parse_create_bucket(document);
  if (!location) return x->fail(location.error());
  r2::BucketSettings settings;
  settings.name = x->target.bucket;
  settings.jurisdiction = x->target.jurisdiction.value_or("");
  if (!location->empty()) settings.location = std::move(*location);
  auto made = x->door.service.create_bucket(std::move(settings));
  if (!made) return x->fail(made.error());
  Response response;
  response.headers.add("location", "/" + x->target.bucket);
  x->answer(std::move(response));
}

}  // namespace

void head_bucket(ExchangePtr x) { answer_empty(std::move(x), 200); }

void get_bucket_location(ExchangePtr x) {
  const r2::Bucket* bucket = x->bucket();
  std::string xml(kDeclaration);
  xml += "<LocationConstraint ";
  xml += kNamespace;
  xml += '>';
  escape_xml(xml, bucket->settings.location);
  xml += "</LocationConstraint>";
  x->answer(xml_response(std::move(xml)));
}

// `x-amz-bucket-object-lock-enabled: false` is accepted (2.5).
void create_bucket(ExchangePtr x) {
  constexpr std::string_view kLock = "x-amz-bucket-object-lock-enabled";
  if (auto lock = x->headers().get(kLock); lock && !equals_ignoring_case(*lock, "false"))
    return x->fail(header_not_implemented(kLock, *lock));
  read_document(std::move(x), false, [](ExchangePtr read, std::string document) {
    make_bucket(std::move(read), document);
  });
}

void delete_bucket(ExchangePtr x) {
  auto deleted = x->door.service.delete_bucket(x->target.bucket);
  answer_change(std::move(x), deleted, 204);
}

// ---- CORS

void get_bucket_cors(ExchangePtr x) {
  const r2::Bucket* bucket = x->bucket();
  if (bucket->cors.empty()) return x->fail(r2::Error(r2::Code::kNoCors));
  x->answer(xml_response(cors_xml(bucket->cors)));
}

void put_bucket_cors(ExchangePtr x) {
  read_document(std::move(x), false, [](ExchangePtr read, std::string document) {
    auto rules = parse_cors(document);
    if (!rules) return read->fail(rules.error());
    auto changed = read->door.service.set_cors(read->target.bucket, std::move(*rules));
    answer_change(std::move(read), changed, 200);
  });
}

void delete_bucket_cors(ExchangePtr x) {
  auto changed = x->door.service.set_cors(x->target.bucket, {});
  answer_change(std::move(x), changed, 204);
}

// ---- Lifecycle

void get_bucket_lifecycle(ExchangePtr x) {
  const r2::Bucket* bucket = x->bucket();
  // UNKNOWN (spec/r2.md 3.1): what R2 says of no rules; this is S3's.
  if (bucket->lifecycle.empty())
    return x->fail(S3Error{"NoSuchLifecycleConfiguration", 404,
                           "The lifecycle configuration does not exist.", {}});
  x->answer(xml_response(lifecycle_xml(bucket->lifecycle)));
}

void put_bucket_lifecycle(ExchangePtr x) {
  read_document(std::move(x), false, [](ExchangePtr read, std::string document) {
    auto rules = parse_lifecycle(document);
    if (!rules) return read->fail(rules.error());
    auto changed = read->door.service.set_lifecycle(read->target.bucket, std::move(*rules));
    answer_change(std::move(read), changed, 200);
  });
}

void delete_bucket_lifecycle(ExchangePtr x) {
  auto changed = x->door.service.set_lifecycle(x->target.bucket, {});
  answer_change(std::move(x), changed, 204);
}

// ---- What has no effect (5.2: answered by the real endpoint; effect UNKNOWN)

void get_bucket_encryption(ExchangePtr x) { x->answer(xml_response(encryption_xml())); }

void put_bucket_encryption(ExchangePtr x) {
  read_document(std::move(x), false, [](ExchangePtr read, std::string document) {
    if (auto valid = parse_encryption(document); !valid) return read->fail(valid.error());
    answer_empty(std::move(read), 200);
  });
}

void delete_bucket_encryption(ExchangePtr x) { answer_empty(std::move(x), 204); }

void put_bucket_versioning(ExchangePtr x) {
  read_document(std::move(x), false, [](ExchangePtr read, std::string document) {
    if (auto valid = parse_versioning(document); !valid) return read->fail(valid.error());
    answer_empty(std::move(read), 200);
  });
}

// The owner may do everything, and nobody else anything.
void get_bucket_acl(ExchangePtr x) {
  std::string owner = "<ID>";
  escape_xml(owner, x->door.service.settings().account_id);
  owner += "</ID><DisplayName>";
  escape_xml(owner, x->door.service.settings().account_id);
  owner += "</DisplayName>";
  std::string xml(kDeclaration);
  xml += "<AccessControlPolicy ";
  xml += kNamespace;
  xml += "><Owner>" + owner + "</Owner><AccessControlList><Grant>";
  xml += R"(<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" )";
  xml += R"(xsi:type="CanonicalUser">)" + owner + "</Grantee>";
  xml += "<Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>";
  x->answer(xml_response(std::move(xml)));
}

}  // namespace offing::s3
