#include "storage/r2/blob_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <optional>

namespace offing::r2 {
namespace {

constexpr size_t kNameDigits = 16;

std::string file_name(uint64_t id) {
  char text[kNameDigits + 1];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(id));
  return text;
}
// Those written one after the other stand together: a new directory costs a wait for the disk.
uint8_t directory_number(uint64_t id) { return static_cast<uint8_t>(id >> 8); }
std::string directory_name(uint8_t number) {
  char text[3];
  std::snprintf(text, sizeof text, "%02x", number);
  return text;
}
std::string name_in_blobs(uint64_t id) {
  return directory_name(directory_number(id)) + "/" + file_name(id);
}

// The id of a name that this store gives; others in its directories are not its own to remove.
std::optional<uint64_t> id_of(std::string_view name) {
  uint64_t id = 0;
  const auto [end, code] = std::from_chars(name.begin(), name.end(), id, 16);
  if (code != std::errc() || end != name.end() || name != file_name(id)) return std::nullopt;
  return id;
}

// Removes files of ours in `path`, under the directory `at`, for which `goes` says so.
template <class Goes>
void remove_files(int at, const char* path, Goes goes) {
  const int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* directory = fd < 0 ? nullptr : fdopendir(fd);
  if (directory == nullptr) {
    if (fd >= 0) ::close(fd);
    return;
  }
  while (const dirent* entry = readdir(directory)) {
    const auto id = id_of(entry->d_name);
    if (id && goes(*id)) unlinkat(fd, entry->d_name, 0);
  }
  closedir(directory);
}

std::expected<Descriptor, std::string> open_directory(const std::string& path) {
  if (mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) return io_error(path, "made");
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return io_error(path, "opened");
  return fd;
}

}  // namespace

