// Files as blobs need them: descriptors that close themselves, whole writes and reads at an offset,
// and errors that name the file, the system's reason and the way out.
#ifndef OFFING_STORAGE_R2_BLOB_IO_H_
#define OFFING_STORAGE_R2_BLOB_IO_H_

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace offing::r2 {

using IoResult = std::expected<void, std::string>;

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

// "<path> cannot be <what>: <the system's text>", of errno.
std::unexpected<std::string> io_error(std::string_view path, std::string_view what);

// All bytes of both, one after the other; `path` is for the error.
IoResult write_at(int fd, uint64_t at, std::string_view first, std::string_view second,
                  std::string_view path);
// Exactly `length` bytes: an end before that is an error too.
std::expected<std::string, std::string> read_at(int fd, uint64_t at, size_t length,
                                                std::string_view path);
// A directory's names (not what they name) are durable when it returns.
IoResult sync_directory(int fd, std::string_view path);

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_BLOB_IO_H_
