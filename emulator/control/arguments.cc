#include "emulator/control/arguments.h"

#include <rapidjson/error/en.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "emulator/control/json.h"
#include "storage/r2/time.h"

namespace offing::control {
namespace {

using Value = rapidjson::Value;

std::string cut(std::string text) {
  if (text.size() > 80) text = text.substr(0, 80) + "…";
  return text;
}

// How deep brackets stand in one another, texts left out. Stops at `most`.
size_t depth_of(std::string_view text, size_t most) {
  size_t depth = 0, deepest = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size() && deepest < most; ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      else quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

std::expected<rapidjson::Document, Failure> parse(std::string_view text) {
  if (depth_of(text, kDepthMax + 1) > kDepthMax)
    return std::unexpected(Failure::bad("the JSON is deeper than " + std::to_string(kDepthMax) +
                                        " objects and lists in one another"));
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(text.data(),
                                                                                        text.size());
  if (!document.HasParseError()) return document;
  const std::string_view before = text.substr(0, document.GetErrorOffset());
  const size_t line = static_cast<size_t>(std::ranges::count(before, '\n')) + 1;
  const size_t column = before.size() - (before.rfind('\n') + 1) + 1;
  return std::unexpected(Failure{400, "bad_json",
                                 "the body is not JSON: line " + std::to_string(line) + ", column " +
                                     std::to_string(column) + ": " +
                                     rapidjson::GetParseError_En(document.GetParseError())});
}

struct Unit {
  std::string_view name;
  double us;
};
constexpr Unit kUnits[] = {{"us", 1},    {"ms", 1e3},    {"s", 1e6},
                           {"m", 60e6},  {"h", 3600e6}, {"d", 86400e6}};

constexpr std::string_view kDurationWanted =
    "a duration of at most 100 years: milliseconds, or a text such as \"90ms\", \"60s\", \"1.5h\" or \"30d\"";
constexpr std::string_view kTimeWanted =
    "a time: ISO 8601 such as \"2026-01-01T00:00:00Z\", or milliseconds since 1970";

std::string_view wanted_of(Kind kind) {
  switch (kind) {
    case Kind::kText: return "a text";
    case Kind::kInteger: return "a whole number";
    case Kind::kNumber: return "a number";
    case Kind::kFlag: return "true or false";
    case Kind::kDuration: return kDurationWanted;
    case Kind::kTime: return kTimeWanted;
    case Kind::kTexts: return "a list of texts, or one text with commas between them";
    case Kind::kObject: return "an object";
    case Kind::kList: return "a list";
    case Kind::kAny: return "JSON";
  }
  return "";
}

std::expected<int64_t, std::string> duration_of(const Value& value) {
  if (value.IsString()) return parse_duration_us(text_of(value));
  const double ms = value.IsNumber() ? value.GetDouble() : -1;
  if (ms < 0 || ms > static_cast<double>(kLongestMs)) return std::unexpected(std::string());
  return std::llround(ms * 1000);
}

std::expected<int64_t, std::string> time_of(const Value& value) {
  if (value.IsString()) return parse_time_us(text_of(value));
  const double ms = value.IsNumber() ? value.GetDouble() : -1;
  if (ms < 0 || ms > static_cast<double>(kLatestMs)) return std::unexpected(std::string());
  return std::llround(ms * 1000);
}

bool all_texts(const Value& value) {
  if (value.IsString()) return true;
  return value.IsArray() && std::ranges::all_of(value.GetArray(), [](const Value& one) {
           return one.IsString();
         });
}

bool fits(Kind kind, const Value& value) {
  switch (kind) {
    case Kind::kText: return value.IsString();
    case Kind::kInteger: return value.IsInt64();
    case Kind::kNumber: return value.IsNumber();
    case Kind::kFlag: return value.IsBool();
    case Kind::kDuration: return duration_of(value).has_value();
    case Kind::kTime: return time_of(value).has_value();
    case Kind::kTexts: return all_texts(value);
    case Kind::kObject: return value.IsObject();
    case Kind::kList: return value.IsArray();
    case Kind::kAny: return true;
  }
  return false;
}

const Argument* find(std::span<const Argument> known, std::string_view name) {
  auto at = std::ranges::find(known, name, &Argument::name);
  return at == known.end() ? nullptr : &*at;
}

Failure unknown(std::span<const Argument> known, std::string_view name) {
  std::string text = "there is no argument \"" + cut(std::string(name)) + "\" here; ";
  if (known.empty()) return Failure::bad(text + "there are none");
  text += "there are: ";
  for (const Argument& argument : known)
    text += (&argument == known.data() ? "" : ", ") + std::string(argument.name);
  return Failure::bad(std::move(text));
}

// "%41" and "+" as in any query; a broken escape stays as it is.
std::string query_text(std::string_view text) {
  std::string value;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned code = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(&text[i + 1], &text[i + 1] + 2, code, 16).ptr == &text[i + 1] + 2) {
      value.push_back(static_cast<char>(code));
      i += 2;
    } else {
      value.push_back(text[i] == '+' ? ' ' : text[i]);
    }
  }
  return value;
}

}  // namespace

