#include "storage/durable/connection.h"

#include <sqlite3.h>

#include <algorithm>
#include <cassert>

#include "storage/durable/allow_lists.h"
#include "storage/durable/result_codes.h"

namespace offing::durable {
namespace {

struct LimitRow {
  int which;
  int value;
};
// spec/durable-objects.md 2.8. Where the documentation and the open source differ, the documented
// (lower) value stands: what passes here passes in production.
constexpr LimitRow kLimits[] = {
    {SQLITE_LIMIT_LENGTH, 2'000'000},       // documented "2 MB"; source 4 MiB
    {SQLITE_LIMIT_SQL_LENGTH, 100'000},     // both
    {SQLITE_LIMIT_COLUMN, 100},             // both
    {SQLITE_LIMIT_VARIABLE_NUMBER, 100},    // both
    {SQLITE_LIMIT_FUNCTION_ARG, 32},        // documented; source 127
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50}, // both
    {SQLITE_LIMIT_COMPOUND_SELECT, 5},      // source
    {SQLITE_LIMIT_EXPR_DEPTH, 100},         // source
    {SQLITE_LIMIT_VDBE_OP, 25'000},         // source
    {SQLITE_LIMIT_TRIGGER_DEPTH, 10},       // source
    {SQLITE_LIMIT_ATTACHED, 0},
    {SQLITE_LIMIT_WORKER_THREADS, 0},
};

constexpr int kStepsBetweenQuestions = 10'000;  // of SQLite's machine: some 100 us

constexpr const char* kTransactionRefusal =
    "To execute a transaction, please use the state.storage.transaction() or "
    "state.storage.transactionSync() APIs instead of the SQL BEGIN TRANSACTION or SAVEPOINT "
    "statements. The JavaScript API is safer because it will automatically roll back on "
    "exceptions, and because it interacts correctly with Durable Objects' automatic atomic write "
    "coalescing.";

std::string_view view(const char* text) { return text ? text : ""; }

}  // namespace

struct ConnectionFunctions {
  static int interrupted(void* ask) {
    return (*static_cast<std::function<bool()>*>(ask))() ? 1 : 0;
  }
  static void random(sqlite3_context* context, int, sqlite3_value**) {
    auto& self = *static_cast<Connection*>(sqlite3_user_data(context));
    sqlite3_result_int64(context, static_cast<int64_t>(self.random()));
  }
  static void randomblob(sqlite3_context* context, int, sqlite3_value** values) {
    auto& self = *static_cast<Connection*>(sqlite3_user_data(context));
    const int64_t size = std::max<int64_t>(1, sqlite3_value_int64(values[0]));
    if (size > sqlite3_limit(self.db_, SQLITE_LIMIT_LENGTH, -1)) {
      sqlite3_result_error_toobig(context);
      return;
    }
    std::string bytes;
    for (int64_t at = 0; at < size; at += 8) {
      const uint64_t word = self.random();
      bytes.append(reinterpret_cast<const char*>(&word), std::min<size_t>(8, size - at));
    }
    sqlite3_result_blob64(context, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
  }
};

void StatementDeleter::operator()(sqlite3_stmt* stmt) const { sqlite3_finalize(stmt); }

uint64_t Connection::random() {
  // splitmix64
  uint64_t z = random_state_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

void Connection::limit() const {
  for (const LimitRow& row : kLimits) sqlite3_limit(db_, row.which, row.value);
}

StorageResult<std::unique_ptr<Connection>> Connection::open(Vfs& vfs, PageView& view,
                                                            const ConnectionOptions& options) {
  int code = SQLITE_OK;
  std::unique_ptr<Connection> self(new Connection);
  self->db_ = vfs.open(view, code);
  if (!self->db_)
    return std::unexpected(StorageError{.text = std::string(sqlite3_errstr(code)) + ": " +
                                                std::string(code_name(code))});
  self->random_state_ = options.random_seed;
  sqlite3_extended_result_codes(self->db_, 1);
  sqlite3_db_config(self->db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  self->limit();
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_INNOCUOUS;
  sqlite3_create_function_v2(self->db_, "random", 0, kFlags, self.get(),
                             ConnectionFunctions::random, nullptr, nullptr, nullptr);
  sqlite3_create_function_v2(self->db_, "randomblob", 1, kFlags, self.get(),
                             ConnectionFunctions::randomblob, nullptr, nullptr, nullptr);
  // Exclusive: the cache stays valid between transactions. Foreign keys are on from the build.
  const std::string settings =
      "PRAGMA locking_mode=EXCLUSIVE;PRAGMA journal_mode=MEMORY;PRAGMA synchronous=OFF;"
      "PRAGMA cache_spill=OFF;PRAGMA cache_size=-256;PRAGMA max_page_count=" +
      std::to_string(std::max<uint64_t>(1, options.bytes_max / kPageBytes));
  if (sqlite3_exec(self->db_, settings.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return std::unexpected(self->error());
  sqlite3_set_authorizer(self->db_, authorize, self.get());
  if (options.interrupted && *options.interrupted)
    sqlite3_progress_handler(self->db_, kStepsBetweenQuestions, ConnectionFunctions::interrupted,
                             const_cast<std::function<bool()>*>(options.interrupted));
  return self;
}

Connection::~Connection() {
  const int code = sqlite3_close(db_);
  assert(code == SQLITE_OK);  // every statement was finalized before
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }

StorageResult<StatementPtr> Connection::prepare(std::string_view sql) const {
  sqlite3_stmt* stmt = nullptr;
  if (sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                         &stmt, nullptr) != SQLITE_OK)
    return std::unexpected(error());
  return StatementPtr(stmt);
}

StorageResult<void> Connection::run(sqlite3_stmt* stmt) const {
  int code = sqlite3_step(stmt);
  while (code == SQLITE_ROW) code = sqlite3_step(stmt);
  StorageResult<void> result;
  if (code != SQLITE_DONE) result = std::unexpected(error());
  sqlite3_reset(stmt);
  return result;
}

bool Connection::has_table(const char* name) const {
  return sqlite3_table_column_metadata(db_, "main", name, nullptr, nullptr, nullptr, nullptr,
                                       nullptr, nullptr) == SQLITE_OK;
}

StorageError Connection::error() const {
  const int extended = sqlite3_extended_errcode(db_);
  const int primary = extended & 0xff;
  if (primary == SQLITE_AUTH && refusal_) return {.text = refusal_};
  StorageError out{.text = sqlite3_errmsg(db_)};
  if (const int offset = sqlite3_error_offset(db_); offset >= 0)
    out.text += " at offset " + std::to_string(offset);
  out.text += ": ";
  out.text += code_name(primary);
  if (extended != primary) {
    out.text += " (extended: ";
    out.text += code_name(extended);
    out.text += ')';
  }
  return out;
}

int Connection::authorize(void* self, int action, const char* first, const char* second,
                          const char* database, const char*) {
  auto& connection = *static_cast<Connection*>(self);
  if (!connection.guest_ || connection.allowed(action, first, second, database)) return SQLITE_OK;
  return SQLITE_DENY;
}

bool Connection::allowed(int action, const char* first, const char* second, const char* database) {
  const std::string_view db = view(database);
  if (action == SQLITE_ALTER_TABLE)  // of database `first`; the new name stands in the last place
    return view(first) == "main" && name_allowed(view(second)) && name_allowed(db);
  if (!db.empty() && db != "main") {
    // ALTER TABLE looks for the table's triggers and views in the temporary schema, which is empty.
    const bool schema = view(first) == "sqlite_temp_master" || view(first) == "sqlite_temp_schema";
    return db == "temp" && schema && (action == SQLITE_READ || action == SQLITE_UPDATE);
  }
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
      return true;
    case SQLITE_READ:
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
    case SQLITE_ANALYZE:
    case SQLITE_REINDEX:
    case SQLITE_CREATE_TABLE:
    case SQLITE_CREATE_VIEW:
    case SQLITE_DROP_TABLE:
    case SQLITE_DROP_VIEW:
    case SQLITE_DROP_VTABLE:
      return name_allowed(view(first));
    case SQLITE_CREATE_INDEX:
    case SQLITE_CREATE_TRIGGER:
    case SQLITE_DROP_INDEX:
    case SQLITE_DROP_TRIGGER:
      return name_allowed(view(first)) && name_allowed(view(second));
    case SQLITE_CREATE_VTABLE:
      return name_allowed(view(first)) && table_module_allowed(view(second));
    case SQLITE_FUNCTION:
      return function_allowed(view(second));
    case SQLITE_PRAGMA:
      optimizes_ |= view(first) == "optimize";
      return pragma_allowed(view(first), second ? std::optional(view(second)) : std::nullopt);
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
      refusal_ = kTransactionRefusal;
      return false;
    default:  // ATTACH, DETACH, everything temporary, and what SQLite may add
      return false;
  }
}

size_t Connection::memory_bytes() const {
  size_t total = 0;
  for (int what : {SQLITE_DBSTATUS_CACHE_USED, SQLITE_DBSTATUS_SCHEMA_USED,
                   SQLITE_DBSTATUS_STMT_USED}) {
    int now = 0, high = 0;
    if (sqlite3_db_status(db_, what, &now, &high, 0) == SQLITE_OK)
      total += static_cast<size_t>(std::max(0, now));
  }
  constexpr size_t kConnectionBytes = 24 << 10;  // the handle, its function table and lookaside
  return total + kConnectionBytes;
}

}  // namespace offing::durable
