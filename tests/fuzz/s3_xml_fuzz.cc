// A client's XML body through every reader. What is read keeps its limits, and what is written from
// it reads as the same again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "emulator/s3/s3_xml.h"
#include "storage/r2/limits.h"

namespace {

using namespace offing;

void require(bool holds) {
  if (!holds) std::abort();
}

template <class T>
bool is_sound(const std::expected<T, s3::S3Error>& result) {
  if (!result) require(result.error().http_status >= 400 && !s3::error_xml(result.error()).empty());
  return result.has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view xml(reinterpret_cast<const char*>(data), size);
  if (const auto request = s3::parse_delete(xml); is_sound(request)) {
    require(!request->keys.empty() && request->keys.size() <= r2::kDeleteKeysMax);
    for (const std::string& key : request->keys) require(!key.empty());
  }
  if (const auto parts = s3::parse_complete(xml); is_sound(parts)) {
    require(!parts->empty());
    for (const auto& part : *parts) {
      require(part.number >= 1 && part.number <= r2::kPartNumberMax);
    }
  }
  (void)is_sound(s3::parse_create_bucket(xml));
  (void)is_sound(s3::parse_encryption(xml));
  (void)is_sound(s3::parse_versioning(xml));
  if (const auto rules = s3::parse_cors(xml); is_sound(rules)) {
    const std::string written = s3::cors_xml(*rules);
    const auto again = s3::parse_cors(written);
    require(again.has_value() && s3::cors_xml(*again) == written);
  }
  if (const auto rules = s3::parse_lifecycle(xml); is_sound(rules)) {
    const std::string written = s3::lifecycle_xml(*rules);
    const auto again = s3::parse_lifecycle(written);
    require(again.has_value() && s3::lifecycle_xml(*again) == written);
  }
  return 0;
}