Failure bad_value(std::string_view name, const Value& value, std::string_view wanted) {
  return Failure::bad("\"" + std::string(name) + "\" is " + cut(json_of(value)) + "; it must be " +
                      std::string(wanted));
}

Failure bad_value(std::string_view name, std::string_view value, std::string_view wanted) {
  return bad_value(name, Value(value.data(), static_cast<rapidjson::SizeType>(value.size())), wanted);
}

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::kText: return "text";
    case Kind::kInteger: return "integer";
    case Kind::kNumber: return "number";
    case Kind::kFlag: return "true|false";
    case Kind::kDuration: return "duration";
    case Kind::kTime: return "time";
    case Kind::kTexts: return "list";
    case Kind::kObject: return "object";
    case Kind::kList: return "list";
    case Kind::kAny: return "json";
  }
  return "";
}

std::expected<rapidjson::Document, Failure> parse_object(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == text.npos) text = "{}";
  auto document = parse(text);
  if (document && !document->IsObject())
    return std::unexpected(Failure::bad("the body must be a JSON object, such as {}"));
  return document;
}

std::expected<int64_t, std::string> parse_duration_us(std::string_view text) {
  const Failure wrong = bad_value("duration", text, kDurationWanted);
  double count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || !(count >= 0)) return std::unexpected(wrong.message);
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  if (unit.empty()) unit = count == 0 ? "ms" : "";
  for (const Unit& known : kUnits) {
    if (known.name != unit) continue;
    const double us = count * known.us;
    if (us > static_cast<double>(kLongestMs) * 1000) break;
    return std::llround(us);
  }
  return std::unexpected(wrong.message);
}

std::expected<int64_t, std::string> parse_time_us(std::string_view text) {
  const Failure wrong = bad_value("time", text, kTimeWanted);
  int64_t ms = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error == std::errc() && end == text.data() + text.size()) {
    if (ms < 0 || ms > kLatestMs) return std::unexpected(wrong.message);
    return ms * 1000;
  }
  const std::string day = std::string(text) + "T00:00:00Z";
  auto time = r2::parse_rfc3339(text.size() == 10 ? std::string_view(day) : text);
  if (!time || *time < 0 || *time > kLatestMs) return std::unexpected(wrong.message);
  return *time * 1000;
}

std::string time_text(int64_t us) { return r2::rfc3339(us / 1000); }

rapidjson::Value typed(const Argument& argument, std::string_view text,
                       rapidjson::Document::AllocatorType& allocator) {
  const bool is_flag = argument.kind == Kind::kFlag;
  if (is_flag && (text == "true" || text == "on" || text == "1")) return Value(true);
  if (is_flag && (text == "false" || text == "off" || text == "0")) return Value(false);
  if (argument.kind != Kind::kText && argument.kind != Kind::kTexts) {
    if (auto parsed = parse(text); parsed && fits(argument.kind, *parsed))
      return Value(*parsed, allocator);
  }
  return Value(text.data(), static_cast<rapidjson::SizeType>(text.size()), allocator);
}

