#include "storage/r2/blob_memory.h"

#include <algorithm>
#include <cassert>

#include "storage/r2/blob_arena.h"
#include "storage/r2/blob_writer.h"

namespace offing::r2 {
namespace {

struct Shared {
  Arena arena;
  uint64_t next_id = 1;
};
using SharedRef = std::shared_ptr<Shared>;

class StringBlob final : public Blob {
 public:
  StringBlob(uint64_t id, std::string bytes)
      : Blob(id, bytes.size()), bytes_(std::make_shared<const std::string>(std::move(bytes))) {}
  std::shared_ptr<const std::string> whole() const override { return bytes_; }
  std::expected<std::string, std::string> read(uint64_t offset, size_t length) const override {
    if (offset >= bytes_->size()) return std::string();
    return bytes_->substr(offset, length);
  }
  void let_go() override {}   // they go with the last holder anyway

 private:
  std::shared_ptr<const std::string> bytes_;
};

class ArenaBlob final : public Blob {
 public:
  ArenaBlob(uint64_t id, uint64_t size_bytes, SharedRef shared, Arena::Extents extents)
      : Blob(id, size_bytes), shared_(std::move(shared)), extents_(std::move(extents)) {}
  ~ArenaBlob() override { shared_->arena.release(extents_); }
  std::shared_ptr<const std::string> whole() const override { return nullptr; }
  std::expected<std::string, std::string> read(uint64_t offset, size_t length) const override {
    if (offset >= size_bytes()) return std::string();
    return shared_->arena.read(extents_, offset, std::min<uint64_t>(length, size_bytes() - offset));
  }
  void let_go() override {}

 private:
  SharedRef shared_;
  Arena::Extents extents_;
};

class MemoryWriter final : public BufferedBlobWriter {
 public:
  explicit MemoryWriter(SharedRef shared) : shared_(std::move(shared)) {}
  ~MemoryWriter() override { shared_->arena.release(extents_); }

 private:
  // What is reserved at once, so that blobs written side by side have few extents.
  static constexpr uint64_t kReservedMin = 1 << 20, kReservedMax = 64 << 20;

  IoResult move_out(uint64_t at, std::string_view first, std::string_view second) override {
    const uint64_t end = at + first.size() + second.size();
    const uint64_t room =
        extents_.empty() ? 0 : extents_.back().start + extents_.back().size_bytes;
    if (end > room)
      shared_->arena.grow(extents_,
                          std::max(end - room, std::clamp(at, kReservedMin, kReservedMax)));
    return shared_->arena.write(extents_, at, first, second);
  }
  std::shared_ptr<Blob> make_small(std::string bytes) override {
    return std::make_shared<StringBlob>(shared_->next_id++, std::move(bytes));
  }
  std::expected<std::shared_ptr<Blob>, std::string> make_large(uint64_t size_bytes) override {
    shared_->arena.trim(extents_, size_bytes);
    return std::make_shared<ArenaBlob>(shared_->next_id++, size_bytes, shared_,
                                       std::exchange(extents_, {}));
  }

  SharedRef shared_;
  Arena::Extents extents_;
};

class MemoryBlobs final : public BlobStore {
 public:
  std::unique_ptr<BlobWriter> writer() override { return std::make_unique<MemoryWriter>(shared_); }
  std::expected<std::shared_ptr<Blob>, std::string> known_file(uint64_t, uint64_t) override {
    assert(!"a store in memory knows nothing");
    return std::unexpected("a store in memory knows no files");
  }
  std::shared_ptr<Blob> known_small(uint64_t, uint64_t, const Fetch&) override {
    assert(!"a store in memory knows nothing");
    return nullptr;
  }
  void remove_orphans() override {}
  uint64_t stored_bytes() const override { return shared_->arena.reserved_bytes(); }

 private:
  SharedRef shared_ = std::make_shared<Shared>();
};

}  // namespace

std::unique_ptr<BlobStore> make_memory_blobs() { return std::make_unique<MemoryBlobs>(); }

}  // namespace offing::r2
