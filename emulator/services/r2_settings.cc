#include "emulator/services/r2_settings.h"

#include <algorithm>
#include <utility>

#include "emulator/services/r2_json.h"
#include "emulator/services/r2_tokens.h"
#include "storage/r2/key.h"
#include "storage/r2/limits.h"

namespace offing {
namespace {

using Json = rapidjson::Value;

constexpr int64_t kDayMs = 86'400'000;

// The rules of one kind, `{"rules":[…]}` or the bare list, as REST takes them.
template <class Rule, class Parse>
void read_rules(R2JsonObject& in, const char* key, std::vector<Rule>& out, Parse parse) {
  const Json* value = in.take(key);
  if (value == nullptr) return;
  std::string document = r2_json_of(*value);
  if (value->IsArray()) document = "{\"rules\":" + document + "}";
  auto rules = parse(document);
  if (rules) out = std::move(*rules);
  else in.fail_with(key, rules.error());
}

// [{"queue": NAME, "rules": […]}]
void read_notifications(R2JsonObject& in, std::vector<r2::NotificationRule>& out,
                        std::string& error) {
  const Json* value = in.take("notifications");
  if (value == nullptr) return;
  if (!value->IsArray())
    return in.fail("notifications", *value, "a list, [{\"queue\": \"name\", \"rules\": [...]}]");
  for (rapidjson::SizeType i = 0; i < value->Size(); ++i) {
    const std::string key = "notifications[" + std::to_string(i) + "]";
    R2JsonObject entry((*value)[i], in.path(key) + ".", error);
    std::string queue;
    entry.text("queue", queue);
    std::vector<r2::NotificationRule> rules;
    read_rules(entry, "rules", rules, r2::parse_notification_rules);
    entry.finish();
    if (entry.ok() && queue.empty()) entry.fail_with("queue", "the queue's name is missing");
    if (!entry.ok()) return;
    for (r2::NotificationRule& rule : rules) {
      rule.id = "settings-" + std::to_string(out.size() + 1);
      rule.queue_id = rule.queue_name = queue;
      const bool clash = std::ranges::any_of(
          out, [&rule](const r2::NotificationRule& known) { return r2::overlap(known, rule); });
      if (clash)
        return entry.fail_with("rules", "two rules fire for a same action of a same key");
      out.push_back(std::move(rule));
    }
  }
  if (out.size() > r2::kNotificationRulesMax)
    in.fail_with("notifications", "there are " + std::to_string(out.size()) +
                                      " rules; a bucket has " +
                                      std::to_string(r2::kNotificationRulesMax) + " at most");
}

void read_bucket(const Json& value, const std::string& path, R2Settings::StartBucket& out,
                 std::string& error) {
  R2JsonObject in(value, path, error);
  size_t jurisdiction = 0, location = 2, storage_class = 0;
  in.choice("jurisdiction", jurisdiction, {"default", "eu", "fedramp", "us"});
  constexpr std::string_view kJurisdictions[] = {"", "eu", "fedramp", "us"};
  out.settings.jurisdiction = kJurisdictions[jurisdiction];
  in.choice("location", location, {"wnam", "enam", "weur", "eeur", "apac", "oc"});
  constexpr std::string_view kLocations[] = {"WNAM", "ENAM", "WEUR", "EEUR", "APAC", "OC"};
  out.settings.location = kLocations[location];
  in.choice("storage_class", storage_class, {"Standard", "InfrequentAccess"});
  out.settings.default_class = static_cast<r2::StorageClass>(storage_class);
  read_rules(in, "locks", out.locks, r2::parse_lock_rules);
  read_rules(in, "lifecycle", out.lifecycle, r2::parse_lifecycle_rules);
  read_rules(in, "cors", out.cors, r2::parse_cors_rules);
  read_notifications(in, out.notifications, error);
  in.finish();
}

void read_buckets(R2JsonObject& in, R2Settings& settings, std::string& error) {
  const Json* value = in.take("buckets");
  if (value == nullptr) return;
  if (!value->IsObject()) return in.fail("buckets", *value, "an object, {\"my-bucket\": {...}}");
  for (auto it = value->MemberBegin(); it != value->MemberEnd() && error.empty(); ++it) {
    R2Settings::StartBucket bucket;
    bucket.settings.name = r2_json_text(it->name);
    const std::string key = "buckets." + bucket.settings.name.substr(0, 80);
    if (!r2::is_valid_bucket_name(bucket.settings.name))
      return in.fail_with(key, "a bucket's name has 3 to 63 of a-z, 0-9 and \"-\", and begins and "
                               "ends with a letter or digit");
    read_bucket(it->value, key + ".", bucket, error);
    settings.buckets.push_back(std::move(bucket));
  }
}

void read_tokens(R2JsonObject& in, R2Settings& settings, std::string& error) {
  const Json* value = in.take("tokens");
  if (value == nullptr) return;
  if (!value->IsArray())
    return in.fail("tokens", *value, "a list, [{\"access_key_id\": ..., \"token_value\": ...}]");
  for (rapidjson::SizeType i = 0; i < value->Size() && error.empty(); ++i) {
    R2Token token;
    const std::string path = "tokens[" + std::to_string(i) + "].";
    read_r2_token((*value)[i], path, error, token);
    const auto same =
        std::ranges::find(settings.tokens, token.access_key_id, &R2Token::access_key_id);
    if (error.empty() && same != settings.tokens.end())
      in.fail_with(path + "access_key_id", "is another token's too");
    settings.tokens.push_back(std::move(token));
  }
}

void read_all_of(R2JsonObject& in, R2Settings& s, std::string& error) {
  in.text("account_id", s.account_id);
  if (in.ok() && (s.account_id.size() != 32 ||
                  s.account_id.find_first_not_of("0123456789abcdef") != std::string::npos))
    in.fail_with("account_id", "is \"" + s.account_id.substr(0, 80) +
                                   "\"; it must be 32 hexadecimal digits (0-9, a-f)");
  in.flag("refuse_overlapping_writes", s.refuse_overlapping_writes);
  in.integer("write_window_ms", s.write_window_ms, 0, 60'000);
  in.one_of("locked_status", s.locked_status, {403, 409});
  in.one_of("expired_status", s.expired_status, {400, 403});
  in.flag("empty_bucket_refused_by_locks", s.empty_bucket_refused_by_locks);
  in.flag("strict_unsigned_trailers", s.strict_unsigned_trailers);
  in.integer("list_metadata_bytes", s.list_metadata_bytes, 1, 1024 * 1024);
  in.integer("lifecycle_sweep_ms", s.lifecycle_sweep_ms, 1000, 365 * kDayMs);
  in.integer("latency_ms", s.latency_ms, 0, 600'000);
  in.flag("sync", s.sync);
  read_tokens(in, s, error);
  read_buckets(in, s, error);
  in.finish();
}

}  // namespace

std::expected<R2Settings, std::string> parse_r2_settings(std::string_view json) {
  rapidjson::Document document;
  if (auto parsed = parse_r2_json(json, document); !parsed)
    return std::unexpected("R2 settings: " + parsed.error());
  R2Settings settings;
  std::string error;
  R2JsonObject in(document, "", error);
  if (in.ok()) read_all_of(in, settings, error);
  if (!error.empty()) return std::unexpected("R2 settings: " + error);
  return settings;
}

}  // namespace offing
