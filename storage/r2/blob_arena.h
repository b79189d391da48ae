// One unlinked file in the temporary directory that holds the large blobs of a store without a
// state directory: nothing of it remains after the process. Each blob has extents of it, which
// begin at multiples of kAlignment. Offsets are not used again while anything is stored; the space
// of an extent is given back to the disk by punching a hole, and all of it when the last one goes.
// Owners: the store, its writers and its blobs share it.
#ifndef OFFING_STORAGE_R2_BLOB_ARENA_H_
#define OFFING_STORAGE_R2_BLOB_ARENA_H_

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "storage/r2/blob_io.h"

namespace offing::r2 {

class Arena {
 public:
  struct Extent {
    uint64_t offset = 0;       // in the file
    uint64_t size_bytes = 0;   // that may be written: a multiple of kAlignment
    uint64_t start = 0;        // the offset of its first byte in its blob
  };
  using Extents = std::vector<Extent>;   // without gaps, by `start`

  // Room for `more` bytes at least, after what `extents` have: in place, or as one more of them.
  void grow(Extents& extents, uint64_t more);
  // Takes back what lies beyond `size_bytes` of the blob and nobody has followed.
  void trim(Extents& extents, uint64_t size_bytes);
  void release(const Extents& extents);

  IoResult write(const Extents& extents, uint64_t at, std::string_view first,
                 std::string_view second);
  std::expected<std::string, std::string> read(const Extents& extents, uint64_t at,
                                               size_t length) const;
  uint64_t reserved_bytes() const { return reserved_bytes_; }

 private:
  static constexpr uint64_t kAlignment = 4096;
  IoResult open();
  static const Extent& extent_at(const Extents& extents, uint64_t at);

  Descriptor file_;       // made by the first write
  std::string name_ = "the temporary file";   // for errors
  uint64_t end_ = 0;
  uint64_t reserved_bytes_ = 0;
  size_t extents_ = 0;
};

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_BLOB_ARENA_H_
