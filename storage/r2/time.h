// Times as R2's documents and messages write them (RFC 3339).
#ifndef OFFING_STORAGE_R2_TIME_H_
#define OFFING_STORAGE_R2_TIME_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace offing::r2 {

// Milliseconds since the epoch of "2026-01-01T00:00:00Z", with any offset and any number of
// decimals; what lies between two milliseconds is the later one, so that `now < date` stays exact. A
// date without a time is none.
std::optional<int64_t> parse_rfc3339(std::string_view text);
// "2026-01-01T00:00:00.000Z"; of the years 0 to 9999, what lies beyond is cut there.
std::string rfc3339(int64_t ms);

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_TIME_H_
