#include "storage/kv/settings.h"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cmath>

namespace offing {
namespace {

using Json = rapidjson::Value;

std::string_view text_of(const Json& v) { return {v.GetString(), v.GetStringLength()}; }

std::string shown(const Json& v) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  v.Accept(writer);
  std::string text(buffer.GetString(), buffer.GetSize());
  return text.size() <= 80 ? text : text.substr(0, 80) + "...";
}

// Takes the members of one object by name; the first error stays.
class Reader {
 public:
  Reader(const Json& object, std::string path, std::string& error)
      : object_(object), path_(std::move(path)), error_(error) {}

  const Json* take(const char* key) {
    known_ += (known_.empty() ? "" : ", ") + std::string(key);
    auto it = object_.FindMember(key);
    if (it == object_.MemberEnd()) return nullptr;
    ++taken_;
    return &it->value;
  }
  void fail(std::string_view key, const Json& value, std::string_view wanted) {
    if (error_.empty())
      error_ = "KV settings: \"" + path_ + std::string(key) + "\" is " + shown(value) +
               "; it must be " + std::string(wanted);
  }
  template <class T> void integer(const char* key, T& out, int64_t low, int64_t high) {
    const Json* v = take(key);
    if (!v) return;
    if (v->IsInt64() && v->GetInt64() >= low && v->GetInt64() <= high)
      out = static_cast<int32_t>(v->GetInt64());
    else
      fail(key, *v, "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  }
  void real(const char* key, double& out, double low, double high, std::string_view wanted) {
    const Json* v = take(key);
    if (!v) return;
    if (v->IsNumber() && v->GetDouble() >= low && v->GetDouble() <= high) out = v->GetDouble();
    else fail(key, *v, wanted);
  }
  void probability(const char* key, double& out) {
    real(key, out, 0, 1, "a probability from 0 to 1");
  }
  template <class T> void flag(const char* key, T& out) {
    const Json* v = take(key);
    if (!v) return;
    if (v->IsBool()) out = v->GetBool(); else fail(key, *v, "true or false");
  }
  template <class E>
  void choice(const char* key, E& out, std::string_view first, E one, std::string_view second,
              E two) {
    const Json* v = take(key);
    if (!v) return;
    if (v->IsString() && text_of(*v) == first) out = one;
    else if (v->IsString() && text_of(*v) == second) out = two;
    else fail(key, *v, "\"" + std::string(first) + "\" or \"" + std::string(second) + "\"");
  }
  template <class T> void lag(const char* key, T& out) {
    if (const Json* v = take(key)) lag_value(key, *v, out);
  }
  template <class T> void lag_value(std::string_view key, const Json& v, T& out) {
    if (!v.IsString()) return fail(key, v, "a text such as \"60s\" or \"uniform:0s..60s\"");
    auto parsed = parse_lag(text_of(v));
    if (parsed) out = *parsed;
    else if (error_.empty())
      error_ = "KV settings: \"" + path_ + std::string(key) + "\": " + parsed.error();
  }
  void names(std::string_view key, const Json* v, std::vector<std::string>& out) {
    out.clear();
    bool good = v && v->IsArray() && !v->Empty();
    for (rapidjson::SizeType i = 0; good && i < v->Size(); ++i) {
      good = (*v)[i].IsString() && (*v)[i].GetStringLength() > 0;
      if (good) out.emplace_back(text_of((*v)[i]));
    }
    if (!good) fail(key, v ? *v : object_, "a list of locations, such as [\"LHR\", \"SIN\"]");
  }
  // Every member must have been taken.
  void finish() {
    if (!error_.empty() || taken_ == object_.MemberCount()) return;
    const std::string padded = ", " + known_ + ", ";
    for (auto it = object_.MemberBegin(); it != object_.MemberEnd(); ++it) {
      const std::string name(text_of(it->name));
      if (padded.find(", " + name + ", ") != padded.npos) continue;
      error_ = "KV settings: there is no setting \"" + path_ + name.substr(0, 80) +
               "\"; there are: " + known_;
      return;
    }
    error_ = "KV settings: a setting of \"" + path_ + "\" is given twice; give it once";
  }

 private:
  const Json& object_;
  std::string path_;
  std::string& error_;
  std::string known_;
  size_t taken_ = 0;
};

void read_refresh_ahead(Reader& in, KvSettings& s, std::string& error) {
  const Json* v = in.take("refresh_ahead");
  if (!v) return;
  if (v->IsFalse()) return s.refresh_ahead.reset();
  if (!v->IsObject())
    return in.fail("refresh_ahead", *v, "false or {\"fraction\": 0.8, \"min_hits\": 10}");
  KvRefreshAhead ahead;
  Reader part(*v, "refresh_ahead.", error);
  part.probability("fraction", ahead.fraction);
  part.integer("min_hits", ahead.min_hits, 0, 1'000'000'000);
  part.finish();
  s.refresh_ahead = ahead;
}

void read_write_limit(Reader& in, KvSettings& s, std::string& error) {
  using Scope = KvWriteLimit::Scope;
  const Json* v = in.take("write_limit");
  if (!v) return;
  if (v->IsFalse()) {
    s.write_limit.per_s = 0;
    return;
  }
  if (!v->IsObject())
    return in.fail("write_limit", *v, "false or {\"per_s\": 1, \"scope\": \"global\"}");
  Reader part(*v, "write_limit.", error);
  part.real("per_s", s.write_limit.per_s, 0, 1e6, "a number of writes from 0 (no limit) to 1000000");
  if (s.write_limit.per_s > 0 && s.write_limit.per_s < 1e-5)
    part.fail("per_s", (*v)["per_s"], "0 or at least 0.00001");
  part.choice("scope", s.write_limit.scope, "global", Scope::kGlobal, "location", Scope::kLocation);
  part.flag("count_deletes", s.write_limit.count_deletes);
  part.flag("count_bulk", s.write_limit.count_bulk);
  part.finish();
}

void read_ryow(Reader& in, KvSettings& s) {
  const Json* v = in.take("ryow");
  if (!v) return;
  if (v->IsString() && text_of(*v) == "always") s.ryow = 1;
  else if (v->IsString() && text_of(*v) == "never") s.ryow = 0;
  else if (v->IsNumber() && v->GetDouble() >= 0 && v->GetDouble() <= 1) s.ryow = v->GetDouble();
  else in.fail("ryow", *v, "\"always\", \"never\" or a probability from 0 to 1");
}

void read_maps(Reader& in, KvSettings& s) {
  if (const Json* v = in.take("links")) {
    if (!v->IsObject()) return in.fail("links", *v, "an object, {\"LHR->SIN\": \"30s\"}");
    s.links.clear();
    for (auto it = v->MemberBegin(); it != v->MemberEnd(); ++it) {
      const std::string name(text_of(it->name));
      const size_t arrow = name.find("->");
      if (arrow == name.npos || arrow == 0 || arrow + 2 == name.size())
        return in.fail("links", *v, "an object whose names are \"FROM->TO\", such as \"LHR->SIN\"");
      in.lag_value("links." + name, it->value, s.links[name]);
    }
  }
  if (const Json* v = in.take("regions")) {
    if (!v->IsObject()) return in.fail("regions", *v, "an object, {\"eu\": [\"LHR\", \"FRA\"]}");
    s.regions.clear();
    for (auto it = v->MemberBegin(); it != v->MemberEnd(); ++it)
      in.names("regions." + std::string(text_of(it->name)), &it->value,
               s.regions[std::string(text_of(it->name))]);
  }
}

void read_partitions(Reader& in, KvSettings& s, std::string& error) {
  const Json* v = in.take("partitions");
  if (!v) return;
  if (!v->IsArray()) return in.fail("partitions", *v, "a list of objects with a, b, from, to");
  s.partitions.clear();
  for (const Json& item : v->GetArray()) {
    if (!item.IsObject()) return in.fail("partitions", item, "an object with a, b, from, to");
    Reader part(item, "partitions[].", error);
    KvPartition p;
    part.names("a", part.take("a"), p.a);
    part.names("b", part.take("b"), p.b);
    for (auto [key, out] : {std::pair{"from", &p.from_ms}, std::pair{"to", &p.to_ms}}) {
      const Json* time = part.take(key);
      auto ms = time && time->IsString() ? parse_duration_ms(text_of(*time))
                                         : std::unexpected(std::string());
      if (ms) *out = *ms;
      else part.fail(key, time ? *time : item, "a time since the start, such as \"10s\"");
    }
    if (p.from_ms >= p.to_ms) part.fail("to", item, "later than \"from\"");
    part.finish();
    s.partitions.push_back(std::move(p));
  }
}

void read_all_of(Reader& in, KvSettings& s, std::string& error) {
  if (const Json* v = in.take("mode")) {
    auto mode = v->IsString() ? parse_kv_mode(text_of(*v)) : std::unexpected(std::string());
    if (mode) s.mode = *mode;
    else in.fail("mode", *v, "\"documented\", \"adversarial\" or \"strong\"");
  }
  constexpr int32_t kYearS = 365 * 24 * 3600;
  in.lag("lag", s.lag);
  read_maps(in, s);
  in.integer("default_cache_ttl_s", s.default_cache_ttl_s, 0, kYearS);
  in.integer("min_cache_ttl_s", s.min_cache_ttl_s, 1, kYearS);
  in.integer("negative_ttl_s", s.negative_ttl_s, 0, kYearS);
  in.flag("negative_uses_cache_ttl", s.negative_uses_cache_ttl);
  in.choice("ttl_policy", s.ttl_policy, "keep", KvSettings::TtlPolicy::kKeep, "shrink",
            KvSettings::TtlPolicy::kShrink);
  read_refresh_ahead(in, s, error);
  read_ryow(in, s);
  in.choice("tiers", s.tiers, "none", KvSettings::Tiers::kNone, "regional",
            KvSettings::Tiers::kRegional);
  in.lag("tier_revalidate_delay", s.tier_revalidate_delay);
  in.probability("evict_rate", s.evict_rate);
  in.lag("list_lag", s.list_lag);
  in.flag("list_own_writes", s.list_own_writes);
  in.flag("tombstone_pages", s.tombstone_pages);
  in.integer("tombstone_hold_s", s.tombstone_hold_s, 0, kYearS);
  read_write_limit(in, s, error);
  in.integer("max_staleness_s", s.max_staleness_s, 0, kYearS);
  read_partitions(in, s, error);
  in.flag("reorder_keys", s.reorder_keys);
  in.probability("non_monotonic", s.non_monotonic);
  in.flag("negative_hold", s.negative_hold);
  in.choice("list_source", s.list_source, "index", KvSettings::ListSource::kIndex, "replica",
            KvSettings::ListSource::kReplica);
  in.choice("ack", s.ack, "central", KvSettings::Ack::kCentral, "local", KvSettings::Ack::kLocal);
  in.finish();
}

}  // namespace

std::expected<KvSettings, std::string> parse_kv_settings(std::string_view json, KvSettings base) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseCommentsFlag | rapidjson::kParseTrailingCommasFlag |
                 rapidjson::kParseIterativeFlag>(json.data(), json.size());
  if (document.HasParseError()) {
    size_t line = 1;
    for (char c : json.substr(0, document.GetErrorOffset())) line += c == '\n';
    return std::unexpected("KV settings: line " + std::to_string(line) + " is not JSON: " +
                           rapidjson::GetParseError_En(document.GetParseError()));
  }
  if (!document.IsObject())
    return std::unexpected("KV settings: the file must hold an object, {\"mode\": \"documented\"}");
  std::string error;
  Reader in(document, "", error);
  read_all_of(in, base, error);
  if (!error.empty()) return std::unexpected(error);
  return base;
}

std::expected<KvMode, std::string> parse_kv_mode(std::string_view text) {
  for (KvMode mode : {KvMode::kDocumented, KvMode::kAdversarial, KvMode::kStrong})
    if (text == kv_mode_name(mode)) return mode;
  return std::unexpected("there is no KV mode \"" + std::string(text) +
                         "\"; there are: documented, adversarial, strong");
}

std::string_view kv_mode_name(KvMode mode) {
  switch (mode) {
    case KvMode::kDocumented: return "documented";
    case KvMode::kAdversarial: return "adversarial";
    case KvMode::kStrong: return "strong";
  }
  return "";
}

std::string_view kv_lag_help() {
  return "How far KV may be behind: \"60s\", \"500ms\", \"uniform:0s..60s\", \"exp:20s\" or\n"
         "\"list:1s,5s,30s\", drawn anew each time.\n"
         "documented: how long a location goes on serving what it has cached, value or\n"
         "  miss, instead of the default 60s; a read's own cacheTtl wins;\n"
         "adversarial: how long each write takes to each other location;\n"
         "strong: ignored. Example: --kv-lag uniform:0s..30s";
}

}  // namespace offing
