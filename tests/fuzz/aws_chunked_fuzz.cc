// An aws-chunked body in pieces. The first byte seeds their sizes, the second is the decoded length
// that was announced and whether a CRC32 follows. The way it is cut changes nothing; what ends well
// has the announced length and the announced trailer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "emulator/s3/aws_chunked.h"

namespace {

using namespace offing;

void require(bool holds) {
  if (!holds) std::abort();
}

class Cut final : public ByteSource {
 public:
  Cut(std::string_view text, uint32_t seed) : text_(text), seed_(seed) {}
  void read(Done done) override {
    if (text_.empty()) return done(Chunk::end());
    seed_ = seed_ * 1664525u + 1013904223u;
    const std::string_view piece = text_.substr(0, 1 + (seed_ >> 16) % 29);
    text_.remove_prefix(piece.size());
    done(Chunk::data(std::string(piece)));
  }
  void cancel(std::string_view) override {}

 private:
  std::string_view text_;
  uint32_t seed_;
};

std::string decode(std::string_view coded, uint32_t seed, s3::ChunkedHead head) {
  auto trailers = std::make_shared<s3::Trailers>();
  auto body = s3::decode_aws_chunked(std::make_unique<Cut>(coded, seed), head, trailers);
  std::string out;
  bool ended = false, failed = false;
  while (!ended) {
    body->read([&](Chunk chunk) {
      ended = chunk.kind != Chunk::Kind::kData;
      failed = chunk.kind == Chunk::Kind::kError;
      if (!ended) out += chunk.bytes;
    });
    require(out.size() <= head.decoded_bytes);
  }
  require(failed == trailers->failure.has_value());
  require(trailers->complete == !failed);
  if (failed) return "FAILED " + trailers->failure->code;
  require(out.size() == head.decoded_bytes);
  require(trailers->checksum.has_value() == head.trailer_checksum.has_value());
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  s3::ChunkedHead head;
  head.decoded_bytes = data[1] & 0x7f;
  if (data[1] & 0x80) head.trailer_checksum = digest::Algorithm::kCrc32;
  const std::string_view coded(reinterpret_cast<const char*>(data) + 2, size - 2);
  require(decode(coded, data[0], head) == decode(coded, data[0] * 31u + 7u, head));
  return 0;
}
