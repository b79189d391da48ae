#include "storage/durable/object_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace offing::durable {
namespace {

std::unexpected<std::string> failed(const std::string& path, const char* what) {
  const int why = errno;
  std::string text = path + " cannot be " + what + ": " + std::strerror(why);
  if (why == ENOSPC || why == EDQUOT) text += "; free space, or choose another state directory";
  return std::unexpected(std::move(text));
}

// File names stay readable, and within every file system's rules.
std::string file_name(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || (c == '.' && !out.empty());
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[static_cast<uint8_t>(c) >> 4];
      out += kHex[static_cast<uint8_t>(c) & 15];
    }
  }
  return out;
}

bool make_directory(const std::string& path) {
  if (mkdir(path.c_str(), 0777) == 0 || errno == EEXIST) return true;
  if (errno != ENOENT) return false;
  const size_t slash = path.rfind('/');
  if (slash == path.npos || slash == 0 || !make_directory(path.substr(0, slash))) return false;
  return mkdir(path.c_str(), 0777) == 0 || errno == EEXIST;
}

FileResult sync_path(const std::string& path) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || fsync(fd.get()) != 0) return failed(path, "made durable");
  return {};
}

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

ObjectFile::~ObjectFile() {
  if (open_) files_->close(*this);
}

bool ObjectFile::read(uint32_t number, Page& out) {
  const int fd = files_->descriptor(*this);
  if (fd < 0) return false;
  const off_t at = off_t{number - 1} * kPageBytes;
  return pread(fd, out.data(), kPageBytes, at) == ssize_t{kPageBytes};
}

