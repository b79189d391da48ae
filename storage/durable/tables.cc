#include "storage/durable/tables.h"

#include <sqlite3.h>

#include <string>

namespace offing::durable {
namespace {

constexpr const char* kCreateKv =
    "CREATE TABLE _cf_KV (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID";
constexpr const char* kCreateMetadata =
    "CREATE TABLE _cf_METADATA (key INTEGER PRIMARY KEY, value BLOB)";
constexpr int64_t kNsPerMs = 1'000'000;

constexpr const char* kSql[] = {
    "SELECT value FROM _cf_KV WHERE key = ?1",
    "INSERT INTO _cf_KV VALUES(?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value",
    "DELETE FROM _cf_KV WHERE key = ?1",
    "SELECT key, value FROM _cf_KV WHERE key >= ?1 ORDER BY key LIMIT ?3",
    "SELECT key, value FROM _cf_KV WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3",
    "SELECT key, value FROM _cf_KV WHERE key >= ?1 ORDER BY key DESC LIMIT ?3",
    "SELECT key, value FROM _cf_KV WHERE key >= ?1 AND key < ?2 ORDER BY key DESC LIMIT ?3",
    "SELECT value FROM _cf_METADATA WHERE key = 1",
    "INSERT INTO _cf_METADATA VALUES(1, ?1) ON CONFLICT DO UPDATE SET value = excluded.value",
    "PRAGMA page_count",
    "PRAGMA freelist_count",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT s",
    "RELEASE s",
    "ROLLBACK TO s",
};

void bind_key(sqlite3_stmt* stmt, int index, std::string_view key) {
  sqlite3_bind_text64(stmt, index, key.data() ? key.data() : "", key.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
}

// The least string above all that begin with `prefix`; nullopt when there is none.
std::optional<std::string> after_prefix(std::string prefix) {
  while (!prefix.empty() && static_cast<uint8_t>(prefix.back()) == 0xff) prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  prefix.back() = static_cast<char>(static_cast<uint8_t>(prefix.back()) + 1);
  return prefix;
}

}  // namespace

void Tables::settle() {
  if (open_read_) sqlite3_reset(std::exchange(open_read_, nullptr));
}

void Tables::forget() { kv_ = metadata_ = Known::kUnknown; }

bool Tables::has(Known& known, const char* name) {
  if (known == Known::kUnknown)
    known = connection_.has_table(name) ? Known::kThere : Known::kMissing;
  return known == Known::kThere;
}

StorageResult<void> Tables::create(Known& known, const char* name, const char* sql) {
  if (has(known, name)) return {};
  auto stmt = connection_.prepare(sql);
  if (!stmt) return std::unexpected(std::move(stmt.error()));
  auto done = connection_.run(stmt->get());
  if (done) known = Known::kThere;
  return done;
}

StorageResult<sqlite3_stmt*> Tables::statement(Slot slot) {
  static_assert(std::size(kSql) == kSlots);
  StatementPtr& stmt = statements_[slot];
  if (!stmt) {
    auto made = connection_.prepare(kSql[slot]);
    if (!made) return std::unexpected(std::move(made.error()));
    stmt = std::move(*made);
  }
  return stmt.get();
}

StorageResult<void> Tables::run(Word word) {
  auto stmt = statement(static_cast<Slot>(kWords + static_cast<uint8_t>(word)));
  if (!stmt) return std::unexpected(std::move(stmt.error()));
  return connection_.run(*stmt);
}

StorageResult<std::optional<std::string_view>> Tables::get(std::string_view key) {
  if (!has_kv()) return std::nullopt;
  auto stmt = statement(kGet);
  if (!stmt) return std::unexpected(std::move(stmt.error()));
  bind_key(*stmt, 1, key);
  const int code = sqlite3_step(*stmt);
  if (code == SQLITE_ROW) {
    open_read_ = *stmt;
    const auto* data = static_cast<const char*>(sqlite3_column_blob(*stmt, 0));
    return std::string_view(data ? data : "", static_cast<size_t>(sqlite3_column_bytes(*stmt, 0)));
  }
  StorageError error;
  if (code != SQLITE_DONE) error = connection_.error();
  sqlite3_reset(*stmt);
  if (code != SQLITE_DONE) return std::unexpected(std::move(error));
  return std::nullopt;
}

StorageResult<void> Tables::put(std::string_view key, std::string_view value) {
  if (auto made = create(kv_, "_cf_KV", kCreateKv); !made) return made;
  auto stmt = statement(kPut);
  if (!stmt) return std::unexpected(std::move(stmt.error()));
  bind_key(*stmt, 1, key);
  const int bound = sqlite3_bind_blob64(*stmt, 2, value.data() ? value.data() : "", value.size(),
                                        SQLITE_STATIC);
  if (bound != SQLITE_OK) return std::unexpected(connection_.error());
  auto done = connection_.run(*stmt);
  sqlite3_clear_bindings(*stmt);
  return done;
}

StorageResult<bool> Tables::remove(std::string_view key) {
  if (!has_kv()) return false;
  auto stmt = statement(kRemove);
  if (!stmt) return std::unexpected(std::move(stmt.error()));
  bind_key(*stmt, 1, key);
  if (auto done = connection_.run(*stmt); !done) return std::unexpected(std::move(done.error()));
  return sqlite3_changes(connection_.db()) > 0;
}

StorageResult<sqlite3_stmt*> Tables::list(const ListOptions& options) {
  if (!has_kv()) return nullptr;
  std::string from = options.start.value_or("");
  if (options.start_after) from = std::max(from, *options.start_after + '\0');
  std::optional<std::string> to = options.end;
  if (options.prefix && !options.prefix->empty()) {
    from = std::max(from, *options.prefix);
    if (auto above = after_prefix(*options.prefix)) to = to ? std::min(*to, *above) : *above;
  }
  if (to && *to <= from) return nullptr;
  const Slot slot = options.reverse ? (to ? kListDownTo : kListDown) : (to ? kListUpTo : kListUp);
  auto stmt = statement(slot);
  if (!stmt) return std::unexpected(std::move(stmt.error()));
  sqlite3_reset(*stmt);
  sqlite3_bind_text64(*stmt, 1, from.data(), from.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (to) sqlite3_bind_text64(*stmt, 2, to->data(), to->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  const uint64_t limit = options.limit.value_or(INT64_MAX);
  sqlite3_bind_int64(*stmt, 3, static_cast<int64_t>(std::min<uint64_t>(limit, INT64_MAX)));
  return *stmt;
}

StorageResult<std::optional<int64_t>> Tables::alarm_ms() {
  if (!has(metadata_, "_cf_METADATA")) return std::nullopt;
  auto stmt = statement(kAlarm);
  if (!stmt) return std::unexpected(std::move(stmt.error()));
  std::optional<int64_t> out;
  const int code = sqlite3_step(*stmt);
  if (code == SQLITE_ROW && sqlite3_column_type(*stmt, 0) != SQLITE_NULL)
    out = sqlite3_column_int64(*stmt, 0) / kNsPerMs;
  StorageError error;
  const bool failed = code != SQLITE_ROW && code != SQLITE_DONE;
  if (failed) error = connection_.error();
  sqlite3_reset(*stmt);
  if (failed) return std::unexpected(std::move(error));
  return out;
}

StorageResult<void> Tables::set_alarm(std::optional<int64_t> at_ms) {
  if (auto made = create(metadata_, "_cf_METADATA", kCreateMetadata); !made) return made;
  auto stmt = statement(kSetAlarm);
  if (!stmt) return std::unexpected(std::move(stmt.error()));
  if (at_ms) {
    const int64_t ms = std::min(*at_ms, INT64_MAX / kNsPerMs);
    sqlite3_bind_int64(*stmt, 1, ms * kNsPerMs);
  } else {
    sqlite3_bind_null(*stmt, 1);
  }
  return connection_.run(*stmt);
}

StorageResult<uint64_t> Tables::size_bytes() {
  int64_t numbers[2] = {0, 0};
  for (int i = 0; i < 2; ++i) {
    auto stmt = statement(static_cast<Slot>(kPages + i));
    if (!stmt) return std::unexpected(std::move(stmt.error()));
    const int code = sqlite3_step(*stmt);
    if (code == SQLITE_ROW) numbers[i] = sqlite3_column_int64(*stmt, 0);
    StorageError error;
    if (code != SQLITE_ROW) error = connection_.error();
    sqlite3_reset(*stmt);
    if (code != SQLITE_ROW) return std::unexpected(std::move(error));
  }
  return static_cast<uint64_t>(numbers[0] - numbers[1]) * kPageBytes;
}

}  // namespace offing::durable
