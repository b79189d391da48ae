// A store as a whole: in a second one, in a directory, from a directory.
#include <cassert>
#include <unordered_map>
#include <utility>

#include "storage/r2/store.h"

namespace offing::r2 {

std::unique_ptr<Store> Store::copy(std::function<uint64_t()> random) const {
  assert(!is_durable() && !in_transaction_);
  std::unique_ptr<Store> made(new Store({"", options_.sync, std::move(random)}));
  made->blobs_ = blobs_;
  for (const auto& [id, bucket] : buckets_)
    made->buckets_.emplace_hint(made->buckets_.end(), id, std::make_unique<Bucket>(*bucket));
  made->bucket_ids_ = bucket_ids_;
  made->next_bucket_ = next_bucket_;
  made->next_number_ = next_number_;
  return made;
}

namespace {

constexpr size_t kPieceBytes = 256 * 1024;

// Carries blobs from one store's bytes to another's, each once.
class BlobCopies {
 public:
  explicit BlobCopies(BlobStore& to) : to_(to) {}

  // In the place of what is there.
  std::expected<void, std::string> replace(std::shared_ptr<Blob>& blob) {
    auto made = of(*blob);
    if (!made) return std::unexpected(made.error());
    blob = std::move(*made);
    return {};
  }

 private:
  std::expected<std::shared_ptr<Blob>, std::string> of(const Blob& from) {
    std::shared_ptr<Blob>& known = known_[&from];
    if (known) return known;
    auto writer = to_.writer();
    for (uint64_t at = 0; at < from.size_bytes();) {
      auto piece = from.read(at, kPieceBytes);
      if (!piece) return std::unexpected(piece.error());
      if (piece->empty())
        return std::unexpected("a body of " + std::to_string(from.size_bytes()) +
                               " bytes ends after " + std::to_string(at));
      if (auto done = writer->append(*piece); !done) return std::unexpected(done.error());
      at += piece->size();
    }
    auto made = writer->finish();
    if (made) known = *made;
    return made;
  }

  BlobStore& to_;
  std::unordered_map<const Blob*, std::shared_ptr<Blob>> known_;
};

}  // namespace

// One transaction. After an error `to` is not to be used.
std::expected<void, std::string> Store::put_all_into(Store& to) const {
  BlobCopies blobs(*to.blobs_);
  to.begin();
  for (const auto& [id, from] : buckets_) {
    auto bucket = std::make_unique<Bucket>(*from);
    to.save([&](Disk& disk) { return disk.save_bucket(*bucket); });
    for (auto& [key, object] : bucket->objects) {
      auto copy = std::make_shared<Object>(*object);
      for (std::shared_ptr<Blob>& blob : copy->body)
        if (auto done = blobs.replace(blob); !done) return done;
      to.save([&](Disk& disk) { return disk.save_object(id, key, *copy); });
      object = std::move(copy);
    }
    for (auto& [upload_id, upload] : bucket->uploads) {
      to.save([&](Disk& disk) { return disk.save_upload(id, upload); });
      for (auto& [number, part] : upload.parts) {
        if (auto done = blobs.replace(part.blob); !done) return done;
        to.save([&](Disk& disk) { return disk.save_part(id, upload_id, part); });
      }
    }
    to.bucket_ids_.emplace(bucket->settings.name, id);
    to.buckets_.emplace(id, std::move(bucket));
  }
  to.next_bucket_ = next_bucket_;
  to.next_number_ = next_number_;
  return to.commit();
}

std::expected<void, std::string> Store::dump(const std::string& state_directory) const {
  // Without a wait for the disk after each body.
  auto to = open({state_directory, false, options_.random});
  if (!to) return std::unexpected(to.error());
  return put_all_into(**to);
}

std::expected<std::unique_ptr<Store>, std::string> Store::load(const std::string& state_directory,
                                                               std::function<uint64_t()> random) {
  auto from = open({state_directory, false, random});
  if (!from) return std::unexpected(from.error());
  auto to = open({"", false, std::move(random)});
  if (!to) return to;
  if (auto done = (*from)->put_all_into(**to); !done) return std::unexpected(done.error());
  return to;
}

}  // namespace offing::r2