std::expected<std::unique_ptr<ObjectFiles>, std::string> ObjectFiles::open(
    const std::string& directory) {
  std::unique_ptr<ObjectFiles> self(new ObjectFiles);
  self->root_ = directory + "/do";
  if (!make_directory(self->root_)) return failed(self->root_, "made");
  const std::string lock = self->root_ + "/lock";
  self->lock_ = FileDescriptor(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!self->lock_) return failed(lock, "opened");
  if (flock(self->lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed(lock, "locked");
    return std::unexpected(self->root_ + " is in use by another process; stop that one or choose "
                                         "another state directory");
  }
  self->root_fd_ = FileDescriptor(::open(self->root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!self->root_fd_) return failed(self->root_, "opened");
  if (auto kept = sync_path(directory); !kept) return std::unexpected(kept.error());
  unlink((self->root_ + "/redo.log.new").c_str());
  return self;
}

bool ObjectFiles::has_files() const {
  DIR* root = opendir(root_.c_str());
  if (!root) return false;
  bool found = false;
  while (const dirent* entry = readdir(root)) {
    const std::string name = entry->d_name;
    if (name.starts_with('.') || name == "lock" || name.starts_with("redo.log")) continue;
    DIR* sub = opendir((root_ + "/" + name).c_str());
    if (!sub) continue;
    while (const dirent* file = readdir(sub))
      found |= std::string_view(file->d_name).ends_with(".sqlite");
    closedir(sub);
  }
  closedir(root);
  return found;
}

std::string ObjectFiles::directory_of(std::string_view unique_key) const {
  return root_ + "/" + file_name(unique_key);
}
std::string ObjectFiles::path_of(const ObjectFile& file) const {
  return directory_of(file.unique_key_) + "/" + file_name(file.id_) + ".sqlite";
}

int ObjectFiles::descriptor(ObjectFile& file) {
  if (file.open_) {
    used_.splice(used_.begin(), used_, file.used_);
    return file.open_.get();
  }
  if (used_.size() >= kOpenFilesMax) close(*used_.back());
  file.open_ = FileDescriptor(::open(path_of(file).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open_) return -1;
  used_.push_front(&file);
  file.used_ = used_.begin();
  return file.open_.get();
}

void ObjectFiles::close(ObjectFile& file) {
  used_.erase(file.used_);
  file.open_ = FileDescriptor();
}

FileResult ObjectFiles::write(ObjectFile& file, const PageFile& pages) {
  const std::string path = path_of(file);
  if (pages.size() == 0) {
    if (file.open_) close(file);
    if (unlink(path.c_str()) != 0 && errno != ENOENT) return failed(path, "removed");
    names_changed_ = true;
    return {};
  }
  constexpr int kFlags = O_WRONLY | O_CREAT | O_CLOEXEC;
  FileDescriptor fd(::open(path.c_str(), kFlags, 0666));
  if (!fd && errno == ENOENT) {
    if (!make_directory(directory_of(file.unique_key_))) return failed(path, "made");
    fd = FileDescriptor(::open(path.c_str(), kFlags, 0666));
  }
  if (!fd) return failed(path, "opened");
  const bool anew = pages.reset_file() || pages.file_pages() == 0;
  if (anew && ftruncate(fd.get(), 0) != 0) return failed(path, "written");
  for (uint32_t number = 1; number <= pages.size();) {
    std::vector<iovec> run;
    const uint32_t first = number;
    for (; number <= pages.size() && pages.held(number) && run.size() < IOV_MAX; ++number)
      run.push_back({const_cast<uint8_t*>(pages.held(number)->data()), kPageBytes});
    if (run.empty()) ++number;
    else if (auto done = append(fd.get(), path, std::move(run), uint64_t{first - 1} * kPageBytes);
             !done)
      return done;
  }
  if (ftruncate(fd.get(), off_t{pages.size()} * kPageBytes) != 0) return failed(path, "written");
  written_.push_back(path);
  names_changed_ = true;
  return {};
}

FileResult ObjectFiles::remove_namespace(std::string_view unique_key) {
  const std::string path = directory_of(unique_key);
  DIR* directory = opendir(path.c_str());
  if (!directory) return {};
  while (const dirent* entry = readdir(directory)) {
    const std::string_view name = entry->d_name;
    if (name.ends_with(".sqlite")) unlink((path + "/" + std::string(name)).c_str());
  }
  closedir(directory);
  rmdir(path.c_str());
  names_changed_ = true;
  return {};
}

FileResult ObjectFiles::sync() {
  std::vector<std::string> paths = std::exchange(written_, {});
  if (paths.empty() && !std::exchange(names_changed_, false)) return {};
  if (paths.size() > kSyncedOneByOneMax) {
    if (syncfs(root_fd_.get()) != 0) return failed(root_, "made durable");
    return {};
  }
  for (const std::string& path : paths) {
    if (auto done = sync_path(path); !done) return done;
    if (auto done = sync_path(path.substr(0, path.rfind('/'))); !done) return done;
  }
  return sync_path(root_);
}

FileResult ObjectFiles::append(int fd, const std::string& path, std::vector<iovec> parts,
                               uint64_t at) {
  for (size_t first = 0; first < parts.size();) {
    const size_t count = std::min<size_t>(parts.size() - first, IOV_MAX);
    ssize_t done =
        pwritev(fd, parts.data() + first, static_cast<int>(count), static_cast<off_t>(at));
    if (done < 0) {
      if (errno == EINTR) continue;
      return failed(path, "written");
    }
    at += static_cast<uint64_t>(done);
    for (; first < parts.size() && static_cast<size_t>(done) >= parts[first].iov_len; ++first)
      done -= static_cast<ssize_t>(parts[first].iov_len);
    if (done > 0) {
      parts[first].iov_base = static_cast<uint8_t*>(parts[first].iov_base) + done;
      parts[first].iov_len -= static_cast<size_t>(done);
    }
  }
  return {};
}

std::expected<FileDescriptor, std::string> ObjectFiles::new_log(
    std::span<const std::unique_ptr<LogBatch>> batches, uint64_t first_sequence, size_t& bytes) {
  const std::string path = log_path(), fresh = path + ".new";
  FileDescriptor fd(::open(fresh.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!fd) return failed(fresh, "made");
  const std::string_view header = log_header();
  std::vector<iovec> parts{{const_cast<char*>(header.data()), header.size()}};
  uint64_t at = 0;
  for (size_t i = 0; i <= batches.size(); ++i) {
    uint64_t part_bytes = 0;
    for (const iovec& part : parts) part_bytes += part.iov_len;
    if (auto done = append(fd.get(), fresh, std::move(parts), at); !done)
      return std::unexpected(done.error());
    at += part_bytes;
    if (i < batches.size()) parts = batches[i]->seal(first_sequence + i);
  }
  if (fsync(fd.get()) != 0) return failed(fresh, "made durable");
  if (rename(fresh.c_str(), path.c_str()) != 0) return failed(path, "replaced");
  if (fsync(root_fd_.get()) != 0) return failed(root_, "made durable");
  bytes = at;
  return fd;
}

}  // namespace offing::durable
