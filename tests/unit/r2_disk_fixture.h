// What the tests of R2's disk share: a directory, bytes that tell where they belong, and a store's
// way of using blobs and Disk in turns.
#ifndef OFFING_TESTS_UNIT_R2_DISK_FIXTURE_H_
#define OFFING_TESTS_UNIT_R2_DISK_FIXTURE_H_

#include <doctest/doctest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <filesystem>
#include <set>
#include <string>

#include "storage/r2/disk.h"

namespace offing::r2 {

class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "offing-r2-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~ScratchDirectory() { std::filesystem::remove_all(path_); }
  ScratchDirectory(const ScratchDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// No file may grow beyond `bytes` while it lives: the disk is full.
class FullDisk {
 public:
  explicit FullDisk(uint64_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit small{bytes, before_.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

// Different for each seed and at each place.
inline std::string pattern(uint64_t seed, size_t size_bytes) {
  std::string bytes(size_bytes, '\0');
  uint64_t x = seed * 0x9e3779b97f4a7c15ull + 1;
  for (char& byte : bytes) {
    x = x * 6364136223846793005ull + 1442695040888963407ull;
    byte = static_cast<char>(x >> 56);
  }
  return bytes;
}

// The names of the regular files below a directory.
inline std::set<std::string> files_in(const std::string& directory) {
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file())
      found.insert(std::filesystem::relative(entry.path(), directory).string());
  }
  return found;
}

inline std::shared_ptr<Blob> write_blob(BlobStore& blobs, std::string_view bytes,
                                        size_t piece_bytes = 100'000) {
  auto writer = blobs.writer();
  while (!bytes.empty()) {
    if (!writer->append(bytes.substr(0, piece_bytes))) return nullptr;
    bytes.remove_prefix(std::min(piece_bytes, bytes.size()));
  }
  return writer->finish().value_or(nullptr);
}

// Everything, in the pieces that a response is read in.
inline std::string read_blob(const Blob& blob, size_t piece_bytes = 256 * 1024) {
  std::string all;
  for (;;) {
    auto piece = blob.read(all.size(), piece_bytes);
    if (!piece) return "! " + piece.error();
    if (piece->empty()) return all;
    all += *piece;
  }
}

// A store reduced to what it does with a disk. "" is success, else the error.
struct DiskKit {
  std::unique_ptr<BlobStore> blobs;
  std::unique_ptr<Disk> disk;
  Buckets buckets;
  uint64_t next_number = 1;

  static std::expected<std::unique_ptr<DiskKit>, std::string> open(const std::string& directory,
                                                                   bool sync = false) {
    auto kit = std::make_unique<DiskKit>();
    auto blobs = BlobStore::open({directory, sync});
    if (!blobs) return std::unexpected(blobs.error());
    kit->blobs = std::move(*blobs);
    auto disk = Disk::open(directory, sync);
    if (!disk) return std::unexpected(disk.error());
    kit->disk = std::move(*disk);
    if (auto loaded = kit->disk->load(kit->buckets, *kit->blobs, kit->next_number); !loaded)
      return std::unexpected(loaded.error());
    return kit;
  }

  static std::string text_of(const SqlResult& result) { return result ? "" : result.error(); }

  Bucket& bucket(uint32_t id = 1) {
    auto& slot = buckets[id];
    if (!slot) {
      slot.reset(new Bucket);
      slot->id = id;
      slot->settings.name = "bucket-" + std::to_string(id);
    }
    return *slot;
  }
  std::string save_bucket(uint32_t id = 1) {
    REQUIRE(disk->begin());
    REQUIRE(disk->save_bucket(bucket(id)));
    return text_of(disk->commit());
  }

  // Part of a turn; the changes in memory are made at its end.
  using Turn = std::vector<std::pair<std::string, ObjectRef>>;   // null: removed
  std::string commit(const Turn& turn, uint32_t bucket_id = 1) {
    ObjectIndex& index = bucket(bucket_id).objects;
    std::string error = text_of(disk->begin());
    std::vector<std::shared_ptr<Blob>> gone;
    auto note = [&](const SqlResult& result) {
      if (error.empty()) error = text_of(result);
    };
    for (const auto& [key, object] : turn) {
      if (auto before = index.find(key); before != index.end()) {
        for (const auto& blob : before->second->body) {
          note(disk->drop_blob(*blob));
          gone.push_back(blob);
        }
      }
      note(object ? disk->save_object(bucket_id, key, *object) : disk->drop_object(bucket_id, key));
    }
    note(disk->save_number(++next_number));
    note(disk->commit());
    if (!error.empty()) {
      disk->rollback();
      return error;
    }
    for (const auto& [key, object] : turn) {
      if (object) index[key] = object;
      else index.erase(key);
    }
    for (const auto& blob : gone) blob->let_go();
    return "";
  }

  // Null when the bytes could not be written.
  ObjectRef object(std::string key, std::string_view bytes) {
    auto blob = write_blob(*blobs, bytes);
    if (!blob) return nullptr;
    auto object = std::make_shared<Object>();
    object->key = std::move(key);
    object->size_bytes = bytes.size();
    object->body = {std::move(blob)};
    return object;
  }
  std::string put(const std::string& key, std::string_view bytes, uint32_t bucket_id = 1) {
    auto made = object(key, bytes);
    return made ? commit({{key, made}}, bucket_id) : "not written";
  }
  std::string remove(const std::string& key) { return commit({{key, nullptr}}); }
  std::string get(const std::string& key, uint32_t bucket_id = 1) {
    const ObjectIndex& index = bucket(bucket_id).objects;
    const auto found = index.find(key);
    if (found == index.end()) return "<absent>";
    std::string all;
    for (const auto& blob : found->second->body) all += read_blob(*blob);
    return all;
  }
};

}  // namespace offing::r2

#endif  // OFFING_TESTS_UNIT_R2_DISK_FIXTURE_H_
