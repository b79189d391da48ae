// A store's metadata and small bodies under a state directory: SQLite `<directory>/r2.sqlite`. Called
// by the Store inside one transaction for each turn; what `commit` returned from survives a kill.
#ifndef OFFING_STORAGE_R2_DISK_H_
#define OFFING_STORAGE_R2_DISK_H_

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "storage/r2/bucket.h"
#include "storage/sqlite/database.h"

namespace offing::r2 {

class Disk {
 public:
  // The error is for the user: in use by another process, damaged, written by a newer offing.
  static std::expected<std::unique_ptr<Disk>, std::string> open(const std::string& directory,
                                                                bool sync);
  ~Disk();
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  // Fills `buckets` and tells `blobs` what is known, then has it remove orphans. `next_number` is above
  // every number that `save_number` kept.
  SqlResult load(Buckets& buckets, BlobStore& blobs, uint64_t& next_number);

  SqlResult begin();
  SqlResult commit();
  void rollback();
  // Each replaces what was there under the same name. Blobs of an object or part are kept with it when
  // they are new; `drop_blob` says that nothing names one any more.
  SqlResult save_bucket(const Bucket& bucket);   // its settings and rules
  SqlResult drop_bucket(uint32_t bucket);
  SqlResult save_object(uint32_t bucket, std::string_view nfc_key, const Object& object);
  SqlResult drop_object(uint32_t bucket, std::string_view nfc_key);
  SqlResult save_upload(uint32_t bucket, const Upload& upload);   // without its parts
  SqlResult save_part(uint32_t bucket, std::string_view upload_id, const Part& part);
  SqlResult drop_part(uint32_t bucket, std::string_view upload_id, uint32_t number);
  SqlResult drop_upload(uint32_t bucket, std::string_view upload_id);   // with its parts' rows
  SqlResult drop_blob(const Blob& blob);
  SqlResult save_number(uint64_t next_number);

 private:
  struct Impl;
  explicit Disk(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_DISK_H_
