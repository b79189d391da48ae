#include "storage/r2/lock.h"

#include <algorithm>

#include "storage/r2/key.h"
#include "storage/r2/limits.h"
#include "storage/r2/rules_json.h"

namespace offing::r2 {
namespace {

int64_t end_of(const LockRule& rule, int64_t uploaded_ms) {
  switch (rule.kind) {
    case LockRule::Kind::kIndefinite: return kLockedForever;
    case LockRule::Kind::kDate: return rule.date_ms;
    case LockRule::Kind::kAge: return saturating_add_s(uploaded_ms, rule.age_s);
  }
  return kLockedForever;
}

void read_condition(RuleFields& fields, LockRule& rule) {
  constexpr std::string_view kWanted =
      "an object: {\"type\": \"Age\", \"maxAgeSeconds\": 86400}, "
      "{\"type\": \"Date\", \"date\": \"2026-01-01T00:00:00Z\"} or {\"type\": \"Indefinite\"}";
  const Json* value = fields.take_object("condition", kWanted, true);
  if (!value) return;
  RuleFields condition(*value, fields.place(), fields.path_of("condition."), fields.error());
  constexpr std::string_view kTypes = "\"Age\", \"Date\" or \"Indefinite\"";
  const std::string type = condition.text("type", kTypes, true);
  if (type == "Age") {
    condition.misnomer("maxAge", "is a lifecycle rule's field; a lock rule says \"maxAgeSeconds\"");
    rule.kind = LockRule::Kind::kAge;
    // Which ages the service refuses is UNKNOWN (spec/r2.md 2.4); 0 would lock nothing.
    rule.age_s =
        condition.whole("maxAgeSeconds", 1, kWholeMax, "a whole number of seconds above 0");
  } else if (type == "Date") {
    rule.kind = LockRule::Kind::kDate;
    rule.date_ms = condition.date("date", rule.date);
  } else if (type == "Indefinite") {
    rule.kind = LockRule::Kind::kIndefinite;
  } else if (condition.good()) {
    condition.fail("type", (*value)["type"], kTypes);
  }
  condition.finish("lock");
}

LockRule read_rule(RuleFields& fields) {
  LockRule rule;
  rule.id = fields.text("id", "a text", true);
  rule.enabled = fields.flag("enabled");
  // Kept in NFC, as keys are compared: nothing is left to do at a write. UNKNOWN (spec/r2.md 2.2
  // item 8)
  rule.prefix = nfc_key(fields.text("prefix", "a text; leave it out for the whole bucket", false));
  read_condition(fields, rule);
  return rule;
}

void write_rule(JsonWriter& out, const LockRule& rule) {
  out.StartObject();
  write_field(out, "id", rule.id);
  out.Key("enabled");
  out.Bool(rule.enabled);
  if (!rule.prefix.empty()) write_field(out, "prefix", rule.prefix);
  out.Key("condition");
  out.StartObject();
  switch (rule.kind) {
    case LockRule::Kind::kAge:
      write_field(out, "type", "Age");
      out.Key("maxAgeSeconds");
      out.Int64(rule.age_s);
      break;
    case LockRule::Kind::kDate:
      write_field(out, "type", "Date");
      write_field(out, "date", rule.date);
      break;
    case LockRule::Kind::kIndefinite: write_field(out, "type", "Indefinite"); break;
  }
  out.EndObject();
  out.EndObject();
}

}  // namespace

int64_t lock_until(std::string_view nfc_key, int64_t uploaded_ms, std::span<const LockRule> rules) {
  int64_t until = kUnlocked;
  for (const LockRule& rule : rules) {
    if (!rule.enabled) continue;
    // Most rules fail here, on bytes that lie in the rule itself.
    if (!nfc_key.starts_with(rule.prefix)) continue;
    until = std::max(until, end_of(rule, uploaded_ms));
    if (until == kLockedForever) break;
  }
  return until;
}

std::expected<std::vector<LockRule>, std::string> parse_lock_rules(std::string_view json) {
  auto document =
      RuleDocument::parse(json, {.name = "lock", .max = kLockRulesMax, .ids_required = true});
  if (!document) return std::unexpected(std::move(document.error()));
  return document->read<LockRule>(read_rule);
}

std::string lock_rules_json(std::span<const LockRule> rules) {
  std::vector<std::reference_wrapper<const LockRule>> sorted(rules.begin(), rules.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const LockRule& a, const LockRule& b) { return a.id < b.id; });
  return rules_json(sorted, write_rule);
}

}  // namespace offing::r2
