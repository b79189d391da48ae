#include "emulator/http/byte_transform.h"

#include <zlib.h>

#include <algorithm>
#include <cassert>
#include <cstdint>

#include "emulator/http/brotli_functions.h"

namespace offing::http {
namespace {

using State = ByteTransform::State;
using Want = ByteTransform::Want;

constexpr int kWindowBits = 15;  // zlib format; negative: bare; + 16: gzip
constexpr int kGzip = 16;
constexpr uint32_t kBrotliQuality = 5;  // about the size of gzip's best, at gzip's speed

// Room is made before a call and taken back after it.
struct Room {
  Room(std::string& out, size_t bytes) : out(out), start(out.size()) {
    assert(bytes > 0);
    out.resize(start + bytes);
    next = reinterpret_cast<uint8_t*>(out.data()) + start;
    left = bytes;
  }
  ~Room() { out.resize(out.size() - left); }
  std::string& out;
  size_t start;
  uint8_t* next;
  size_t left;
};

size_t bounded(std::string_view input) { return std::min<size_t>(input.size(), 1u << 30); }

// Runs a z_stream over `input`; its result code is `step`'s.
template <class Step>
int run_zlib(z_stream& z, std::string_view& input, std::string& out, size_t room_bytes, Step step) {
  Room room(out, room_bytes);
  const size_t given = bounded(input);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
  z.avail_in = static_cast<uInt>(given);
  z.next_out = room.next;
  z.avail_out = static_cast<uInt>(room.left);
  const int code = step(z);
  input.remove_prefix(given - z.avail_in);
  room.left = z.avail_out;
  return code;
}

class ZlibDecoder final : public ByteTransform {
 public:
  explicit ZlibDecoder(ContentCoding coding) : gzip_(coding == ContentCoding::kGzip) {}
  ~ZlibDecoder() override { if (open_) inflateEnd(&z_); }

  State run(std::string_view& input, Want, std::string& out, size_t room_bytes) override {
    if (ended_ && !another_member(input)) return State::kEnded;
    if (!open_) {
      if (input.empty()) return State::kNeedsInput;
      open(input[0]);
    }
    const int code = run_zlib(z_, input, out, room_bytes,
                              [](z_stream& z) { return inflate(&z, Z_NO_FLUSH); });
    if (code == Z_STREAM_END) {
      ended_ = true;
      return gzip_ && input.empty() ? State::kNeedsInput
             : gzip_ && input[0] == '\x1f' ? State::kHasMore : State::kEnded;
    }
    if (code != Z_OK && code != Z_BUF_ERROR) return State::kBroken;
    return z_.avail_out == 0 || !input.empty() ? State::kHasMore : State::kNeedsInput;
  }
  std::string error() const override {
    return name() + " decompression failed." +
           (z_.msg ? " (the response's body: " + std::string(z_.msg) + ")" : std::string());
  }
  std::string ended_early() const override {
    return ended_ ? std::string() : name() + " compressed stream ended prematurely.";
  }

 private:
  std::string name() const { return gzip_ ? "Gzip" : "Deflate"; }
  // "deflate" means zlib's format, but some servers send bare deflate; the first byte tells.
  void open(char first) {
    const bool zlib_format = (first & 0x0f) == 8;
    const int bits = gzip_ ? kWindowBits + kGzip : zlib_format ? kWindowBits : -kWindowBits;
    open_ = inflateInit2(&z_, bits) == Z_OK;
    assert(open_);
  }
  // A gzip body may be several members; other bytes behind the last one are padding.
  bool another_member(std::string_view input) {
    if (!gzip_ || input.empty() || input[0] != '\x1f') return false;
    ended_ = false;
    return inflateReset(&z_) == Z_OK;
  }

  const bool gzip_;
  bool open_ = false;
  bool ended_ = false;
  z_stream z_{};
};

class ZlibEncoder final : public ByteTransform {
 public:
  explicit ZlibEncoder(ContentCoding coding) {
    const int bits = kWindowBits + (coding == ContentCoding::kGzip ? kGzip : 0);
    const int code = deflateInit2(&z_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, bits, 8,
                                  Z_DEFAULT_STRATEGY);
    assert(code == Z_OK);
    (void)code;
  }
  ~ZlibEncoder() override { deflateEnd(&z_); }

