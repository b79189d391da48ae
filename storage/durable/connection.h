// One object's SQLite connection: opened with the platform's settings and limits, with an
// authorizer that lets our own statements do anything and the guest's only what the allow-lists
// say.
//
// Statements run as *ours* by default; `GuestScope` marks the calls that prepare or step a guest's
// (SQLite asks the authorizer while preparing, and again when a step has to prepare anew).
// `random()` and `randomblob()` draw from this connection's own stream, so a run can be repeated.
#ifndef OFFING_STORAGE_DURABLE_CONNECTION_H_
#define OFFING_STORAGE_DURABLE_CONNECTION_H_

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "storage/durable/error.h"
#include "storage/durable/vfs.h"

struct sqlite3;
struct sqlite3_stmt;

namespace offing::durable {

struct StatementDeleter {
  void operator()(sqlite3_stmt* stmt) const;
};
using StatementPtr = std::unique_ptr<sqlite3_stmt, StatementDeleter>;

struct ConnectionOptions {
  uint64_t bytes_max = 0;
  uint64_t random_seed = 0;
  const std::function<bool()>* interrupted = nullptr;  // lives as long as the store
};

class Connection {
 public:
  static StorageResult<std::unique_ptr<Connection>> open(Vfs& vfs, PageView& view,
                                                         const ConnectionOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  sqlite3* db() const { return db_; }
  bool in_transaction() const;
  // A statement of ours, kept by the caller. Asserts nothing: the table it names may be missing.
  StorageResult<StatementPtr> prepare(std::string_view sql) const;
  // Steps a statement that gives no rows, and resets it.
  StorageResult<void> run(sqlite3_stmt* stmt) const;
  // Whether a table of that name is there.
  bool has_table(const char* name) const;

  // The last failure of this connection, in the platform's shape (2.5).
  StorageError error() const;
  size_t memory_bytes() const;

  class GuestScope {
   public:
    explicit GuestScope(Connection& connection) : connection_(connection) {
      connection_.guest_ = true;
      connection_.refusal_ = nullptr;
      connection_.optimizes_ = false;
    }
    ~GuestScope() { connection_.guest_ = false; }
    GuestScope(const GuestScope&) = delete;
    GuestScope& operator=(const GuestScope&) = delete;

   private:
    Connection& connection_;
  };
  // In the last GuestScope: a pragma was prepared that writes though SQLite calls it read-only.
  bool optimizes() const { return optimizes_; }

 private:
  Connection() = default;
  void limit() const;
  static int authorize(void* self, int action, const char* first, const char* second,
                       const char* database, const char* trigger);
  bool allowed(int action, const char* first, const char* second, const char* database);
  uint64_t random();

  friend struct ConnectionFunctions;
  sqlite3* db_ = nullptr;
  bool guest_ = false;
  bool optimizes_ = false;
  const char* refusal_ = nullptr;  // the text in place of SQLite's
  uint64_t random_state_ = 0;
};

}  // namespace offing::durable

#endif  // OFFING_STORAGE_DURABLE_CONNECTION_H_
