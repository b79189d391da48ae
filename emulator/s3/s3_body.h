// Bodies of S3 requests on their way in: how long they are, in what form they come, and what was
// signed or said about their bytes. Objects stream through; documents are read as a whole.
#ifndef OFFING_EMULATOR_S3_S3_BODY_H_
#define OFFING_EMULATOR_S3_S3_BODY_H_

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "emulator/s3/aws_chunked.h"
#include "emulator/s3/s3_error.h"
#include "emulator/s3/s3_operations.h"
#include "emulator/s3/sigv4.h"
#include "runtime/bindings/r2_call.h"
#include "storage/digest/digest.h"

namespace offing::s3 {

// Shared by an exchange and its body's stream.
struct BodyChecks {
  std::shared_ptr<Trailers> trailers;      // of aws-chunked
  std::optional<digest::Hasher> hasher;    // of a signed SHA-256
  std::optional<S3Error> mismatch;         // the signed one was another

  // Why the service was not given the body as it should be; null: that was not the reason.
  const S3Error* failure() const {
    if (mismatch) return &*mismatch;
    return trailers && trailers->failure ? &*trailers->failure : nullptr;
  }
};

// What does not match, in the words of 1.6.
S3Error bad_digest(const r2::Checksum& expected, std::string_view actual);

// A body that is all there, against the SHA-256 that was signed (5.1). True for any other.
bool has_signed_hash(const Request& request, const Verified& signer);

// Moves the body into `call`: `value`, or `value_stream` with `declared_bytes`, and `verify`.
// Error: MissingContentLength.
std::expected<void, S3Error> take_body(Exchange& x, R2Call& call);

// The whole body, decoded, and as it was signed and digested (Content-MD5; x-amz-checksum-* unless
// they are `about_object`); `next` is called with it, or the exchange fails.
void read_document(ExchangePtr x, bool about_object,
                   std::move_only_function<void(ExchangePtr x, std::string document)> next);

}  // namespace offing::s3

#endif  // OFFING_EMULATOR_S3_S3_BODY_H_
