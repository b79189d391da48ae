#include "storage/r2/rules_json.h"

#include <rapidjson/error/en.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "storage/r2/time.h"

namespace offing::r2 {
namespace {

std::string cut(std::string text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (static_cast<uint8_t>(text[bytes_max]) & 0xc0) == 0x80) --bytes_max;
  text.resize(bytes_max);
  return text + "…";
}

bool is_container(const Json& value) { return value.IsArray() || value.IsObject(); }

bool is_nested(const Json& value) {
  if (value.IsArray()) return std::any_of(value.Begin(), value.End(), is_container);
  return value.IsObject() && std::any_of(value.MemberBegin(), value.MemberEnd(),
                                         [](const auto& m) { return is_container(m.value); });
}

// Of what is nested only the kind: the writer would follow it as deep as it goes.
std::string shown(const Json& value) {
  if (is_nested(value)) return value.IsArray() ? "[...]" : "{...}";
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  value.Accept(writer);
  return cut({buffer.GetString(), buffer.GetSize()}, 80);
}

std::string quoted(std::string_view text) { return "\"" + cut(std::string(text), 80) + "\""; }

Json::ConstMemberIterator find(const Json& object, std::string_view name) {
  return object.FindMember(
      Json(rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size()))));
}

// A whole number, also one that is written 3600.0.
std::optional<int64_t> whole_number(const Json& value) {
  if (value.IsInt64()) return value.GetInt64();
  if (!value.IsDouble()) return std::nullopt;
  const double number = value.GetDouble();
  if (std::trunc(number) != number || std::fabs(number) > static_cast<double>(kWholeMax))
    return std::nullopt;
  return static_cast<int64_t>(number);
}

}  // namespace

std::string_view text_of(const Json& string) {
  return {string.GetString(), string.GetStringLength()};
}

