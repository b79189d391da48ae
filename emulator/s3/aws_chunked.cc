#include "emulator/s3/aws_chunked.h"

#include <algorithm>
#include <cassert>
#include <charconv>

#include "emulator/s3/s3_headers.h"
#include "storage/r2/limits.h"

namespace offing::s3 {
namespace {

constexpr size_t kLineBytesMax = 1024;
constexpr size_t kTrailerLinesMax = 16;

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

S3Error malformed(std::string_view what) {
  return invalid_request("The aws-chunked body is malformed: " + std::string(what));
}

S3Error malformed_trailer(std::string reason) {
  S3Error error{
      "MalformedTrailerError",
      400,
      "The request contained trailing data that was not well-formed or did not conform to "
      "our published schema.",
      {}};
  error.extra.emplace_back("Reason", std::move(reason));
  return error;
}

class Decoder final : public ByteSource {
 public:
  Decoder(std::unique_ptr<ByteSource> coded, ChunkedHead head, std::shared_ptr<Trailers> trailers)
      : coded_(std::move(coded)), head_(head), trailers_(std::move(trailers)) {}

  void read(Done done) override {
    assert(!done_);
    done_ = std::move(done);
    if (is_ready()) return deliver();
    pull();
  }
  void cancel(std::string_view reason) override { coded_->cancel(reason); }
  std::optional<uint64_t> length_bytes() const override {
    return head_.decoded_bytes - (taken_bytes_ - out_.size());
  }

 private:
  enum class State : uint8_t { kSize, kData, kDataEnd, kTrailers, kDone, kEnded, kFailed };

  bool is_ready() const {
    return !out_.empty() || state_ == State::kEnded || state_ == State::kFailed;
  }

  // Reads on until there is something to give. An answer within `read` is given out after it
  // returned, so that whoever gets it may destroy this.
  void pull() {
    for (;;) {
      in_read_ = true;
      answered_ = false;
      coded_->read([this](Chunk chunk) {
        answered_ = true;
        take(std::move(chunk));
        if (in_read_) return;
        if (is_ready())
          deliver();
        else
          pull();
      });
      in_read_ = false;
      if (!answered_) return;
      if (is_ready()) return deliver();
    }
  }

  void deliver() {
    Done done = std::move(done_);
    done_ = nullptr;
    if (!out_.empty()) {
      std::string bytes = std::move(out_);
      out_.clear();
      return done(Chunk::data(std::move(bytes)));
    }
    done(state_ == State::kFailed ? Chunk::error(error_) : Chunk::end());
  }

  void take(Chunk chunk) {
    switch (chunk.kind) {
      case Chunk::Kind::kData:
        return feed(chunk.bytes);
      case Chunk::Kind::kError:
        state_ = State::kFailed;
        error_ = std::move(chunk.bytes);
        return;
      case Chunk::Kind::kEnd:
        return end();
    }
  }

  void feed(std::string& bytes) {
    if (state_ == State::kData && bytes.size() <= left_in_chunk_) {  // nothing but content
      left_in_chunk_ -= bytes.size();
      taken_bytes_ += bytes.size();
      if (left_in_chunk_ == 0) state_ = State::kDataEnd;
      out_ = std::move(bytes);
      return;
    }
    std::string_view input = bytes;
    while (!input.empty() && state_ != State::kFailed) {
      if (state_ == State::kData) {
        const size_t size = std::min<uint64_t>(left_in_chunk_, input.size());
        out_.append(input.substr(0, size));
        input.remove_prefix(size);
        taken_bytes_ += size;
        left_in_chunk_ -= size;
        if (left_in_chunk_ == 0) state_ = State::kDataEnd;
      } else if (state_ == State::kDone) {
        fail(malformed("bytes follow its end"));
      } else {
        feed_line(input);
      }
    }
  }

  void feed_line(std::string_view& input) {
    const size_t end = input.find('\n');
    const std::string_view piece = input.substr(0, end);
    if (line_.size() + piece.size() > kLineBytesMax) {
      return fail(malformed("a line has more than " + std::to_string(kLineBytesMax) + " bytes"));
    }
    line_ += piece;
    if (end == input.npos) {
      input = {};
      return;
    }
    input.remove_prefix(end + 1);
    if (!line_.ends_with('\r')) return fail(malformed("a line does not end in CR LF"));
    line_.pop_back();
    const std::string line = std::move(line_);
    line_.clear();
    on_line(line);
  }

  void on_line(const std::string& line) {
    switch (state_) {
      case State::kDataEnd:
        if (!line.empty()) return fail(malformed("a chunk is longer than its size says"));
        state_ = State::kSize;
        return;
      case State::kSize:
        return on_size(line);
      default:
        return on_trailer(line);
    }
  }

  void on_size(std::string_view line) {
    const std::string_view digits = line.substr(0, line.find(';'));  // an extension says nothing
    uint64_t size = 0;
    const auto [end, code] =
        std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
    if (digits.empty() || code != std::errc() || end != digits.data() + digits.size()) {
      return fail(malformed("\"" + std::string(digits.substr(0, 32)) + "\" is no size in hex"));
    }
    if (size > head_.decoded_bytes - taken_bytes_) return fail(wrong_length("more"));
    left_in_chunk_ = size;
    state_ = size == 0 ? State::kTrailers : State::kData;
  }

