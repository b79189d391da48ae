// What a range asks of an object of a certain size (spec/r2.md R3-R5).
#ifndef OFFING_STORAGE_R2_RANGE_H_
#define OFFING_STORAGE_R2_RANGE_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "storage/r2/error.h"
#include "storage/r2/values.h"

namespace offing::r2 {

// The bytes to give; everything when nothing was asked for. Error: kInvalidRange (R4).
std::expected<Range, Error> resolve(const RangeRequest& request, uint64_t size_bytes);

// "bytes=0-9", "bytes=5-", "bytes=-3": one range; nullopt when malformed or several.
std::optional<RangeRequest> parse_range_header(std::string_view value);

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_RANGE_H_
