#include "storage/kv/disk.h"

#include <cassert>

namespace offing::kv {
namespace {

constexpr int64_t kSchema = 1;
constexpr uint64_t kCommitsBetweenExpiry = 1024;
constexpr const char* kCreate =
    "CREATE TABLE namespace(name TEXT PRIMARY KEY, last_seq INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE entry(namespace TEXT NOT NULL, key BLOB NOT NULL, seq INTEGER NOT NULL,"
    "  metadata TEXT, expiration_s INTEGER NOT NULL, written_at_ms INTEGER NOT NULL,"
    "  value BLOB NOT NULL, UNIQUE(namespace, key));"
    "CREATE INDEX expiring ON entry(expiration_s) WHERE expiration_s > 0;"
    "PRAGMA user_version=1;";

}  // namespace

std::expected<std::unique_ptr<Disk>, std::string> Disk::open(const std::string& directory) {
  const std::string path = directory + "/kv.sqlite";
  auto db = Database::open(path);
  if (!db) return std::unexpected(db.error());
  auto version = (*db)->prepare("PRAGMA user_version");
  if (!version) return std::unexpected(path + " cannot be read: " + version.error());
  auto row = (*version)->step();
  if (!row) return std::unexpected(path + " cannot be read: " + row.error());
  const int64_t found = (*version)->integer(0);
  (*version)->reset();
  if (found > kSchema)
    return std::unexpected(path + " was written by a newer offing (schema " +
                           std::to_string(found) + ", this one knows " + std::to_string(kSchema) +
                           "); update offing or choose another state directory");
  std::unique_ptr<Disk> disk(new Disk(std::move(*db)));
  if (found == kSchema) return disk;
  SqlResult made = disk->db_->transaction([&disk] { return disk->db_->exec(kCreate); });
  if (!made) return std::unexpected(path + " cannot be set up: " + made.error());
  return disk;
}

SqlResult Disk::load(Store& store, int64_t now_ms) {
  auto spaces = db_->prepare("SELECT name, last_seq FROM namespace");
  if (!spaces) return std::unexpected(spaces.error());
  for (;;) {
    auto row = (*spaces)->step();
    if (!row) return std::unexpected("kv.sqlite is damaged: " + row.error());
    if (!*row) break;
    store.raise_seq(store.ns((*spaces)->bytes(0)), static_cast<uint64_t>((*spaces)->integer(1)));
  }
  (*spaces)->reset();
  auto all = db_->prepare(
      "SELECT namespace, key, seq, metadata, expiration_s, written_at_ms, value FROM entry "
      "WHERE expiration_s = 0 OR expiration_s * 1000 > ?1");
  if (!all) return std::unexpected("kv.sqlite is damaged: " + all.error());
  Statement& s = **all;
  s.bind(1, now_ms);
  for (;;) {
    auto row = s.step();
    if (!row) return std::unexpected("kv.sqlite is damaged: " + row.error());
    if (!*row) break;
    Write write;
    write.ns = store.ns(s.bytes(0));
    write.key = s.bytes(1);
    if (write.key.empty() || write.key.size() > kKeyBytesMax || s.integer(2) <= 0)
      return std::unexpected("kv.sqlite is damaged: a row has no valid key or version");
    if (!s.is_null(3)) write.metadata_json = std::string(s.bytes(3));
    write.expiration_s = s.integer(4);
    write.value = std::make_shared<const std::string>(s.bytes(6));
    store.load(std::move(write), static_cast<uint64_t>(s.integer(2)),
               std::min(s.integer(5), now_ms));
  }
  s.reset();
  return {};
}

SqlResult Disk::save(const Store& store, const Write& write, int64_t now_ms) {
  assert(write.seq > 0);
  const auto seq = static_cast<int64_t>(write.seq);
  auto space = db_->prepare("INSERT INTO namespace VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET "
                            "last_seq = max(last_seq, excluded.last_seq)");
  if (!space) return std::unexpected(space.error());
  const std::string& name = store.ns_name(write.ns);
  (*space)->bind_text(1, name).bind(2, seq);
  if (SqlResult r = (*space)->run(); !r) return r;
  if (!write.value) {
    auto gone = db_->prepare("DELETE FROM entry WHERE namespace = ?1 AND key = ?2");
    if (!gone) return std::unexpected(gone.error());
    return (*gone)->bind_text(1, name).bind_blob(2, write.key).run();
  }
  auto put = db_->prepare(
      "INSERT OR REPLACE INTO entry(namespace, key, seq, metadata, expiration_s, written_at_ms, "
      "value) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  if (!put) return std::unexpected(put.error());
  (*put)->bind_text(1, name).bind_blob(2, write.key).bind(3, seq);
  if (write.metadata_json) (*put)->bind_text(4, *write.metadata_json); else (*put)->bind_null(4);
  return (*put)->bind(5, write.expiration_s).bind(6, now_ms).bind_blob(7, *write.value).run();
}

SqlResult Disk::dump(const Store& store, int64_t now_ms) {
  return db_->transaction([&, this]() -> SqlResult {
    for (uint32_t ns = 0; ns < store.namespaces(); ++ns) {
      auto space = db_->prepare("INSERT INTO namespace VALUES(?1, ?2)");
      if (!space) return std::unexpected(space.error());
      (*space)->bind_text(1, store.ns_name(ns)).bind(2, static_cast<int64_t>(store.last_seq(ns)));
      if (SqlResult done = (*space)->run(); !done) return done;
      SqlResult saved;
      store.for_each_present(ns, now_ms, [&](std::string_view key, const Version& version) {
        if (!saved) return;
        saved = save(store, {.ns = ns, .key = std::string(key), .value = version.value,
                             .metadata_json = version.metadata_json,
                             .expiration_s = version.expiration_s, .seq = version.seq},
                     version.written_at_ms);
      });
      if (!saved) return saved;
    }
    return {};
  });
}

SqlResult Disk::commit(const Store& store, std::span<const Write* const> writes,
                       int64_t now_ms) {
  const bool expire = ++commits_ % kCommitsBetweenExpiry == 0;
  return db_->transaction([&, this]() -> SqlResult {
    for (const Write* write : writes)
      if (SqlResult r = save(store, *write, now_ms); !r) return r;
    if (!expire) return {};
    auto gone = db_->prepare("DELETE FROM entry WHERE expiration_s > 0 AND expiration_s <= ?1");
    if (!gone) return std::unexpected(gone.error());
    return (*gone)->bind(1, now_ms / 1000).run();
  });
}

}  // namespace offing::kv
