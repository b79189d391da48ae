// CORS rules of a bucket, for its S3 door and public reads (spec/r2.md 3.3).
#ifndef OFFING_STORAGE_R2_CORS_H_
#define OFFING_STORAGE_R2_CORS_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace offing::r2 {

struct CorsRule {
  std::string id;
  std::vector<std::string> origins;   // "scheme://host[:port]", exact, or "*"
  std::vector<std::string> methods;   // GET PUT POST DELETE HEAD
  std::vector<std::string> headers;   // names in any case, or "*"
  std::vector<std::string> expose_headers;
  std::optional<uint32_t> max_age_s;  // at most 86,400
};

// The first rule that allows it; null: no CORS headers. `asked_headers` as of
// Access-Control-Request-Headers, "" for a request that is not a preflight.
const CorsRule* allowing_rule(std::span<const CorsRule> rules, std::string_view origin,
                              std::string_view method, std::string_view asked_headers);

std::expected<std::vector<CorsRule>, std::string> parse_cors_rules(std::string_view json);
std::string cors_rules_json(std::span<const CorsRule> rules);

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_CORS_H_
