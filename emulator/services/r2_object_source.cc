#include "emulator/services/r2_object_source.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace offing {
namespace {

constexpr uint64_t kChunkBytes = 256 * 1024;

class ObjectSource final : public ByteSource {
 public:
  ObjectSource(r2::ObjectRef object, r2::Range range)
      : object_(std::move(object)), offset_(range.offset), left_(range.length) {
    while (left_ > 0 && offset_ >= object_->body[at_]->size_bytes())
      offset_ -= object_->body[at_++]->size_bytes();
  }

  void read(Done done) override {
    if (left_ == 0) return done(Chunk::end());
    const r2::Blob& blob = *object_->body[at_];
    const uint64_t length = std::min({kChunkBytes, left_, blob.size_bytes() - offset_});
    auto bytes = blob.read(offset_, length);
    if (!bytes || bytes->size() != length) {
      left_ = 0;
      return done(Chunk::error(bytes ? "the object's bytes are incomplete" : bytes.error()));
    }
    left_ -= length;
    offset_ += length;
    if (left_ > 0 && offset_ == blob.size_bytes()) {
      ++at_;
      offset_ = 0;
    }
    done(Chunk::data(std::move(*bytes)));
  }
  void cancel(std::string_view) override { left_ = 0; }
  std::optional<uint64_t> length_bytes() const override { return left_; }

 private:
  r2::ObjectRef object_;
  size_t at_ = 0;        // the blob
  uint64_t offset_;      // in it
  uint64_t left_;
};

}  // namespace

std::unique_ptr<ByteSource> source_of_object(r2::ObjectRef object, r2::Range range) {
  assert(range.offset + range.length <= object->size_bytes);
  return std::make_unique<ObjectSource>(std::move(object), range);
}

std::shared_ptr<const std::string> bytes_of_object(const r2::Object& object, r2::Range range) {
  if (range.length == 0) return std::make_shared<const std::string>();
  if (object.body.size() != 1) return nullptr;
  auto whole = object.body.front()->whole();
  if (whole == nullptr || range.length == whole->size()) return whole;
  return std::make_shared<const std::string>(whole->substr(range.offset, range.length));
}

}  // namespace offing
