// The way of bytes that both kinds of store share: a writer keeps what it gets as a string until
// that is more than kInMemoryMax, and then moves it out in pieces of at least that size.
#ifndef OFFING_STORAGE_R2_BLOB_WRITER_H_
#define OFFING_STORAGE_R2_BLOB_WRITER_H_

#include <memory>
#include <string>

#include "storage/r2/blob.h"
#include "storage/r2/blob_io.h"

namespace offing::r2 {

class BufferedBlobWriter : public BlobWriter {
 public:
  IoResult append(std::string_view bytes) final;
  std::expected<std::shared_ptr<Blob>, std::string> finish() final;

 protected:
  // Writes both at `at`, which is where the last ones ended.
  virtual IoResult move_out(uint64_t at, std::string_view first, std::string_view second) = 0;
  virtual std::shared_ptr<Blob> make_small(std::string bytes) = 0;
  // Of what was moved out.
  virtual std::expected<std::shared_ptr<Blob>, std::string> make_large(uint64_t size_bytes) = 0;

 private:
  IoResult move_out_with(std::string_view bytes);

  std::string buffer_;
  uint64_t moved_out_bytes_ = 0;
  std::string error_;   // of the first failure: the writer is spent
};

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_BLOB_WRITER_H_
