// The newest version of every key, on disk: `kv.sqlite` in a state directory. Tombstones are not kept,
// nor what a location had cached. Schema version 1, told by user_version.
#ifndef OFFING_STORAGE_KV_DISK_H_
#define OFFING_STORAGE_KV_DISK_H_

#include <memory>
#include <span>
#include <string>

#include "storage/kv/store.h"
#include "storage/sqlite/database.h"

namespace offing::kv {

class Disk {
 public:
  // `directory` exists. Errors: in use, damaged, made by a newer version.
  static std::expected<std::unique_ptr<Disk>, std::string> open(const std::string& directory);
  // Puts all that has not expired into `store`, visible everywhere.
  SqlResult load(Store& store, int64_t now_ms);
  // One transaction for all; each has its reserved version number.
  SqlResult commit(const Store& store, std::span<const Write* const> writes,
                   int64_t now_ms);
  // Writes all that a new directory's `load` is to find, into a new database.
  SqlResult dump(const Store& store, int64_t now_ms);

 private:
  explicit Disk(std::unique_ptr<Database> db) : db_(std::move(db)) {}
  SqlResult save(const Store& store, const Write& write, int64_t now_ms);
  std::unique_ptr<Database> db_;
  uint64_t commits_ = 0;
};

}  // namespace offing::kv

#endif  // OFFING_STORAGE_KV_DISK_H_
