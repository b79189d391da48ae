// The directory of a store: `do/<unique key>/<id>.sqlite`, the redo log `do/redo.log`, and the lock
// that keeps a second process out. Errors are texts that name the file and the way out.
// Files are read through at most kOpenFilesMax descriptors, the least recently used closed first.
#ifndef OFFING_STORAGE_DURABLE_OBJECT_FILES_H_
#define OFFING_STORAGE_DURABLE_OBJECT_FILES_H_

#include <expected>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/durable/log_format.h"
#include "storage/durable/page_file.h"

namespace offing::durable {

using FileResult = std::expected<void, std::string>;

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd = -1) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

class ObjectFiles;

// The disk file of one object.
class ObjectFile final : public PageSource {
 public:
  ObjectFile(ObjectFiles* files, std::string_view unique_key, std::string_view id)
      : files_(files), unique_key_(unique_key), id_(id) {}
  ~ObjectFile();
  ObjectFile(const ObjectFile&) = delete;
  ObjectFile& operator=(const ObjectFile&) = delete;
  bool read(uint32_t number, Page& out) override;

 private:
  friend class ObjectFiles;
  ObjectFiles* files_;
  std::string_view unique_key_, id_;  // of the store's map
  FileDescriptor open_;
  std::list<ObjectFile*>::iterator used_;
};

class ObjectFiles {
 public:
  // Makes and locks `directory`/do.
  static std::expected<std::unique_ptr<ObjectFiles>, std::string> open(
      const std::string& directory);

  std::string log_path() const { return root_ + "/redo.log"; }
  std::string path_of(const ObjectFile& file) const;
  bool has_files() const;  // of objects

  // Writes what `pages` holds to the object's file; without waiting for the disk.
  FileResult write(ObjectFile& file, const PageFile& pages);
  FileResult remove_namespace(std::string_view unique_key);
  // Makes all that was written since the last call durable.
  FileResult sync();

  // Begins a new log with these batches and puts it in the place of the old one; durable when it
  // returns.
  std::expected<FileDescriptor, std::string> new_log(
      std::span<const std::unique_ptr<LogBatch>> batches, uint64_t first_sequence, size_t& bytes);
  static FileResult append(int fd, const std::string& path, std::vector<iovec> parts, uint64_t at);

 private:
  friend class ObjectFile;
  static constexpr size_t kOpenFilesMax = 256;
  // Above this many written files, one syncfs is cheaper than their fdatasyncs.
  static constexpr size_t kSyncedOneByOneMax = 16;
  ObjectFiles() = default;
  std::string directory_of(std::string_view unique_key) const;
  int descriptor(ObjectFile& file);  // for reading; -1: cannot be opened
  void close(ObjectFile& file);

  std::string root_;
  FileDescriptor lock_, root_fd_;
  std::list<ObjectFile*> used_;  // open ones, most recently used first
  std::vector<std::string> written_;
  bool names_changed_ = false;
};

}  // namespace offing::durable

#endif  // OFFING_STORAGE_DURABLE_OBJECT_FILES_H_
