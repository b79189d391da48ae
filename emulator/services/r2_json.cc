#include "emulator/services/r2_json.h"

#include <rapidjson/error/en.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

namespace offing {

using Json = rapidjson::Value;

std::string_view r2_json_text(const Json& string) {
  return {string.GetString(), string.GetStringLength()};
}

std::string r2_json_of(const Json& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

std::expected<void, std::string> parse_r2_json(std::string_view text, rapidjson::Document& out) {
  out.Parse<rapidjson::kParseCommentsFlag | rapidjson::kParseTrailingCommasFlag |
            rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (!out.HasParseError()) return {};
  const size_t line =
      1 + static_cast<size_t>(std::ranges::count(text.substr(0, out.GetErrorOffset()), '\n'));
  return std::unexpected("line " + std::to_string(line) + " is not JSON: " +
                         rapidjson::GetParseError_En(out.GetParseError()));
}

static std::string shown(const Json& value) {
  std::string text = r2_json_of(value);
  return text.size() <= 80 ? text : text.substr(0, 80) + "...";
}

R2JsonObject::R2JsonObject(const Json& value, std::string path, std::string& error)
    : object_(value), path_(std::move(path)), error_(error) {
  if (value.IsObject() || !error_.empty()) return;
  const std::string name =
      path_.empty() ? "the file" : "\"" + path_.substr(0, path_.size() - 1) + "\"";
  error_ = name + " is " + shown(value) + "; it must be an object, {…}";
}

const Json* R2JsonObject::take(const char* key) {
  known_.push_back(key);
  if (!object_.IsObject()) return nullptr;
  const auto it = object_.FindMember(key);
  return it == object_.MemberEnd() ? nullptr : &it->value;
}

void R2JsonObject::fail(std::string_view key, const Json& value, std::string_view wanted) {
  if (error_.empty())
    error_ = "\"" + path(key) + "\" is " + shown(value) + "; it must be " + std::string(wanted);
}

void R2JsonObject::fail_with(std::string_view key, std::string_view why) {
  if (error_.empty()) error_ = "\"" + path(key) + "\": " + std::string(why);
}

void R2JsonObject::flag(const char* key, bool& out) {
  const Json* value = take(key);
  if (value == nullptr) return;
  if (value->IsBool()) out = value->GetBool(); else fail(key, *value, "true or false");
}

bool R2JsonObject::read_integer(const char* key, int64_t& out, int64_t low, int64_t high) {
  const Json* value = take(key);
  if (value == nullptr) return false;
  const bool good = value->IsInt64() && value->GetInt64() >= low && value->GetInt64() <= high;
  if (good) out = value->GetInt64();
  else
    fail(key, *value, "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  return good;
}

void R2JsonObject::text(const char* key, std::string& out) {
  const Json* value = take(key);
  if (value == nullptr) return;
  if (value->IsString()) out = r2_json_text(*value); else fail(key, *value, "a text");
}

void R2JsonObject::texts(const char* key, std::vector<std::string>& out) {
  const Json* value = take(key);
  if (value == nullptr) return;
  bool good = value->IsArray();
  for (rapidjson::SizeType i = 0; good && i < value->Size(); ++i) {
    good = (*value)[i].IsString();
    if (good) out.emplace_back(r2_json_text((*value)[i]));
  }
  if (!good) fail(key, *value, "a list of texts");
}

void R2JsonObject::one_of(const char* key, uint16_t& out, std::initializer_list<uint16_t> choices) {
  const Json* value = take(key);
  if (value == nullptr) return;
  std::string wanted;
  for (const uint16_t choice : choices) {
    if (value->IsUint() && value->GetUint() == choice) {
      out = choice;
      return;
    }
    wanted += (wanted.empty() ? "" : " or ") + std::to_string(choice);
  }
  fail(key, *value, wanted);
}

void R2JsonObject::choice(const char* key, size_t& out,
                          std::initializer_list<std::string_view> names) {
  const Json* value = take(key);
  if (value == nullptr) return;
  std::string wanted = "one of";
  for (const std::string_view name : names) {
    if (value->IsString() && r2_json_text(*value) == name) {
      out = static_cast<size_t>(std::ranges::find(names, name) - names.begin());
      return;
    }
    wanted += std::string(wanted == "one of" ? " \"" : ", \"") + std::string(name) + "\"";
  }
  fail(key, *value, wanted);
}

void R2JsonObject::finish() {
  if (!error_.empty()) return;
  std::vector<std::string_view> seen;
  for (auto it = object_.MemberBegin(); it != object_.MemberEnd(); ++it) {
    const std::string_view name = r2_json_text(it->name);
    if (std::ranges::find(seen, name) != seen.end()) {
      error_ = "\"" + path(name) + "\" is given twice; give it once";
      return;
    }
    seen.push_back(name);
    if (std::ranges::find(known_, name) != known_.end()) continue;
    error_ = "there is no setting \"" + path(name.substr(0, 80)) + "\"; there are: ";
    for (size_t i = 0; i < known_.size(); ++i)
      error_ += (i > 0 ? ", " : "") + std::string(known_[i]);
    return;
  }
}

}  // namespace offing
