#include "emulator/replay/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace offing::replay {

InputError too_large(const std::string& file, uint64_t size_bytes, uint64_t size_bytes_max) {
  return {file, 0, 0, "",
          "the file has " + std::to_string(size_bytes) + " bytes, more than the " +
              std::to_string(size_bytes_max) + " that are read; split it"};
}

namespace {

std::expected<std::string, InputError> read_all(int fd, const std::string& path,
                                                uint64_t size_bytes_max) {
  struct stat status;
  if (fstat(fd, &status) != 0 || S_ISDIR(status.st_mode)) {
    return std::unexpected(InputError{path, 0, 0, "", "is a directory, not a file"});
  }
  const uint64_t size_bytes = status.st_size > 0 ? static_cast<uint64_t>(status.st_size) : 0;
  if (size_bytes > size_bytes_max) {
    return std::unexpected(too_large(path, size_bytes, size_bytes_max));
  }
  std::string text;
  size_t used = 0;
  // A pipe tells no size, and a file may grow: what counts is the end.
  for (;;) {
    text.resize(std::max<size_t>(used + 64 * 1024, size_bytes + 1));
    const ssize_t n = read(fd, text.data() + used, text.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      return std::unexpected(InputError{path, 0, 0, "",
          std::string("cannot be read: ") + std::strerror(errno)});
    }
    if (n == 0) break;
    used += static_cast<size_t>(n);
    if (used > size_bytes_max) return std::unexpected(too_large(path, used, size_bytes_max));
  }
  text.resize(used);
  return text;
}

}  // namespace

std::expected<std::string, InputError> read_input_file(const std::string& path,
                                                       uint64_t size_bytes_max) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return std::unexpected(InputError{path, 0, 0, "",
        std::string("cannot be opened: ") + std::strerror(errno)});
  }
  auto text = read_all(fd, path, size_bytes_max);
  close(fd);
  return text;
}

}  // namespace offing::replay