std::expected<void, Failure> add_query(std::string_view query, std::span<const Argument> known,
                                       rapidjson::Document& into) {
  auto& allocator = into.GetAllocator();
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    const std::string name = query_text(pair.substr(0, equals));
    const Argument* argument = find(known, name);
    if (argument == nullptr) return std::unexpected(unknown(known, name));
    const std::string text = query_text(pair.substr(std::min(equals + 1, pair.size())));
    into.AddMember(Value(name.data(), static_cast<rapidjson::SizeType>(name.size()), allocator),
                   typed(*argument, text, allocator), allocator);
  }
  return {};
}

std::expected<Arguments, Failure> Arguments::read(std::span<const Argument> known, const Value& given,
                                                  bool free_form) {
  if (!given.IsObject()) return std::unexpected(Failure::bad("the arguments must be a JSON object"));
  Arguments read;
  read.document_.SetObject();
  auto& allocator = read.document_.GetAllocator();
  for (auto at = given.MemberBegin(); at != given.MemberEnd(); ++at) {
    const std::string_view name = text_of(at->name);
    if (read.document_.HasMember(at->name))
      return std::unexpected(Failure::bad("\"" + cut(std::string(name)) + "\" is given twice"));
    const Argument* argument = find(known, name);
    if (argument == nullptr && !free_form) return std::unexpected(unknown(known, name));
    if (at->value.IsNull() && argument != nullptr && argument->kind != Kind::kAny) continue;
    if (argument != nullptr && !fits(argument->kind, at->value))
      return std::unexpected(bad_value(name, at->value, wanted_of(argument->kind)));
    read.document_.AddMember(Value(at->name, allocator), Value(at->value, allocator), allocator);
  }
  for (const Argument& argument : known) {
    if (argument.required && !read.has(argument.name))
      return std::unexpected(Failure::bad("\"" + std::string(argument.name) + "\" is missing: " +
                                          std::string(argument.about) + " (" +
                                          std::string(wanted_of(argument.kind)) + ")"));
  }
  return read;
}

const Value* Arguments::value(std::string_view name) const {
  auto at = document_.FindMember(Value(name.data(), static_cast<rapidjson::SizeType>(name.size())));
  return at == document_.MemberEnd() ? nullptr : &at->value;
}

std::string Arguments::text(std::string_view name) const {
  return optional_text(name).value_or(std::string());
}

std::optional<std::string> Arguments::optional_text(std::string_view name) const {
  const Value* found = value(name);
  if (found == nullptr || !found->IsString()) return std::nullopt;
  return std::string(text_of(*found));
}

std::optional<int64_t> Arguments::integer(std::string_view name) const {
  const Value* found = value(name);
  if (found == nullptr || !found->IsInt64()) return std::nullopt;
  return found->GetInt64();
}

std::optional<double> Arguments::number(std::string_view name) const {
  const Value* found = value(name);
  if (found == nullptr || !found->IsNumber()) return std::nullopt;
  return found->GetDouble();
}

std::optional<bool> Arguments::flag(std::string_view name) const {
  const Value* found = value(name);
  if (found == nullptr || !found->IsBool()) return std::nullopt;
  return found->GetBool();
}

std::optional<int64_t> Arguments::duration_us(std::string_view name) const {
  const Value* found = value(name);
  auto us = found == nullptr ? std::unexpected(std::string()) : duration_of(*found);
  return us ? std::optional(*us) : std::nullopt;
}

std::optional<int64_t> Arguments::time_us(std::string_view name) const {
  const Value* found = value(name);
  auto us = found == nullptr ? std::unexpected(std::string()) : time_of(*found);
  return us ? std::optional(*us) : std::nullopt;
}

std::vector<std::string> Arguments::texts(std::string_view name) const {
  std::vector<std::string> texts;
  const Value* found = value(name);
  if (found == nullptr) return texts;
  if (found->IsArray()) {
    for (const Value& one : found->GetArray()) {
      if (one.IsString()) texts.emplace_back(text_of(one));
    }
    return texts;
  }
  std::string_view rest = found->IsString() ? text_of(*found) : std::string_view();
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    if (!one.empty()) texts.emplace_back(one);
  }
  return texts;
}

}  // namespace offing::control
