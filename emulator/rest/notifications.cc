// Event notifications of a bucket (spec/r2.md 3.2), and as much of Queues as their clients ask for:
// any queue exists, and its id is made of its name.
#include <rapidjson/document.h>

#include <algorithm>
#include <map>

#include "emulator/rest/rest_exchange.h"
#include "storage/digest/digest.h"
#include "storage/r2/limits.h"

namespace offing::rest {
namespace {

constexpr uint32_t kNoConfiguration = 11015, kInvalidConfiguration = 11014, kOverlap = 11020;

RestError no_configuration(const std::string& bucket) {
  return {kNoConfiguration, 404, "The bucket \"" + bucket + "\" has no event notification "
                                 "configuration" };
}

// 32 hexadecimal digits, as a queue's id has.
std::string queue_id_of(std::string_view name) {
  return digest::to_hex(digest::digest_of(digest::Algorithm::kMd5, name));
}

std::string queue_json(std::string_view id, std::string_view name) {
  return "{\"queue_id\":" + json_string(id) + ",\"queue_name\":" + json_string(name) +
         ",\"producers\":[],\"consumers\":[],\"producers_total_count\":0,"
         "\"consumers_total_count\":0}";
}

std::string rule_json(const r2::NotificationRule& rule) {
  std::string json = "{\"ruleId\":" + json_string(rule.id);
  if (!rule.created.empty()) json += ",\"createdAt\":" + json_string(rule.created);
  json += ",\"prefix\":" + json_string(rule.prefix) + ",\"suffix\":" + json_string(rule.suffix) +
          ",\"actions\":[";
  for (size_t i = 0; i < rule.actions.size(); ++i)
    json += (i > 0 ? "," : "") + json_string(r2::action_name(rule.actions[i]));
  json += "]";
  if (!rule.description.empty()) json += ",\"description\":" + json_string(rule.description);
  return json + "}";
}

// The queues of these rules, in the order of their first rule. `only`: "" for all.
std::string queues_json(const std::vector<r2::NotificationRule>& rules, std::string_view only) {
  std::vector<std::string> order;
  std::map<std::string, std::string> items;   // queue id → its rules
  std::map<std::string, std::string> names;
  for (const r2::NotificationRule& rule : rules) {
    if (!only.empty() && rule.queue_id != only) continue;
    auto [it, fresh] = items.emplace(rule.queue_id, "");
    if (fresh) order.push_back(rule.queue_id);
    it->second += (fresh ? "" : ",") + rule_json(rule);
    names[rule.queue_id] = rule.queue_name;
  }
  std::string json;
  for (const std::string& id : order) {
    json += (json.empty() ? "" : ",") + std::string("{\"queueId\":") + json_string(id) +
            ",\"queueName\":" + json_string(names[id]) + ",\"rules\":[" + items[id] + "]}";
  }
  return json;
}

std::string new_uuid(World& world) {
  uint8_t bytes[16];
  world.random_bytes("r2/rules", bytes);
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3f) | 0x80);
  std::string hex = digest::to_hex({reinterpret_cast<const char*>(bytes), sizeof bytes});
  for (const size_t at : {20u, 16u, 12u, 8u}) hex.insert(at, "-");
  return hex;
}

RestOutcome add_rules(RestContext& context, Exchange& exchange, const r2::Bucket& bucket,
                      const std::string& queue_id, const std::string& queue_name) {
  auto added = r2::parse_notification_rules(exchange.request.body);
  if (!added) return std::unexpected(RestError{kInvalidConfiguration, 400, added.error()});
  std::vector<r2::NotificationRule> rules = bucket.notifications;
  for (r2::NotificationRule& rule : *added) {
    rule.id = new_uuid(context.world);
    rule.created = s3::iso_date(context.world.now_ms());
    rule.queue_id = queue_id;
    rule.queue_name = queue_name;
    const auto clash = std::ranges::find_if(
        rules, [&rule](const r2::NotificationRule& known) { return r2::overlap(known, rule); });
    if (clash != rules.end())
      return std::unexpected(RestError{
          kOverlap, 400, "The rule overlaps with the rule " + clash->id + " of the queue \"" +
                             clash->queue_name + "\": both fire for a same action of a same key"});
    rules.push_back(std::move(rule));
  }
  if (rules.size() > r2::kNotificationRulesMax)
    return std::unexpected(RestError{
        kInvalidConfiguration, 400,
        "The bucket would have " + std::to_string(rules.size()) + " rules; it may have " +
            std::to_string(r2::kNotificationRulesMax)});
  auto set = context.r2.set_notifications(bucket.settings.name, std::move(rules));
  if (!set) return std::unexpected(rest_error(set.error(), context.r2.settings()));
  return RestResult{};
}

