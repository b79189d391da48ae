// Bytes of objects: written once, read by whoever holds them, gone with the last holder.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/unit/r2_disk_fixture.h"

using namespace offing::r2;

namespace {

constexpr size_t kLarge = 300'000;

std::unique_ptr<BlobStore> open_store(const std::string& directory, bool sync = false) {
  auto store = BlobStore::open({directory, sync});
  REQUIRE_MESSAGE(store.has_value(), store.error());
  (*store)->remove_orphans();
  return std::move(*store);
}

// Bytes on disk of unlinked files in the temporary directory that this process has open.
uint64_t unlinked_bytes_on_disk() {
  uint64_t found = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code code;
    const std::string target = std::filesystem::read_symlink(entry.path(), code).string();
    struct stat is;
    if (!target.starts_with(std::filesystem::temp_directory_path().string()) ||
        !target.ends_with("(deleted)") || stat(entry.path().c_str(), &is) != 0)
      continue;
    found += static_cast<uint64_t>(is.st_blocks) * 512;
  }
  return found;
}

size_t open_descriptors() {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    (void)entry;
    ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("spec/r2.md C7 bytes are read as they were written, of every size, in every piece") {
  ScratchDirectory directory;
  for (const std::string& path : {std::string(), directory.path()}) {
    auto store = open_store(path);
    uint64_t last_id = 0;
    for (const size_t size : {size_t{0}, size_t{1}, size_t{kInMemoryMax}, size_t{kInMemoryMax + 1},
                              size_t{5'000'000}}) {
      CAPTURE(path);
      CAPTURE(size);
      const std::string bytes = pattern(size, size);
      for (const size_t piece : {size_t{999}, size_t{65'536}, size_t{6'000'000}}) {
        auto blob = write_blob(*store, bytes, piece);
        REQUIRE(blob);
        CHECK(blob->id() > last_id);
        last_id = blob->id();
        CHECK(blob->size_bytes() == size);
        CHECK((blob->whole() == nullptr) == (size > kInMemoryMax));
        if (blob->whole()) CHECK(*blob->whole() == bytes);
        CHECK(read_blob(*blob) == bytes);
        CHECK(*blob->read(size / 2, 10) == bytes.substr(size / 2, 10));
        CHECK(blob->read(size, 1)->empty());
        CHECK(blob->read(size + 5, 1)->empty());
      }
    }
    CHECK(store->stored_bytes() == 0);
  }
}

TEST_CASE("spec/r2.md C7 a reader sees its version after it was let go; then its file goes") {
  ScratchDirectory directory;
  auto store = open_store(directory.path());
  const std::string bytes = pattern(1, kLarge);
  auto blob = write_blob(*store, bytes);
  const std::string name = "blobs/00/0000000000000001";
  CHECK(files_in(directory.path()) == std::set<std::string>{"lock", name});
  CHECK(store->stored_bytes() == kLarge);
  std::shared_ptr<Blob> reader = blob;
  blob->let_go();
  blob.reset();
  CHECK(read_blob(*reader) == bytes);
  CHECK(files_in(directory.path()).contains(name));
  reader.reset();
  CHECK(files_in(directory.path()) == std::set<std::string>{"lock"});
  CHECK(store->stored_bytes() == 0);
}

TEST_CASE("spec/r2.md V4 bytes that are never finished leave nothing") {
  ScratchDirectory directory;
  auto store = open_store(directory.path());
  auto writer = store->writer();
  CHECK(writer->append(pattern(1, kLarge)));
  CHECK(files_in(directory.path() + "/incoming").size() == 1);
  writer.reset();
  CHECK(files_in(directory.path()) == std::set<std::string>{"lock"});

  auto memory = open_store("");
  writer = memory->writer();
  CHECK(writer->append(pattern(1, kLarge)));
  CHECK(memory->stored_bytes() > 0);
  CHECK(unlinked_bytes_on_disk() > 0);
  writer.reset();
  CHECK(memory->stored_bytes() == 0);
  CHECK(unlinked_bytes_on_disk() == 0);
}

TEST_CASE("spec/r2.md V4 bytes that were finished and then refused leave nothing") {
  ScratchDirectory directory;
  auto store = open_store(directory.path());
  CHECK(write_blob(*store, pattern(1, kLarge)));
  CHECK(files_in(directory.path()) == std::set<std::string>{"lock"});
}

TEST_CASE("without a state directory blobs written side by side share one file without a name") {
  auto store = open_store("");
  std::unique_ptr<BlobWriter> writers[3];
  std::string bytes[3];
  for (auto& writer : writers) writer = store->writer();
  for (int i = 0; i < 60; ++i) {
    const std::string piece = pattern(static_cast<uint64_t>(i), 90'000 + 1'000 * (i % 7));
    bytes[i % 3] += piece;
    REQUIRE(writers[i % 3]->append(piece));
  }
  std::shared_ptr<Blob> blobs[3];
  for (int i = 0; i < 3; ++i) blobs[i] = writers[i]->finish().value();
  for (auto& writer : writers) writer.reset();
  for (int i = 0; i < 3; ++i) CHECK(read_blob(*blobs[i], 50'001) == bytes[i]);

  const uint64_t all = unlinked_bytes_on_disk();
  CHECK(all >= bytes[0].size() + bytes[1].size() + bytes[2].size());
  blobs[1].reset();   // in the middle: its space is given back, the others' bytes stay
  CHECK(unlinked_bytes_on_disk() <= all - bytes[1].size());
  CHECK(read_blob(*blobs[0]) == bytes[0]);
  CHECK(read_blob(*blobs[2]) == bytes[2]);
  blobs[0].reset();
  blobs[2].reset();
  CHECK(unlinked_bytes_on_disk() == 0);
  auto again = write_blob(*store, bytes[0]);
  CHECK(read_blob(*again) == bytes[0]);
}

TEST_CASE("a full disk is an error that names the file; the writer is spent, others are not") {
  ScratchDirectory directory;
  for (const std::string& path : {directory.path(), std::string()}) {
    auto store = open_store(path);
    auto former = write_blob(*store, pattern(1, kLarge));
    auto writer = store->writer();
    std::expected<void, std::string> failed;
    {
      const FullDisk full(1'000'000);
      for (int i = 0; i < 30 && failed; ++i) failed = writer->append(pattern(2, 100'000));
    }
    const std::string file = path.empty() ? "the temporary file in " +
                                                std::filesystem::temp_directory_path().string()
                                          : path + "/incoming/0000000000000002";
    REQUIRE_FALSE(failed);
    CHECK(failed.error() == file + " cannot be written: File too large");
    CHECK(writer->append("more").error() == failed.error());
    CHECK(writer->finish().error() == failed.error());
    writer.reset();
    CHECK(read_blob(*former) == pattern(1, kLarge));
    auto next = write_blob(*store, pattern(3, 2 * kLarge));
    CHECK(read_blob(*next) == pattern(3, 2 * kLarge));
    if (!path.empty()) CHECK(files_in(path + "/incoming").empty());
  }
}

TEST_CASE("many files are read through few descriptors") {
  ScratchDirectory directory;
  auto store = open_store(directory.path());
  std::vector<std::shared_ptr<Blob>> blobs;
  for (uint64_t i = 0; i < 150; ++i) blobs.push_back(write_blob(*store, pattern(i, 70'000)));
  const size_t before = open_descriptors();
  for (int round = 0; round < 2; ++round) {
    for (uint64_t i = 0; i < blobs.size(); ++i)
      CHECK(*blobs[i]->read(60'000, 4) == pattern(i, 70'000).substr(60'000, 4));
  }
  CHECK(open_descriptors() <= before + 64);
  blobs.clear();
  CHECK(open_descriptors() <= before);
}

TEST_CASE("what metadata does not name is removed; what the store did not write is left") {
  ScratchDirectory directory;
  {
    auto store = open_store(directory.path());
    auto kept = write_blob(*store, pattern(1, kLarge));
    // As a kill leaves things.
    for (const char* name : {"/blobs/00/00000000000000f1", "/incoming/0000000000000007"})
      std::filesystem::copy_file(directory.path() + "/blobs/00/0000000000000001",
                                 directory.path() + name);
    std::filesystem::copy_file(directory.path() + "/blobs/00/0000000000000001",
                               directory.path() + "/keep");
  }
  std::filesystem::rename(directory.path() + "/keep",
                          directory.path() + "/blobs/00/0000000000000001");
  std::ofstream(directory.path() + "/blobs/00/notes.txt") << "mine";
  std::filesystem::create_directory(directory.path() + "/blobs/01");
  std::filesystem::copy_file(directory.path() + "/blobs/00/0000000000000001",
                             directory.path() + "/blobs/01/0000000000000001");
  {
    auto store = BlobStore::open({directory.path(), true}).value();
    CHECK(files_in(directory.path() + "/incoming").empty());
    auto known = store->known_file(1, kLarge);
    REQUIRE(known);
    CHECK(read_blob(**known) == pattern(1, kLarge));
    store->remove_orphans();
    CHECK(files_in(directory.path()) ==
          std::set<std::string>{"lock", "blobs/00/0000000000000001", "blobs/00/notes.txt"});
    CHECK(store->stored_bytes() == kLarge);
    CHECK(write_blob(*store, "x")->id() == 2);
  }
  CHECK(files_in(directory.path()).contains("blobs/00/0000000000000001"));
}

TEST_CASE("a state directory has one process; its lock goes with the last that may remove a file") {
  ScratchDirectory directory;
  const std::string in_use = directory.path() +
      " is in use by another process; stop that one or choose another state directory";
  auto store = open_store(directory.path());
  CHECK(BlobStore::open({directory.path(), true}).error() == in_use);
  auto blob = write_blob(*store, pattern(1, kLarge));
  store.reset();
  CHECK(BlobStore::open({directory.path(), true}).error() == in_use);
  blob.reset();
  CHECK(BlobStore::open({directory.path(), true}));
  const auto nowhere = BlobStore::open({directory.path() + "/no/where", true});
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error() ==
        directory.path() + "/no/where cannot be made: No such file or directory");
}

TEST_CASE("a body of many windows is written and read in pieces") {
  ScratchDirectory directory;
  for (const std::string& path : {std::string(), directory.path()}) {
    auto store = open_store(path, true);
    auto writer = store->writer();
    const std::string piece = pattern(9, 256 * 1024);
    for (int i = 0; i < 160; ++i) REQUIRE(writer->append(piece));   // 40 MiB
    auto blob = writer->finish().value();
    writer.reset();
    CHECK(blob->size_bytes() == 160 * piece.size());
    int differing = 0;
    for (uint64_t i = 0; i < 160; ++i)
      differing += blob->read(i * piece.size(), piece.size()).value() != piece;
    CHECK(differing == 0);
  }
}
