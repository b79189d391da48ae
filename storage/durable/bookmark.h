// A bookmark names the state of an object after one of its commits: `8hex-8hex-8hex-32hex` as on
// the platform (spec/durable-objects.md 2.7). The commit's number stands first, so that they sort
// by time; the last part is of the object, so that another object's bookmark is recognized.
#ifndef OFFING_STORAGE_DURABLE_BOOKMARK_H_
#define OFFING_STORAGE_DURABLE_BOOKMARK_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "storage/durable/error.h"

namespace offing::durable {

std::string bookmark_of(uint64_t number, std::string_view unique_key, std::string_view id);
// The commit's number; or what is wrong with the text.
StorageResult<uint64_t> parse_bookmark(std::string_view text, std::string_view unique_key,
                                       std::string_view id);
uint64_t name_hash(std::string_view unique_key, std::string_view id, uint64_t seed);

}  // namespace offing::durable

#endif  // OFFING_STORAGE_DURABLE_BOOKMARK_H_
