// What a request's headers say about an object and its copy. Conditions and ranges are in
// s3_conditions.cc, checksums in s3_checksums.cc, responses in s3_object_headers.cc.
#include "emulator/s3/s3_headers.h"

#include <algorithm>
#include <array>

#include "emulator/s3/aws_chunked.h"
#include "emulator/s3/s3_uri.h"
#include "storage/digest/digest.h"

namespace offing::s3 {
namespace {

constexpr std::string_view kMeta = "x-amz-meta-";
constexpr std::string_view kOwner = "x-amz-expected-bucket-owner";

constexpr std::array<std::string_view, 13> kWriteRefused = {
    "x-amz-tagging",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
    "x-amz-website-redirect-location",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
    "x-amz-object-lock-legal-hold",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-context",
    "x-amz-server-side-encryption-bucket-key-enabled"};
constexpr std::array<std::string_view, 3> kCopyRefused = {
    "x-amz-source-expected-bucket-owner", "x-amz-tagging-directive", "x-amz-checksum-algorithm"};
constexpr std::array<std::string_view, 2> kDeleteRefused = {"x-amz-mfa",
                                                            "x-amz-bypass-governance-retention"};
constexpr std::array<std::string_view, 7> kCannedAcls = {
    "private",       "public-read",       "public-read-write",        "authenticated-read",
    "aws-exec-read", "bucket-owner-read", "bucket-owner-full-control"};

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

bool begins_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         equals_ignoring_case(text.substr(0, prefix.size()), prefix);
}

std::optional<S3Error> refused_of(const HeaderList& headers,
                                  std::span<const std::string_view> names) {
  for (const std::string_view name : names)
    if (const auto value = headers.get(name)) return header_not_implemented(name, *value);
  return std::nullopt;
}

std::optional<std::string> field(const HeaderList& headers, std::string_view name) {
  const auto value = headers.get(name);
  if (!value || value->empty()) return std::nullopt;
  return std::string(*value);
}

}  // namespace

std::optional<S3Error> refused_header(const HeaderList& headers, bool is_delete) {
  if (const auto owner = headers.get(kOwner)) return header_not_implemented(kOwner, *owner);
  if (is_delete) return refused_of(headers, kDeleteRefused);
  if (auto error = refused_of(headers, kWriteRefused)) return error;
  if (headers.has("x-amz-copy-source")) {
    if (auto error = refused_of(headers, kCopyRefused)) return error;
  }
  // Everything is encrypted with AES256 anyway; access control lists do nothing.
  constexpr std::string_view kEncryption = "x-amz-server-side-encryption", kAcl = "x-amz-acl";
  if (const auto value = headers.get(kEncryption); value && *value != "AES256") {
    return header_not_implemented(kEncryption, *value);
  }
  if (const auto value = headers.get(kAcl);
      value && std::ranges::find(kCannedAcls, *value) == kCannedAcls.end()) {
    return header_not_implemented(kAcl, *value);
  }
  constexpr std::string_view kBucketLock = "x-amz-bucket-object-lock-enabled";  // 2.5
  if (const auto value = headers.get(kBucketLock);
      value && !equals_ignoring_case(*value, "false")) {
    return header_not_implemented(kBucketLock, *value);
  }
  return std::nullopt;
}

r2::HttpMetadata http_metadata(const HeaderList& headers) {
  r2::HttpMetadata http;
  http.content_type = field(headers, "content-type");
  http.content_language = field(headers, "content-language");
  http.content_disposition = field(headers, "content-disposition");
  if (const auto encoding = headers.get("content-encoding")) {
    http.content_encoding = without_aws_chunked(*encoding);
  }
  http.cache_control = field(headers, "cache-control");
  if (const auto expires = headers.get("expires")) http.cache_expiry_ms = parse_http_date(*expires);
  return http;
}

