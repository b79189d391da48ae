// Percent-encoding and query strings as S3 clients write them, and the times of its headers. Pure.
#ifndef OFFING_EMULATOR_S3_S3_URI_H_
#define OFFING_EMULATOR_S3_S3_URI_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace offing::s3 {

// nullopt: a `%` that two hex digits do not follow. `plus_is_space`: as in query strings.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);
// All but the unreserved characters of RFC 3986, in capitals; `/` too unless `keep_slash`. With it,
// it is what `encoding-type=url` wants of keys.
std::string percent_encode(std::string_view text, bool keep_slash);

// Decoded names and values in their order; a parameter without `=` has an empty value. What is
// wrongly encoded stays as it is written.
class Query {
 public:
  static Query parse(std::string_view raw);  // without the `?`
  // The first of this name (case matters); null: none.
  const std::string* get(std::string_view name) const;
  bool has(std::string_view name) const { return get(name) != nullptr; }
  const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

// The parts of Request::url, verbatim: "http://host/path?query". No path counts as "/".
struct UrlParts {
  std::string_view host;   // with its port
  std::string_view path;   // still encoded
  std::string_view query;  // without the `?`
};
UrlParts split_url(std::string_view url);

// Times are milliseconds since the epoch, in UTC.
std::string http_date(int64_t ms);                              // Sun, 06 Nov 1994 08:49:37 GMT
std::optional<int64_t> parse_http_date(std::string_view text);  // all three forms of RFC 9110
std::string iso_date(int64_t ms);                               // 1994-11-06T08:49:37.000Z
std::optional<int64_t> parse_iso_date(std::string_view text);   // RFC 3339, or a date alone
std::string basic_date(int64_t ms);                             // 19941106T084937Z
std::optional<int64_t> parse_basic_date(std::string_view text);

}  // namespace offing::s3

#endif  // OFFING_EMULATOR_S3_S3_URI_H_
