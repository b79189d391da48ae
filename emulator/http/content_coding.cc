#include "emulator/http/content_coding.h"

#include <algorithm>
#include <cassert>
#include <optional>
#include <string>
#include <utility>

#include "emulator/http/byte_transform.h"

namespace offing::http {
namespace {

constexpr size_t kChunkBytes = 64 * 1024;
constexpr size_t kFirstRoomBytes = 4 * 1024;

using State = ByteTransform::State;
using Want = ByteTransform::Want;

// A source behind a transform. Its answers may come within `read` or later; destroying it destroys
// the source behind, whose outstanding answer is then dropped: so the callback may hold `this`.
class TransformedSource final : public ByteSource {
 public:
  TransformedSource(std::unique_ptr<ByteTransform> transform, std::unique_ptr<ByteSource> source,
                    bool encodes)
      : transform_(std::move(transform)), source_(std::move(source)), encodes_(encodes) {}

  void read(Done done) override {
    assert(!done_);
    done_ = std::move(done);
    proceed();
  }
  void cancel(std::string_view reason) override {
    done_ = nullptr;
    stop({});
    source_->cancel(reason);
  }

 private:
  // Until a chunk is made or the source lets us wait. An answer is the last thing done here: the
  // reader may destroy this object.
  void proceed() {
    for (;;) {
      if (busy_) {
        std::string out;
        if (run(out) == State::kBroken) {
          if (!source_ended_) source_->cancel("the coding of this body is broken");
          stop(transform_->error());
        }
        if (!out.empty()) return answer(Chunk::data(std::move(out)));
      } else if (source_ended_) {
        return answer(error_.empty() ? Chunk::end() : Chunk::error(std::exchange(error_, {})));
      } else {
        if (!awaiting_) ask();
        if (!awaiting_) continue;
        // The source has nothing ready: what the encoder holds back would have to wait with it.
        if (!encodes_ || !held_back_) return;
        busy_ = flushing_ = true;
        held_back_ = false;
      }
    }
  }

  State run(std::string& out) {
    std::string_view none;  // a flush is completed before there is more input
    std::string_view& input = flushing_ ? none : input_left_;
    const Want want = flushing_ ? Want::kFlush : source_ended_ ? Want::kFinish : Want::kMore;
    State state;
    size_t room = kFirstRoomBytes;
    do {
      state = transform_->run(input, want, out, room);
      room = kChunkBytes - out.size();
    } while (state == State::kHasMore && room > 0);
    if (state == State::kEnded) transform_ended_ = true;
    if (state == State::kNeedsInput && want == Want::kFinish) {
      transform_ended_ = true;
      if (got_bytes_) error_ = transform_->ended_early();
    }
    if (state == State::kNeedsInput && flushing_) {
      flushing_ = false;
      busy_ = !input_left_.empty() || source_ended_;
    } else {
      busy_ = state == State::kHasMore;
    }
    return state;
  }

  void ask() {
    awaiting_ = asking_ = true;
    source_->read([this](Chunk chunk) {
      awaiting_ = false;
      take(std::move(chunk));
      if (!asking_ && done_) proceed();
    });
    asking_ = false;
  }
  void take(Chunk chunk) {
    if (chunk.kind == Chunk::Kind::kError) return stop(std::move(chunk.bytes));
    if (chunk.kind == Chunk::Kind::kEnd) {
      source_ended_ = true;
    } else if (!transform_ended_) {  // else padding, read only for the sake of the connection
      input_ = std::move(chunk.bytes);
      input_left_ = input_;
      got_bytes_ = held_back_ = true;
    }
    if (!transform_ended_) busy_ = true;
  }
  // Nothing more is asked of the source or given, but the end.
  void stop(std::string error) {
    source_ended_ = transform_ended_ = true;
    busy_ = flushing_ = held_back_ = false;
    error_ = std::move(error);
  }
  void answer(Chunk chunk) {
    Done done = std::exchange(done_, nullptr);
    done(std::move(chunk));
  }

