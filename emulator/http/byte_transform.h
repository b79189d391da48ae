// gzip, deflate and Brotli in both directions, one piece of bytes at a time: the engine's zlib and
// Brotli behind one small interface. No streams, no sockets. Private to emulator/http.
#ifndef OFFING_EMULATOR_HTTP_BYTE_TRANSFORM_H_
#define OFFING_EMULATOR_HTTP_BYTE_TRANSFORM_H_

#include <memory>
#include <string>
#include <string_view>

#include "emulator/http/content_coding.h"

namespace offing::http {

class ByteTransform {
 public:
  // What the caller wants besides: nothing, all output for the input so far, the coded form's end.
  // A decoder knows by itself, and ignores it.
  enum class Want : uint8_t { kMore, kFlush, kFinish };
  enum class State : uint8_t {
    kNeedsInput,  // all of the input is taken; a flush is complete
    kHasMore,     // `room_bytes` are used up: call again before giving input
    kEnded,       // nothing follows; what is left of the input is not part of it
    kBroken,      // `error` says why
  };
  virtual ~ByteTransform() = default;
  // Takes from the front of `input`; appends at most `room_bytes` > 0 to `out`.
  virtual State run(std::string_view& input, Want want, std::string& out, size_t room_bytes) = 0;
  // In the platform's words first.
  virtual std::string error() const = 0;
  // The input ended before the coded form did.
  virtual std::string ended_early() const = 0;
};

// `coding` is not kIdentity.
std::unique_ptr<ByteTransform> make_decoder(ContentCoding coding);
std::unique_ptr<ByteTransform> make_encoder(ContentCoding coding);

}  // namespace offing::http

#endif  // OFFING_EMULATOR_HTTP_BYTE_TRANSFORM_H_
