#include "runtime/http/byte_source.h"

#include <string_view>

namespace offing {
namespace {

constexpr size_t kChunkBytes = 64 * 1024;

class StringSource final : public ByteSource {
 public:
  explicit StringSource(std::string bytes) : bytes_(std::move(bytes)) {}

  void read(Done done) override {
    if (offset_ == bytes_.size()) return done(Chunk::end());
    if (offset_ == 0 && bytes_.size() <= kChunkBytes) {
      std::string all = std::move(bytes_);
      bytes_.clear();
      return done(Chunk::data(std::move(all)));
    }
    std::string part = bytes_.substr(offset_, kChunkBytes);
    offset_ += part.size();
    done(Chunk::data(std::move(part)));
  }
  void cancel(std::string_view) override {
    bytes_.clear();
    offset_ = 0;
  }
  std::optional<uint64_t> length_bytes() const override { return bytes_.size() - offset_; }

 private:
  std::string bytes_;
  size_t offset_ = 0;
};

// Owns the source and itself until the end is reached. A source may answer within `read`, so
// answers are drained in a loop rather than by recursion.
class ReadAll : public std::enable_shared_from_this<ReadAll> {
 public:
  ReadAll(std::unique_ptr<ByteSource> source, uint64_t limit_bytes, ByteSource::Done done)
      : source_(std::move(source)), limit_bytes_(limit_bytes), done_(std::move(done)) {}

  void run() {
    while (!finished_) {
      in_read_ = true;
      answered_ = false;
      source_->read([self = shared_from_this()](Chunk chunk) { self->on_chunk(std::move(chunk)); });
      in_read_ = false;
      if (!answered_) return;
    }
  }

 private:
  void on_chunk(Chunk chunk) {
    answered_ = true;
    if (chunk.kind == Chunk::Kind::kData) {
      if (all_.size() + chunk.bytes.size() > limit_bytes_) {
        source_->cancel("too large");
        return finish(Chunk::error("Memory limit exceeded before EOF."));
      }
      if (all_.empty()) all_ = std::move(chunk.bytes); else all_.append(chunk.bytes);
      if (!in_read_) run();
      return;
    }
    finish(chunk.kind == Chunk::Kind::kEnd ? Chunk::data(std::move(all_)) : std::move(chunk));
  }
  void finish(Chunk result) {
    finished_ = true;
    auto done = std::move(done_);
    done(std::move(result));
  }

  std::unique_ptr<ByteSource> source_;
  uint64_t limit_bytes_;
  ByteSource::Done done_;
  std::string all_;
  bool in_read_ = false;
  bool answered_ = false;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> source_of(std::string bytes) {
  return std::make_unique<StringSource>(std::move(bytes));
}

void read_all(std::unique_ptr<ByteSource> source, uint64_t limit_bytes, ByteSource::Done done) {
  std::make_shared<ReadAll>(std::move(source), limit_bytes, std::move(done))->run();
}

}  // namespace offing