std::expected<std::shared_ptr<BlobFiles>, std::string> BlobFiles::open(
    const std::string& directory, bool sync) {
  std::shared_ptr<BlobFiles> self(new BlobFiles);
  self->root_ = directory;
  self->sync_ = sync;
  auto root = open_directory(directory);
  if (!root) return std::unexpected(root.error());
  const std::string lock = directory + "/lock";
  self->lock_ = Descriptor(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!self->lock_) return io_error(lock, "opened");
  if (flock(self->lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return io_error(lock, "locked");
    return std::unexpected(directory + " is in use by another process; stop that one or choose "
                                       "another state directory");
  }
  auto blobs = open_directory(directory + "/blobs");
  if (!blobs) return std::unexpected(blobs.error());
  self->blobs_ = std::move(*blobs);
  auto incoming = open_directory(directory + "/incoming");
  if (!incoming) return std::unexpected(incoming.error());
  self->incoming_ = std::move(*incoming);
  remove_files(self->incoming_.get(), ".", [](uint64_t) { return true; });
  for (int i = 0; i < 256; ++i) {
    struct stat is;
    const std::string name = directory_name(static_cast<uint8_t>(i));
    self->has_directory_[i] = fstatat(self->blobs_.get(), name.c_str(), &is, 0) == 0;
  }
  if (sync) {
    if (auto kept = sync_directory(root->get(), directory); !kept)
      return std::unexpected(kept.error());
  }
  return self;
}

std::string BlobFiles::path(uint64_t id) const { return root_ + "/blobs/" + name_in_blobs(id); }
std::string BlobFiles::incoming_path(uint64_t id) const {
  return root_ + "/incoming/" + file_name(id);
}

std::expected<Descriptor, std::string> BlobFiles::open_incoming(uint64_t id) {
  Descriptor file(openat(incoming_.get(), file_name(id).c_str(),
                         O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!file) return io_error(incoming_path(id), "made");
  return file;
}

void BlobFiles::remove_incoming(uint64_t id) {
  unlinkat(incoming_.get(), file_name(id).c_str(), 0);
}

IoResult BlobFiles::make_directory_of(uint64_t id) {
  const uint8_t number = directory_number(id);
  if (has_directory_[number]) return {};
  if (mkdirat(blobs_.get(), directory_name(number).c_str(), 0777) != 0 && errno != EEXIST)
    return io_error(root_ + "/blobs/" + directory_name(number), "made");
  if (sync_) {
    if (auto kept = sync_directory(blobs_.get(), root_ + "/blobs"); !kept) return kept;
  }
  has_directory_[number] = true;
  return {};
}

// Bytes and name become durable together, after the renaming: one wait for the disk's journal
// instead of two. A crash between them leaves a file that no metadata names.
IoResult BlobFiles::publish(uint64_t id, const Descriptor& file, uint64_t size_bytes) {
  if (auto made = make_directory_of(id); !made) return made;
  const std::string name = name_in_blobs(id);
  if (renameat(incoming_.get(), file_name(id).c_str(), blobs_.get(), name.c_str()) != 0)
    return io_error(path(id), "named");
  if (sync_) {
    const std::string directory = directory_name(directory_number(id));
    const Descriptor fd(openat(blobs_.get(), directory.c_str(),
                               O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || fdatasync(file.get()) != 0 || fsync(fd.get()) != 0) {
      auto failed = io_error(path(id), "made durable");
      unlinkat(blobs_.get(), name.c_str(), 0);
      return failed;
    }
  }
  stored_bytes_ += size_bytes;
  return {};
}

IoResult BlobFiles::check(uint64_t id, uint64_t size_bytes) {
  struct stat is;
  if (fstatat(blobs_.get(), name_in_blobs(id).c_str(), &is, 0) != 0) {
    if (errno != ENOENT) return io_error(path(id), "read");
    return std::unexpected("the state directory is damaged: " + path(id) +
                           " is missing; put it back or choose another state directory");
  }
  if (!S_ISREG(is.st_mode) || static_cast<uint64_t>(is.st_size) != size_bytes)
    return std::unexpected("the state directory is damaged: " + path(id) + " has " +
                           std::to_string(is.st_size) + " bytes instead of " +
                           std::to_string(size_bytes) +
                           "; restore it or choose another state directory");
  stored_bytes_ += size_bytes;
  raise_id(id);
  return {};
}

void BlobFiles::remove(uint64_t id, uint64_t size_bytes) {
  assert(stored_bytes_ >= size_bytes);
  stored_bytes_ -= size_bytes;
  unlinkat(blobs_.get(), name_in_blobs(id).c_str(), 0);   // if not now, when it is opened again
}

void BlobFiles::remove_all_but(const std::unordered_set<uint64_t>& known) {
  for (size_t i = 0; i < has_directory_.size(); ++i) {
    if (!has_directory_[i]) continue;
    remove_files(blobs_.get(), directory_name(static_cast<uint8_t>(i)).c_str(), [&](uint64_t id) {
      return directory_number(id) != i || !known.contains(id);
    });
  }
}

std::expected<int, std::string> BlobFiles::descriptor(const FileBlob& blob) {
  if (blob.file_) {
    open_.splice(open_.begin(), open_, blob.place_);
    return blob.file_.get();
  }
  if (open_.size() >= kOpenFilesMax) close(*open_.back());
  blob.file_ = Descriptor(openat(blobs_.get(), name_in_blobs(blob.id()).c_str(),
                                 O_RDONLY | O_CLOEXEC));
  if (!blob.file_) return io_error(path(blob.id()), "opened");
  blob.place_ = open_.insert(open_.begin(), &blob);
  return blob.file_.get();
}

void BlobFiles::close(const FileBlob& blob) {
  if (!blob.file_) return;
  open_.erase(blob.place_);
  blob.file_ = Descriptor();
}

FileBlob::~FileBlob() {
  files_->close(*this);
  if (!is_kept()) files_->remove(id(), size_bytes());
}

std::expected<std::string, std::string> FileBlob::read(uint64_t offset, size_t length) const {
  if (offset >= size_bytes()) return std::string();
  auto fd = files_->descriptor(*this);
  if (!fd) return std::unexpected(fd.error());
  const size_t wanted = std::min<uint64_t>(length, size_bytes() - offset);
  return read_at(*fd, offset, wanted, files_->path(id()));
}

}  // namespace offing::r2