r2::CustomMetadata custom_metadata(const HeaderList& headers) {
  r2::CustomMetadata custom;
  for (const Header header : headers) {
    if (header.name.size() <= kMeta.size() || !begins_ignoring_case(header.name, kMeta)) continue;
    std::string name = lower_case(header.name.substr(kMeta.size()));
    std::string value = decode_words(header.value);
    const auto known = std::ranges::find(custom, name, &std::pair<std::string, std::string>::first);
    if (known == custom.end()) {
      custom.emplace_back(std::move(name), std::move(value));
    } else {
      known->second.append(",").append(value);
    }
  }
  return custom;
}

std::expected<std::optional<r2::StorageClass>, S3Error> storage_class(const HeaderList& headers) {
  const auto value = headers.get("x-amz-storage-class");
  if (!value) return std::nullopt;
  for (const auto known : {r2::StorageClass::kStandard, r2::StorageClass::kInfrequentAccess})
    if (*value == storage_class_name(known)) return known;
  return std::unexpected(from(r2::Code::kInvalidStorageClass));
}

std::string_view storage_class_name(r2::StorageClass value) {
  return value == r2::StorageClass::kStandard ? "STANDARD" : "STANDARD_IA";
}

std::expected<std::optional<std::string>, S3Error> ssec_key(const HeaderList& headers,
                                                            bool of_copy_source) {
  const std::string prefix = std::string(of_copy_source ? "x-amz-copy-source-" : "x-amz-") +
                             "server-side-encryption-customer-";
  const auto algorithm = headers.get(prefix + "algorithm");
  const auto key = headers.get(prefix + "key");
  const auto md5 = headers.get(prefix + "key-md5");
  if (!algorithm && !key && !md5) return std::nullopt;
  const auto must_provide = [](std::string_view what) {
    return std::unexpected(invalid_argument(
        "Requests specifying Server Side Encryption with Customer provided keys must "
        "provide " +
        std::string(what)));
  };
  if (!key) return must_provide("an appropriate secret key.");
  if (!md5) return must_provide("the client calculated MD5 of the secret key.");
  if (!algorithm) return must_provide("a valid encryption algorithm.");
  if (*algorithm != "AES256") {
    return std::unexpected(S3Error{
        "InvalidEncryptionAlgorithmError",
        400,
        "The encryption request that you specified is not valid. The valid value is AES256.",
        {}});
  }
  auto bytes = digest::from_base64(*key);  // this text and the next: UNKNOWN (spec/r2.md 5.2)
  if (!bytes || bytes->size() != 32) {
    return std::unexpected(
        invalid_argument("The secret key was invalid for the specified algorithm."));
  }
  const auto given = digest::from_base64(*md5);
  if (!given || *given != digest::digest_of(digest::Algorithm::kMd5, *bytes)) {
    return std::unexpected(invalid_argument(
        "The calculated MD5 hash of the key did not match the hash that was provided."));
  }
  return bytes;
}

std::expected<CopySource, S3Error> copy_source(const HeaderList& headers) {
  const auto wrong = [] { return std::unexpected(invalid_argument("copy source bucket name")); };
  const auto value = headers.get("x-amz-copy-source");
  const auto decoded = value ? percent_decode(*value, false) : std::nullopt;
  if (!decoded) return wrong();
  std::string_view rest = *decoded;
  if (rest.starts_with('/')) rest.remove_prefix(1);
  const size_t slash = rest.find('/');
  if (slash == rest.npos || slash == 0 || slash + 1 == rest.size()) return wrong();
  return CopySource{std::string(rest.substr(0, slash)), std::string(rest.substr(slash + 1))};
}

std::expected<R2Call::Directive, S3Error> metadata_directive(const HeaderList& headers) {
  const auto value = headers.get("x-amz-metadata-directive");
  if (!value || *value == "COPY") return R2Call::Directive::kCopy;
  if (*value == "REPLACE") return R2Call::Directive::kReplace;
  if (*value == "MERGE") return R2Call::Directive::kMerge;
  return std::unexpected(invalid_argument("metadata directive " + std::string(*value) + "."));
}

}  // namespace offing::s3