// The rules that a DELETE names; nothing named: all of the queue.
std::expected<std::vector<std::string>, RestError> named_rules(const std::string& body) {
  std::vector<std::string> ids;
  if (body.empty()) return ids;
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(body.data(), body.size());
  bool good = !document.HasParseError() && document.IsObject();
  const auto list = good ? document.FindMember("ruleIds") : rapidjson::Value::MemberIterator();
  if (good && list == document.MemberEnd()) return ids;
  good = good && list->value.IsArray();
  for (rapidjson::SizeType i = 0; good && i < list->value.Size(); ++i) {
    good = list->value[i].IsString();
    if (good) ids.emplace_back(list->value[i].GetString(), list->value[i].GetStringLength());
  }
  if (good) return ids;
  return std::unexpected(RestError{kInvalidConfiguration, 400,
                                   "The body must be {\"ruleIds\": [\"…\"]}, or empty"});
}

RestOutcome remove_rules(RestContext& context, Exchange& exchange, const r2::Bucket& bucket,
                         const std::string& queue_id) {
  auto ids = named_rules(exchange.request.body);
  if (!ids) return std::unexpected(ids.error());
  std::vector<r2::NotificationRule> rules = bucket.notifications;
  const size_t removed = std::erase_if(rules, [&](const r2::NotificationRule& rule) {
    return rule.queue_id == queue_id &&
           (ids->empty() || std::ranges::find(*ids, rule.id) != ids->end());
  });
  if (removed == 0) return std::unexpected(no_configuration(bucket.settings.name));
  auto set = context.r2.set_notifications(bucket.settings.name, std::move(rules));
  if (!set) return std::unexpected(rest_error(set.error(), context.r2.settings()));
  return RestResult{};
}

// accounts/{a}/queues[?name=…], accounts/{a}/queues/{id}
std::optional<RestOutcome> route_queues(RestContext& context, const Exchange& exchange) {
  if (exchange.is("GET", 3)) {
    std::string items;
    for (const auto& [name, value] : exchange.query.all()) {
      if (name != "name" || value.empty()) continue;
      items += (items.empty() ? "" : ",") + queue_json(queue_id_of(value), value);
      context.queue_names[queue_id_of(value)] = value;
    }
    return RestResult{"[" + items + "]", "{\"page\":1,\"total_pages\":1}"};
  }
  if (!exchange.is("GET", 4)) return std::nullopt;
  const std::string& id = exchange.words[3];
  const auto known = context.queue_names.find(id);
  return RestResult{queue_json(id, known == context.queue_names.end() ? id : known->second), ""};
}

}  // namespace

std::optional<RestOutcome> route_notifications(RestContext& context, Exchange& exchange) {
  const auto& words = exchange.words;
  if (words.size() < 3 || words[0] != "accounts") return std::nullopt;
  if (words[2] == "queues") return route_queues(context, exchange);
  if (words.size() < 6 || words[2] != "event_notifications" || words[3] != "r2" ||
      words[5] != "configuration")
    return std::nullopt;
  const bool of_queue = words.size() == 8 && words[6] == "queues";
  const std::string_view method = exchange.method();
  const bool reads = method == "GET";
  if (!(reads && words.size() == 6) && !of_queue) return std::nullopt;
  if (!reads && method != "PUT" && method != "DELETE") return std::nullopt;
  auto found =
      bucket_of(context, exchange, words[4], reads ? Right::kReadBucket : Right::kEditBucket);
  if (!found) return std::unexpected(found.error());
  const r2::Bucket& bucket = **found;
  const std::string queue = of_queue ? words[7] : "";
  if (reads) {
    const std::string queues = queues_json(bucket.notifications, queue);
    if (queues.empty()) return std::unexpected(no_configuration(words[4]));
    if (of_queue) return RestResult{queues, ""};
    return RestResult{"{\"bucketName\":" + json_string(words[4]) + ",\"queues\":[" + queues + "]}",
                      ""};
  }
  if (method == "DELETE") return remove_rules(context, exchange, bucket, queue);
  const auto known = context.queue_names.find(queue);
  return add_rules(context, exchange, bucket, queue,
                   known == context.queue_names.end() ? queue : known->second);
}

}  // namespace offing::rest
