#include "storage/r2/cors.h"

#include <algorithm>
#include <cstddef>

#include "storage/r2/rules_json.h"

namespace offing::r2 {
namespace {

constexpr std::string_view kMethods[] = {"GET", "PUT", "POST", "DELETE", "HEAD"};
constexpr std::string_view kMethodsWanted =
    "a list of methods from GET, PUT, POST, DELETE, HEAD, in capitals";
constexpr std::string_view kOriginWanted =
    "\"*\" or scheme://host[:port], such as \"https://example.com\", without a path or a \"/\" at "
    "the end";
constexpr uint32_t kMaxAgeMaxS = 86'400;   // spec/r2.md 3.3
// How many rules the service takes is UNKNOWN (spec/r2.md 3.3).
constexpr size_t kCorsRulesMax = 100;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }

bool is_port(std::string_view text) {
  uint32_t port = 0;
  for (char c : text) {
    if (!is_digit(c) || port > 65535) return false;
    port = port * 10 + static_cast<uint32_t>(c - '0');
  }
  return !text.empty() && port <= 65535;
}

bool is_origin(std::string_view text) {
  if (text == "*") return true;
  const size_t colon = text.find("://");
  if (colon == text.npos || colon == 0 || !is_letter(text[0])) return false;
  for (char c : text.substr(0, colon))
    if (!is_letter(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') return false;
  std::string_view host = text.substr(colon + 3);
  // The colons of an IPv6 address stand in brackets.
  const size_t bracket = host.starts_with('[') ? host.find(']') : 0;
  if (bracket == host.npos) return false;
  if (const size_t port = host.find(':', bracket); port != host.npos) {
    if (!is_port(host.substr(port + 1))) return false;
    host = host.substr(0, port);
  }
  if (host.starts_with('[')) return host.size() > 2 && host.ends_with(']');
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return static_cast<uint8_t>(c) >= 0x80 || is_letter(c) || is_digit(c) || c == '-' || c == '.' ||
           c == '_';
  });
}

bool is_token(std::string_view name) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return std::all_of(name.begin(), name.end(), [kOthers](char c) {
    return is_letter(c) || is_digit(c) || kOthers.find(c) != kOthers.npos;
  });
}

bool equal_in_any_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return x == y || (is_letter(x) && (x | 32) == (y | 32));
  });
}

bool allows_header(const CorsRule& rule, std::string_view name) {
  return std::any_of(rule.headers.begin(), rule.headers.end(), [name](const std::string& allowed) {
    return allowed == "*" || equal_in_any_case(allowed, name);
  });
}

bool allows_headers(const CorsRule& rule, std::string_view asked) {
  while (!asked.empty()) {
    const size_t comma = asked.find(',');
    std::string_view name = asked.substr(0, comma);
    asked.remove_prefix(comma == asked.npos ? asked.size() : comma + 1);
    while (name.starts_with(' ') || name.starts_with('\t')) name.remove_prefix(1);
    while (name.ends_with(' ') || name.ends_with('\t')) name.remove_suffix(1);
    if (!name.empty() && !allows_header(rule, name)) return false;
  }
  return true;
}

// S3's names, and where REST has the same.
void refuse_s3_names(RuleFields& fields) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"AllowedOrigins", "allowed.origins"}, {"AllowedMethods", "allowed.methods"},
      {"AllowedHeaders", "allowed.headers"}, {"ExposeHeaders", "exposeHeaders"},
      {"MaxAgeSeconds", "maxAgeSeconds"},    {"ID", "id"}};
  for (const auto& [name, here] : kNames)
    fields.misnomer(name, "is a name of the S3 API; here it is \"" + std::string(here) + "\"");
}

std::vector<std::string> read_header_names(RuleFields& fields, std::string_view name) {
  std::vector<std::string> names = fields.texts(name, "a list of header names", false);
  for (const std::string& header : names)
    if (!is_token(header))
      fields.fail(name, "holds \"" + header + "\"; that cannot be the name of a header");
  return names;
}

