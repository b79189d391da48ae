// Conditional headers and ranges.
#include <charconv>
#include <limits>

#include "emulator/s3/s3_headers.h"
#include "emulator/s3/s3_uri.h"
#include "storage/r2/conditional.h"

namespace offing::s3 {
namespace {

// "" is nothing; digits too many are the largest number.
std::optional<uint64_t> digits(std::string_view text) {
  uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size()) return std::nullopt;
  if (code == std::errc::result_out_of_range) return std::numeric_limits<uint64_t>::max();
  return code == std::errc() ? std::optional(value) : std::nullopt;
}

// SDKs send what a client gave them, often an etag without quotes.
std::expected<std::vector<r2::EtagTag>, S3Error> etags(const std::string& name,
                                                       std::string_view value) {
  auto tags = r2::parse_etag_header(name, value);
  if (tags) return *tags;
  if (!value.empty() && value.find_first_of("\", \t*") == value.npos) {
    return std::vector{r2::EtagTag{std::string(value), r2::EtagTag::Kind::kStrong}};
  }
  return std::unexpected(invalid_argument(std::move(tags.error())));
}

std::unexpected<S3Error> malformed_range() {  // R2's text ends like this
  return std::unexpected(invalid_argument(
      "range must be in format 'bytes=start-end', 'bytes=start-' or 'bytes=-suffix'.'"));
}

uint64_t length_of(uint64_t first, uint64_t last) {
  const uint64_t length = last - first;
  return length == std::numeric_limits<uint64_t>::max() ? length : length + 1;
}

}  // namespace

std::expected<std::optional<r2::Conditional>, S3Error> conditional(const HeaderList& headers,
                                                                   std::string_view prefix) {
  const auto name = [prefix](std::string_view rest) { return std::string(prefix).append(rest); };
  const auto match = headers.get(name("match")), none_match = headers.get(name("none-match"));
  const auto since = headers.get(name("modified-since"));
  const auto not_since = headers.get(name("unmodified-since"));
  if (!match && !none_match && !since && !not_since) return std::nullopt;
  r2::Conditional condition;
  condition.seconds_granularity = true;
  if (match) {
    auto tags = etags(name("match"), *match);
    if (!tags) return std::unexpected(std::move(tags.error()));
    condition.etag_matches = std::move(*tags);
  }
  if (none_match) {
    auto tags = etags(name("none-match"), *none_match);
    if (!tags) return std::unexpected(std::move(tags.error()));
    condition.etag_does_not_match = std::move(*tags);
  }
  if (since) condition.uploaded_after_ms = parse_http_date(*since);
  if (not_since) condition.uploaded_before_ms = parse_http_date(*not_since);
  const bool says_something = condition.etag_matches || condition.etag_does_not_match ||
                              condition.uploaded_after_ms || condition.uploaded_before_ms;
  if (!says_something) return std::nullopt;
  return condition;
}

uint16_t failed_condition_status(const r2::Conditional& condition, const r2::Object& object) {
  r2::Conditional first;
  first.etag_matches = condition.etag_matches;
  first.uploaded_before_ms = condition.uploaded_before_ms;
  first.seconds_granularity = condition.seconds_granularity;
  return r2::holds(first, &object) ? 304 : 412;
}

std::expected<r2::RangeRequest, S3Error> range(const HeaderList& headers) {
  r2::RangeRequest request;
  const auto header = headers.get("range");
  if (!header) return request;
  if (!header->starts_with("bytes=")) return malformed_range();
  const std::string_view spec = header->substr(6);
  const size_t dash = spec.find('-');
  if (dash == spec.npos || spec.size() == 1) return malformed_range();
  const std::string_view first_text = spec.substr(0, dash), last_text = spec.substr(dash + 1);
  const auto first = digits(first_text), last = digits(last_text);
  if ((!first && !first_text.empty()) || (!last && !last_text.empty())) return malformed_range();
  if (!first) {
    request.suffix = last;
    return request;
  }
  request.offset = first;
  if (!last) return request;
  if (*last < *first) return std::unexpected(invalid_argument("range must be positive."));
  request.length = length_of(*first, *last);
  return request;
}

std::expected<r2::RangeRequest, S3Error> copy_source_range(const HeaderList& headers) {
  r2::RangeRequest request;
  const auto header = headers.get("x-amz-copy-source-range");
  if (!header) return request;
  const std::string_view spec =
      header->starts_with("bytes=") ? header->substr(6) : std::string_view();
  const size_t dash = spec.find('-');
  const auto first = digits(spec.substr(0, dash));
  const auto last = dash == spec.npos ? std::nullopt : digits(spec.substr(dash + 1));
  if (!first || !last) {
    return std::unexpected(
        invalid_argument("Invalid x-amz-copy-source-range: " + std::string(*header)));
  }
  if (*last < *first) {
    return std::unexpected(invalid_argument("x-amz-copy-source-range must be positive."));
  }
  request.offset = first;
  request.length = length_of(*first, *last);
  return request;
}

}  // namespace offing::s3
