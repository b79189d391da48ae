#include "storage/r2/blob_writer.h"

#include <cassert>

namespace offing::r2 {

IoResult BufferedBlobWriter::append(std::string_view bytes) {
  if (!error_.empty()) return std::unexpected(error_);
  if (buffer_.size() + bytes.size() > kInMemoryMax) return move_out_with(bytes);
  buffer_.append(bytes);
  return {};
}

IoResult BufferedBlobWriter::move_out_with(std::string_view bytes) {
  auto done = move_out(moved_out_bytes_, buffer_, bytes);
  if (!done) {
    error_ = done.error();
    return done;
  }
  moved_out_bytes_ += buffer_.size() + bytes.size();
  buffer_.clear();
  return {};
}

std::expected<std::shared_ptr<Blob>, std::string> BufferedBlobWriter::finish() {
  if (!error_.empty()) return std::unexpected(error_);
  error_ = "these bytes were already finished";
  if (moved_out_bytes_ == 0) return make_small(std::move(buffer_));
  if (!buffer_.empty()) {
    if (auto done = move_out_with({}); !done) return std::unexpected(done.error());
  }
  assert(moved_out_bytes_ > kInMemoryMax);
  return make_large(moved_out_bytes_);
}

}  // namespace offing::r2
