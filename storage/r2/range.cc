#include "storage/r2/range.h"

#include <algorithm>
#include <limits>

namespace offing::r2 {
namespace {

void skip_blanks(std::string_view& text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
}

// Digits from the front; what is beyond 64 bits is the largest number, beyond every object anyhow.
std::optional<uint64_t> take_number(std::string_view& text) {
  std::optional<uint64_t> number;
  for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1)) {
    uint64_t next = number.value_or(0);
    const uint64_t digit = static_cast<uint64_t>(text[0] - '0');
    if (__builtin_mul_overflow(next, uint64_t{10}, &next) ||
        __builtin_add_overflow(next, digit, &next))
      next = std::numeric_limits<uint64_t>::max();
    number = next;
  }
  return number;
}

bool take_unit(std::string_view& text) {
  constexpr std::string_view kUnit = "bytes";
  if (text.size() < kUnit.size()) return false;
  for (size_t i = 0; i < kUnit.size(); ++i)
    if ((text[i] | 32) != kUnit[i]) return false;
  text.remove_prefix(kUnit.size());
  skip_blanks(text);
  if (!text.starts_with('=')) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::expected<Range, Error> resolve(const RangeRequest& request, uint64_t size_bytes) {
  if (request.header) {
    const std::optional<RangeRequest> parsed = parse_range_header(*request.header);
    return parsed ? resolve(*parsed, size_bytes) : Range{0, size_bytes};   // R3
  }
  if (!request.any()) return Range{0, size_bytes};
  Range range;
  if (request.suffix) {   // with others it is a TypeError of the binding (R2); here it stands alone
    range.length = std::min(*request.suffix, size_bytes);
    range.offset = size_bytes - range.length;
  } else {
    range.offset = request.offset.value_or(0);
    if (range.offset > size_bytes) return std::unexpected(Error(Code::kInvalidRange));
    const uint64_t rest = size_bytes - range.offset;
    range.length = std::min(request.length.value_or(rest), rest);
  }
  if (range.length == 0) return std::unexpected(Error(Code::kInvalidRange));
  return range;
}

std::optional<RangeRequest> parse_range_header(std::string_view value) {
  skip_blanks(value);
  if (!take_unit(value)) return std::nullopt;
  skip_blanks(value);
  const std::optional<uint64_t> first = take_number(value);
  skip_blanks(value);
  if (!value.starts_with('-')) return std::nullopt;
  value.remove_prefix(1);
  skip_blanks(value);
  const std::optional<uint64_t> last = take_number(value);
  skip_blanks(value);
  if (!value.empty() || (!first && !last) || (first && last && *last < *first))
    return std::nullopt;
  RangeRequest request;
  if (!first) {
    request.suffix = last;
    return request;
  }
  request.offset = first;
  if (last) {
    const uint64_t span = *last - *first;
    request.length = span == std::numeric_limits<uint64_t>::max() ? span : span + 1;
  }
  return request;
}

}  // namespace offing::r2