void read_allowed(RuleFields& fields, CorsRule& rule) {
  const Json* value = fields.take_object(
      "allowed", "an object {\"origins\": [...], \"methods\": [...], \"headers\": [...]}", true);
  if (!value) return;
  RuleFields allowed(*value, fields.place(), fields.path_of("allowed."), fields.error());
  rule.origins = allowed.texts("origins", "a list of origins", true);
  for (size_t i = 0; i < rule.origins.size() && allowed.good(); ++i)
    if (!is_origin(rule.origins[i]))
      allowed.fail("origins[" + std::to_string(i) + "]",
                   (*value)["origins"][static_cast<rapidjson::SizeType>(i)], kOriginWanted);
  rule.methods = allowed.texts("methods", kMethodsWanted, true);
  for (size_t i = 0; i < rule.methods.size() && allowed.good(); ++i)
    if (std::ranges::find(kMethods, rule.methods[i]) == std::end(kMethods))
      allowed.fail("methods[" + std::to_string(i) + "]",
                   (*value)["methods"][static_cast<rapidjson::SizeType>(i)],
                   "one of GET, PUT, POST, DELETE, HEAD, in capitals");
  rule.headers = read_header_names(allowed, "headers");
  allowed.finish("CORS");
}

CorsRule read_rule(RuleFields& fields) {
  CorsRule rule;
  refuse_s3_names(fields);
  rule.id = fields.text("id", "a text", false);
  read_allowed(fields, rule);
  rule.expose_headers = read_header_names(fields, "exposeHeaders");
  // Taken here for its presence; a null is no age.
  constexpr std::string_view kWanted = "a whole number of seconds from 0 to 86400";
  if (fields.has("maxAgeSeconds"))
    rule.max_age_s = static_cast<uint32_t>(fields.whole("maxAgeSeconds", 0, kMaxAgeMaxS, kWanted));
  else
    fields.take("maxAgeSeconds", kWanted, false);
  return rule;
}

void write_rule(JsonWriter& out, const CorsRule& rule) {
  out.StartObject();
  if (!rule.id.empty()) write_field(out, "id", rule.id);
  out.Key("allowed");
  out.StartObject();
  write_texts(out, "origins", rule.origins);
  write_texts(out, "methods", rule.methods);
  if (!rule.headers.empty()) write_texts(out, "headers", rule.headers);
  out.EndObject();
  if (!rule.expose_headers.empty()) write_texts(out, "exposeHeaders", rule.expose_headers);
  if (rule.max_age_s) {
    out.Key("maxAgeSeconds");
    out.Uint(*rule.max_age_s);
  }
  out.EndObject();
}

}  // namespace

const CorsRule* allowing_rule(std::span<const CorsRule> rules, std::string_view origin,
                              std::string_view method, std::string_view asked_headers) {
  if (origin.empty()) return nullptr;
  for (const CorsRule& rule : rules) {
    const bool knows_origin = std::ranges::any_of(rule.origins, [origin](const std::string& known) {
      return known == "*" || known == origin;
    });
    if (knows_origin && std::ranges::find(rule.methods, method) != rule.methods.end() &&
        allows_headers(rule, asked_headers))
      return &rule;
  }
  return nullptr;
}

std::expected<std::vector<CorsRule>, std::string> parse_cors_rules(std::string_view json) {
  auto document = RuleDocument::parse(json, {.name = "CORS", .max = kCorsRulesMax});
  if (!document) {
    // The whole document in S3's form, as the dashboard shows it.
    const bool is_s3 = json.find("\"AllowedOrigins\"") != json.npos;
    constexpr std::string_view kAdvice =
        "; AllowedOrigins and its like are names of the S3 API, here it is "
        "{\"allowed\": {\"origins\", \"methods\", \"headers\"}}";
    return std::unexpected(document.error() + std::string(is_s3 ? kAdvice : ""));
  }
  return document->read<CorsRule>(read_rule);
}

std::string cors_rules_json(std::span<const CorsRule> rules) {
  return rules_json(rules, write_rule);
}

}  // namespace offing::r2
