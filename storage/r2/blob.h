// A run of bytes, written once and never changed: a small object's body, a part, or a whole upload.
// Shared by everything that shows it: an object, a reader in the middle of it. When it was let go (its
// object was replaced) its bytes leave the disk with its last holder, so a reader always sees the
// version that it began with (spec/r2.md C7).
//
// A BlobStore has them in memory below `kInMemoryMax`, beyond that in files: under a state directory
// one file each, written beside and renamed in; else one unlinked file for all, whose space is given
// back as blobs go. With a state directory small blobs are kept by the Disk, in SQLite.
// Threading: the loop thread; I/O is done there, in pieces of at most 256 KiB.
#ifndef OFFING_STORAGE_R2_BLOB_H_
#define OFFING_STORAGE_R2_BLOB_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace offing::r2 {

// Bytes up to here are held (or read) as one string.
inline constexpr uint64_t kInMemoryMax = 64 * 1024;

class Blob {
 public:
  virtual ~Blob() = default;
  uint64_t id() const { return id_; }   // unique in its store, also over restarts
  uint64_t size_bytes() const { return size_bytes_; }
  // All bytes when they are in memory (or small enough to be fetched as a whole), else null.
  virtual std::shared_ptr<const std::string> whole() const = 0;
  // At most `length` bytes from `offset`; fewer only at the end. The error is the system's.
  virtual std::expected<std::string, std::string> read(uint64_t offset, size_t length) const = 0;
  // Its bytes may go with the last holder: whatever named it is gone from the metadata, durably.
  virtual void let_go() = 0;

 protected:
  Blob(uint64_t id, uint64_t size_bytes) : id_(id), size_bytes_(size_bytes) {}

 private:
  uint64_t id_, size_bytes_;
};

// Bytes on their way to become a Blob. Destroyed before `finish` it leaves nothing behind.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;
  // The error (no space left, a file that is too large) is the system's; the writer is spent then.
  virtual std::expected<void, std::string> append(std::string_view bytes) = 0;
  // The bytes are where a crash finds them (when the store is durable), under their final name, and not
  // yet named by any metadata: until a commit does, opening the store again removes them.
  virtual std::expected<std::shared_ptr<Blob>, std::string> finish() = 0;
};

class BlobStore {
 public:
  struct Options {
    std::string state_directory;   // an existing directory; "": nothing is kept
    bool sync = true;              // fdatasync before `finish` returns
  };
  static std::expected<std::unique_ptr<BlobStore>, std::string> open(Options options);
  virtual ~BlobStore() = default;

  virtual std::unique_ptr<BlobWriter> writer() = 0;
  // From metadata, when a state directory is opened: of a file, or of bytes that `fetch` reads when
  // they are wanted (then they are small). Ids given out later are above all of these.
  virtual std::expected<std::shared_ptr<Blob>, std::string> known_file(uint64_t id,
                                                                       uint64_t size_bytes) = 0;
  using Fetch = std::function<std::expected<std::string, std::string>(uint64_t id)>;
  virtual std::shared_ptr<Blob> known_small(uint64_t id, uint64_t size_bytes, const Fetch& fetch) = 0;
  // After all known ones: removes every file that none of them is.
  virtual void remove_orphans() = 0;
  // Bytes in files; for tests and status.
  virtual uint64_t stored_bytes() const = 0;
};

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_BLOB_H_
