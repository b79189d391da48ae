#include "storage/r2/blob_io.h"

#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace offing::r2 {

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

std::unexpected<std::string> io_error(std::string_view path, std::string_view what) {
  const int why = errno;
  std::string text(path);
  text.append(" cannot be ").append(what).append(": ").append(std::strerror(why));
  if (why == ENOSPC || why == EDQUOT) text += "; free space or choose another directory";
  return std::unexpected(std::move(text));
}

IoResult write_at(int fd, uint64_t at, std::string_view first, std::string_view second,
                  std::string_view path) {
  while (!first.empty() || !second.empty()) {
    const iovec parts[] = {{const_cast<char*>(first.data()), first.size()},
                           {const_cast<char*>(second.data()), second.size()}};
    const ssize_t done = pwritev(fd, parts, 2, static_cast<off_t>(at));
    if (done < 0) {
      if (errno == EINTR) continue;
      return io_error(path, "written");
    }
    at += static_cast<uint64_t>(done);
    const size_t of_first = std::min(first.size(), static_cast<size_t>(done));
    first.remove_prefix(of_first);
    second.remove_prefix(static_cast<size_t>(done) - of_first);
  }
  return {};
}

std::expected<std::string, std::string> read_at(int fd, uint64_t at, size_t length,
                                                std::string_view path) {
  std::string bytes;
  ssize_t last = 1;
  bytes.resize_and_overwrite(length, [&](char* to, size_t wanted) {
    size_t done = 0;
    while (done < wanted && last > 0) {
      last = pread(fd, to + done, wanted - done, static_cast<off_t>(at + done));
      if (last < 0 && errno == EINTR) last = 1;
      else if (last > 0) done += static_cast<size_t>(last);
    }
    return done;
  });
  if (last < 0) return io_error(path, "read");
  if (bytes.size() < length)
    return std::unexpected(std::string(path) + " is damaged: it ends at byte " +
                           std::to_string(at + bytes.size()));
  return bytes;
}

IoResult sync_directory(int fd, std::string_view path) {
  if (fsync(fd) != 0) return io_error(path, "made durable");
  return {};
}

}  // namespace offing::r2
