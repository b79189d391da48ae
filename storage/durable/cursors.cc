#include "storage/durable/cursors.h"

#include <sqlite3.h>

#include <cassert>

namespace offing::durable {
namespace {

// Of our copy of SQLite: storage/sqlite/count_rows.py.
constexpr int kRowsRead = 9;
constexpr int kRowsWritten = 10;

constexpr std::string_view kNewerList =
    "kv.list() iterator was invalidated because a new call to kv.list() was started. Only one "
    "kv.list() iterator can exist at a time.";

std::string_view bytes_of(sqlite3_stmt* stmt, int column) {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(stmt, column));
  return {data ? data : "", static_cast<size_t>(sqlite3_column_bytes(stmt, column))};
}
std::string_view text_of(sqlite3_stmt* stmt, int column) {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(stmt, column));
  return {data ? data : "", static_cast<size_t>(sqlite3_column_bytes(stmt, column))};
}

}  // namespace

// ---- StatementCache

CachedStatement* StatementCache::find(std::string_view text) {
  const auto it = by_text_.find(text);
  if (it == by_text_.end() || (*it->second)->lent) return nullptr;
  used_.splice(used_.begin(), used_, it->second);
  (*it->second)->lent = true;
  return it->second->get();
}

CachedStatement* StatementCache::add(std::unique_ptr<CachedStatement> made) {
  CachedStatement* out = made.get();
  out->lent = true;
  out->kept = !by_text_.contains(out->text) && out->text.size() <= kTextBytesMax;
  if (!out->kept) return made.release();
  text_bytes_ += out->text.size();
  used_.push_front(std::move(made));
  by_text_.emplace(out->text, used_.begin());
  evict();
  return out;
}

void StatementCache::evict() {
  for (auto it = used_.end(); text_bytes_ > kTextBytesMax && it != used_.begin();) {
    --it;
    if ((*it)->lent) continue;
    text_bytes_ -= (*it)->text.size();
    by_text_.erase((*it)->text);
    it = used_.erase(it);
  }
}

void StatementCache::give_back(CachedStatement* statement) {
  assert(statement->lent);
  statement->lent = false;
  if (!statement->kept) {
    delete statement;
    return;
  }
  sqlite3_reset(statement->stmt.get());
  sqlite3_clear_bindings(statement->stmt.get());
  evict();
}

void StatementCache::clear() {
  for (const auto& statement : used_) assert(!statement->lent);
  by_text_.clear();
  used_.clear();
  text_bytes_ = 0;
}

// ---- CursorList

void CursorList::set(KvRows* rows) {
  if (kv_) kv_->cancel(kNewerList);
  kv_ = rows;
}

void CursorList::cancel(std::string_view text) {
  for (SqlRows* rows : sql_) rows->cancel(text);
  sql_.clear();
  if (kv_) kv_->cancel(text);
  kv_ = nullptr;
}

StorageResult<void> CursorList::drain_writers() {
  for (SqlRows* rows : sql_)
    if (rows->writing())
      if (auto drained = rows->drain(); !drained) return drained;
  return {};
}

// ---- SqlRows

SqlRows::SqlRows(Connection& connection, StatementCache& cache, CursorList& list,
                 CachedStatement* statement)
    : connection_(&connection), cache_(cache), list_(&list), statement_(statement) {
  list_->add(this);
}

SqlRows::~SqlRows() {
  if (statement_) end();
  leave();
}

void SqlRows::leave() {
  if (list_) std::exchange(list_, nullptr)->remove(this);
}

StorageResult<void> SqlRows::start() {
  sqlite3_stmt* stmt = statement_->stmt.get();
  sqlite3_stmt_status(stmt, kRowsRead, 1);
  sqlite3_stmt_status(stmt, kRowsWritten, 1);
  auto stepped = step();
  // A step may have prepared the statement anew, for a changed schema.
  const int columns = statement_ ? sqlite3_column_count(stmt) : 0;
  const int prepared = statement_ ? sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_REPREPARE, 0) : 0;
  if (statement_ && columns > 0 && statement_->names_prepared != prepared) {
    auto names = std::make_shared<std::vector<std::string>>();
    for (int i = 0; i < columns; ++i) names->emplace_back(sqlite3_column_name(stmt, i));
    statement_->names = std::move(names);
    statement_->names_prepared = prepared;
  }
  if (statement_ && columns > 0) names_ = statement_->names;
  if (statement_ && done_) {
    end();
    leave();
  }
  return stepped;
}

