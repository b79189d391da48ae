#include "storage/r2/notifications.h"

#include <algorithm>
#include <array>

#include "storage/r2/limits.h"
#include "storage/r2/rules_json.h"
#include "storage/r2/time.h"

namespace offing::r2 {
namespace {

constexpr std::array<std::string_view, 5> kActionNames = {
    "PutObject", "CopyObject", "CompleteMultipartUpload", "DeleteObject", "LifecycleDeletion"};
constexpr std::string_view kActionsWanted =
    "one of PutObject, CopyObject, CompleteMultipartUpload, DeleteObject, LifecycleDeletion";

// Wrangler's names of several actions are its own (spec/r2.md 3.2).
std::string_view advice_for(std::string_view name) {
  if (name == "object-create")
    return "is Wrangler's name of several actions; "
           "write \"PutObject\", \"CopyObject\", \"CompleteMultipartUpload\"";
  if (name == "object-delete")
    return "is Wrangler's name of several actions; write \"DeleteObject\", \"LifecycleDeletion\"";
  return {};
}

void read_actions(RuleFields& fields, NotificationRule& rule) {
  constexpr std::string_view kName = "actions";
  const Json* value = fields.take(kName, "a list of actions", true);
  if (!value) return;
  if (!value->IsArray() || value->Empty())
    return fields.fail(kName, *value, "a list with " + std::string(kActionsWanted));
  for (rapidjson::SizeType i = 0; i < value->Size(); ++i) {
    const Json& element = (*value)[i];
    const std::string name = std::string(kName) + "[" + std::to_string(i) + "]";
    if (!element.IsString()) return fields.fail(name, element, kActionsWanted);
    if (std::string_view advice = advice_for(text_of(element)); !advice.empty())
      return fields.fail(name, "is \"" + std::string(text_of(element)) + "\", which " +
                                   std::string(advice));
    const auto known = std::ranges::find(kActionNames, text_of(element));
    if (known == kActionNames.end()) return fields.fail(name, element, kActionsWanted);
    const Action action = static_cast<Action>(known - kActionNames.begin());
    if (std::ranges::find(rule.actions, action) == rule.actions.end())
      rule.actions.push_back(action);
  }
}

NotificationRule read_rule(RuleFields& fields) {
  NotificationRule rule;
  rule.prefix = fields.text("prefix", "a text", false);
  rule.suffix = fields.text("suffix", "a text", false);
  read_actions(fields, rule);
  rule.description = fields.text("description", "a text", false);
  return rule;
}

}  // namespace

std::string_view action_name(Action action) { return kActionNames[static_cast<size_t>(action)]; }

std::vector<const NotificationRule*> firing_rules(std::span<const NotificationRule> rules,
                                                  Action action, std::string_view key) {
  std::vector<const NotificationRule*> firing;
  for (const NotificationRule& rule : rules)
    if (std::ranges::find(rule.actions, action) != rule.actions.end() &&
        key.starts_with(rule.prefix) && key.ends_with(rule.suffix))
      firing.push_back(&rule);
  return firing;
}

std::string notification_json(const NotificationMessage& message) {
  rapidjson::StringBuffer buffer;
  JsonWriter out(buffer);
  out.StartObject();
  write_field(out, "account", message.account);
  write_field(out, "action", action_name(message.action));
  write_field(out, "bucket", message.bucket);
  out.Key("object");
  out.StartObject();
  write_field(out, "key", message.key);
  if (message.size_bytes) {
    out.Key("size");
    out.Uint64(*message.size_bytes);
    write_field(out, "eTag", message.etag);
  }
  out.EndObject();
  write_field(out, "eventTime", rfc3339(message.event_ms));
  if (message.action == Action::kCopyObject) {
    out.Key("copySource");
    out.StartObject();
    write_field(out, "bucket", message.copy_source_bucket);
    write_field(out, "object", message.copy_source_key);
    out.EndObject();
  }
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::expected<std::vector<NotificationRule>, std::string> parse_notification_rules(
    std::string_view json) {
  auto document =
      RuleDocument::parse(json, {.name = "event notification", .max = kNotificationRulesMax});
  if (!document) return std::unexpected(std::move(document.error()));
  return document->read<NotificationRule>(read_rule);
}

// When one prefix begins with the other and one suffix ends with the other, the longer prefix
// followed by the longer suffix is a key of both.
bool overlap(const NotificationRule& a, const NotificationRule& b) {
  const bool same_action = std::ranges::any_of(a.actions, [&b](Action action) {
    return std::ranges::find(b.actions, action) != b.actions.end();
  });
  return same_action && (a.prefix.starts_with(b.prefix) || b.prefix.starts_with(a.prefix)) &&
         (a.suffix.ends_with(b.suffix) || b.suffix.ends_with(a.suffix));
}

}  // namespace offing::r2
