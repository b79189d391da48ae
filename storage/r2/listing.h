// One page of a bucket's keys (spec/r2.md 1.8), read from the ordered index at one instant.
#ifndef OFFING_STORAGE_R2_LISTING_H_
#define OFFING_STORAGE_R2_LISTING_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/r2/error.h"
#include "storage/r2/object.h"

namespace offing::r2 {

using ObjectIndex = std::map<std::string, ObjectRef, std::less<>>;   // by nfc_key

struct ListRequest {
  std::string prefix;
  std::string delimiter;           // may have several characters; "": none (L7)
  std::string start_after;         // exclusive
  std::string cursor;              // as a page before gave it
  size_t limit = 1000;             // objects and prefixes together (L2); 0 gives an empty page
  bool include_http = false;       // what the reply will hold: its size may end the page (L5)
  bool include_custom = false;
  size_t metadata_bytes_max = SIZE_MAX;   // of http and custom metadata in one page
};

struct ListPage {
  std::vector<ObjectRef> objects;
  std::vector<std::string> prefixes;   // each ends with the delimiter
  bool truncated = false;
  std::string cursor;                  // opaque; when truncated
  std::string last;                    // the last key or prefix of the page: S3's NextMarker
};

// Error: a cursor that no page gave (kInvalidRequest).
std::expected<ListPage, Error> list(const ObjectIndex& index, const ListRequest& request);

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_LISTING_H_
