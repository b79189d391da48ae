// Blobs of a state directory, as the Disk sees them. The rule by which it knows what it was given:
// at most kInMemoryMax bytes are a SmallBlob, whose bytes stand in SQLite once they are kept; more
// are a FileBlob. A Disk takes blobs of a BlobStore that was opened with a state directory, and no
// others.
//
// `is_kept`: metadata names it. A blob that is not kept goes with its last holder: so do bytes that
// were finished and then refused, and those that were let go.
#ifndef OFFING_STORAGE_R2_BLOB_KEPT_H_
#define OFFING_STORAGE_R2_BLOB_KEPT_H_

#include <list>
#include <memory>
#include <string>

#include "storage/r2/blob.h"
#include "storage/r2/blob_io.h"

namespace offing::r2 {

class KeptBlob : public Blob, public std::enable_shared_from_this<KeptBlob> {
 public:
  bool is_kept() const { return is_kept_; }
  void set_kept(bool kept) { is_kept_ = kept; }
  bool is_small() const { return size_bytes() <= kInMemoryMax; }
  void let_go() final { is_kept_ = false; }
  static KeptBlob& of(const Blob& blob) {
    return static_cast<KeptBlob&>(const_cast<Blob&>(blob));
  }

 protected:
  using Blob::Blob;

 private:
  bool is_kept_ = false;
};

class SmallBlob;

// Bytes of kept small blobs that were used lately, and the way to those of all others.
class SmallBytes {
 public:
  static constexpr size_t kBytesMax = 32 << 20;
  BlobStore::Fetch fetch;
  size_t held_bytes() const { return held_bytes_; }

 private:
  friend class SmallBlob;
  std::list<const SmallBlob*> used_;   // most recently used first
  size_t held_bytes_ = 0;
};

class SmallBlob final : public KeptBlob {
 public:
  // Fresh bytes, held until `settle`.
  SmallBlob(uint64_t id, std::shared_ptr<SmallBytes> all, std::string bytes);
  // Kept ones.
  SmallBlob(uint64_t id, std::shared_ptr<SmallBytes> all, uint64_t size_bytes);
  ~SmallBlob() override;
  static SmallBlob& of(const Blob& blob) { return static_cast<SmallBlob&>(KeptBlob::of(blob)); }

  std::shared_ptr<const std::string> whole() const override;
  std::expected<std::string, std::string> read(uint64_t offset, size_t length) const override;

  // Holds its bytes as long as it lives: they are about to leave SQLite.
  IoResult pin();
  // They stand in SQLite: they may be forgotten when others are used more.
  void settle(const BlobStore::Fetch& fetch);

 private:
  std::expected<std::shared_ptr<const std::string>, std::string> bytes() const;
  void hold_for_now() const;
  void unlist() const;

  std::shared_ptr<SmallBytes> all_;
  mutable std::shared_ptr<const std::string> bytes_;
  mutable bool is_listed_ = false;   // in all_->used_, at place_
  mutable std::list<const SmallBlob*>::iterator place_;
};

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_BLOB_KEPT_H_
