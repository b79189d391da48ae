#include "emulator/replay/json_input.h"

#include <rapidjson/error/en.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

namespace offing::replay {
namespace {

// Passes events on to a document while the nesting stays within bounds.
template <class Target>
struct Bounded {
  Target& target;
  int depth = 0;
  bool too_deep = false;

  bool enter() { return ++depth <= kNestingMax || (too_deep = true, false); }
  bool Null() { return target.Null(); }
  bool Bool(bool v) { return target.Bool(v); }
  bool Int(int v) { return target.Int(v); }
  bool Uint(unsigned v) { return target.Uint(v); }
  bool Int64(int64_t v) { return target.Int64(v); }
  bool Uint64(uint64_t v) { return target.Uint64(v); }
  bool Double(double v) { return target.Double(v); }
  bool RawNumber(const char* s, unsigned n, bool c) { return target.RawNumber(s, n, c); }
  bool String(const char* s, unsigned n, bool c) { return target.String(s, n, c); }
  bool StartObject() { return enter() && target.StartObject(); }
  bool Key(const char* s, unsigned n, bool c) { return target.Key(s, n, c); }
  bool EndObject(unsigned n) { return --depth, target.EndObject(n); }
  bool StartArray() { return enter() && target.StartArray(); }
  bool EndArray(unsigned n) { return --depth, target.EndArray(n); }
};

using Reader = rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>>;
constexpr unsigned kFlags = rapidjson::kParseStopWhenDoneFlag | rapidjson::kParseIterativeFlag |
                            rapidjson::kParseValidateEncodingFlag;

struct Outcome {
  bool good = false;
  bool too_deep = false;
  size_t end = 0;
  size_t error_at = 0;
  std::string message;
};

template <class Target>
Outcome run(std::string_view text, Target& target) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  Reader reader;
  Bounded<Target> bounded{target};
  const rapidjson::ParseResult result =
      reader.Parse<kFlags>(stream, bounded);
  Outcome out;
  out.good = !result.IsError();
  out.too_deep = bounded.too_deep;
  out.end = stream.Tell();
  if (!out.good) {
    out.error_at = result.Offset();
    out.message = rapidjson::GetParseError_En(result.Code());
  }
  return out;
}

}  // namespace

std::string InputError::text() const {
  std::string out = file;
  if (line > 0) out += ":" + std::to_string(line);
  out += ": ";
  if (!field.empty()) out += field + ": ";
  return out + message;
}

uint64_t JsonText::line_of(size_t offset) const {
  offset = std::min(offset, text_.size());
  if (offset < counted_to_) {
    counted_to_ = 0;
    counted_lines_ = 1;
  }
  counted_lines_ += static_cast<uint64_t>(
      std::count(text_.begin() + static_cast<ptrdiff_t>(counted_to_),
                 text_.begin() + static_cast<ptrdiff_t>(offset), '\n'));
  counted_to_ = offset;
  return counted_lines_;
}

InputError JsonText::error(size_t offset, std::string field, std::string message) const {
  offset = std::min(offset, text_.size());
  const size_t line_start = offset == 0 ? std::string_view::npos : text_.rfind('\n', offset - 1);
  const size_t column = line_start == std::string_view::npos ? offset + 1 : offset - line_start;
  return {file_, line_of(offset), column, std::move(field), std::move(message)};
}

size_t JsonText::skip_space(size_t offset) const {
  while (offset < text_.size() && (text_[offset] == ' ' || text_[offset] == '\n' ||
                                   text_[offset] == '\r' || text_[offset] == '\t')) {
    ++offset;
  }
  return offset;
}

std::expected<void, InputError> JsonText::parse(size_t& offset, const std::string& field,
                                                rapidjson::Document& out) const {
  Outcome outcome;
  auto generate = [&](rapidjson::Document& document) {
    outcome = run(text_.substr(offset), document);
    return outcome.good;
  };
  out.Populate(generate);
  if (!outcome.good) {
    return std::unexpected(error(offset + outcome.error_at, field,
        outcome.too_deep ? "nested deeper than " + std::to_string(kNestingMax) + " levels"
                         : "not JSON: " + outcome.message));
  }
  offset += outcome.end;
  return {};
}

