// The files of a state directory: `blobs/<2 hex>/<id, 16 hex digits>`, one for each blob above
// kInMemoryMax, and `incoming/<id>`, those that are being written. What metadata names stands under
// `blobs` and is whole; other files there are of a crash, and go when the directory is opened
// again. `lock` keeps a second process out. It is held as long as a blob or writer lives that may
// still remove a file. Files are read through at most kOpenFilesMax descriptors, the least recently
// used closed first. Owners: the store, its writers and its blobs share it.
#ifndef OFFING_STORAGE_R2_BLOB_FILES_H_
#define OFFING_STORAGE_R2_BLOB_FILES_H_

#include <bitset>
#include <list>
#include <memory>
#include <string>
#include <unordered_set>

#include "storage/r2/blob_kept.h"

namespace offing::r2 {

std::expected<std::unique_ptr<BlobStore>, std::string> open_state_blobs(
    const BlobStore::Options& options);

class FileBlob;

class BlobFiles {
 public:
  static constexpr size_t kOpenFilesMax = 64;
  // Locks `directory`, makes both directories, removes what is incoming.
  static std::expected<std::shared_ptr<BlobFiles>, std::string> open(const std::string& directory,
                                                                     bool sync);

  // ---- writing
  uint64_t new_id() { return next_id_++; }
  void raise_id(uint64_t known) { next_id_ = std::max(next_id_, known + 1); }
  std::expected<Descriptor, std::string> open_incoming(uint64_t id);
  void remove_incoming(uint64_t id);
  // Under its final name, durably; `file` has been written and is made durable here.
  IoResult publish(uint64_t id, const Descriptor& file, uint64_t size_bytes);
  std::string incoming_path(uint64_t id) const;
  bool syncs() const { return sync_; }

  // ---- what is there
  std::string path(uint64_t id) const;
  // The file of a known blob is there and has that size; else the error names it.
  IoResult check(uint64_t id, uint64_t size_bytes);
  void remove(uint64_t id, uint64_t size_bytes);
  void remove_all_but(const std::unordered_set<uint64_t>& known);
  uint64_t stored_bytes() const { return stored_bytes_; }
  // For reading, until the next call.
  std::expected<int, std::string> descriptor(const FileBlob& blob);
  void close(const FileBlob& blob);

 private:
  BlobFiles() = default;
  IoResult make_directory_of(uint64_t id);

  std::string root_;
  bool sync_ = true;
  Descriptor lock_, blobs_, incoming_;
  std::bitset<256> has_directory_;
  uint64_t next_id_ = 1;
  uint64_t stored_bytes_ = 0;
  std::list<const FileBlob*> open_;   // most recently used first
};

class FileBlob final : public KeptBlob {
 public:
  FileBlob(uint64_t id, uint64_t size_bytes, std::shared_ptr<BlobFiles> files)
      : KeptBlob(id, size_bytes), files_(std::move(files)) {}
  ~FileBlob() override;
  std::shared_ptr<const std::string> whole() const override { return nullptr; }
  std::expected<std::string, std::string> read(uint64_t offset, size_t length) const override;

 private:
  friend class BlobFiles;
  std::shared_ptr<BlobFiles> files_;
  mutable Descriptor file_;   // with `place_`, while it is open
  mutable std::list<const FileBlob*>::iterator place_;
};

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_BLOB_FILES_H_
