#include "storage/r2/lifecycle.h"

#include <algorithm>

#include "storage/r2/key.h"
#include "storage/r2/limits.h"
#include "storage/r2/rules_json.h"

namespace offing::r2 {
namespace {

constexpr int64_t kDayMs = 86'400'000;

// A Date holds for what is uploaded after it, too: it is due at once then. UNKNOWN (spec/r2.md 3.1)
int64_t due_at(const LifecycleCondition& condition, int64_t since_ms) {
  return condition.kind == LifecycleCondition::Kind::kDate
             ? condition.date_ms
             : saturating_add_s(since_ms, condition.age_s);
}

bool governs(const LifecycleRule& rule, std::string_view nfc_key) {
  return rule.enabled && nfc_key.starts_with(rule.prefix);
}

// What is due of one rule, else kNeverDue.
int64_t expiry_of(const LifecycleRule& rule, int64_t uploaded_ms) {
  return rule.expire ? due_at(*rule.expire, uploaded_ms) : kNeverDue;
}

// `"condition"` of the action `action`; ages from `age_min_s` on.
LifecycleCondition read_condition(RuleFields& action, int64_t age_min_s, bool dates) {
  LifecycleCondition out;
  const std::string_view wanted =
      dates ? "an object: {\"type\": \"Age\", \"maxAge\": 86400} or "
              "{\"type\": \"Date\", \"date\": \"2026-01-01T00:00:00Z\"}"
            : "an object: {\"type\": \"Age\", \"maxAge\": 86400}";
  const Json* value = action.take_object("condition", wanted, true);
  if (!value) return out;
  RuleFields condition(*value, action.place(), action.path_of("condition."), action.error());
  const std::string_view types = dates ? "\"Age\" or \"Date\"" : "\"Age\": uploads know no other";
  const std::string type = condition.text("type", types, true);
  if (type == "Age") {
    condition.misnomer("maxAgeSeconds",
                       "is a lock rule's field; a lifecycle rule says \"maxAge\", in seconds");
    out.kind = LifecycleCondition::Kind::kAge;
    out.age_s = condition.whole("maxAge", age_min_s, kWholeMax,
                                age_min_s > 0 ? "a whole number of seconds above 0"
                                              : "a whole number of seconds, 0 or more");
  } else if (type == "Date" && dates) {
    out.kind = LifecycleCondition::Kind::kDate;
    out.date_ms = condition.date("date", out.date);
  } else if (condition.good()) {
    condition.fail("type", (*value)["type"], types);
  }
  condition.finish("lifecycle");
  return out;
}

std::optional<LifecycleCondition> read_action(RuleFields& fields, std::string_view name,
                                              bool dates) {
  const Json* value = fields.take_object(name, "an object {\"condition\": {...}}", false);
  if (!value) return std::nullopt;
  RuleFields action(*value, fields.place(), fields.path_of(name) + ".", fields.error());
  // Which ages the service refuses is UNKNOWN (spec/r2.md 3.1).
  const LifecycleCondition condition = read_condition(action, 1, dates);
  action.finish("lifecycle");
  return condition;
}

void read_transitions(RuleFields& fields, LifecycleRule& rule) {
  constexpr std::string_view kName = "storageClassTransitions";
  constexpr std::string_view kWanted =
      "a list of {\"condition\": {...}, \"storageClass\": \"InfrequentAccess\"}";
  const Json* value = fields.take(kName, kWanted, false);
  if (!value) return;
  if (!value->IsArray()) return fields.fail(kName, *value, kWanted);
  for (rapidjson::SizeType i = 0; i < value->Size() && fields.good(); ++i) {
    const std::string name = std::string(kName) + "[" + std::to_string(i) + "]";
    const Json& element = (*value)[i];
    if (!element.IsObject()) return fields.fail(name, element, "an object");
    RuleFields action(element, fields.place(), fields.path_of(name) + ".", fields.error());
    constexpr std::string_view kClass = "\"InfrequentAccess\": no other way leads between classes";
    const std::string to = action.text("storageClass", kClass, true);
    if (action.good() && to != "InfrequentAccess")
      action.fail("storageClass", element["storageClass"], kClass);
    rule.to_infrequent_access.push_back(read_condition(action, 0, true));
    action.finish("lifecycle");
  }
}

LifecycleRule read_rule(RuleFields& fields) {
  LifecycleRule rule;
  rule.id = fields.text("id", "a text", true);
  rule.enabled = fields.flag("enabled");
  fields.misnomer("prefix", "stands in \"conditions\": {\"conditions\": {\"prefix\": \"logs/\"}}");
  const Json* conditions = fields.take_object(
      "conditions", "an object {\"prefix\": \"logs/\"}, or {} for the whole bucket", true);
  if (conditions) {
    RuleFields inner(*conditions, fields.place(), fields.path_of("conditions."), fields.error());
    rule.prefix = nfc_key(inner.text("prefix", "a text", false));
    inner.finish("lifecycle");
  }
  rule.expire = read_action(fields, "deleteObjectsTransition", true);
  read_transitions(fields, rule);
  rule.abort_uploads = read_action(fields, "abortMultipartUploadsTransition", false);
  return rule;
}

void write_condition(JsonWriter& out, const LifecycleCondition& condition) {
  out.Key("condition");
  out.StartObject();
  if (condition.kind == LifecycleCondition::Kind::kAge) {
    write_field(out, "type", "Age");
    out.Key("maxAge");
    out.Int64(condition.age_s);
  } else {
    write_field(out, "type", "Date");
    write_field(out, "date", condition.date);
  }
  out.EndObject();
}

void write_action(JsonWriter& out, const char* name,
                  const std::optional<LifecycleCondition>& condition) {
  if (!condition) return;
  out.Key(name);
  out.StartObject();
  write_condition(out, *condition);
  out.EndObject();
}

void write_rule(JsonWriter& out, const LifecycleRule& rule) {
  out.StartObject();
  write_field(out, "id", rule.id);
  out.Key("enabled");
  out.Bool(rule.enabled);
  out.Key("conditions");
  out.StartObject();
  if (!rule.prefix.empty()) write_field(out, "prefix", rule.prefix);
  out.EndObject();
  write_action(out, "deleteObjectsTransition", rule.expire);
  if (!rule.to_infrequent_access.empty()) {
    out.Key("storageClassTransitions");
    out.StartArray();
    for (const LifecycleCondition& condition : rule.to_infrequent_access) {
      out.StartObject();
      write_condition(out, condition);
      write_field(out, "storageClass", "InfrequentAccess");
      out.EndObject();
    }
    out.EndArray();
  }
  write_action(out, "abortMultipartUploadsTransition", rule.abort_uploads);
  out.EndObject();
}

}  // namespace

LifecycleRule default_abort_rule() {
  LifecycleRule rule;
  rule.id = "Default Multipart Abort Rule";
  rule.abort_uploads.emplace().age_s = kUploadLifeMs / 1000;
  return rule;
}

const LifecycleRule* expiring_rule(std::string_view nfc_key, int64_t uploaded_ms,
                                   std::span<const LifecycleRule> rules) {
  const LifecycleRule* first = nullptr;
  int64_t earliest = kNeverDue;
  for (const LifecycleRule& rule : rules) {
    if (!rule.expire || !governs(rule, nfc_key)) continue;
    const int64_t due = expiry_of(rule, uploaded_ms);
    if (due >= earliest) continue;
    earliest = due;
    first = &rule;
  }
  return first;
}

int64_t expires_at(std::string_view nfc_key, int64_t uploaded_ms,
                   std::span<const LifecycleRule> rules) {
  const LifecycleRule* rule = expiring_rule(nfc_key, uploaded_ms, rules);
  return rule ? expiry_of(*rule, uploaded_ms) : kNeverDue;
}

int64_t transitions_at(std::string_view nfc_key, int64_t uploaded_ms,
                       std::span<const LifecycleRule> rules) {
  int64_t earliest = kNeverDue;
  for (const LifecycleRule& rule : rules) {
    if (rule.to_infrequent_access.empty() || !governs(rule, nfc_key)) continue;
    for (const LifecycleCondition& condition : rule.to_infrequent_access)
      earliest = std::min(earliest, due_at(condition, uploaded_ms));
  }
  if (earliest == kNeverDue) return kNeverDue;
  // Nobody pays for moving what is about to go.
  const int64_t expiry = expires_at(nfc_key, uploaded_ms, rules);
  return expiry != kNeverDue && expiry - kDayMs <= earliest ? kNeverDue : earliest;
}

int64_t upload_aborts_at(std::string_view nfc_key, int64_t created_ms,
                         std::span<const LifecycleRule> rules) {
  int64_t earliest = kNeverDue;
  for (const LifecycleRule& rule : rules)
    if (rule.abort_uploads && governs(rule, nfc_key))
      earliest = std::min(earliest, due_at(*rule.abort_uploads, created_ms));
  return earliest;
}

std::expected<std::vector<LifecycleRule>, std::string> parse_lifecycle_rules(
    std::string_view json) {
  auto document = RuleDocument::parse(
      json, {.name = "lifecycle", .max = kLifecycleRulesMax, .ids_required = true});
  if (!document) return std::unexpected(std::move(document.error()));
  return document->read<LifecycleRule>(read_rule);
}

std::string lifecycle_rules_json(std::span<const LifecycleRule> rules) {
  return rules_json(rules, write_rule);
}

}  // namespace offing::r2