void write_text(JsonWriter& out, std::string_view text) {
  out.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void write_field(JsonWriter& out, std::string_view name, std::string_view text) {
  out.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
  write_text(out, text);
}

void write_texts(JsonWriter& out, std::string_view name, const std::vector<std::string>& texts) {
  out.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
  out.StartArray();
  for (const std::string& text : texts) write_text(out, text);
  out.EndArray();
}

bool RuleFields::has(std::string_view name) const {
  const auto it = find(object_, name);
  return it != object_.MemberEnd() && !it->value.IsNull();
}

const Json* RuleFields::take(std::string_view name, std::string_view wanted, bool required) {
  known_.push_back(name);
  const auto it = find(object_, name);
  if (it != object_.MemberEnd()) {
    ++taken_;
    if (!it->value.IsNull()) return &it->value;
  }
  if (required) fail(name, "is missing; it must be " + std::string(wanted));
  return nullptr;
}

const Json* RuleFields::take_object(std::string_view name, std::string_view wanted, bool required) {
  const Json* value = take(name, wanted, required);
  if (!value || value->IsObject()) return value;
  fail(name, *value, wanted);
  return nullptr;
}

std::string RuleFields::text(std::string_view name, std::string_view wanted, bool required) {
  const Json* value = take(name, wanted, required);
  if (!value) return {};
  if (value->IsString()) return std::string(text_of(*value));
  fail(name, *value, wanted);
  return {};
}

bool RuleFields::flag(std::string_view name) {
  const Json* value = take(name, "true or false", true);
  if (!value) return false;
  if (!value->IsBool()) fail(name, *value, "true or false");
  return value->IsTrue();
}

int64_t RuleFields::whole(std::string_view name, int64_t low, int64_t high,
                          std::string_view wanted) {
  const Json* value = take(name, wanted, true);
  if (!value) return 0;
  const std::optional<int64_t> number = whole_number(*value);
  if (number && *number >= low && *number <= high) return *number;
  fail(name, *value, wanted);
  return 0;
}

std::vector<std::string> RuleFields::texts(std::string_view name, std::string_view wanted,
                                           bool required) {
  std::vector<std::string> out;
  const Json* value = take(name, wanted, required);
  if (!value) return out;
  if (!value->IsArray() || (required && value->Empty())) {
    fail(name, *value, wanted);
    return out;
  }
  for (rapidjson::SizeType i = 0; i < value->Size(); ++i) {
    const Json& element = (*value)[i];
    if (element.IsString() && element.GetStringLength() > 0) {
      out.emplace_back(text_of(element));
      continue;
    }
    fail(std::string(name) + "[" + std::to_string(i) + "]", element, "a text that is not empty");
    return out;
  }
  return out;
}

int64_t RuleFields::date(std::string_view name, std::string& as_given) {
  constexpr std::string_view kWanted = "a time of RFC 3339, such as \"2026-01-01T00:00:00Z\"";
  const Json* value = take(name, kWanted, true);
  if (!value) return 0;
  if (value->IsString()) {
    as_given = text_of(*value);
    if (const std::optional<int64_t> ms = parse_rfc3339(as_given)) return *ms;
  }
  fail(name, *value, kWanted);
  return 0;
}

void RuleFields::misnomer(std::string_view name, std::string_view advice) {
  if (find(object_, name) != object_.MemberEnd()) fail(name, advice);
}

void RuleFields::fail(std::string_view name, const Json& value, std::string_view wanted) {
  if (good()) fail(name, "is " + shown(value) + "; it must be " + std::string(wanted));
}

void RuleFields::fail(std::string_view name, std::string_view what) {
  if (good())
    error_ = std::string(place_) + ": \"" + path_of(name) + "\" " + std::string(what);
}

void RuleFields::finish(std::string_view kind) {
  if (!good() || taken_ == object_.MemberCount()) return;
  std::string names;
  for (std::string_view name : known_) names += (names.empty() ? "" : ", ") + path_of(name);
  std::vector<std::string_view> seen;
  for (auto it = object_.MemberBegin(); it != object_.MemberEnd(); ++it) {
    const std::string_view name = text_of(it->name);
    if (std::find(seen.begin(), seen.end(), name) != seen.end())
      return fail(name, "is given twice; give it once");
    seen.push_back(name);
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    error_ = std::string(place_) + ": there is no field " + quoted(path_of(name)) + " in a " +
             std::string(kind) + " rule; there are: " + names;
    return;
  }
}

std::expected<RuleDocument, std::string> RuleDocument::parse(std::string_view json,
                                                             const RuleKind& kind) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(
      json.data(), json.size());
  if (document.HasParseError()) {
    const size_t offset = std::min(document.GetErrorOffset(), json.size());
    const auto line = 1 + std::count(json.begin(), json.begin() + static_cast<ptrdiff_t>(offset),
                                     '\n');
    return std::unexpected("line " + std::to_string(line) + " is not JSON: " +
                           rapidjson::GetParseError_En(document.GetParseError()));
  }
  const std::string shape = "; it must be an object {\"rules\": [...]} of " +
                            std::string(kind.name) + " rules";
  if (!document.IsObject()) return std::unexpected("the document is " + shown(document) + shape);
  const auto rules = document.FindMember("rules");
  if (rules == document.MemberEnd()) return std::unexpected("\"rules\" is missing" + shape);
  if (!rules->value.IsArray())
    return std::unexpected("\"rules\" is " + shown(rules->value) + shape);
  if (rules->value.Size() > kind.max)
    return std::unexpected("there are " + std::to_string(rules->value.Size()) +
                           " rules; a bucket has at most " + std::to_string(kind.max) + " " +
                           std::string(kind.name) + " rules: leave out or merge some");
  for (rapidjson::SizeType i = 0; i < rules->value.Size(); ++i)
    if (!rules->value[i].IsObject())
      return std::unexpected("rules[" + std::to_string(i) + "] is " + shown(rules->value[i]) +
                             "; it must be an object");
  RuleDocument out(std::move(document), kind);
  if (std::optional<std::string> wrong = out.wrong_ids()) return std::unexpected(std::move(*wrong));
  return out;
}

std::optional<std::string> RuleDocument::wrong_ids() const {
  if (!kind_.ids_required) return std::nullopt;
  std::unordered_map<std::string_view, size_t> first;
  for (size_t i = 0; i < size(); ++i) {
    const auto id = at(i).FindMember("id");
    if (id == at(i).MemberEnd() || !id->value.IsString() || id->value.GetStringLength() == 0)
      return place_of(i) + ": \"id\" is " +
             (id == at(i).MemberEnd() ? "missing" : shown(id->value)) +
             "; it must be a text that is not empty, and another for each rule";
    const auto [known, is_new] = first.emplace(text_of(id->value), i);
    if (!is_new)
      return place_of(i) + ": \"id\" is that of rules[" + std::to_string(known->second) +
             "] too; give each rule its own";
  }
  return std::nullopt;
}

std::string RuleDocument::place_of(size_t index) const {
  std::string place = "rules[" + std::to_string(index) + "]";
  const auto id = at(index).FindMember("id");
  if (id != at(index).MemberEnd() && id->value.IsString() && id->value.GetStringLength() > 0)
    place += " (" + quoted(text_of(id->value)) + ")";
  return place;
}

}  // namespace offing::r2
