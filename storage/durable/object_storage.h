// The storage of one live Durable Object: a SQLite database with a key-value table in it, its open
// transaction, its alarm (spec/durable-objects.md 2). Everything is synchronous.
//
// The first write outside a transaction begins the *implicit transaction*, which the owner ends
// with `commit` before the next event of this object, or with `rollback` when the object is reset.
// A commit is atomic at once and durable after Store::sync. An explicit transaction
// (`transaction()`) takes the place of the implicit one; savepoints nest in either.
// Nothing is opened on disk or in SQLite before the first operation that needs it.
// Owner: the object's instance. At most one ObjectStorage of an object exists; the Store outlives
// it. Destroying it rolls back what is open and closes the database; what was committed stays in
// the Store.
#ifndef OFFING_STORAGE_DURABLE_OBJECT_STORAGE_H_
#define OFFING_STORAGE_DURABLE_OBJECT_STORAGE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "storage/durable/error.h"
#include "storage/durable/sql_cursor.h"

namespace offing::durable {

// spec/durable-objects.md 2.2, `list`. Bounds compare as UTF-8 bytes; `start` inclusive.
struct ListOptions {
  std::optional<std::string> start = {};
  std::optional<std::string> start_after = {};
  std::optional<std::string> end = {};
  std::optional<std::string> prefix = {};
  bool reverse = false;
  std::optional<uint64_t> limit = {};  // above 0
};

// Rows of a key-value list, in order. At most one is alive for an object: a newer one cancels it.
class KvCursor {
 public:
  virtual ~KvCursor() = default;
  // Views live until the next call; nullopt at the end.
  virtual StorageResult<std::optional<std::pair<std::string_view, std::string_view>>> next() = 0;
};

class ObjectStorage {
 public:
  virtual ~ObjectStorage() = default;

  // ---- the implicit transaction
  // `begun` is called whenever a write begins one.
  virtual void on_transaction_begun(std::move_only_function<void()> begun) = 0;
  virtual bool transaction_open() const = 0;  // implicit or explicit
  // Ends the implicit transaction. The commit's number (counts up from 1 for each object), or 0
  // when none was open or it wrote nothing. Every error breaks the object: it has been rolled back
  // (rule 23). `now_ms` is what getBookmarkForTime compares with.
  virtual StorageResult<uint64_t> commit(int64_t now_ms) = 0;
  // Drops everything since the last commit; open cursors are cancelled.
  virtual void rollback() = 0;

  // ---- transaction() and transactionSync()
  // BEGIN; the implicit transaction must be committed before. Not nested: inside, use savepoints.
  virtual StorageResult<void> begin_explicit() = 0;
  virtual StorageResult<uint64_t> commit_explicit(int64_t now_ms) = 0;  // as commit
  virtual void rollback_explicit() = 0;
  // Savepoints, innermost last. In the implicit transaction (begun when none is open) or the
  // explicit one.
  virtual StorageResult<void> savepoint() = 0;
  virtual StorageResult<void> release_savepoint() = 0;
  virtual StorageResult<void> rollback_savepoint() = 0;  // rolls back to it and releases it
  virtual size_t savepoints() const = 0;

  // ---- key-value: `_cf_KV`, values as the caller encodes them
  // view: until the next call
  virtual StorageResult<std::optional<std::string_view>> get(std::string_view key) = 0;
  virtual StorageResult<void> put(std::string_view key, std::string_view value) = 0;
  virtual StorageResult<bool> remove(std::string_view key) = 0;  // true: it was there
  virtual StorageResult<std::unique_ptr<KvCursor>> list(const ListOptions& options) = 0;
  // Rolls back the implicit transaction, then wipes everything, tables too, in a transaction that
  // `commit` ends. Error inside an explicit transaction. The alarm stays unless `alarm_too`.
  virtual StorageResult<void> remove_all(bool alarm_too) = 0;

  // ---- SQL
  virtual StorageResult<std::unique_ptr<SqlCursor>> exec(std::string_view query,
                                                         std::span<const SqlValue> bindings) = 0;
  virtual StorageResult<uint64_t> database_size_bytes() = 0;

  // ---- alarm, part of the transaction; ms since the epoch
  virtual StorageResult<std::optional<int64_t>> alarm() = 0;
  virtual StorageResult<void> set_alarm(std::optional<int64_t> at_ms) = 0;

  // ---- point-in-time recovery (2.7)
  virtual StorageResult<std::string> current_bookmark() = 0;
  virtual StorageResult<std::string> bookmark_for_time(int64_t at_ms, int64_t now_ms) = 0;
  // Arms the restore for when this object is opened next; gives the bookmark that undoes it.
  virtual StorageResult<std::string> restore_at_next_open(std::string_view bookmark) = 0;

  // ---- for reports: memory held by this database's connection and caches
  virtual size_t memory_bytes() const = 0;
};

}  // namespace offing::durable

#endif  // OFFING_STORAGE_DURABLE_OBJECT_STORAGE_H_
