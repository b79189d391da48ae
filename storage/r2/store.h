// All buckets of an account, and the only code that changes them. Every mutation of a key passes
// through `commit_object` or `remove`, and both ask the bucket's locks first, then the condition
// (spec/r2.md 2.2 item 5, C14): there is no other way to overwrite or lose an object.
//
// Mutations stand between `begin` and `commit`. In memory they are done at once. With a state directory
// `commit` makes them durable; if it fails, all of them are undone. Nobody may be told, or read, what
// is not committed: the caller mutates, commits and answers in one go.
// Time and randomness are arguments. Threading: the loop thread.
#ifndef OFFING_STORAGE_R2_STORE_H_
#define OFFING_STORAGE_R2_STORE_H_

#include <cassert>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/r2/bucket.h"
#include "storage/r2/disk.h"
#include "storage/r2/error.h"

namespace offing::r2 {

class Store {
 public:
  struct Options {
    std::string state_directory;   // "": memory. Else `<it>/r2` holds everything.
    bool sync = true;
    std::function<uint64_t()> random;   // 64 random bits, for versions and upload ids
  };
  static std::expected<std::unique_ptr<Store>, std::string> open(Options options);
  ~Store();

  // Of a store in memory, with randomness of its own. Blobs and versions never change, so both show
  // the same ones; a blob's space is free with its last holder of any copy.
  std::unique_ptr<Store> copy(std::function<uint64_t()> random) const;
  // Writes all of it to `<state_directory>/r2`, which does not exist. An I/O error leaves a part.
  std::expected<void, std::string> dump(const std::string& state_directory) const;
  // A store in memory with all that a state directory holds, which is free again when this returns.
  static std::expected<std::unique_ptr<Store>, std::string> load(
      const std::string& state_directory, std::function<uint64_t()> random);

  const Buckets& buckets() const { return buckets_; }
  Bucket* find(std::string_view name);
  Bucket& at(uint32_t id) { return *buckets_.at(id); }
  Bucket* get(uint32_t id);   // null when it was deleted
  BlobStore& blobs() { return *blobs_; }
  bool is_durable() const { return disk_ != nullptr; }

  void begin();
  std::expected<void, std::string> commit();

  // What a mutation that a condition may stop came to.
  struct Outcome {
    ObjectRef object;   // the new version; null when the condition failed
  };
  // Makes `object` (without version and upload time) the newest version of its key.
  std::expected<Outcome, Error> commit_object(Bucket& bucket, Object object,
                                              const std::optional<Conditional>& only_if,
                                              int64_t now_ms);
  // What was there; null when nothing was.
  std::expected<ObjectRef, Error> remove(Bucket& bucket, std::string_view key, int64_t now_ms);
  // Lifecycle: the same version in another class. Locks do not forbid it (UNKNOWN, 2.3).
  void transition(Bucket& bucket, std::string_view nfc_key, StorageClass storage_class);

  std::string begin_upload(Bucket& bucket, Upload upload, int64_t now_ms);
  // M7: kNoSuchUpload, or kInternal for an id that was never given out when `strict_ids`.
  std::expected<Upload*, Error> find_upload(Bucket& bucket, std::string_view id, bool strict_ids);
  std::expected<void, Error> add_part(Bucket& bucket, std::string_view upload_id, Part part);
  // M8: the part that a failed upload of its number would have replaced. Nothing when there is none.
  void lose_part(Bucket& bucket, std::string_view upload_id, uint32_t number);
  struct ChosenPart {
    uint32_t number;
    std::string etag;
  };
  // M2-M6, then the lock, then the condition. The upload stays open when it is refused by a lock or a
  // rule about parts; a failed condition aborts it (M11).
  std::expected<Outcome, Error> complete(Bucket& bucket, std::string_view upload_id,
                                         const std::vector<ChosenPart>& parts,
                                         const std::optional<Conditional>& only_if, int64_t now_ms);
  void abort(Bucket& bucket, std::string_view upload_id);

  std::expected<Bucket*, Error> create_bucket(BucketSettings settings);
  std::expected<void, Error> delete_bucket(Bucket& bucket);   // kBucketNotEmpty
  // After a change of its settings or rules: `change` makes it, and its undoing is the store's.
  void change_bucket(Bucket& bucket, const std::function<void(Bucket&)>& change);

  // When the locks of its bucket let this object be changed; kUnlocked, kLockedForever or a time.
  static int64_t locked_until(const Bucket& bucket, const Object& object);

 private:
  explicit Store(Options options) : options_(std::move(options)) {}
  template <class Save> void save(Save save) {
    assert(in_transaction_);
    if (disk_ == nullptr || !save_error_.empty()) return;
    if (SqlResult saved = save(*disk_); !saved) save_error_ = saved.error();
  }
  void replace(Bucket& bucket, std::string key, ObjectRef object);
  void let_go(const std::shared_ptr<Blob>& blob);
  void drop_upload(Bucket& bucket, std::string_view id);
  std::expected<void, std::string> put_all_into(Store& to) const;
  std::string new_version();
  std::string new_upload_id();

  Options options_;
  std::shared_ptr<BlobStore> blobs_;   // of all copies
  std::unique_ptr<Disk> disk_;   // null in memory
  Buckets buckets_;
  std::map<std::string, uint32_t, std::less<>> bucket_ids_;   // by name
  uint32_t next_bucket_ = 1;
  uint64_t next_number_ = 1;     // in versions and upload ids: unique over restarts
  bool in_transaction_ = false;
  std::string save_error_;
  std::vector<std::move_only_function<void()>> undo_;
  std::vector<std::shared_ptr<Blob>> let_go_;   // at the commit
};

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_STORE_H_
