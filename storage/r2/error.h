// R2's own errors (spec/r2.md 1.11): one table with the code of the v4 API, the S3 code, the HTTP
// status and the text. Where the spec gives no text, ours says what is wrong and is marked.
#ifndef OFFING_STORAGE_R2_ERROR_H_
#define OFFING_STORAGE_R2_ERROR_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace offing::r2 {

#define OFFING_R2_ERRORS(X)                                                                       \
  X(kInternal, 10001, "InternalError", 500,                                                       \
    "We encountered an internal error. Please try again.")                                       \
  X(kUnauthorized, 10002, "Unauthorized", 401, "Unauthorized")                                    \
  X(kAccessDenied, 10003, "AccessDenied", 403, "Access Denied") /* text UNKNOWN */                \
  X(kBucketAlreadyExists, 10004, "BucketAlreadyExists", 409,                                      \
    "The bucket you tried to create already exists, and you own it.") /* text UNKNOWN */          \
  X(kInvalidBucketName, 10005, "InvalidBucketName", 400, "The specified bucket name is not valid.") \
  X(kNoSuchBucket, 10006, "NoSuchBucket", 404, "The specified bucket does not exist.")            \
  X(kNoSuchKey, 10007, "NoSuchKey", 404, "The specified key does not exist.")                     \
  X(kBucketNotEmpty, 10008, "BucketNotEmpty", 409,                                                \
    "The bucket you tried to delete is not empty.") /* text UNKNOWN */                            \
  X(kTooManyBuckets, 10009, "TooManyBuckets", 400,                                                \
    "You have attempted to create more buckets than allowed.") /* text UNKNOWN */                 \
  X(kEntityTooSmall, 10011, "EntityTooSmall", 400,                                                \
    "Your proposed upload is smaller than the minimum allowed object size.")                      \
  X(kMetadataTooLarge, 10012, "MetadataTooLarge", 400,                                            \
    "Your metadata headers exceed the maximum allowed metadata size.")                            \
  X(kIncompleteBody, 10013, "IncompleteBody", 400,                                                \
    "You did not provide the number of bytes specified by the Content-Length HTTP header.")       \
  X(kInvalidDigest, 10014, "InvalidDigest", 400,                                                  \
    "The Content-MD5 you specified is not valid.") /* text UNKNOWN */                             \
  X(kExpiredRequest, 10018, "ExpiredRequest", 403, "Request has expired")                         \
  X(kInvalidObjectName, 10020, "InvalidObjectName", 400, "The specified object name is not valid.") \
  X(kInvalidMaxKeys, 10022, "InvalidMaxKeys", 400,                                                \
    "MaxKeys params must be positive integer <= 1000.")                                           \
  X(kNoSuchUpload, 10024, "NoSuchUpload", 404, "The specified multipart upload does not exist.")  \
  X(kInvalidPart, 10025, "InvalidPart", 400,                                                      \
    "One or more of the specified parts could not be found.")                                     \
  X(kKeyCount, 10027, "MalformedXML", 400,                                                        \
    "The number of keys in the request must be between 1 and 1000 inclusive.")                    \
  X(kPreconditionFailed, 10031, "PreconditionFailed", 412,                                        \
    "At least one of the pre-conditions you specified did not hold.")                             \
  X(kMissingContentLength, 10033, "MissingContentLength", 411,                                    \
    "You must provide the Content-Length HTTP header.")                                           \
  X(kSignatureDoesNotMatch, 10035, "SignatureDoesNotMatch", 403,                                  \
    "The request signature we calculated does not match the signature you provided. Check your "  \
    "secret access key and signing method.")                                                      \
  X(kBadDigest, 10037, "BadDigest", 400, "The checksum you specified did not match what we received.") \
  X(kInvalidRange, 10039, "InvalidRange", 416, "The requested range is not satisfiable")          \
  X(kNotEntitled, 10042, "NotEntitled", 403, "Please enable R2 through the Cloudflare Dashboard.") \
  X(kServiceUnavailable, 10043, "ServiceUnavailable", 503,                                        \
    "Reduce your concurrent request rate for the same object.")                                   \
  X(kUnequalParts, 10048, "InvalidPart", 400,                                                     \
    "All non-trailing parts must have the same length.")                                          \
  X(kClientDisconnect, 10054, "ClientDisconnect", 400, "Client disconnected.") /* text UNKNOWN */ \
  X(kTooManyRequests, 10058, "TooManyRequests", 429,                                              \
    "Reduce your concurrent request rate for the same object.")                                   \
  X(kNoCors, 10059, "NoSuchCORSConfiguration", 404, "The CORS configuration does not exist.")     \
  X(kInvalidStorageClass, 10062, "InvalidStorageClass", 400,                                      \
    "The storage class specified is not valid.") /* code UNKNOWN */                               \
  X(kObjectLocked, 10069, "ObjectLockedByBucketPolicy", 409,                                      \
    "The object is locked by the bucket policy.")                                                 \
  X(kBucketConflict, 10073, "BucketConflict", 409, "The bucket has pending operations.")          \
  X(kSsecKeyWrong, 10045, "AccessDenied", 403, /* code UNKNOWN (1.6) */                           \
    "The provided encryption key does not match the one used to encrypt the object.")            \
  X(kSsecKeyMissing, 10046, "InvalidRequest", 400, /* code UNKNOWN (1.6) */                       \
    "The object was stored using a form of Server Side Encryption. The correct parameters must "  \
    "be provided to retrieve the object.")                                                        \
  X(kSsecNotApplicable, 10047, "InvalidRequest", 400, /* code UNKNOWN */                          \
    "The encryption parameters are not applicable to this object.")                               \
  X(kInvalidRequest, 10040, "InvalidRequest", 400, "Invalid Request") /* code UNKNOWN */          \
  X(kEntityTooLarge, 100100, "EntityTooLarge", 400,                                               \
    "Your proposed upload exceeds the maximum allowed object size.")

enum class Code : uint8_t {
#define OFFING_R2_ERROR_ID(id, v4, s3, http, text) id,
  OFFING_R2_ERRORS(OFFING_R2_ERROR_ID)
#undef OFFING_R2_ERROR_ID
};

struct ErrorRow {
  uint32_t v4_code;
  std::string_view s3_code;
  uint16_t http_status;
  std::string_view text;
};

inline constexpr ErrorRow kErrorRows[] = {
#define OFFING_R2_ERROR_ROW(id, v4, s3, http, text) {v4, s3, http, text},
    OFFING_R2_ERRORS(OFFING_R2_ERROR_ROW)
#undef OFFING_R2_ERROR_ROW
};

// A refusal. `text` is the row's unless it was given. A binding shows "<action>: <text> (<v4 code>)".
struct Error {
  Code code = Code::kInternal;
  std::string text;

  Error(Code code) : code(code), text(row().text) {}
  Error(Code code, std::string text) : code(code), text(std::move(text)) {}
  const ErrorRow& row() const { return kErrorRows[static_cast<size_t>(code)]; }
};

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_ERROR_H_
