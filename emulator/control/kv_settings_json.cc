#include "emulator/control/json.h"
#include "emulator/control/options.h"

namespace offing::control {
namespace {

std::string decimal(double value) {
  rapidjson::Value number(value);
  return json_of(number);
}

void add_texts(Json& json, const std::vector<std::string>& texts) {
  json.open('[');
  for (const std::string& text : texts) json.value(text);
  json.close(']');
}

void add_partitions(Json& json, const KvSettings& s) {
  json.key("partitions").open('[');
  for (const KvPartition& p : s.partitions) {
    json.open('{').key("a");
    add_texts(json, p.a);
    json.key("b");
    add_texts(json, p.b);
    json.field("from", std::to_string(p.from_ms) + "ms").field("to", std::to_string(p.to_ms) + "ms");
    json.close('}');
  }
  json.close(']');
}

void add_cache(Json& json, const KvSettings& s) {
  json.field("default_cache_ttl_s", s.default_cache_ttl_s).field("min_cache_ttl_s", s.min_cache_ttl_s);
  if (s.negative_ttl_s) json.field("negative_ttl_s", s.negative_ttl_s);
  json.field("negative_uses_cache_ttl", s.negative_uses_cache_ttl);
  json.field("ttl_policy", s.ttl_policy == KvSettings::TtlPolicy::kKeep ? "keep" : "shrink");
  json.key("refresh_ahead");
  if (s.refresh_ahead) {
    json.open('{').raw_field("fraction", decimal(s.refresh_ahead->fraction));
    json.field("min_hits", s.refresh_ahead->min_hits).close('}');
  } else {
    json.raw("false");
  }
  json.raw_field("ryow", decimal(s.ryow));
  json.field("tiers", s.tiers == KvSettings::Tiers::kNone ? "none" : "regional");
  json.field("tier_revalidate_delay", s.tier_revalidate_delay.text());
  json.raw_field("evict_rate", decimal(s.evict_rate));
}

void add_lists_and_writes(Json& json, const KvSettings& s) {
  json.field("list_lag", s.list_lag.text()).field("list_own_writes", s.list_own_writes);
  if (s.tombstone_pages) json.field("tombstone_pages", s.tombstone_pages);
  json.field("tombstone_hold_s", s.tombstone_hold_s).key("write_limit").open('{');
  json.raw_field("per_s", decimal(s.write_limit.per_s));
  json.field("scope", s.write_limit.scope == KvWriteLimit::Scope::kGlobal ? "global" : "location");
  json.field("count_deletes", s.write_limit.count_deletes);
  json.field("count_bulk", s.write_limit.count_bulk).close('}');
}

}  // namespace

std::string kv_settings_json(const KvSettings& s) {
  Json json;
  json.open('{').field("mode", kv_mode_name(s.mode));
  if (s.lag) json.field("lag", s.lag->text());
  json.key("links").open('{');
  for (const auto& [link, lag] : s.links) json.field(link, lag.text());
  json.close('}').key("regions").open('{');
  for (const auto& [region, locations] : s.regions) {
    json.key(region);
    add_texts(json, locations);
  }
  json.close('}');
  add_cache(json, s);
  add_lists_and_writes(json, s);
  json.field("max_staleness_s", s.max_staleness_s);
  add_partitions(json, s);
  json.field("reorder_keys", s.reorder_keys).raw_field("non_monotonic", decimal(s.non_monotonic));
  json.field("negative_hold", s.negative_hold);
  json.field("list_source", s.list_source == KvSettings::ListSource::kIndex ? "index" : "replica");
  json.field("ack", s.ack == KvSettings::Ack::kCentral ? "central" : "local");
  return json.close('}').take();
}

}  // namespace offing::control
