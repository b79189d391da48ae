// The store of a state directory, and the choice between the two stores.
#include <fcntl.h>

#include <cassert>

#include "storage/r2/blob_files.h"
#include "storage/r2/blob_memory.h"
#include "storage/r2/blob_writer.h"

namespace offing::r2 {
namespace {

struct Shared {
  std::shared_ptr<BlobFiles> files;
  std::shared_ptr<SmallBytes> small;
};

class StateWriter final : public BufferedBlobWriter {
 public:
  explicit StateWriter(Shared shared) : shared_(std::move(shared)) {}
  ~StateWriter() override {
    if (file_) shared_.files->remove_incoming(id_);
  }

 private:
  // Bytes that start on their way to the disk together, so that the last sync finds little to do.
  // The kernel holds two such windows of a file, no more.
  static constexpr uint64_t kWindowBytes = 16 << 20;

  IoResult move_out(uint64_t at, std::string_view first, std::string_view second) override {
    if (!file_) {
      id_ = shared_.files->new_id();
      auto made = shared_.files->open_incoming(id_);
      if (!made) return std::unexpected(made.error());
      file_ = std::move(*made);
      path_ = shared_.files->incoming_path(id_);
    }
    if (auto done = write_at(file_.get(), at, first, second, path_); !done) return done;
    const uint64_t end = at + first.size() + second.size();
    if (shared_.files->syncs() && end - started_ >= kWindowBytes) start_window(end);
    return {};
  }

  // Errors of these are the last sync's to find.
  void start_window(uint64_t end) {
    const auto started = static_cast<off_t>(started_), window = static_cast<off_t>(end - started_);
    (void)sync_file_range(file_.get(), started, window, SYNC_FILE_RANGE_WRITE);
    (void)sync_file_range(file_.get(), 0, started,
                          SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                              SYNC_FILE_RANGE_WAIT_AFTER);
    started_ = end;
  }

  std::shared_ptr<Blob> make_small(std::string bytes) override {
    return std::make_shared<SmallBlob>(shared_.files->new_id(), shared_.small, std::move(bytes));
  }
  std::expected<std::shared_ptr<Blob>, std::string> make_large(uint64_t size_bytes) override {
    if (auto done = shared_.files->publish(id_, file_, size_bytes); !done)
      return std::unexpected(done.error());
    file_ = Descriptor();
    return std::make_shared<FileBlob>(id_, size_bytes, shared_.files);
  }

  Shared shared_;
  uint64_t id_ = 0;
  uint64_t started_ = 0;   // the end of the windows that are on their way
  Descriptor file_;        // while it is incoming
  std::string path_;
};

class StateBlobs final : public BlobStore {
 public:
  explicit StateBlobs(std::shared_ptr<BlobFiles> files)
      : shared_{std::move(files), std::make_shared<SmallBytes>()} {}

  std::unique_ptr<BlobWriter> writer() override {
    assert(is_loaded_);
    return std::make_unique<StateWriter>(shared_);
  }
  std::expected<std::shared_ptr<Blob>, std::string> known_file(uint64_t id,
                                                               uint64_t size_bytes) override {
    assert(!is_loaded_ && size_bytes > kInMemoryMax);
    if (auto there = shared_.files->check(id, size_bytes); !there)
      return std::unexpected(there.error());
    known_files_.insert(id);
    auto blob = std::make_shared<FileBlob>(id, size_bytes, shared_.files);
    blob->set_kept(true);
    return blob;
  }
  // All are fetched in the same way: the first one's.
  std::shared_ptr<Blob> known_small(uint64_t id, uint64_t size_bytes,
                                    const Fetch& fetch) override {
    assert(!is_loaded_);
    if (!shared_.small->fetch) shared_.small->fetch = fetch;
    shared_.files->raise_id(id);
    return std::make_shared<SmallBlob>(id, shared_.small, size_bytes);
  }
  void remove_orphans() override {
    shared_.files->remove_all_but(std::exchange(known_files_, {}));
    is_loaded_ = true;
  }
  uint64_t stored_bytes() const override { return shared_.files->stored_bytes(); }

 private:
  Shared shared_;
  std::unordered_set<uint64_t> known_files_;   // until the orphans are gone
  bool is_loaded_ = false;   // an id must not be given out while files of that name may be orphans
};

}  // namespace

std::expected<std::unique_ptr<BlobStore>, std::string> open_state_blobs(
    const BlobStore::Options& options) {
  auto files = BlobFiles::open(options.state_directory, options.sync);
  if (!files) return std::unexpected(files.error());
  return std::make_unique<StateBlobs>(std::move(*files));
}

std::expected<std::unique_ptr<BlobStore>, std::string> BlobStore::open(Options options) {
  if (options.state_directory.empty()) return make_memory_blobs();
  return open_state_blobs(options);
}

}  // namespace offing::r2
