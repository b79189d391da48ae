// What an R2 object says about itself, and what a caller may ask of one: plain values that bindings,
// the S3 door, REST and the store share. Times are milliseconds since the epoch, sizes bytes, digests
// raw bytes. Strings are UTF-8 as they were given.
#ifndef OFFING_STORAGE_R2_VALUES_H_
#define OFFING_STORAGE_R2_VALUES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/digest/digest.h"

namespace offing::r2 {

enum class StorageClass : uint8_t { kStandard, kInfrequentAccess };

// The headers that an object is served with; absent when nobody gave them.
struct HttpMetadata {
  std::optional<std::string> content_type;
  std::optional<std::string> content_language;
  std::optional<std::string> content_disposition;
  std::optional<std::string> content_encoding;
  std::optional<std::string> cache_control;
  std::optional<int64_t> cache_expiry_ms;
  friend bool operator==(const HttpMetadata&, const HttpMetadata&) = default;
};

// Name and value, in the order given; a name stands once.
using CustomMetadata = std::vector<std::pair<std::string, std::string>>;

// A digest with its raw bytes.
struct Checksum {
  digest::Algorithm algorithm;
  std::string bytes;
  friend bool operator==(const Checksum&, const Checksum&) = default;
};

// S3's additional checksum of an object (spec/r2.md 5.2): of all its bytes, or of its parts' checksums.
enum class ChecksumType : uint8_t { kFullObject, kComposite };

struct EtagTag {
  enum class Kind : uint8_t { kStrong, kWeak, kWildcard };
  std::string value;   // unquoted; empty of a wildcard
  Kind kind = Kind::kStrong;
};

// spec/r2.md 1.4. An empty list of tags is a condition too: it matches nothing.
struct Conditional {
  std::optional<std::vector<EtagTag>> etag_matches;
  std::optional<std::vector<EtagTag>> etag_does_not_match;
  std::optional<int64_t> uploaded_before_ms;
  std::optional<int64_t> uploaded_after_ms;
  bool seconds_granularity = false;
};

// What was asked for (spec/r2.md 1.5). `suffix` stands alone. `header` is a raw Range header instead of
// all others; one that is malformed or names several ranges asks for everything (R3).
struct RangeRequest {
  std::optional<uint64_t> offset;
  std::optional<uint64_t> length;
  std::optional<uint64_t> suffix;
  std::optional<std::string> header;
  bool any() const { return offset || length || suffix || header; }
};

struct Range {
  uint64_t offset = 0;
  uint64_t length = 0;
};

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_VALUES_H_
