// ObjectStorage over SQLite: the connection, its transaction, and the way of a commit to the store.
//
// `Txn` is what the owner sees. SQLite's own transaction may be missing while one is open here:
// after a wipe the view is *ahead* of SQLite's transactions, and taking it back means a new
// connection.
#ifndef OFFING_STORAGE_DURABLE_OBJECT_H_
#define OFFING_STORAGE_DURABLE_OBJECT_H_

#include "storage/durable/cursors.h"
#include "storage/durable/object_state.h"
#include "storage/durable/tables.h"

namespace offing::durable {

// What an object needs of its store.
class CommitSink {
 public:
  // The commit's number, or 0 when it would change nothing. An error: nothing changed.
  virtual StorageResult<uint64_t> commit(ObjectState& state, PageChanges changes, int64_t now_ms,
                                         int64_t alarm_ms) = 0;
  virtual StorageResult<uint64_t> number_at(const ObjectState& state, int64_t at_ms,
                                            int64_t now_ms) const = 0;
  virtual void closed(ObjectState& state) = 0;

 protected:
  ~CommitSink() = default;
};

class Object final : public ObjectStorage {
 public:
  // `failure`: every operation fails with it.
  Object(CommitSink& store, ObjectState& state, Vfs& vfs, ConnectionOptions options,
         std::optional<StorageError> failure);
  ~Object() override;

  void on_transaction_begun(std::move_only_function<void()> begun) override {
    begun_ = std::move(begun);
  }
  bool transaction_open() const override { return txn_ != Txn::kNone; }
  StorageResult<uint64_t> commit(int64_t now_ms) override;
  void rollback() override;
  StorageResult<void> begin_explicit() override;
  StorageResult<uint64_t> commit_explicit(int64_t now_ms) override;
  void rollback_explicit() override;
  StorageResult<void> savepoint() override;
  StorageResult<void> release_savepoint() override;
  StorageResult<void> rollback_savepoint() override;
  size_t savepoints() const override { return savepoints_; }

  StorageResult<std::optional<std::string_view>> get(std::string_view key) override;
  StorageResult<void> put(std::string_view key, std::string_view value) override;
  StorageResult<bool> remove(std::string_view key) override;
  StorageResult<std::unique_ptr<KvCursor>> list(const ListOptions& options) override;
  StorageResult<void> remove_all(bool alarm_too) override;

  StorageResult<std::unique_ptr<SqlCursor>> exec(std::string_view query,
                                                 std::span<const SqlValue> bindings) override;
  StorageResult<uint64_t> database_size_bytes() override;

  StorageResult<std::optional<int64_t>> alarm() override;
  StorageResult<void> set_alarm(std::optional<int64_t> at_ms) override;

  StorageResult<std::string> current_bookmark() override;
  StorageResult<std::string> bookmark_for_time(int64_t at_ms, int64_t now_ms) override;
  StorageResult<std::string> restore_at_next_open(std::string_view bookmark) override;
  size_t memory_bytes() const override;

 private:
  enum class Txn : uint8_t { kNone, kImplicit, kExplicit };
  bool nothing_stored() const { return view_.size() == 0 && !connection_; }
  StorageResult<void> ready();  // usable, with a connection
  StorageResult<void> usable();
  StorageResult<void> begin_write();
  StorageResult<uint64_t> finish(int64_t now_ms);
  void abandon();         // rolls back all that is open
  void close_connection(std::string_view cursors_text);
  void note_stray_commit();
  // What a failed operation gives: broken when SQLite has rolled the transaction back.
  StorageError failed(StorageError error);
  template <class T>
  StorageResult<T> checked(StorageResult<T> result);
  StorageResult<CachedStatement*> prepare(std::string_view query,
                                          std::span<const SqlValue> bindings);
  StorageResult<void> run_to_end(CachedStatement* statement);
  uint64_t current_number() const;

  CommitSink& store_;
  ObjectState& state_;
  Vfs& vfs_;
  ConnectionOptions options_;
  PageView view_;
  std::unique_ptr<Connection> connection_;
  std::optional<Tables> tables_;
  StatementCache statements_;
  CursorList cursors_;
  std::move_only_function<void()> begun_;
  Txn txn_ = Txn::kNone;
  bool ahead_ = false;
  bool begun_in_sqlite_ = false;  // BEGIN was run; without a transaction now, SQLite has ended it
  bool alarm_changed_ = false;
  size_t savepoints_ = 0;
  std::optional<StorageError> broken_;
};

}  // namespace offing::durable

#endif  // OFFING_STORAGE_DURABLE_OBJECT_H_
