#include "emulator/invariants/versions.h"

#include <algorithm>

namespace offing::invariants {

void Versions::add(Acknowledged write) {
  // Writes made at several locations at once may be acknowledged in another order than they count.
  auto at =
      std::upper_bound(writes_.begin(), writes_.end(), write.version,
                       [](uint64_t version, const Acknowledged& w) { return version < w.version; });
  writes_.insert(at, std::move(write));
  if (writes_.size() > kWritesMax) writes_.pop_front();
}

uint64_t Versions::commit(std::string_view name) {
  if (numbers_.size() > kWritesMax * 4) numbers_.clear();
  return numbers_[std::string(name)] = next_number_++;
}

std::optional<uint64_t> Versions::number_of(std::string_view name) const {
  auto at = numbers_.find(std::string(name));
  if (at == numbers_.end()) return std::nullopt;
  return at->second;
}

const Acknowledged* Versions::first_after(uint64_t version) const {
  auto at = std::upper_bound(writes_.begin(), writes_.end(), version,
                             [](uint64_t v, const Acknowledged& w) { return v < w.version; });
  return at == writes_.end() ? nullptr : &*at;
}

const Acknowledged* Versions::between(uint64_t after, uint64_t before, uint64_t request) const {
  for (const Acknowledged& write : writes_) {
    if (write.version > after && write.version < before && write.moment.request != request)
      return &write;
  }
  return nullptr;
}

}  // namespace offing::invariants
