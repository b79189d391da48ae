// Reading everything back. Each table is read once, in the order of its keys; whatever a row names
// must be there, with the size it names, and whatever nothing names is removed. A difference that a
// crash cannot have made is damage, and the error says where it is.
#include <cassert>
#include <unordered_map>

#include "storage/r2/disk_impl.h"
#include "storage/r2/disk_rows.h"

namespace offing::r2 {
namespace {

// The whole of the state that is being put together.
class Loader {
 public:
  Loader(std::string path, BlobStore::Fetch fetch, Buckets& buckets, BlobStore& blobs)
      : path_(std::move(path)), fetch_(std::move(fetch)), buckets_(buckets), blobs_(blobs) {}

  SqlResult bucket(Statement& row);
  SqlResult upload(Statement& row);
  SqlResult part(Statement& row);
  SqlResult object(Statement& row);
  SqlResult blob(Statement& row);
  SqlResult end() const;   // after all blobs

  const std::vector<int64_t>& orphans() const { return orphans_; }
  SqlResult damaged(const std::string& what) const {
    return std::unexpected(path_ + " is damaged: " + what +
                           "; restore it or choose another state directory");
  }

 private:
  Bucket* bucket_of(const Statement& row);
  SqlResult bad_row(const char* table, const Statement& row, std::string_view name);

  std::string path_;
  BlobStore::Fetch fetch_;
  Buckets& buckets_;
  BlobStore& blobs_;
  Bucket* last_bucket_ = nullptr;
  struct Known {
    std::shared_ptr<Blob> blob;
    bool was_seen = false;   // its row
  };
  std::unordered_map<uint64_t, Known> known_;
  std::vector<int64_t> orphans_;
  std::string blob_error_;
  const Resolve resolve_ = [this](uint64_t id, uint64_t size_bytes) -> std::shared_ptr<Blob> {
    auto [at, is_new] = known_.try_emplace(id);
    Known& known = at->second;
    if (is_new && size_bytes <= kInMemoryMax) {
      known.blob = blobs_.known_small(id, size_bytes, fetch_);
    } else if (is_new) {
      auto file = blobs_.known_file(id, size_bytes);
      if (file) known.blob = std::move(*file);
      else blob_error_ = file.error();
    }
    if (known.blob && known.blob->size_bytes() != size_bytes) return nullptr;
    return known.blob;
  };
};

Bucket* Loader::bucket_of(const Statement& row) {
  const int64_t id = row.integer(0);
  if (last_bucket_ && last_bucket_->id == id) return last_bucket_;
  const auto found = id < 0 || id > UINT32_MAX ? buckets_.end()
                                               : buckets_.find(static_cast<uint32_t>(id));
  last_bucket_ = found == buckets_.end() ? nullptr : found->second.get();
  return last_bucket_;
}

SqlResult Loader::bad_row(const char* table, const Statement& row, std::string_view name) {
  if (!blob_error_.empty())
    return std::unexpected(blob_error_ + " (table " + table + ", \"" + std::string(name) + "\")");
  return damaged(std::string("table ") + table + " has a row that cannot be read (bucket " +
                 std::to_string(row.integer(0)) + ", \"" + std::string(name) + "\")");
}

SqlResult Loader::bucket(Statement& row) {
  const int64_t id = row.integer(0);
  auto bucket = id < 0 || id > UINT32_MAX
                    ? nullptr : unpack_bucket(row.bytes(1), static_cast<uint32_t>(id));
  if (!bucket) return bad_row("bucket", row, std::to_string(id));
  const uint32_t number = bucket->id;
  buckets_.emplace(number, std::move(bucket));
  return {};
}

SqlResult Loader::upload(Statement& row) {
  Bucket* bucket = bucket_of(row);
  auto upload = unpack_upload(row.bytes(2));
  if (!bucket || !upload) return bad_row("upload", row, row.bytes(1));
  upload->id = row.bytes(1);
  std::string id = upload->id;
  bucket->uploads.emplace_hint(bucket->uploads.end(), std::move(id), std::move(*upload));
  return {};
}

SqlResult Loader::part(Statement& row) {
  Bucket* bucket = bucket_of(row);
  auto part = unpack_part(row.bytes(3), resolve_);
  if (!bucket || !part) return bad_row("part", row, row.bytes(1));
  auto upload = bucket->uploads.find(row.bytes(1));
  if (upload == bucket->uploads.end() || row.integer(2) <= 0 || row.integer(2) > UINT32_MAX)
    return bad_row("part", row, row.bytes(1));
  part->number = static_cast<uint32_t>(row.integer(2));
  upload->second.parts.emplace_hint(upload->second.parts.end(), part->number, std::move(*part));
  return {};
}

SqlResult Loader::object(Statement& row) {
  Bucket* bucket = bucket_of(row);
  auto object = unpack_object(row.bytes(2), resolve_);
  if (!bucket || !object) return bad_row("object", row, row.bytes(1));
  bucket->objects.emplace_hint(bucket->objects.end(), row.bytes(1), std::move(object));
  return {};
}

SqlResult Loader::blob(Statement& row) {
  auto known = known_.find(static_cast<uint64_t>(row.integer(0)));
  if (known == known_.end()) {
    orphans_.push_back(row.integer(0));
    return {};
  }
  if (known->second.blob->size_bytes() != static_cast<uint64_t>(row.integer(1)))
    return damaged("row " + std::to_string(row.integer(0)) + " of table blob has " +
                   std::to_string(row.integer(1)) + " bytes instead of " +
                   std::to_string(known->second.blob->size_bytes()));
  known->second.was_seen = true;
  return {};
}

SqlResult Loader::end() const {
  for (const auto& [id, known] : known_) {
    const uint64_t size_bytes = known.blob->size_bytes();
    if (size_bytes > 0 && size_bytes <= kInMemoryMax && !known.was_seen)
      return damaged("table blob has no row " + std::to_string(id));
  }
  return {};
}

}  // namespace

SqlResult Disk::load(Buckets& buckets, BlobStore& blobs, uint64_t& next_number) {
  assert(buckets.empty() && !impl_->is_begun);
  Loader loader(impl_->path, impl_->fetch, buckets, blobs);
  struct Table {
    Sql select;
    SqlResult (Loader::*read)(Statement&);
  };
  constexpr Table kTables[] = {{Sql::kBuckets, &Loader::bucket}, {Sql::kUploads, &Loader::upload},
                               {Sql::kParts, &Loader::part},     {Sql::kObjects, &Loader::object},
                               {Sql::kBlobs, &Loader::blob}};
  for (const Table& table : kTables) {
    Statement& rows = impl_->statement(table.select);
    const StatementUse use(rows);
    for (;;) {
      auto row = rows.step();
      if (!row) return loader.damaged(row.error());
      if (!*row) break;
      if (SqlResult read = (loader.*table.read)(rows); !read) return read;
    }
  }
  if (SqlResult whole = loader.end(); !whole) return whole;
  {
    Statement& number = impl_->statement(Sql::kGetMeta);
    const StatementUse use(number);
    auto row = number.step();
    if (!row) return loader.damaged(row.error());
    if (*row) next_number = impl_->kept_number = static_cast<uint64_t>(number.integer(0));
  }
  for (const int64_t id : loader.orphans()) {
    if (SqlResult gone = impl_->change(Sql::kDropBlob, [&](Statement& s) { s.bind(1, id); }); !gone)
      return gone;
  }
  if (SqlResult done = commit(); !done) return done;
  blobs.remove_orphans();
  return {};
}

}  // namespace offing::r2
