// The cursors of one object: their statements, and how they end. Every live cursor is in its
// object's CursorList, which can cancel all of them (the statement is finalized, `next` gives the
// text), or read the rest of those that would keep a COMMIT from happening (INSERT … RETURNING)
// into memory.
//
// Statements come from a cache by SQL text: least recently used first out, 1 MiB of text (2.5). A
// cached statement is lent to one cursor; the same text again is compiled a second time and not
// kept.
#ifndef OFFING_STORAGE_DURABLE_CURSORS_H_
#define OFFING_STORAGE_DURABLE_CURSORS_H_

#include <list>
#include <string>
#include <unordered_map>
#include <vector>

#include "storage/durable/connection.h"
#include "storage/durable/object_storage.h"

namespace offing::durable {

using ColumnNames = std::shared_ptr<const std::vector<std::string>>;

struct CachedStatement {
  StatementPtr stmt;
  bool writes = false;  // needs a transaction
  bool lent = false;
  bool kept = false;    // in the cache; otherwise it ends with its cursor
  ColumnNames names;
  int names_prepared = -1;  // SQLite's count of preparations that `names` is of
  std::string text;
};

class StatementCache {
 public:
  // The statement of that text if it is there and not lent.
  CachedStatement* find(std::string_view text);
  // Keeps it if there is room to be made; otherwise its cursor ends it.
  CachedStatement* add(std::unique_ptr<CachedStatement> made);
  void give_back(CachedStatement* statement);
  void clear();  // none is lent

 private:
  static constexpr size_t kTextBytesMax = 1 << 20;
  using List = std::list<std::unique_ptr<CachedStatement>>;
  void evict();

  List used_;  // most recently used first
  std::unordered_map<std::string_view, List::iterator> by_text_;
  size_t text_bytes_ = 0;
};

class SqlRows;
class KvRows;

// What ends all cursors of an object.
class CursorList {
 public:
  void add(SqlRows* rows) { sql_.push_back(rows); }
  void remove(SqlRows* rows) { std::erase(sql_, rows); }
  // The newest list cancels the one before.
  void set(KvRows* rows);
  void remove(KvRows* rows) {
    if (kv_ == rows) kv_ = nullptr;
  }
  void cancel(std::string_view text);
  StorageResult<void> drain_writers();

 private:
  std::vector<SqlRows*> sql_;
  KvRows* kv_ = nullptr;
};

class SqlRows final : public SqlCursor {
 public:
  // `statement` is lent, bound and not stepped yet.
  SqlRows(Connection& connection, StatementCache& cache, CursorList& list,
          CachedStatement* statement);
  ~SqlRows() override;
  StorageResult<void> start();  // the first step

  StorageResult<bool> next() override;
  size_t column_count() const override { return names_ ? names_->size() : 0; }
  std::string_view column_name(size_t column) const override { return (*names_)[column]; }
  SqlValue value(size_t column) const override;
  std::string_view cancelled() const override { return cancelled_; }
  uint64_t rows_read() const override;
  uint64_t rows_written() const override;

  void cancel(std::string_view text);
  bool writing() const { return statement_ && !done_ && statement_->writes; }
  StorageResult<void> drain();
  // Called after an error of a step; tells the object, which may be broken by it.
  std::move_only_function<void(StorageError&)> on_error;

 private:
  struct OwnedValue {
    int type;
    int64_t integer;
    double real;
    std::string bytes;
  };
  StorageResult<void> step();
  void end();
  void leave();
  SqlValue column(int column) const;

  Connection* connection_;
  StatementCache& cache_;
  CursorList* list_;  // null: not in it any more
  CachedStatement* statement_;
  ColumnNames names_;
  bool first_ = true;    // the row stepped to was not given yet
  bool done_ = false;
  uint64_t read_ = 0, written_ = 0;  // when the statement is gone
  std::string cancelled_;
  // Rows in memory; the given one is drained_at_ - 1
  std::vector<std::vector<OwnedValue>> drained_;
  size_t drained_at_ = 0;
  bool from_memory_ = false;
};

class KvRows final : public KvCursor {
 public:
  KvRows(Connection* connection, CursorList& list, sqlite3_stmt* stmt)
      : connection_(connection), list_(&list), stmt_(stmt) {
    list_->set(this);
  }
  ~KvRows() override;
  StorageResult<std::optional<std::pair<std::string_view, std::string_view>>> next() override;
  void cancel(std::string_view text);
  std::move_only_function<void(StorageError&)> on_error;

 private:
  void end();
  Connection* connection_;
  CursorList* list_;    // null: not in it any more
  sqlite3_stmt* stmt_;  // the object's; null at the end
  std::string cancelled_;
};

}  // namespace offing::durable

#endif  // OFFING_STORAGE_DURABLE_CURSORS_H_
