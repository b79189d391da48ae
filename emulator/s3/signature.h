// What a Signature Version 4 is made of, for the Verifier and the signers: the canonical request,
// the string to sign, the signing key. Private to emulator/s3.
#ifndef OFFING_EMULATOR_S3_SIGNATURE_H_
#define OFFING_EMULATOR_S3_SIGNATURE_H_

#include <string>
#include <string_view>
#include <vector>

#include "emulator/s3/s3_uri.h"
#include "runtime/http/message.h"

namespace offing::s3 {

inline constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
inline constexpr std::string_view kUnsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

// "host;x-amz-date" in lower case, in the order given.
class SignedHeaders {
 public:
  explicit SignedHeaders(std::string_view list);
  bool has(std::string_view name) const;
  const std::string& list() const { return list_; }
  std::vector<std::string_view> names() const;

 private:
  std::string list_;
};

std::string canonical_request(const Request& request, const UrlParts& url, const Query& query,
                              const SignedHeaders& names, std::string_view payload_hash,
                              bool without_signature);
std::string string_to_sign(std::string_view amz_date, std::string_view date,
                           std::string_view region, std::string_view canonical_request);
// 32 raw bytes.
std::string derive_signing_key(std::string_view secret, std::string_view date,
                               std::string_view region);

}  // namespace offing::s3

#endif  // OFFING_EMULATOR_S3_SIGNATURE_H_