  void on_trailer(std::string_view line) {
    if (line.empty()) {
      state_ = State::kDone;
      return;
    }
    if (++trailer_lines_ > kTrailerLinesMax) {
      return fail(malformed_trailer("more than " + std::to_string(kTrailerLinesMax) + " trailers"));
    }
    const size_t colon = line.find(':');
    if (colon == line.npos) return fail(malformed_trailer("a trailer without a colon"));
    const std::string name = lower_case(line.substr(0, colon));
    const auto algorithm = checksum_of_header(name);
    if (!algorithm) {
      if (name.starts_with("x-amz-checksum-")) {
        fail(malformed_trailer("the checksum of " + name + " is not known"));
      }
      return;  // x-amz-trailer-signature and whatever else
    }
    if (head_.trailer_checksum != algorithm || trailers_->checksum) {
      return fail(malformed_trailer(name + " is not what x-amz-trailer announced, once"));
    }
    auto bytes = digest::from_base64(trimmed(line.substr(colon + 1)));
    if (!bytes || bytes->size() != digest::size_bytes(*algorithm)) {
      return fail(malformed_trailer("the value of " + name + " is no base64 of " +
                                    std::to_string(digest::size_bytes(*algorithm)) + " bytes"));
    }
    trailers_->checksum = r2::Checksum{*algorithm, std::move(*bytes)};
  }

  // The empty line at the very end may be missing.
  void end() {
    const bool is_whole = state_ == State::kDone || (state_ == State::kTrailers && line_.empty());
    if (!is_whole) return fail(from(r2::Code::kIncompleteBody));
    if (taken_bytes_ != head_.decoded_bytes) return fail(wrong_length("fewer"));
    if (head_.trailer_checksum && !trailers_->checksum) {
      return fail(malformed_trailer("the trailer that x-amz-trailer announced is missing"));
    }
    state_ = State::kEnded;
    trailers_->complete = true;
  }

  S3Error wrong_length(std::string_view which) const {
    S3Error error = from(r2::Code::kIncompleteBody);
    error.extra.emplace_back("Reason", "the body holds " + std::string(which) + " than the " +
                                           std::to_string(head_.decoded_bytes) +
                                           " bytes of x-amz-decoded-content-length");
    return error;
  }
  void fail(S3Error error) {
    state_ = State::kFailed;
    error_ = error.message;
    trailers_->failure = std::move(error);
  }

  std::unique_ptr<ByteSource> coded_;
  const ChunkedHead head_;
  std::shared_ptr<Trailers> trailers_;
  Done done_;
  State state_ = State::kSize;
  bool in_read_ = false, answered_ = false;
  uint64_t taken_bytes_ = 0;  // of content
  uint64_t left_in_chunk_ = 0;
  size_t trailer_lines_ = 0;
  std::string line_, out_, error_;
};

}  // namespace

std::expected<ChunkedHead, S3Error> read_chunked_head(const HeaderList& headers) {
  ChunkedHead head;
  const auto length = headers.get("x-amz-decoded-content-length");
  if (!length) return std::unexpected(from(r2::Code::kMissingContentLength));
  const auto [end, code] =
      std::from_chars(length->data(), length->data() + length->size(), head.decoded_bytes);
  if (length->empty() || code != std::errc() || end != length->data() + length->size()) {
    return std::unexpected(invalid_argument(
        "x-amz-decoded-content-length should be a number, not " + std::string(*length)));
  }
  if (head.decoded_bytes > r2::kSinglePutBytesMax) {
    return std::unexpected(from(r2::Code::kEntityTooLarge));
  }
  const auto trailer = headers.get("x-amz-trailer");
  if (!trailer || trimmed(*trailer).empty()) return head;
  head.trailer_checksum = checksum_of_header(lower_case(trimmed(*trailer)));
  if (!head.trailer_checksum) {
    return std::unexpected(header_not_implemented("x-amz-trailer", *trailer));
  }
  return head;
}

std::unique_ptr<ByteSource> decode_aws_chunked(std::unique_ptr<ByteSource> coded, ChunkedHead head,
                                               std::shared_ptr<Trailers> trailers) {
  return std::make_unique<Decoder>(std::move(coded), head, std::move(trailers));
}

std::move_only_function<std::optional<r2::Error>(const std::vector<r2::Checksum>&)> trailer_check(
    std::shared_ptr<const Trailers> trailers) {
  return [trailers = std::move(trailers)](
             const std::vector<r2::Checksum>& computed) -> std::optional<r2::Error> {
    if (!trailers->complete) return r2::Error(r2::Code::kIncompleteBody);
    if (!trailers->checksum) return std::nullopt;
    const r2::Checksum& given = *trailers->checksum;
    std::string actual;
    for (const r2::Checksum& one : computed) {
      if (one.algorithm != given.algorithm) continue;
      if (one.bytes == given.bytes) return std::nullopt;
      actual = digest::to_hex(one.bytes);
    }
    const std::string name(checksum_name(given.algorithm));
    return r2::Error(r2::Code::kBadDigest,
                     "The " + name + " checksum you specified did not match what we received.\n" +
                         "You provided a " + name + " checksum with value: " +
                         digest::to_hex(given.bytes) + "\nActual " + name + " was: " + actual);
  };
}

std::optional<std::string> without_aws_chunked(std::string_view content_encoding) {
  std::string kept;
  bool found = false;
  for (std::string_view rest = content_encoding; !rest.empty();) {
    const size_t comma = rest.find(',');
    const std::string_view one = trimmed(rest.substr(0, comma));
    rest = comma == rest.npos ? std::string_view() : rest.substr(comma + 1);
    if (equals_ignoring_case(one, "aws-chunked")) {
      found = true;
    } else if (!one.empty()) {
      if (!kept.empty()) kept += ',';
      kept += one;
    }
  }
  if (!found) kept = content_encoding;
  if (kept.empty()) return std::nullopt;
  return kept;
}

}  // namespace offing::s3
