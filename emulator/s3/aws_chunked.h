// The body form of STREAMING-UNSIGNED-PAYLOAD-TRAILER (aws-chunked): pieces with their size in hex,
// an empty one, then trailers, of which one may be a checksum. Decoded as it is pulled; what lies
// between two sizes is passed on without a copy.
//
// The decoder finds the trailer's checksum, the receiver of the bytes computes it
// (R2Call::computed) and `trailer_check` (R2Call::verify) compares: one pass over the bytes. Both
// share a Trailers, which is complete before the decoded stream's kEnd is given out.
#ifndef OFFING_EMULATOR_S3_AWS_CHUNKED_H_
#define OFFING_EMULATOR_S3_AWS_CHUNKED_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/s3/s3_error.h"
#include "runtime/http/byte_source.h"
#include "runtime/http/header_list.h"
#include "storage/r2/values.h"

namespace offing::s3 {

// What a request says about its chunked body.
struct ChunkedHead {
  uint64_t decoded_bytes = 0;                         // x-amz-decoded-content-length
  std::optional<digest::Algorithm> trailer_checksum;  // x-amz-trailer
};
// Errors: MissingContentLength without x-amz-decoded-content-length, InvalidArgument, 501 for a
// trailer that is no checksum we know.
std::expected<ChunkedHead, S3Error> read_chunked_head(const HeaderList& headers);

struct Trailers {
  bool complete = false;
  std::optional<r2::Checksum> checksum;  // the value that the client sent
  // Why the stream ended in an error chunk, when the body's form was the reason.
  std::optional<S3Error> failure;
};

// A body of exactly `head.decoded_bytes` bytes; more, fewer or a broken form end in an error chunk,
// and `trailers->failure` says why.
std::unique_ptr<ByteSource> decode_aws_chunked(std::unique_ptr<ByteSource> coded, ChunkedHead head,
                                               std::shared_ptr<Trailers> trailers);

// For R2Call::verify: kBadDigest when the trailer's checksum is not among the computed ones.
std::move_only_function<std::optional<r2::Error>(const std::vector<r2::Checksum>&)> trailer_check(
    std::shared_ptr<const Trailers> trailers);

// "aws-chunked,gzip" → "gzip"; "aws-chunked" → nothing. Anything else stays.
std::optional<std::string> without_aws_chunked(std::string_view content_encoding);

}  // namespace offing::s3

#endif  // OFFING_EMULATOR_S3_AWS_CHUNKED_H_
