#include "storage/r2/conditional.h"

#include <algorithm>

namespace offing::r2 {
namespace {

// K7; times before the epoch, too, are moved back to a whole second.
int64_t in_granularity(int64_t ms, bool seconds) {
  if (!seconds) return ms;
  return ms - (ms % 1000 + 1000) % 1000;
}

// K6: a weak listed tag is never a match, yet it hits where tags must not match.
bool is_listed(const std::vector<EtagTag>& tags, std::string_view etag, bool weak_counts) {
  return std::ranges::any_of(tags, [etag, weak_counts](const EtagTag& tag) {
    switch (tag.kind) {
      case EtagTag::Kind::kWildcard: return true;
      case EtagTag::Kind::kStrong: return tag.value == etag;
      case EtagTag::Kind::kWeak: return weak_counts && tag.value == etag;
    }
    return false;
  });
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// K4's text for what stands where a comma should; empty: nothing that begins a tag.
std::string missing_comma(char c) {
  const std::string lead = "Comma was expected to separate etags. Encountered a ";
  switch (c) {
    case '*': return lead + "wildcard character '*' instead.";
    case 'W':
      return lead + "weak quotation character 'W' instead. "
                    "This would otherwise indicate the start of a new weak etag.";
    case '"':
      return lead + "double quote character '\"' instead. "
                    "This would otherwise indicate the start of a new strong etag.";
    default: return {};
  }
}

}  // namespace

bool holds(const Conditional& condition, const Object* object) {
  if (!object) return !condition.etag_matches && !condition.uploaded_after_ms;   // K5
  const bool match =
      !condition.etag_matches || is_listed(*condition.etag_matches, object->etag, false);
  const bool none_match = !condition.etag_does_not_match ||
                          !is_listed(*condition.etag_does_not_match, object->etag, true);
  if (!match || !none_match) return false;
  const bool seconds = condition.seconds_granularity;
  const int64_t uploaded = in_granularity(object->uploaded_ms, seconds);
  // A tag that was asked for, and held, stands above a date.
  const bool after = !condition.uploaded_after_ms || condition.etag_does_not_match.has_value() ||
                     in_granularity(*condition.uploaded_after_ms, seconds) < uploaded;
  const bool before = !condition.uploaded_before_ms || condition.etag_matches.has_value() ||
                      uploaded < in_granularity(*condition.uploaded_before_ms, seconds);
  return after && before;
}

std::expected<std::vector<EtagTag>, std::string> parse_etag_header(std::string_view name,
                                                                   std::string_view value) {
  std::vector<EtagTag> tags;
  bool comma_needed = false;
  while (!value.empty()) {
    const char c = value[0];
    if (is_blank(c) || c == ',') {
      comma_needed = comma_needed && c != ',';
      value.remove_prefix(1);
      continue;
    }
    if (comma_needed) {
      if (std::string wrong = missing_comma(c); !wrong.empty())
        return std::unexpected(std::move(wrong));
    }
    if (c == '*') {
      tags.assign(1, EtagTag{{}, EtagTag::Kind::kWildcard});
      break;
    }
    const bool is_weak = c == 'W';
    if (!is_weak && c != '"') break;
    if (is_weak && !value.starts_with("W/\""))
      return std::unexpected("Weak etags must start with W/ and their value must be quoted");
    value.remove_prefix(is_weak ? 3 : 1);
    const size_t end = value.find('"');
    if (end == value.npos) return std::unexpected("Unclosed double quote for Etag");
    tags.push_back({std::string(value.substr(0, end)),
                    is_weak ? EtagTag::Kind::kWeak : EtagTag::Kind::kStrong});
    value.remove_prefix(end + 1);
    comma_needed = true;
  }
  if (tags.empty()) return std::unexpected("Invalid ETag in " + std::string(name) + " header");
  return tags;
}

}  // namespace offing::r2