  std::unique_ptr<ByteTransform> transform_;
  std::unique_ptr<ByteSource> source_;
  const bool encodes_;
  Done done_;
  std::string input_;
  std::string_view input_left_;  // of input_
  std::string error_;            // how this source ends
  bool awaiting_ = false;        // a read of the source is outstanding
  bool asking_ = false;          // inside the source's `read`
  bool busy_ = false;            // the transform has something to do without more input
  bool flushing_ = false;        // ... which is a flush
  bool held_back_ = false;       // the encoder took input since its last flush
  bool got_bytes_ = false;
  bool source_ended_ = false;
  bool transform_ended_ = false;
};

// The whole of `input` in one go, or nothing when it is broken or gives more than `limit_bytes`.
std::optional<std::string> transform_all(ByteTransform& transform, std::string_view input,
                                         size_t limit_bytes) {
  std::string out;
  State state;
  do {
    const size_t room = std::min(out.empty() ? kFirstRoomBytes : kChunkBytes,
                                 limit_bytes - out.size());
    state = transform.run(input, Want::kFinish, out, room);
  } while (state == State::kHasMore && out.size() < limit_bytes);
  const bool whole = state == State::kEnded ||
                     (state == State::kNeedsInput && transform.ended_early().empty());
  if (!whole) return std::nullopt;
  return out;
}

// The body's bytes as a source, once there is no doubt that they become one.
std::unique_ptr<ByteSource> take_source(Response& response) {
  if (response.stream) return std::move(response.stream);
  return source_of(std::exchange(response.body, {}));
}

bool has_bytes(const Response& response) {
  return response.has_body && (response.stream || !response.body.empty());
}

}  // namespace

ContentCoding content_coding(const HeaderList& headers) {
  std::optional<std::string_view> only;
  for (Header h : headers) {
    if (h.name.size() != 16 || !equals_ignoring_case(h.name, "content-encoding")) continue;
    if (only) return ContentCoding::kIdentity;
    only = h.value;
  }
  if (!only) return ContentCoding::kIdentity;
  if (equals_ignoring_case(*only, "gzip")) return ContentCoding::kGzip;
  if (equals_ignoring_case(*only, "br")) return ContentCoding::kBrotli;
  if (equals_ignoring_case(*only, "deflate")) return ContentCoding::kDeflate;
  return ContentCoding::kIdentity;
}

std::unique_ptr<ByteSource> decode(ContentCoding coding, std::unique_ptr<ByteSource> coded) {
  return std::make_unique<TransformedSource>(make_decoder(coding), std::move(coded), false);
}

std::unique_ptr<ByteSource> encode(ContentCoding coding, std::unique_ptr<ByteSource> plain) {
  return std::make_unique<TransformedSource>(make_encoder(coding), std::move(plain), true);
}

void decode_body(Response& response) {
  const ContentCoding coding = content_coding(response.headers);
  if (coding == ContentCoding::kIdentity || !has_bytes(response)) return;
  response.headers.remove("content-length");
  if (coding == ContentCoding::kDeflate) response.headers.remove("content-encoding");
  if (!response.stream) {
    const auto decoder = make_decoder(coding);
    if (auto plain = transform_all(*decoder, response.body, kChunkBytes)) {
      response.body = std::move(*plain);
      return;
    }
  }
  // What is broken says so when it is read, as a body from the network does.
  response.stream = decode(coding, take_source(response));
}

void encode_body(Response& response) {
  if (response.encoded_by_guest) return;
  const ContentCoding coding = content_coding(response.headers);
  const bool ours = coding == ContentCoding::kGzip || coding == ContentCoding::kBrotli;
  if (!ours || !response.has_body) return;
  response.headers.remove("content-length");
  if (!response.stream && response.body.size() <= kChunkBytes) {
    const auto encoder = make_encoder(coding);
    auto coded = transform_all(*encoder, response.body, SIZE_MAX);
    assert(coded);
    response.body = std::move(*coded);
    return;
  }
  response.stream = encode(coding, take_source(response));
}

}  // namespace offing::http
