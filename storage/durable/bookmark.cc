#include "storage/durable/bookmark.h"

#include <charconv>
#include <cstdio>

namespace offing::durable {
namespace {

constexpr size_t kBytes = 8 + 1 + 8 + 1 + 8 + 1 + 32;

bool shaped(std::string_view text) {
  if (text.size() != kBytes) return false;
  for (size_t i = 0; i < kBytes; ++i) {
    const bool dash = i == 8 || i == 17 || i == 26;
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

}  // namespace

uint64_t name_hash(std::string_view unique_key, std::string_view id, uint64_t seed) {
  uint64_t hash = 0xcbf29ce484222325 ^ (seed * 0x9e3779b97f4a7c15);
  auto add = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
    hash = (hash ^ 0x100) * 0x100000001b3;
  };
  add(unique_key);
  add(id);
  return (hash ^ (hash >> 32)) * 0xd6e8feb86659fd93;
}

std::string bookmark_of(uint64_t number, std::string_view unique_key, std::string_view id) {
  char out[kBytes + 1];
  std::snprintf(out, sizeof out, "%08x-%08x-%08x-%016llx%016llx",
                static_cast<unsigned>(number >> 32), static_cast<unsigned>(number), 0U,
                static_cast<unsigned long long>(name_hash(unique_key, id, 1)),
                static_cast<unsigned long long>(name_hash(unique_key, id, 2)));
  return out;
}

StorageResult<uint64_t> parse_bookmark(std::string_view text, std::string_view unique_key,
                                       std::string_view id) {
  auto refuse = [text](const char* why) {
    return std::unexpected(StorageError{
        .text = "The bookmark \"" + std::string(text.substr(0, 80)) + "\" " + why +
                "; take one from getCurrentBookmark() or getBookmarkForTime() of this object."});
  };
  if (!shaped(text)) return refuse("does not have the form of a bookmark");
  unsigned high = 0, low = 0;
  std::from_chars(text.data(), text.data() + 8, high, 16);
  std::from_chars(text.data() + 9, text.data() + 17, low, 16);
  const uint64_t number = uint64_t{high} << 32 | low;
  if (bookmark_of(number, unique_key, id) != text) return refuse("is of another object");
  return number;
}

}  // namespace offing::durable
