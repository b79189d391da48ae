// AWS Signature Version 4 as R2's S3 endpoint checks it (spec/r2.md 5.1): by the Authorization
// header, or by query parameters of a presigned URL; the header goes first. The canonical path is
// the path as it was sent. Any region is accepted: R2's is "auto", with "" and "us-east-1" as
// aliases, and how it answers another one is UNKNOWN (spec/r2.md 5.1).
//
// A Verifier keeps the derived signing keys of a day, so that a check costs one SHA-256 and one
// HMAC. Time is an argument. Threading: the loop thread. Owner: the S3 front.
#ifndef OFFING_EMULATOR_S3_SIGV4_H_
#define OFFING_EMULATOR_S3_SIGV4_H_

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "emulator/s3/s3_keys.h"
#include "emulator/s3/s3_uri.h"
#include "runtime/http/message.h"

namespace offing::s3 {

// What the signer said about the body.
enum class Payload : uint8_t {
  kUnsigned,         // UNSIGNED-PAYLOAD, and every presigned URL
  kHash,             // its SHA-256: check it before anything is committed
  kUnsignedTrailer,  // STREAMING-UNSIGNED-PAYLOAD-TRAILER: aws_chunked.h
};

struct Verified {
  Identity who;
  bool is_presigned = false;
  Payload payload = Payload::kUnsigned;
  std::string payload_sha256;  // kHash: 32 raw bytes
};

class Verifier {
 public:
  struct Options {
    bool strict_unsigned_trailers = false;  // R2Settings: 401, as is reported of R2 in 2026
    uint16_t expired_status = 403;          // R2Settings: of ExpiredRequest
  };
  // `keys` outlives it.
  Verifier(const Keys& keys, Options options) : keys_(keys), options_(options) {}

  // `query` is that of `request.url`, parsed.
  std::expected<Verified, S3Error> verify(const Request& request, const Query& query,
                                          int64_t now_ms);

 private:
  struct Parts;
  struct Computed;
  std::expected<Verified, S3Error> verify_header(const Request& request, const UrlParts& url,
                                                 const Query& query, std::string_view authorization,
                                                 int64_t now_ms);
  std::expected<Verified, S3Error> verify_presigned(const Request& request, const UrlParts& url,
                                                    const Query& query, int64_t now_ms);
  std::expected<Identity, S3Error> check(const Request& request, const UrlParts& url,
                                         const Query& query, const Parts& parts, int64_t now_ms);
  const std::string& signing_key(std::string_view secret, std::string_view date,
                                 std::string_view region);

  const Keys& keys_;
  Options options_;
  std::unordered_map<std::string, std::string> signing_keys_;  // at most kSigningKeysMax
};

// Whether there is either form of authentication: of a POST to a bucket without one, R2 thinks that
// it is an upload by a browser's form (5.1).
bool has_authentication(const Request& request, const Query& query);

// The error of a body whose SHA-256 is not the one that was signed.
S3Error content_hash_mismatch();

struct Credentials {
  std::string access_key_id, secret_access_key;
  std::string session_token;  // "": long-lived
};
// Adds x-amz-date, x-amz-content-sha256, x-amz-security-token and Authorization; all headers that
// are there are signed. `payload_hash`: hex, or UNSIGNED-PAYLOAD, … `request.url` has the path as
// it is sent.
void sign(Request& request, const Credentials& credentials, std::string_view region,
          std::string_view payload_hash, int64_t now_ms);
// `url` with the query parameters of a presigned request; only `host` is signed.
std::string presign(std::string_view method, std::string_view url, const Credentials& credentials,
                    std::string_view region, int64_t expires_s, int64_t now_ms);

}  // namespace offing::s3

#endif  // OFFING_EMULATOR_S3_SIGV4_H_
