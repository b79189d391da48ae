// CORSConfiguration and LifecycleConfiguration, both ways.
#include <algorithm>
#include <array>
#include <set>

#include "emulator/s3/s3_uri.h"
#include "emulator/s3/s3_xml.h"
#include "emulator/s3/xml_input.h"
#include "storage/r2/limits.h"

namespace offing::s3 {
namespace {

constexpr size_t kCorsRulesMax = 100;     // S3's; R2's is UNKNOWN (spec/r2.md 3.3)
constexpr uint64_t kCorsAgeMax = 86'400;  // 3.3
constexpr size_t kIdBytesMax = 255;
constexpr uint64_t kDaysMax = 100'000;
constexpr int64_t kDaySeconds = 86'400;

template <class T>
using Parsed = std::expected<T, S3Error>;

std::unexpected<S3Error> malformed(std::string reason) {
  return std::unexpected(malformed_xml(std::move(reason)));
}

std::string quoted(std::string_view text) {
  return "\"" + std::string(text.substr(0, 100)) + "\"";
}

Parsed<r2::CorsRule> read_cors_rule(pugi::xml_node node) {
  constexpr std::array<std::string_view, 5> kMethods = {"GET", "PUT", "POST", "DELETE", "HEAD"};
  r2::CorsRule rule;
  for (const pugi::xml_node item : node.children()) {
    if (item.type() != pugi::node_element) continue;
    const std::string_view name = local_name(item);
    auto text = text_of(item);
    if (!text) return malformed(std::string(name) + " has to be a text");
    if (name == "ID") {
      rule.id = std::move(*text);
    } else if (name == "AllowedOrigin") {
      rule.origins.push_back(std::move(*text));
    } else if (name == "AllowedMethod") {
      if (std::ranges::find(kMethods, *text) == kMethods.end()) {
        return malformed("AllowedMethod has to be GET, PUT, POST, DELETE or HEAD, not " +
                         quoted(*text));
      }
      rule.methods.push_back(std::move(*text));
    } else if (name == "AllowedHeader") {
      rule.headers.push_back(std::move(*text));
    } else if (name == "ExposeHeader") {
      rule.expose_headers.push_back(std::move(*text));
    } else if (name == "MaxAgeSeconds") {
      const auto age = number_of(*text);
      if (!age || *age > kCorsAgeMax) {
        return malformed("MaxAgeSeconds has to be a number up to 86400, not " + quoted(*text));
      }
      rule.max_age_s = static_cast<uint32_t>(*age);
    } else {
      return malformed("a CORSRule has no " + quoted(name));
    }
  }
  if (rule.origins.empty()) return malformed("a CORSRule without an AllowedOrigin");
  if (rule.methods.empty()) return malformed("a CORSRule without an AllowedMethod");
  return rule;
}

// Days, DaysAfterInitiation or Date. `allows_date`: not of an upload's abort (3.1).
Parsed<r2::LifecycleCondition> read_condition(pugi::xml_node node, std::string_view days_name,
                                              bool allows_date) {
  r2::LifecycleCondition condition;
  const auto days = child_text(node, days_name);
  const auto date = allows_date ? child_text(node, "Date") : std::nullopt;
  if (days.has_value() == date.has_value()) {
    return malformed(std::string(local_name(node)) + " needs " + std::string(days_name) +
                     (allows_date ? " or Date, and one of them" : ""));
  }
  if (days) {
    const auto count = number_of(*days);
    if (!count || *count == 0 || *count > kDaysMax) {
      return malformed(std::string(days_name) +
                       " has to be a number of days from 1 to 100000, not " + quoted(*days));
    }
    condition.age_s = static_cast<int64_t>(*count) * kDaySeconds;
    return condition;
  }
  const auto date_ms = parse_iso_date(*date);
  if (!date_ms) return malformed("Date has to be one of ISO 8601, not " + quoted(*date));
  condition.kind = r2::LifecycleCondition::Kind::kDate;
  condition.date_ms = *date_ms;
  condition.date = *date;
  return condition;
}

// Prefix of a Filter, or of an And in it that says nothing else.
Parsed<std::string> read_filter(pugi::xml_node filter) {
  std::string prefix;
  for (const pugi::xml_node item : filter.children()) {
    if (item.type() != pugi::node_element) continue;
    const std::string_view name = local_name(item);
    if (name == "Prefix") {
      auto text = text_of(item);
      if (!text) return malformed("Prefix has to be a text");
      prefix = std::move(*text);
    } else if (name == "And") {
      return read_filter(item);
    } else {
      return std::unexpected(not_implemented("Lifecycle filter " + std::string(name)));
    }
  }
  return prefix;
}

Parsed<void> read_action(pugi::xml_node node, std::string_view name, r2::LifecycleRule& rule) {
  if (name == "Expiration") {
    if (child(node, "ExpiredObjectDeleteMarker")) {
      return std::unexpected(not_implemented("Lifecycle ExpiredObjectDeleteMarker"));
    }
    auto condition = read_condition(node, "Days", true);
    if (!condition) return std::unexpected(std::move(condition.error()));
    rule.expire = std::move(*condition);
    return {};
  }
  if (name == "Transition") {
    const auto storage_class = child_text(node, "StorageClass");
    if (!storage_class) return malformed("a Transition without a StorageClass");
    if (*storage_class != "STANDARD_IA") {
      return std::unexpected(from(r2::Code::kInvalidStorageClass));
    }
    auto condition = read_condition(node, "Days", true);
    if (!condition) return std::unexpected(std::move(condition.error()));
    rule.to_infrequent_access.push_back(std::move(*condition));
    return {};
  }
  if (name == "AbortIncompleteMultipartUpload") {
    auto condition = read_condition(node, "DaysAfterInitiation", false);
    if (!condition) return std::unexpected(std::move(condition.error()));
    rule.abort_uploads = std::move(*condition);
    return {};
  }
  if (name.starts_with("Noncurrent")) {
    return std::unexpected(not_implemented("Lifecycle " + std::string(name)));
  }
  return malformed("a Rule has no " + quoted(name));
}

Parsed<r2::LifecycleRule> read_lifecycle_rule(pugi::xml_node node) {
  r2::LifecycleRule rule;
  const auto status = child_text(node, "Status");
  if (status != "Enabled" && status != "Disabled") {
    return malformed("the Status of a Rule has to be Enabled or Disabled");
  }
  rule.enabled = status == "Enabled";
  for (const pugi::xml_node item : node.children()) {
    if (item.type() != pugi::node_element) continue;
    const std::string_view name = local_name(item);
    if (name == "Status") continue;
    if (name == "ID" || name == "Prefix") {
      auto text = text_of(item);
      if (!text || (name == "ID" && text->size() > kIdBytesMax)) {
        return malformed(std::string(name) + " has to be a text of at most 255 bytes");
      }
      (name == "ID" ? rule.id : rule.prefix) = std::move(*text);
    } else if (name == "Filter") {
      auto prefix = read_filter(item);
      if (!prefix) return std::unexpected(std::move(prefix.error()));
      rule.prefix = std::move(*prefix);
    } else if (auto read = read_action(item, name, rule); !read) {
      return std::unexpected(std::move(read.error()));
    }
  }
  if (!rule.expire && rule.to_infrequent_access.empty() && !rule.abort_uploads) {
    return malformed("a Rule without an Expiration, Transition or AbortIncompleteMultipartUpload");
  }
  return rule;
}

void write_condition(XmlWriter& xml, std::string_view days_name,
                     const r2::LifecycleCondition& condition) {
  if (condition.kind == r2::LifecycleCondition::Kind::kDate) {
    xml.text("Date", iso_date(condition.date_ms));
  } else {  // S3 knows days only: a rule given to REST in seconds is shown rounded up
    xml.number(days_name, static_cast<uint64_t>((condition.age_s + kDaySeconds - 1) / kDaySeconds));
  }
}

}  // namespace

Parsed<std::vector<r2::CorsRule>> parse_cors(std::string_view xml) {
  const auto input = XmlInput::parse(xml, "CORSConfiguration");
  if (!input) return std::unexpected(input.error());
  std::vector<r2::CorsRule> rules;
  for (const pugi::xml_node node : input->root().children()) {
    if (node.type() != pugi::node_element) continue;
    if (local_name(node) != "CORSRule") return malformed("only CORSRule elements are expected");
    if (rules.size() == kCorsRulesMax) return malformed("more than 100 rules");
    auto rule = read_cors_rule(node);
    if (!rule) return std::unexpected(std::move(rule.error()));
    rules.push_back(std::move(*rule));
  }
  if (rules.empty()) return malformed("no CORSRule");
  return rules;
}

std::string cors_xml(std::span<const r2::CorsRule> rules) {
  XmlWriter xml("CORSConfiguration");
  for (const r2::CorsRule& rule : rules) {
    xml.open("CORSRule");
    if (!rule.id.empty()) xml.text("ID", rule.id);
    for (const std::string& origin : rule.origins) xml.text("AllowedOrigin", origin);
    for (const std::string& method : rule.methods) xml.text("AllowedMethod", method);
    for (const std::string& header : rule.headers) xml.text("AllowedHeader", header);
    for (const std::string& header : rule.expose_headers) xml.text("ExposeHeader", header);
    if (rule.max_age_s) xml.number("MaxAgeSeconds", *rule.max_age_s);
    xml.close();
  }
  return xml.finish();
}

Parsed<std::vector<r2::LifecycleRule>> parse_lifecycle(std::string_view xml) {
  const auto input = XmlInput::parse(xml, "LifecycleConfiguration");
  if (!input) return std::unexpected(input.error());
  std::vector<r2::LifecycleRule> rules;
  std::set<std::string> ids;
  for (const pugi::xml_node node : input->root().children()) {
    if (node.type() != pugi::node_element) continue;
    if (local_name(node) != "Rule") return malformed("only Rule elements are expected");
    if (rules.size() == r2::kLifecycleRulesMax) return malformed("more than 1000 rules");
    auto rule = read_lifecycle_rule(node);
    if (!rule) return std::unexpected(std::move(rule.error()));
    if (!rule->id.empty() && !ids.insert(rule->id).second) {
      return malformed("two rules have the ID " + quoted(rule->id));
    }
    rules.push_back(std::move(*rule));
  }
  if (rules.empty()) return malformed("no Rule");
  size_t number = 0;  // those without an ID get one, as S3 does; ours are the same in every run
  for (r2::LifecycleRule& rule : rules) {
    while (rule.id.empty()) {
      std::string id = "rule-" + std::to_string(++number);
      if (ids.insert(id).second) rule.id = std::move(id);
    }
  }
  return rules;
}

std::string lifecycle_xml(std::span<const r2::LifecycleRule> rules) {
  XmlWriter xml("LifecycleConfiguration");
  for (const r2::LifecycleRule& rule : rules) {
    xml.open("Rule").text("ID", rule.id);
    xml.open("Filter").text("Prefix", rule.prefix).close();
    xml.text("Status", rule.enabled ? "Enabled" : "Disabled");
    if (rule.expire) {
      xml.open("Expiration");
      write_condition(xml, "Days", *rule.expire);
      xml.close();
    }
    for (const r2::LifecycleCondition& condition : rule.to_infrequent_access) {
      xml.open("Transition");
      write_condition(xml, "Days", condition);
      xml.text("StorageClass", "STANDARD_IA").close();
    }
    if (rule.abort_uploads) {
      xml.open("AbortIncompleteMultipartUpload");
      write_condition(xml, "DaysAfterInitiation", *rule.abort_uploads);
      xml.close();
    }
    xml.close();
  }
  return xml.finish();
}

}  // namespace offing::s3
