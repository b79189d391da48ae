#include "storage/sqlite/database.h"

#include <sqlite3.h>

namespace offing {

Statement::~Statement() { sqlite3_finalize(stmt_); }
Statement& Statement::bind(int index, int64_t value) {
  sqlite3_bind_int64(stmt_, index, value);
  return *this;
}
Statement& Statement::bind_text(int index, std::string_view text) {
  sqlite3_bind_text64(stmt_, index, text.data() ? text.data() : "", text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
  return *this;
}
Statement& Statement::bind_blob(int index, std::string_view bytes) {
  sqlite3_bind_blob64(stmt_, index, bytes.data() ? bytes.data() : "", bytes.size(), SQLITE_STATIC);
  return *this;
}
Statement& Statement::bind_null(int index) {
  sqlite3_bind_null(stmt_, index);
  return *this;
}
std::expected<bool, std::string> Statement::step() {
  const int code = sqlite3_step(stmt_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return std::unexpected(std::string(sqlite3_errmsg(sqlite3_db_handle(stmt_))));
}
SqlResult Statement::run() {
  for (;;) {
    auto row = step();
    if (row && *row) continue;
    reset();
    if (!row) return std::unexpected(row.error());
    return {};
  }
}
void Statement::reset() {
  sqlite3_reset(stmt_);
  sqlite3_clear_bindings(stmt_);
}
int64_t Statement::integer(int column) const { return sqlite3_column_int64(stmt_, column); }
std::string_view Statement::bytes(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(stmt_, column));
  return {data ? data : "", static_cast<size_t>(sqlite3_column_bytes(stmt_, column))};
}
bool Statement::is_null(int column) const {
  return sqlite3_column_type(stmt_, column) == SQLITE_NULL;
}

std::string Database::error() const { return sqlite3_errmsg(db_); }

std::expected<std::unique_ptr<Database>, std::string> Database::open(const std::string& path) {
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                   nullptr);
  std::unique_ptr<Database> opened(new Database(db));
  if (code != SQLITE_OK) return std::unexpected(path + ": " + opened->error());
  // The first lock is taken here and, in exclusive mode, kept.
  SqlResult set = opened->exec(
      "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
      "PRAGMA cache_size=-8192; BEGIN EXCLUSIVE; COMMIT;");
  if (!set) {
    const int why = sqlite3_errcode(db);
    if (why == SQLITE_BUSY || why == SQLITE_LOCKED)
      return std::unexpected(path + " is in use by another process; stop that one or choose "
                             "another state directory");
    return std::unexpected(path + " cannot be used: " + set.error());
  }
  return opened;
}

Database::~Database() {
  statements_.clear();
  sqlite3_close_v2(db_);
}

SqlResult Database::exec(const char* sql) {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return std::unexpected(error());
}

std::expected<Statement*, std::string> Database::prepare(std::string_view sql) {
  auto it = statements_.find(sql);
  if (it == statements_.end()) {
    sqlite3_stmt* stmt = nullptr;
    if (sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                           &stmt, nullptr) != SQLITE_OK)
      return std::unexpected(error());
    it = statements_.emplace(std::string(sql), std::unique_ptr<Statement>(new Statement(stmt)))
             .first;
  }
  it->second->reset();
  return it->second.get();
}

SqlResult Database::transaction(const std::function<SqlResult()>& body) {
  if (SqlResult begun = exec("BEGIN IMMEDIATE"); !begun) return begun;
  SqlResult done = body();
  if (done) done = exec("COMMIT");
  if (!done && is_in_transaction()) (void)exec("ROLLBACK");
  return done;
}

bool Database::is_in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }

}  // namespace offing
