// Between S3's headers and R2's values, both ways (spec/r2.md 5.2, 5.3). Pure functions; each names
// the headers it reads, and fails with the error that the request is answered with.
#ifndef OFFING_EMULATOR_S3_S3_HEADERS_H_
#define OFFING_EMULATOR_S3_S3_HEADERS_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/s3/s3_error.h"
#include "runtime/bindings/r2_call.h"
#include "runtime/http/header_list.h"
#include "storage/r2/lifecycle.h"
#include "storage/r2/object.h"

namespace offing::s3 {

// ---- Requests

// The first header that R2 does not implement in a write, a copy among them, or a delete (5.2).
// Asked after the signature was checked. Reads refuse x-amz-expected-bucket-owner only.
std::optional<S3Error> refused_header(const HeaderList& headers, bool is_delete);

// Content-Type, -Language, -Disposition, -Encoding (without aws-chunked), Cache-Control, Expires.
r2::HttpMetadata http_metadata(const HeaderList& headers);
// x-amz-meta-*, names in lower case, values decoded by RFC 2047. A name that comes twice has its
// values joined by a comma.
r2::CustomMetadata custom_metadata(const HeaderList& headers);
// x-amz-storage-class; none: the bucket's default. InvalidStorageClass.
std::expected<std::optional<r2::StorageClass>, S3Error> storage_class(const HeaderList& headers);
std::string_view storage_class_name(r2::StorageClass value);  // STANDARD, STANDARD_IA

// The prefix of the four headers …match, …none-match, …modified-since, …unmodified-since.
inline constexpr std::string_view kIf = "if-";
inline constexpr std::string_view kCopySourceIf = "x-amz-copy-source-if-";
inline constexpr std::string_view kCopyDestinationIf = "cf-copy-destination-if-";
// none: no such header. Dates that are none are ignored (RFC 9110). An unquoted etag is a strong
// one.
std::expected<std::optional<r2::Conditional>, S3Error> conditional(const HeaderList& headers,
                                                                   std::string_view prefix);
// What a get or head answers after its condition failed: 304, or 412 when If-Match or
// If-Unmodified-Since is the reason.
uint16_t failed_condition_status(const r2::Conditional& condition, const r2::Object& object);

// Range (5.3); nothing asked: none of its fields is set.
std::expected<r2::RangeRequest, S3Error> range(const HeaderList& headers);
// x-amz-copy-source-range: `bytes=a-b`.
std::expected<r2::RangeRequest, S3Error> copy_source_range(const HeaderList& headers);

// x-amz-server-side-encryption-customer-{algorithm,key,key-md5}: 32 raw bytes; of_copy_source: the
// x-amz-copy-source-… triple.
std::expected<std::optional<std::string>, S3Error> ssec_key(const HeaderList& headers,
                                                            bool of_copy_source);

struct ChecksumHeaders {
  std::vector<r2::Checksum> expected;  // Content-MD5, x-amz-checksum-*: R2Call::expected
  // x-amz-checksum-algorithm, or x-amz-sdk-checksum-algorithm: what a multipart upload announces.
  std::optional<digest::Algorithm> algorithm;
  r2::ChecksumType type = r2::ChecksumType::kFullObject;  // x-amz-checksum-type, or the algorithm's
};
enum class ChecksumUse : uint8_t { kPut, kCreateMultipartUpload, kUploadPart, kComplete };
std::expected<ChecksumHeaders, S3Error> checksum_headers(const HeaderList& headers,
                                                         ChecksumUse use);
// "x-amz-checksum-crc32", …; empty for MD5, SHA-384 and SHA-512, which S3 has no header for.
std::string_view checksum_header(digest::Algorithm algorithm);
std::optional<digest::Algorithm> checksum_of_header(std::string_view lower_case_name);
// "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", as in XML and x-amz-checksum-algorithm.
std::string_view checksum_name(digest::Algorithm algorithm);

struct CopySource {
  std::string bucket;
  std::string key;
};
// x-amz-copy-source, which is there: `[/]bucket/key`, percent-encoded.
std::expected<CopySource, S3Error> copy_source(const HeaderList& headers);
// x-amz-metadata-directive.
std::expected<R2Call::Directive, S3Error> metadata_directive(const HeaderList& headers);

// ---- Responses

struct ObjectHeaderOptions {
  bool with_checksums = false;                        // x-amz-checksum-mode: ENABLED
  std::span<const r2::LifecycleRule> lifecycle = {};  // of the bucket, for x-amz-expiration
};
// ETag, Last-Modified, the HTTP metadata, x-amz-meta-*, x-amz-missing-meta, x-amz-version-id,
// x-amz-storage-class, x-amz-expiration, SSE-C's, checksums. Not Content-Length, -Range,
// Accept-Ranges.
void add_object_headers(HeaderList& out, const r2::Object& object,
                        const ObjectHeaderOptions& options);
// Only those an answer to a write has: ETag, x-amz-version-id, SSE-C's, checksums,
// x-amz-expiration.
void add_written_headers(HeaderList& out, const r2::Object& object,
                         std::span<const r2::LifecycleRule> lifecycle);
// "bytes 0-9/100".
std::string content_range(r2::Range range, uint64_t size_bytes);

// RFC 2047: "=?utf-8?Q?…?=", "=?utf-8?B?…?="; what is no encoded word, or has a charset that is not
// UTF-8, US-ASCII or ISO-8859-1, stays.
std::string decode_words(std::string_view value);
// As it is when it is printable ASCII, else encoded words in base64.
std::string encode_words(std::string_view value);

}  // namespace offing::s3

#endif  // OFFING_EMULATOR_S3_S3_HEADERS_H_
