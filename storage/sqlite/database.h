// SQLite behind RAII: a connection, its cached statements, transactions. WAL with synchronous=FULL:
// what COMMIT acknowledged survives the process and the machine. Opened for one process at a time
// (exclusive locking), so a second opener gets an error instead of shared state.
// A Statement is owned by its Database; `prepare` gives the cached one, reset and unbound.
#ifndef OFFING_STORAGE_SQLITE_DATABASE_H_
#define OFFING_STORAGE_SQLITE_DATABASE_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace offing {

using SqlResult = std::expected<void, std::string>;

class Statement {
 public:
  ~Statement();
  // Bound views must live until the next `reset`: nothing is copied.
  Statement& bind(int index, int64_t value);
  Statement& bind_text(int index, std::string_view text);
  Statement& bind_blob(int index, std::string_view bytes);
  Statement& bind_null(int index);
  std::expected<bool, std::string> step();  // true: a row is there
  SqlResult run();                          // steps to the end and resets
  void reset();
  int64_t integer(int column) const;
  std::string_view bytes(int column) const;  // until the next step
  bool is_null(int column) const;

 private:
  friend class Database;
  explicit Statement(sqlite3_stmt* stmt) : stmt_(stmt) {}
  sqlite3_stmt* stmt_;
};

// Resets a statement at the end of a scope, so that no way out of it leaves a read open.
class StatementUse {
 public:
  explicit StatementUse(Statement& statement) : statement_(statement) {}
  ~StatementUse() { statement_.reset(); }
  StatementUse(const StatementUse&) = delete;
  StatementUse& operator=(const StatementUse&) = delete;

 private:
  Statement& statement_;
};

class Database {
 public:
  static std::expected<std::unique_ptr<Database>, std::string> open(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  SqlResult exec(const char* sql);
  bool is_in_transaction() const;
  std::expected<Statement*, std::string> prepare(std::string_view sql);
  // BEGIN, `body`, COMMIT; rolls back when either fails.
  SqlResult transaction(const std::function<SqlResult()>& body);

 private:
  explicit Database(sqlite3* db) : db_(db) {}
  std::string error() const;
  sqlite3* db_;
  std::map<std::string, std::unique_ptr<Statement>, std::less<>> statements_;
};

}  // namespace offing

#endif  // OFFING_STORAGE_SQLITE_DATABASE_H_
