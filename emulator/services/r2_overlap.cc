#include "emulator/services/r2_overlap.h"

#include <algorithm>
#include <cassert>

namespace offing {

std::string R2Overlap::name_of(uint32_t bucket, const std::string& nfc_key) {
  std::string name(reinterpret_cast<const char*>(&bucket), sizeof bucket);
  name += nfc_key;
  return name;
}

bool R2Overlap::begin(uint32_t bucket, const std::string& nfc_key, int64_t now_ms) {
  if (!enabled_) return true;
  if (keys_.size() >= forget_at_) forget_old(now_ms);
  State& key = keys_[name_of(bucket, nfc_key)];
  if (key.writers > 0) {
    key.strict_until_ms = now_ms + window_ms_;
    return false;
  }
  if (now_ms < key.strict_until_ms) return false;
  key.strict_until_ms = 0;
  ++key.writers;
  return true;
}

void R2Overlap::end(uint32_t bucket, const std::string& nfc_key, int64_t now_ms) {
  if (!enabled_) return;
  auto found = keys_.find(name_of(bucket, nfc_key));
  assert(found != keys_.end() && found->second.writers > 0);
  State& key = found->second;
  --key.writers;
  if (key.strict_until_ms > 0) key.strict_until_ms = now_ms + window_ms_;
  if (key.writers == 0 && key.strict_until_ms <= now_ms) keys_.erase(found);
}

void R2Overlap::forget_old(int64_t now_ms) {
  std::erase_if(keys_, [now_ms](const auto& entry) {
    return entry.second.writers == 0 && entry.second.strict_until_ms <= now_ms;
  });
  forget_at_ = std::max<size_t>(1024, keys_.size() * 2);
}

}  // namespace offing
