#include "storage/r2/disk.h"

#include <cassert>
#include <filesystem>

#include "storage/r2/disk_impl.h"
#include "storage/r2/disk_rows.h"

namespace offing::r2 {
namespace {

constexpr int64_t kSchema = 1;
constexpr const char* kCreate =
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE bucket(id INTEGER PRIMARY KEY, state BLOB NOT NULL);"
    "CREATE TABLE object(bucket INTEGER NOT NULL, key BLOB NOT NULL, state BLOB NOT NULL,"
    "  PRIMARY KEY(bucket, key)) WITHOUT ROWID;"
    "CREATE TABLE upload(bucket INTEGER NOT NULL, id BLOB NOT NULL, state BLOB NOT NULL,"
    "  PRIMARY KEY(bucket, id)) WITHOUT ROWID;"
    "CREATE TABLE part(bucket INTEGER NOT NULL, upload BLOB NOT NULL, number INTEGER NOT NULL,"
    "  state BLOB NOT NULL, PRIMARY KEY(bucket, upload, number)) WITHOUT ROWID;"
    "CREATE TABLE blob(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
    "PRAGMA user_version=1;";

// In the order of Sql. Keys are compared as bytes, as the buckets' maps do.
constexpr std::string_view kSql[] = {
    "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK",
    "INSERT OR REPLACE INTO bucket VALUES(?1, ?2)",
    "DELETE FROM bucket WHERE id = ?1",
    "DELETE FROM object WHERE bucket = ?1",
    "DELETE FROM upload WHERE bucket = ?1",
    "DELETE FROM part WHERE bucket = ?1",
    "INSERT OR REPLACE INTO object VALUES(?1, ?2, ?3)",
    "DELETE FROM object WHERE bucket = ?1 AND key = ?2",
    "INSERT OR REPLACE INTO upload VALUES(?1, ?2, ?3)",
    "DELETE FROM upload WHERE bucket = ?1 AND id = ?2",
    "INSERT OR REPLACE INTO part VALUES(?1, ?2, ?3, ?4)",
    "DELETE FROM part WHERE bucket = ?1 AND upload = ?2 AND number = ?3",
    "DELETE FROM part WHERE bucket = ?1 AND upload = ?2",
    "INSERT INTO blob VALUES(?1, ?2)",
    "DELETE FROM blob WHERE id = ?1",
    "SELECT bytes FROM blob WHERE id = ?1",
    "INSERT OR REPLACE INTO meta VALUES('next_number', ?1)",
    "SELECT value FROM meta WHERE name = 'next_number'",
    "SELECT id, state FROM bucket",
    "SELECT bucket, id, state FROM upload",
    "SELECT bucket, upload, number, state FROM part",
    "SELECT bucket, key, state FROM object",
    "SELECT id, length(bytes) FROM blob",
};
static_assert(std::size(kSql) == static_cast<size_t>(Sql::kCount));

std::expected<int64_t, std::string> schema_of(Database& db, const std::string& path) {
  auto version = db.prepare("PRAGMA user_version");
  if (!version) return std::unexpected(path + " cannot be read: " + version.error());
  const StatementUse use(**version);
  auto row = (*version)->step();
  if (!row) return std::unexpected(path + " cannot be read: " + row.error());
  return (*version)->integer(0);
}

// Bodies whose names are lost must not be taken for orphans.
bool has_bodies(const std::string& directory) {
  std::error_code code;
  for (std::filesystem::recursive_directory_iterator at(directory + "/blobs", code), end;
       !code && at != end; at.increment(code)) {
    if (at->is_regular_file(code)) return true;
  }
  return false;
}

SqlResult set_up(Database& db, const std::string& directory, const std::string& path) {
  if (has_bodies(directory))
    return std::unexpected(directory + "/blobs holds bodies of objects, but " + path +
                           ", which names them, is new or empty; put it back, remove " + directory +
                           ", or choose another state directory");
  SqlResult made = db.transaction([&db] { return db.exec(kCreate); });
  if (!made) return std::unexpected(path + " cannot be set up: " + made.error());
  return {};
}

}  // namespace

Disk::Disk(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Disk::~Disk() = default;

std::expected<std::unique_ptr<Disk>, std::string> Disk::open(const std::string& directory,
                                                             bool sync) {
  auto impl = std::make_unique<Impl>();
  impl->path = directory + "/r2.sqlite";
  auto db = Database::open(impl->path);
  if (!db) return std::unexpected(db.error());
  impl->db = std::move(*db);
  auto schema = schema_of(*impl->db, impl->path);
  if (!schema) return std::unexpected(schema.error());
  if (*schema > kSchema)
    return std::unexpected(impl->path + " was written by a newer offing (schema " +
                           std::to_string(*schema) + ", this one knows " +
                           std::to_string(kSchema) +
                           "); update offing or choose another state directory");
  if (!sync) {
    if (SqlResult set = impl->db->exec("PRAGMA synchronous=OFF"); !set)
      return std::unexpected(impl->path + " cannot be used: " + set.error());
  }
  if (*schema < kSchema) {
    if (SqlResult made = set_up(*impl->db, directory, impl->path); !made)
      return std::unexpected(made.error());
  }
  if (SqlResult prepared = impl->prepare_all(); !prepared) return std::unexpected(prepared.error());
  return std::unique_ptr<Disk>(new Disk(std::move(impl)));
}

SqlResult Disk::Impl::prepare_all() {
  for (size_t i = 0; i < statements.size(); ++i) {
    auto prepared = db->prepare(kSql[i]);
    if (!prepared)
      return std::unexpected(path + " is damaged: " + prepared.error() +
                             "; restore it or choose another state directory");
    statements[i] = *prepared;
  }
  fetch = [weak = std::weak_ptr<Database>(db), get = &statement(Sql::kGetBlob),
           path = path](uint64_t id) -> std::expected<std::string, std::string> {
    const std::shared_ptr<Database> open = weak.lock();
    if (!open) return std::unexpected(path + " was closed");
    const StatementUse use(*get);
    auto row = get->bind(1, static_cast<int64_t>(id)).step();
    if (!row) return std::unexpected(path + " cannot be read: " + row.error());
    if (!*row)
      return std::unexpected(path + " is damaged: table blob has no row " + std::to_string(id));
    return std::string(get->bytes(0));
  };
  return {};
}

SqlResult Disk::Impl::failed(const std::string& why) {
  failure = path + " cannot be written: " + why;
  if (why.find("full") != why.npos) failure += "; free space or choose another state directory";
  return std::unexpected(failure);
}

// ---- A turn

SqlResult Disk::begin() {
  assert(!impl_->is_begun && impl_->touched.empty() && impl_->failure.empty());
  impl_->kept_number_before = impl_->kept_number;
  return {};
}

SqlResult Disk::commit() {
  Impl& i = *impl_;
  if (!i.failure.empty()) return std::unexpected(i.failure);
  if (i.is_begun) {
    if (SqlResult done = i.statement(Sql::kCommit).run(); !done) return i.failed(done.error());
    i.is_begun = false;
  }
  for (Impl::Touched& touched : i.touched) {
    if (touched.blob->is_kept() && touched.blob->is_small())
      SmallBlob::of(*touched.blob).settle(i.fetch);
  }
  i.touched.clear();
  return {};
}

void Disk::rollback() {
  Impl& i = *impl_;
  if (i.db->is_in_transaction()) (void)i.statement(Sql::kRollback).run();
  i.is_begun = false;
  i.failure.clear();
  i.kept_number = i.kept_number_before;
  for (auto touched = i.touched.rbegin(); touched != i.touched.rend(); ++touched)
    touched->blob->set_kept(touched->was_kept);
  // Bytes that were to leave stay in SQLite; they need not be held any more.
  for (Impl::Touched& touched : i.touched) {
    if (touched.blob->is_kept() && touched.blob->is_small())
      SmallBlob::of(*touched.blob).settle(i.fetch);
  }
  i.touched.clear();
}

// ---- Blobs

SqlResult Disk::Impl::keep(Blob& blob) {
  KeptBlob& kept = KeptBlob::of(blob);
  if (kept.is_kept()) return {};
  if (kept.is_small() && kept.size_bytes() > 0) {
    const auto bytes = kept.whole();
    assert(bytes && bytes->size() == kept.size_bytes());
    SqlResult done = change(Sql::kPutBlob, [&](Statement& s) {
      s.bind(1, static_cast<int64_t>(kept.id())).bind_blob(2, *bytes);
    });
    if (!done) return done;
  }
  touched.push_back({kept.shared_from_this(), false});
  kept.set_kept(true);
  return {};
}

SqlResult Disk::drop_blob(const Blob& blob) {
  KeptBlob& kept = KeptBlob::of(blob);
  if (!kept.is_kept()) return {};
  if (kept.is_small() && kept.size_bytes() > 0) {
    // Who holds it may still want to read it.
    if (IoResult held = SmallBlob::of(kept).pin(); !held) return impl_->failed(held.error());
    SqlResult done = impl_->change(Sql::kDropBlob, [&](Statement& s) {
      s.bind(1, static_cast<int64_t>(kept.id()));
    });
    if (!done) return done;
  }
  impl_->touched.push_back({kept.shared_from_this(), true});
  kept.set_kept(false);
  return {};
}

// ---- Rows

SqlResult Disk::save_bucket(const Bucket& bucket) {
  pack_bucket(bucket, impl_->scratch);
  return impl_->change(Sql::kPutBucket, [&](Statement& s) {
    s.bind(1, bucket.id).bind_blob(2, impl_->scratch);
  });
}

SqlResult Disk::drop_bucket(uint32_t bucket) {
  for (const Sql which : {Sql::kDropBucket, Sql::kDropObjectsOfBucket, Sql::kDropUploadsOfBucket,
                          Sql::kDropPartsOfBucket}) {
    if (SqlResult done = impl_->change(which, [&](Statement& s) { s.bind(1, bucket); }); !done)
      return done;
  }
  return {};
}

SqlResult Disk::save_object(uint32_t bucket, std::string_view nfc_key, const Object& object) {
  uint64_t body_bytes = 0;
  for (const std::shared_ptr<Blob>& blob : object.body) {
    if (SqlResult kept = impl_->keep(*blob); !kept) return kept;
    body_bytes += blob->size_bytes();
  }
  assert(body_bytes == object.size_bytes);
  pack_object(object, impl_->scratch);
  return impl_->change(Sql::kPutObject, [&](Statement& s) {
    s.bind(1, bucket).bind_blob(2, nfc_key).bind_blob(3, impl_->scratch);
  });
}

SqlResult Disk::drop_object(uint32_t bucket, std::string_view nfc_key) {
  return impl_->change(Sql::kDropObject, [&](Statement& s) {
    s.bind(1, bucket).bind_blob(2, nfc_key);
  });
}

SqlResult Disk::save_upload(uint32_t bucket, const Upload& upload) {
  pack_upload(upload, impl_->scratch);
  return impl_->change(Sql::kPutUpload, [&](Statement& s) {
    s.bind(1, bucket).bind_blob(2, upload.id).bind_blob(3, impl_->scratch);
  });
}

SqlResult Disk::save_part(uint32_t bucket, std::string_view upload_id, const Part& part) {
  if (SqlResult kept = impl_->keep(*part.blob); !kept) return kept;
  pack_part(part, impl_->scratch);
  return impl_->change(Sql::kPutPart, [&](Statement& s) {
    s.bind(1, bucket).bind_blob(2, upload_id).bind(3, part.number).bind_blob(4, impl_->scratch);
  });
}

SqlResult Disk::drop_part(uint32_t bucket, std::string_view upload_id, uint32_t number) {
  return impl_->change(Sql::kDropPart, [&](Statement& s) {
    s.bind(1, bucket).bind_blob(2, upload_id).bind(3, number);
  });
}

SqlResult Disk::drop_upload(uint32_t bucket, std::string_view upload_id) {
  for (const Sql which : {Sql::kDropUpload, Sql::kDropPartsOfUpload}) {
    SqlResult done = impl_->change(which, [&](Statement& s) {
      s.bind(1, bucket).bind_blob(2, upload_id);
    });
    if (!done) return done;
  }
  return {};
}

SqlResult Disk::save_number(uint64_t next_number) {
  if (next_number <= impl_->kept_number) return {};
  const uint64_t kept = next_number + Impl::kNumberStep;
  SqlResult done = impl_->change(Sql::kPutMeta, [&](Statement& s) {
    s.bind(1, static_cast<int64_t>(kept));
  });
  if (done) impl_->kept_number = kept;
  return done;
}

}  // namespace offing::r2
