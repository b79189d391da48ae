#include "runtime/modules/code_cache.h"

#include <functional>
#include <utility>

namespace offing {

constexpr uint64_t kBytesMax = 64u << 20;
constexpr uint32_t kTimesMax = 4;

CodeCache::Key CodeCache::key_of(const Module& module) {
  const Key key = std::hash<std::string_view>()(module.bytes) ^ std::hash<std::string_view>()(module.name);
  return key == 0 ? 1 : key;
}

const std::string* CodeCache::find(Key key) const {
  auto at = of_.find(key);
  return at == of_.end() || at->second.code.empty() ? nullptr : &at->second.code;
}

bool CodeCache::wants(Key key) const {
  auto at = of_.find(key);
  return bytes_ < kBytesMax && (at == of_.end() || at->second.times < kTimesMax);
}

void CodeCache::keep(Key key, std::string code) {
  One& one = of_[key];
  ++one.times;
  if (code.size() <= one.code.size()) return;
  bytes_ += code.size() - one.code.size();
  one.code = std::move(code);
}

void CodeCache::drop(Key key) {
  auto at = of_.find(key);
  if (at == of_.end()) return;
  bytes_ -= at->second.code.size();
  at->second.code.clear();
}

}  // namespace offing
