// `storage.sql.exec`: statements of a guest's text, one after the other
// (spec/durable-objects.md 2.5).
#include <sqlite3.h>

#include "storage/durable/object.h"

namespace offing::durable {
namespace {

constexpr const char* kNoStatement = "SQL code did not contain a statement.";
constexpr const char* kParametersNotLast =
    "When executing multiple SQL statements in a single call, only the last statement can have "
    "parameters.";
constexpr const char* kWrongCount = "Wrong number of parameter bindings for SQL query.";

std::unexpected<StorageError> plain(const char* text) {
  return std::unexpected(StorageError{.text = text});
}

bool space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

// Values are copied when the statement may still read them after `exec` has returned.
int bind(sqlite3_stmt* stmt, int index, const SqlValue& value, sqlite3_destructor_type lifetime) {
  if (const auto* integer = std::get_if<int64_t>(&value))
    return sqlite3_bind_int64(stmt, index, *integer);
  if (const auto* real = std::get_if<double>(&value))
    return sqlite3_bind_double(stmt, index, *real);
  if (const auto* text = std::get_if<std::string_view>(&value))
    return sqlite3_bind_text64(stmt, index, text->data() ? text->data() : "", text->size(),
                               lifetime, SQLITE_UTF8);
  if (const auto* blob = std::get_if<SqlBlob>(&value))
    return sqlite3_bind_blob64(stmt, index, blob->bytes.data() ? blob->bytes.data() : "",
                               blob->bytes.size(), lifetime);
  return sqlite3_bind_null(stmt, index);
}

}  // namespace

// Runs a statement that is not the last; its rows are dropped.
StorageResult<void> Object::run_to_end(CachedStatement* statement) {
  SqlRows rows(*connection_, statements_, cursors_, statement);
  rows.on_error = [this](StorageError& error) { error = failed(std::move(error)); };
  if (statement->writes)
    if (auto begun = begin_write(); !begun)
      return std::unexpected(failed(std::move(begun.error())));
  if (auto started = rows.start(); !started) return started;
  for (;;) {
    auto more = rows.next();
    if (!more) return std::unexpected(std::move(more.error()));
    if (!*more) break;
  }
  note_stray_commit();
  return {};
}

// The last statement of `query`, lent; those before it have run.
StorageResult<CachedStatement*> Object::prepare(std::string_view query,
                                                std::span<const SqlValue> bindings) {
  if (CachedStatement* cached = statements_.find(query)) return cached;
  for (std::string_view rest = query;;) {
    sqlite3_stmt* stmt = nullptr;
    const char* tail = nullptr;
    int code;
    auto made = std::make_unique<CachedStatement>();
    {
      Connection::GuestScope guest(*connection_);
      code = sqlite3_prepare_v3(connection_->db(), rest.data(), static_cast<int>(rest.size()),
                                SQLITE_PREPARE_PERSISTENT, &stmt, &tail);
    }
    made->stmt.reset(stmt);
    if (code != SQLITE_OK) return std::unexpected(failed(connection_->error()));
    if (!stmt) return plain(kNoStatement);
    made->writes = sqlite3_stmt_readonly(stmt) == 0 || connection_->optimizes();
    const bool whole = rest.data() == query.data();
    rest.remove_prefix(static_cast<size_t>(tail - rest.data()));
    while (!rest.empty() && space(rest.front())) rest.remove_prefix(1);
    if (rest.empty()) {
      if (whole) {
        made->text = query;
        return statements_.add(std::move(made));
      }
      made->lent = true;
      return made.release();  // not kept: ends with its cursor
    }
    if (sqlite3_bind_parameter_count(stmt) > 0) return plain(kParametersNotLast);
    made->lent = true;
    if (auto ran = run_to_end(made.release()); !ran) return std::unexpected(std::move(ran.error()));
  }
}

StorageResult<std::unique_ptr<SqlCursor>> Object::exec(std::string_view query,
                                                       std::span<const SqlValue> bindings) {
  if (auto can = ready(); !can) return std::unexpected(std::move(can.error()));
  if (query.data() == nullptr) query = "";
  auto statement = prepare(query, bindings);
  if (!statement) return std::unexpected(std::move(statement.error()));
  sqlite3_stmt* stmt = (*statement)->stmt.get();
  const bool writes = (*statement)->writes;
  // From here on the cursor gives the statement back, however this ends.
  auto rows = std::make_unique<SqlRows>(*connection_, statements_, cursors_, *statement);
  if (static_cast<size_t>(sqlite3_bind_parameter_count(stmt)) != bindings.size())
    return plain(kWrongCount);
  const auto lifetime = sqlite3_column_count(stmt) > 0 ? SQLITE_TRANSIENT : SQLITE_STATIC;
  for (size_t i = 0; i < bindings.size(); ++i)
    if (bind(stmt, static_cast<int>(i + 1), bindings[i], lifetime) != SQLITE_OK)
      return std::unexpected(failed(connection_->error()));
  if (writes)
    if (auto begun = begin_write(); !begun)
      return std::unexpected(failed(std::move(begun.error())));
  rows->on_error = [this](StorageError& error) { error = failed(std::move(error)); };
  if (auto started = rows->start(); !started) return std::unexpected(std::move(started.error()));
  note_stray_commit();
  return rows;
}

}  // namespace offing::durable
