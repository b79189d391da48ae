// The parts of a Disk that its files share: the database, its statements, and the turn under way.
//
//   bucket(id, state)   object(bucket, key, state)   upload(bucket, id, state)
//   part(bucket, upload, number, state)   blob(id, bytes)   meta(name, value)
//
// `state` is as in disk_rows.h. A blob of more than kInMemoryMax bytes has no row: it is a file. An
// empty one has none either.
#ifndef OFFING_STORAGE_R2_DISK_IMPL_H_
#define OFFING_STORAGE_R2_DISK_IMPL_H_

#include <array>
#include <string>
#include <vector>

#include "storage/r2/blob_kept.h"
#include "storage/r2/disk.h"

namespace offing::r2 {

enum class Sql : uint8_t {
  kBegin, kCommit, kRollback,
  kPutBucket, kDropBucket, kDropObjectsOfBucket, kDropUploadsOfBucket, kDropPartsOfBucket,
  kPutObject, kDropObject,
  kPutUpload, kDropUpload, kPutPart, kDropPart, kDropPartsOfUpload,
  kPutBlob, kDropBlob, kGetBlob,
  kPutMeta, kGetMeta,
  kBuckets, kUploads, kParts, kObjects, kBlobs,
  kCount
};

struct Disk::Impl {
  // Numbers are kept in steps of so many, so that few turns write one.
  static constexpr uint64_t kNumberStep = 4096;

  std::string path;
  std::shared_ptr<Database> db;   // blobs that are fetched after the Disk is gone find it gone
  std::array<Statement*, static_cast<size_t>(Sql::kCount)> statements{};
  BlobStore::Fetch fetch;

  // ---- the turn
  struct Touched {
    std::shared_ptr<KeptBlob> blob;
    bool was_kept;
  };
  bool is_begun = false;      // in SQLite: by the first change
  std::string failure;        // of the first change that failed: nothing works until the rollback
  std::vector<Touched> touched;
  uint64_t kept_number = 0, kept_number_before = 0;
  std::string scratch;        // packed

  Statement& statement(Sql which) { return *statements[static_cast<size_t>(which)]; }
  SqlResult prepare_all();
  // Begins if need be, has `bind` bind, runs.
  template <class Bind>
  SqlResult change(Sql which, Bind bind);
  SqlResult keep(Blob& blob);
  SqlResult failed(const std::string& why);
};

template <class Bind>
SqlResult Disk::Impl::change(Sql which, Bind bind) {
  if (!failure.empty()) return std::unexpected(failure);
  if (!is_begun) {
    if (SqlResult begun = statement(Sql::kBegin).run(); !begun) return failed(begun.error());
    is_begun = true;
  }
  Statement& prepared = statement(which);
  bind(prepared);
  if (SqlResult done = prepared.run(); !done) return failed(done.error());
  return {};
}

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_DISK_IMPL_H_