  State run(std::string_view& input, Want want, std::string& out, size_t room_bytes) override {
    const int how = want == Want::kMore ? Z_NO_FLUSH
                    : want == Want::kFlush ? Z_SYNC_FLUSH : Z_FINISH;
    const int code = run_zlib(z_, input, out, room_bytes,
                              [how](z_stream& z) { return deflate(&z, how); });
    if (code == Z_STREAM_END) return State::kEnded;
    if (code != Z_OK && code != Z_BUF_ERROR) return State::kBroken;
    return z_.avail_out == 0 || !input.empty() ? State::kHasMore : State::kNeedsInput;
  }
  std::string error() const override { return "Compression failed."; }
  std::string ended_early() const override { return error(); }

 private:
  z_stream z_{};
};

class BrotliDecoder final : public ByteTransform {
 public:
  BrotliDecoder() : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {
    assert(state_);
  }
  ~BrotliDecoder() override { BrotliDecoderDestroyInstance(state_); }

  State run(std::string_view& input, Want, std::string& out, size_t room_bytes) override {
    if (ended_) return State::kEnded;
    Room room(out, room_bytes);
    const uint8_t* next = reinterpret_cast<const uint8_t*>(input.data());
    size_t left = input.size();
    const auto result = BrotliDecoderDecompressStream(state_, &left, &next, &room.left, &room.next,
                                                      nullptr);
    input.remove_prefix(input.size() - left);
    switch (result) {
      case kBrotliDecoderSuccess: ended_ = true; return State::kEnded;
      case kBrotliDecoderNeedsInput: return State::kNeedsInput;
      case kBrotliDecoderNeedsOutput: return State::kHasMore;
      default: return State::kBroken;
    }
  }
  std::string error() const override {
    return "Brotli decompression failed. (the response's body: " +
           std::string(BrotliDecoderErrorString(BrotliDecoderGetErrorCode(state_))) + ")";
  }
  std::string ended_early() const override {
    return ended_ ? std::string() : "Brotli compressed stream ended prematurely.";
  }

 private:
  BrotliDecoderStateStruct* state_;
  bool ended_ = false;
};

class BrotliEncoder final : public ByteTransform {
 public:
  BrotliEncoder() : state_(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)) {
    assert(state_);
    BrotliEncoderSetParameter(state_, kBrotliParameterQuality, kBrotliQuality);
  }
  ~BrotliEncoder() override { BrotliEncoderDestroyInstance(state_); }

  State run(std::string_view& input, Want want, std::string& out, size_t room_bytes) override {
    const auto how = want == Want::kMore ? kBrotliEncoderProcess
                     : want == Want::kFlush ? kBrotliEncoderFlush : kBrotliEncoderFinish;
    Room room(out, room_bytes);
    const uint8_t* next = reinterpret_cast<const uint8_t*>(input.data());
    size_t left = input.size();
    const int good = BrotliEncoderCompressStream(state_, how, &left, &next, &room.left, &room.next,
                                                 nullptr);
    input.remove_prefix(input.size() - left);
    if (!good) return State::kBroken;
    if (BrotliEncoderIsFinished(state_)) return State::kEnded;
    const bool more = BrotliEncoderHasMoreOutput(state_) != 0 || !input.empty();
    return more ? State::kHasMore : State::kNeedsInput;
  }
  std::string error() const override { return "Brotli compression failed."; }
  std::string ended_early() const override { return error(); }

 private:
  BrotliEncoderStateStruct* state_;
};

}  // namespace

std::unique_ptr<ByteTransform> make_decoder(ContentCoding coding) {
  assert(coding != ContentCoding::kIdentity);
  if (coding == ContentCoding::kBrotli) return std::make_unique<BrotliDecoder>();
  return std::make_unique<ZlibDecoder>(coding);
}

std::unique_ptr<ByteTransform> make_encoder(ContentCoding coding) {
  assert(coding != ContentCoding::kIdentity);
  if (coding == ContentCoding::kBrotli) return std::make_unique<BrotliEncoder>();
  return std::make_unique<ZlibEncoder>(coding);
}

}  // namespace offing::http
