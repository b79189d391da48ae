// Content-MD5 and S3's additional checksums (spec/r2.md 5.2).
#include <array>

#include "emulator/s3/s3_headers.h"
#include "storage/digest/digest.h"

namespace offing::s3 {
namespace {

using digest::Algorithm;

struct ChecksumRow {
  Algorithm algorithm;
  std::string_view header, name;
};
constexpr std::array<ChecksumRow, 5> kChecksums = {{
    {Algorithm::kCrc32, "x-amz-checksum-crc32", "CRC32"},
    {Algorithm::kCrc32c, "x-amz-checksum-crc32c", "CRC32C"},
    {Algorithm::kCrc64Nvme, "x-amz-checksum-crc64nvme", "CRC64NVME"},
    {Algorithm::kSha1, "x-amz-checksum-sha1", "SHA1"},
    {Algorithm::kSha256, "x-amz-checksum-sha256", "SHA256"},
}};

S3Error invalid_digest() {
  S3Error error = from(r2::Code::kInvalidDigest);
  error.message = "The checksum or Content-MD5 you specified is not valid.";
  return error;
}

std::optional<std::string> bytes_of(std::string_view base64, Algorithm algorithm) {
  auto bytes = digest::from_base64(base64);
  if (bytes && bytes->size() != digest::size_bytes(algorithm)) return std::nullopt;
  return bytes;
}

r2::ChecksumType default_type(Algorithm algorithm, ChecksumUse use) {
  const bool is_of_parts =
      use == ChecksumUse::kCreateMultipartUpload && algorithm != Algorithm::kCrc64Nvme;
  return is_of_parts ? r2::ChecksumType::kComposite : r2::ChecksumType::kFullObject;
}

std::expected<void, S3Error> read_values(const HeaderList& headers, ChecksumUse use,
                                         ChecksumHeaders& out) {
  bool found = false;
  for (const ChecksumRow& row : kChecksums) {
    const auto value = headers.get(row.header);
    if (!value) continue;
    const bool is_sha = row.algorithm == Algorithm::kSha1 || row.algorithm == Algorithm::kSha256;
    if (use == ChecksumUse::kUploadPart && is_sha) {
      return std::unexpected(header_not_implemented(row.header, *value));
    }
    if (found) {
      return std::unexpected(
          invalid_request("Expecting a single x-amz-checksum- header. Multiple "
                          "checksum Types are not allowed."));
    }
    found = true;
    std::string_view text = *value;
    if (const size_t dash = text.find('-'); use == ChecksumUse::kComplete && dash != text.npos) {
      text = text.substr(0, dash);  // "<checksum of the parts' checksums>-<parts>"
      out.type = r2::ChecksumType::kComposite;
    }
    auto bytes = bytes_of(text, row.algorithm);
    if (!bytes) return std::unexpected(invalid_digest());
    out.expected.push_back({row.algorithm, std::move(*bytes)});
    out.algorithm = row.algorithm;
  }
  return {};
}

std::expected<void, S3Error> read_algorithm(const HeaderList& headers, ChecksumUse use,
                                            ChecksumHeaders& out) {
  auto value = headers.get("x-amz-checksum-algorithm");
  if (!value) value = headers.get("x-amz-sdk-checksum-algorithm");
  if (!value || equals_ignoring_case(*value, "MD5")) return {};
  for (const ChecksumRow& row : kChecksums) {
    if (!equals_ignoring_case(*value, row.name)) continue;
    if (!out.algorithm) out.algorithm = row.algorithm;
    return {};
  }
  return std::unexpected(invalid_request(
      "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
      "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"));
}

std::expected<void, S3Error> read_type(const HeaderList& headers, ChecksumUse use,
                                       ChecksumHeaders& out) {
  if (out.algorithm && out.type == r2::ChecksumType::kFullObject) {
    out.type = default_type(*out.algorithm, use);
  }
  const auto value = headers.get("x-amz-checksum-type");
  if (!value) return {};
  const bool is_full = *value == "FULL_OBJECT", is_composite = *value == "COMPOSITE";
  if (!is_full && !is_composite) {
    return std::unexpected(invalid_request("Value for x-amz-checksum-type header is invalid."));
  }
  const bool is_multipart =
      use == ChecksumUse::kCreateMultipartUpload || use == ChecksumUse::kComplete;
  if (!is_multipart || !out.algorithm) return {};
  const bool is_crc64 = out.algorithm == Algorithm::kCrc64Nvme;
  if (is_full != is_crc64) {  // 5.2: CRC64NVME of the whole object, the others of parts
    return std::unexpected(
        invalid_request("The " + std::string(*value) + " checksum type cannot be used with the " +
                        std::string(checksum_name(*out.algorithm)) + " checksum algorithm."));
  }
  out.type = is_full ? r2::ChecksumType::kFullObject : r2::ChecksumType::kComposite;
  return {};
}

}  // namespace

std::expected<ChecksumHeaders, S3Error> checksum_headers(const HeaderList& headers,
                                                         ChecksumUse use) {
  ChecksumHeaders out;
  if (const auto md5 = headers.get("content-md5")) {
    auto bytes = bytes_of(*md5, Algorithm::kMd5);
    if (!bytes) return std::unexpected(invalid_digest());
    out.expected.push_back({Algorithm::kMd5, std::move(*bytes)});
  }
  for (const auto step : {read_values, read_algorithm, read_type}) {
    if (auto done = step(headers, use, out); !done) return std::unexpected(std::move(done.error()));
  }
  return out;
}

std::string_view checksum_header(Algorithm algorithm) {
  for (const ChecksumRow& row : kChecksums)
    if (row.algorithm == algorithm) return row.header;
  return {};
}

std::optional<Algorithm> checksum_of_header(std::string_view lower_case_name) {
  for (const ChecksumRow& row : kChecksums)
    if (row.header == lower_case_name) return row.algorithm;
  return std::nullopt;
}

std::string_view checksum_name(Algorithm algorithm) {
  for (const ChecksumRow& row : kChecksums)
    if (row.algorithm == algorithm) return row.name;
  return {};
}

}  // namespace offing::s3
