// A stream of bytes that the consumer pulls: request bodies, response bodies, KV values, outbound
// bodies. Backpressure is the absence of a read: whoever produces bytes makes none (or stops reading
// its socket) until asked.
//
// Rules: at most one read is outstanding. `done` is called exactly once for each read, possibly
// before `read` returns. After an end, an error or a cancel no further read is made. Destroying a
// source cancels it; its outstanding `done` is then dropped without a call.
// Threading: the loop thread only.
#ifndef OFFING_RUNTIME_HTTP_BYTE_SOURCE_H_
#define OFFING_RUNTIME_HTTP_BYTE_SOURCE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace offing {

struct Chunk {
  enum class Kind : uint8_t { kData, kEnd, kError };
  Kind kind = Kind::kEnd;
  std::string bytes;  // kData: never empty. kError: the error's text, in the platform's words.

  static Chunk data(std::string bytes) { return {Kind::kData, std::move(bytes)}; }
  static Chunk end() { return {Kind::kEnd, {}}; }
  static Chunk error(std::string text) { return {Kind::kError, std::move(text)}; }
};

class ByteSource {
 public:
  using Done = std::move_only_function<void(Chunk)>;

  virtual ~ByteSource() = default;
  virtual void read(Done done) = 0;
  // The consumer wants no more. Idempotent.
  virtual void cancel(std::string_view reason) = 0;
  // Bytes still to come in all, when known in advance (Content-Length, a stored value).
  virtual std::optional<uint64_t> length_bytes() const { return std::nullopt; }
};

// A source over bytes that are there already. Gives chunks of at most 64 KiB.
std::unique_ptr<ByteSource> source_of(std::string bytes);

// Reads `source` to its end and calls `done` with all bytes, or with an error chunk when the source
// fails or holds more than `limit_bytes`. Keeps the source alive meanwhile.
void read_all(std::unique_ptr<ByteSource> source, uint64_t limit_bytes, ByteSource::Done done);

}  // namespace offing

#endif  // OFFING_RUNTIME_HTTP_BYTE_SOURCE_H_
