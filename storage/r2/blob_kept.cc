#include "storage/r2/blob_kept.h"

#include <cassert>

namespace offing::r2 {

SmallBlob::SmallBlob(uint64_t id, std::shared_ptr<SmallBytes> all, std::string bytes)
    : KeptBlob(id, bytes.size()), all_(std::move(all)),
      bytes_(std::make_shared<const std::string>(std::move(bytes))) {
  assert(is_small());
}

SmallBlob::SmallBlob(uint64_t id, std::shared_ptr<SmallBytes> all, uint64_t size_bytes)
    : KeptBlob(id, size_bytes), all_(std::move(all)) {
  assert(is_small());
  if (size_bytes == 0) bytes_ = std::make_shared<const std::string>();
  set_kept(true);
}

SmallBlob::~SmallBlob() { unlist(); }

void SmallBlob::unlist() const {
  if (!is_listed_) return;
  is_listed_ = false;
  all_->used_.erase(place_);
  all_->held_bytes_ -= size_bytes();
}

void SmallBlob::hold_for_now() const {
  if (size_bytes() == 0) return;
  assert(bytes_ && !is_listed_);
  place_ = all_->used_.insert(all_->used_.begin(), this);
  is_listed_ = true;
  all_->held_bytes_ += size_bytes();
  while (all_->held_bytes_ > SmallBytes::kBytesMax) {
    const SmallBlob* last = all_->used_.back();
    last->unlist();
    last->bytes_ = nullptr;
  }
}

std::expected<std::shared_ptr<const std::string>, std::string> SmallBlob::bytes() const {
  if (bytes_) {
    if (is_listed_) all_->used_.splice(all_->used_.begin(), all_->used_, place_);
    return bytes_;
  }
  assert(all_->fetch);
  auto fetched = all_->fetch(id());
  if (!fetched) return std::unexpected(fetched.error());
  if (fetched->size() != size_bytes())
    return std::unexpected("the state directory is damaged: blob " + std::to_string(id()) +
                           " has " + std::to_string(fetched->size()) + " bytes instead of " +
                           std::to_string(size_bytes()));
  bytes_ = std::make_shared<const std::string>(std::move(*fetched));
  auto held = bytes_;
  hold_for_now();
  return held;
}

std::shared_ptr<const std::string> SmallBlob::whole() const {
  return bytes().value_or(nullptr);   // `read` tells why
}

std::expected<std::string, std::string> SmallBlob::read(uint64_t offset, size_t length) const {
  auto all = bytes();
  if (!all) return std::unexpected(all.error());
  if (offset >= size_bytes()) return std::string();
  return (*all)->substr(offset, length);
}

IoResult SmallBlob::pin() {
  if (auto all = bytes(); !all) return std::unexpected(all.error());
  unlist();
  return {};
}

void SmallBlob::settle(const BlobStore::Fetch& fetch) {
  if (!all_->fetch) all_->fetch = fetch;
  assert(bytes_);
  if (!is_listed_) hold_for_now();
}

}  // namespace offing::r2