std::expected<void, InputError> JsonText::skip(size_t& offset, const std::string& field) const {
  rapidjson::BaseReaderHandler<> nothing;
  const Outcome outcome = run(text_.substr(offset), nothing);
  if (!outcome.good) {
    return std::unexpected(error(offset + outcome.error_at, field,
        outcome.too_deep ? "nested deeper than " + std::to_string(kNestingMax) + " levels"
                         : "not JSON: " + outcome.message));
  }
  offset += outcome.end;
  return {};
}

std::expected<std::string, InputError> JsonText::key(size_t& offset,
                                                     const std::string& field) const {
  if (offset >= text_.size() || text_[offset] != '"') {
    return std::unexpected(error(offset, field, "a field's name in quotes is expected here"));
  }
  rapidjson::Document name;
  if (auto parsed = parse(offset, field, name); !parsed) return std::unexpected(parsed.error());
  offset = skip_space(offset);
  if (offset >= text_.size() || text_[offset] != ':') {
    return std::unexpected(error(offset, field, "\":\" is expected here"));
  }
  ++offset;
  return std::string(view(name));
}

std::string_view view(const rapidjson::Value& string) {
  return {string.GetString(), string.GetStringLength()};
}

std::string json_of(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

Fields::Fields(const rapidjson::Value& value, std::string path, std::optional<Wrong>& wrong)
    : value_(&value), path_(std::move(path)), wrong_(&wrong) {
  if (!value.IsObject()) fail("", "an object is expected here");
}

std::string Fields::path(std::string_view name) const {
  if (path_.empty() || name.empty()) return path_ + std::string(name);
  return path_ + "." + std::string(name);
}

void Fields::fail(std::string_view name, std::string message) const {
  if (!*wrong_) *wrong_ = Wrong{path(name), std::move(message)};
}

const rapidjson::Value* Fields::find(const char* name) const {
  if (!value_->IsObject()) return nullptr;
  auto it = value_->FindMember(name);
  return it == value_->MemberEnd() ? nullptr : &it->value;
}

const rapidjson::Value* Fields::required(const char* name) const {
  const rapidjson::Value* found = find(name);
  if (!found) fail(name, "is missing");
  return found;
}

std::optional<std::string> Fields::string(const char* name) const {
  const rapidjson::Value* found = find(name);
  if (!found) return std::nullopt;
  if (found->IsString()) return std::string(view(*found));
  fail(name, "a string is expected, got " + json_of(*found).substr(0, 60));
  return std::nullopt;
}

std::optional<int64_t> Fields::integer(const char* name, int64_t low, int64_t high) const {
  const rapidjson::Value* found = find(name);
  if (!found) return std::nullopt;
  if (found->IsInt64() && found->GetInt64() >= low && found->GetInt64() <= high) {
    return found->GetInt64();
  }
  fail(name, "a whole number from " + std::to_string(low) + " to " + std::to_string(high) +
                 " is expected, got " + json_of(*found).substr(0, 60));
  return std::nullopt;
}

std::optional<bool> Fields::boolean(const char* name) const {
  const rapidjson::Value* found = find(name);
  if (!found) return std::nullopt;
  if (found->IsBool()) return found->GetBool();
  fail(name, "true or false is expected, got " + json_of(*found).substr(0, 60));
  return std::nullopt;
}

std::optional<Fields> Fields::object(const char* name) const {
  const rapidjson::Value* found = find(name);
  if (!found) return std::nullopt;
  return Fields(*found, path(name), *wrong_);
}

const rapidjson::Value* Fields::array(const char* name) const {
  const rapidjson::Value* found = find(name);
  if (!found || found->IsArray()) return found;
  fail(name, "an array is expected, got " + json_of(*found).substr(0, 60));
  return nullptr;
}

void Fields::only(std::initializer_list<std::string_view> names) const {
  if (!value_->IsObject()) return;
  for (const auto& member : value_->GetObject()) {
    if (std::find(names.begin(), names.end(), view(member.name)) != names.end()) continue;
    std::string known;
    for (std::string_view name : names) known += (known.empty() ? "" : ", ") + std::string(name);
    return fail(view(member.name), "unknown field; there are: " + known);
  }
}

}  // namespace offing::replay
