// The reserved tables of an object's database (spec/durable-objects.md 2.4) and the few statements
// that are used on them. Statements are prepared once for a connection; a table is created by its
// first write.
#ifndef OFFING_STORAGE_DURABLE_TABLES_H_
#define OFFING_STORAGE_DURABLE_TABLES_H_

#include <array>
#include <optional>
#include <string_view>

#include "storage/durable/connection.h"
#include "storage/durable/object_storage.h"

namespace offing::durable {

class Tables {
 public:
  explicit Tables(Connection& connection) : connection_(connection) {}

  // Ends the read that the last `get` left open, and with it its view.
  void settle();
  // A rollback may have taken a table away.
  void forget();

  StorageResult<std::optional<std::string_view>> get(std::string_view key);
  StorageResult<void> put(std::string_view key, std::string_view value);
  StorageResult<bool> remove(std::string_view key);
  // A bound statement of key and value; null: nothing can match.
  StorageResult<sqlite3_stmt*> list(const ListOptions& options);
  bool has_kv() { return has(kv_, "_cf_KV"); }

  StorageResult<std::optional<int64_t>> alarm_ms();
  StorageResult<void> set_alarm(std::optional<int64_t> at_ms);

  // BEGIN, COMMIT, …: by their place in the list of the .cc.
  enum class Word : uint8_t { kBegin, kCommit, kRollback, kSavepoint, kRelease, kRollbackTo };
  StorageResult<void> run(Word word);
  StorageResult<uint64_t> size_bytes();

 private:
  enum class Known : uint8_t { kUnknown, kThere, kMissing };
  enum Slot : uint8_t {
    kGet, kPut, kRemove, kListUp, kListUpTo, kListDown, kListDownTo, kAlarm, kSetAlarm, kPages,
    kFreePages, kWords, kSlots = kWords + 6
  };
  bool has(Known& known, const char* name);
  StorageResult<void> create(Known& known, const char* name, const char* sql);
  StorageResult<sqlite3_stmt*> statement(Slot slot);

  Connection& connection_;
  std::array<StatementPtr, kSlots> statements_;
  Known kv_ = Known::kUnknown, metadata_ = Known::kUnknown;
  sqlite3_stmt* open_read_ = nullptr;
};

}  // namespace offing::durable

#endif  // OFFING_STORAGE_DURABLE_TABLES_H_