StorageResult<void> SqlRows::step() {
  int code;
  {
    Connection::GuestScope guest(*connection_);
    code = sqlite3_step(statement_->stmt.get());
  }
  if (code == SQLITE_ROW) return {};
  done_ = true;
  if (code == SQLITE_DONE) return {};
  StorageError error = connection_->error();
  if (on_error) on_error(error);
  return std::unexpected(std::move(error));
}

void SqlRows::end() {
  read_ = rows_read();
  written_ = rows_written();
  cache_.give_back(std::exchange(statement_, nullptr));
}

StorageResult<bool> SqlRows::next() {
  if (!cancelled_.empty()) return std::unexpected(StorageError{.text = cancelled_});
  if (from_memory_) {
    if (drained_at_ >= drained_.size()) {
      drained_.clear();
      drained_at_ = 0;
      return false;
    }
    ++drained_at_;
    return true;
  }
  if (!statement_) return false;
  StorageResult<void> stepped;
  if (!std::exchange(first_, false)) stepped = step();
  if (statement_ && done_) {
    end();
    leave();
  }
  if (!stepped) return std::unexpected(std::move(stepped.error()));
  return statement_ != nullptr;
}

SqlValue SqlRows::column(int column) const {
  sqlite3_stmt* stmt = statement_->stmt.get();
  switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_INTEGER: return int64_t{sqlite3_column_int64(stmt, column)};
    case SQLITE_FLOAT: return sqlite3_column_double(stmt, column);
    case SQLITE_TEXT: return text_of(stmt, column);
    case SQLITE_BLOB: return SqlBlob{bytes_of(stmt, column)};
    default: return SqlNull{};
  }
}

SqlValue SqlRows::value(size_t index) const {
  if (!from_memory_) {
    assert(statement_ && !first_);
    return column(static_cast<int>(index));
  }
  const OwnedValue& value = drained_[drained_at_ - 1][index];
  switch (value.type) {
    case SQLITE_INTEGER: return value.integer;
    case SQLITE_FLOAT: return value.real;
    case SQLITE_TEXT: return std::string_view(value.bytes);
    case SQLITE_BLOB: return SqlBlob{value.bytes};
    default: return SqlNull{};
  }
}

StorageResult<void> SqlRows::drain() {
  const bool given = !first_;
  StorageResult<void> stepped;
  while (!done_ && stepped) {
    std::vector<OwnedValue> row;
    const int columns = sqlite3_column_count(statement_->stmt.get());
    for (int i = 0; i < columns; ++i) {
      const SqlValue value = column(i);
      OwnedValue& out = row.emplace_back();
      out.type = sqlite3_column_type(statement_->stmt.get(), i);
      if (const auto* integer = std::get_if<int64_t>(&value)) out.integer = *integer;
      if (const auto* real = std::get_if<double>(&value)) out.real = *real;
      if (const auto* text = std::get_if<std::string_view>(&value)) out.bytes = *text;
      if (const auto* blob = std::get_if<SqlBlob>(&value)) out.bytes = blob->bytes;
    }
    drained_.push_back(std::move(row));
    stepped = step();
  }
  from_memory_ = true;
  drained_at_ = given ? 1 : 0;
  if (statement_) end();
  return stepped;
}

uint64_t SqlRows::rows_read() const {
  if (!statement_) return read_;
  return static_cast<uint32_t>(sqlite3_stmt_status(statement_->stmt.get(), kRowsRead, 0));
}
uint64_t SqlRows::rows_written() const {
  if (!statement_) return written_;
  return static_cast<uint32_t>(sqlite3_stmt_status(statement_->stmt.get(), kRowsWritten, 0));
}

void SqlRows::cancel(std::string_view text) {
  cancelled_ = text;
  list_ = nullptr;
  drained_.clear();
  if (statement_) end();
}

// ---- KvRows

KvRows::~KvRows() { end(); }

void KvRows::end() {
  if (stmt_) sqlite3_reset(std::exchange(stmt_, nullptr));
  if (list_) std::exchange(list_, nullptr)->remove(this);
}

StorageResult<std::optional<std::pair<std::string_view, std::string_view>>> KvRows::next() {
  if (!cancelled_.empty()) return std::unexpected(StorageError{.text = cancelled_});
  if (!stmt_) return std::nullopt;
  const int code = sqlite3_step(stmt_);
  if (code == SQLITE_ROW) return std::pair(text_of(stmt_, 0), bytes_of(stmt_, 1));
  StorageError error;
  if (code != SQLITE_DONE) error = connection_->error();
  end();
  if (code == SQLITE_DONE) return std::nullopt;
  if (on_error) on_error(error);
  return std::unexpected(std::move(error));
}

void KvRows::cancel(std::string_view text) {
  cancelled_ = text;
  list_ = nullptr;
  end();
}

}  // namespace offing::durable
