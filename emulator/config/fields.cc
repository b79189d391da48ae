#include "emulator/config/fields.h"

#include <algorithm>
#include <utility>

#include "emulator/config/spelling.h"

namespace offing::config {

namespace {

struct Field {
  std::string_view name;
  char type;
  bool required;
};

std::vector<Field> parse_fields(std::string_view words) {
  std::vector<Field> fields;
  while (!words.empty()) {
    const size_t end = std::min(words.find(' '), words.size());
    const std::string_view word = words.substr(0, end);
    const size_t colon = word.find(':');
    if (colon != word.npos && colon + 1 < word.size()) {
      fields.push_back({word.substr(0, colon), word[colon + 1], word.ends_with('!')});
    }
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return fields;
}

bool has_type(const Value& value, char type) {
  using enum Value::Type;
  switch (type) {
    case 's': return value.is(kString);
    case 'i': return value.is(kInteger);
    case 'b': return value.is(kBool);
    case 'o': return value.is(kObject);
    case 'l': return value.is(kArray);
  }
  return true;
}

const char* type_name(char type) {
  switch (type) {
    case 's': return "string";
    case 'i': return "integer";
    case 'b': return "boolean";
    case 'o': return "object";
    case 'l': return "array";
  }
  return "value";
}

}  // namespace

Problem Reporter::problem(const Value& at, std::string key, std::string message) const {
  return {.file = file, .key = std::move(key), .line = at.line, .column = at.column,
          .message = std::move(message)};
}

void Reporter::warn(const Value& at, std::string key, std::string message) const {
  warnings.push_back(problem(at, std::move(key), std::move(message)));
}

std::expected<void, Problem> check_fields(const Value& object, const std::string& key,
                                          std::string_view fields, const Reporter& report) {
  if (!object.is(Value::Type::kObject)) {
    return std::unexpected(report.problem(
        object, key, "Expected \"" + key + "\" to be an object but got " + object.json() + "."));
  }
  const std::vector<Field> expected = parse_fields(fields);
  std::vector<std::string_view> names;
  for (const Field& field : expected) {
    names.push_back(field.name);
    const std::string path = key + "." + std::string(field.name);
    const Value* value = object.find(field.name);
    if (value == nullptr) {
      if (!field.required) continue;
      return std::unexpected(report.problem(
          object, path, "\"" + path + "\" is required, and must be of type " +
                            type_name(field.type) + "."));
    }
    if (!has_type(*value, field.type)) {
      return std::unexpected(report.problem(
          *value, path, "Expected \"" + path + "\" to be of type " + type_name(field.type) +
                            " but got " + value->json() + "."));
    }
    if (field.required && field.type == 's' && value->string.empty()) {
      return std::unexpected(report.problem(*value, path, "\"" + path + "\" must not be empty."));
    }
  }
  for (const auto& [name, value] : object.members) {
    if (std::ranges::find(names, name) == names.end()) {
      report.warn(value, key + "." + name,
                  "Unexpected field \"" + name + "\"" + did_you_mean(name, names));
    }
  }
  return {};
}

std::optional<std::string> string_field(const Value& object, std::string_view name) {
  const Value* value = object.find(name);
  if (value == nullptr || !value->is(Value::Type::kString)) return std::nullopt;
  return value->string;
}

bool bool_field(const Value& object, std::string_view name) {
  const Value* value = object.find(name);
  return value != nullptr && value->is(Value::Type::kBool) && value->boolean;
}

std::expected<std::optional<int64_t>, Problem> integer_field(const Value& object,
                                                             std::string_view name,
                                                             const std::string& key, int64_t least,
                                                             int64_t most,
                                                             const Reporter& report) {
  const Value* value = object.find(name);
  if (value == nullptr) return std::nullopt;
  if (value->integer >= least && value->integer <= most) return value->integer;
  return std::unexpected(report.problem(
      *value, key + "." + std::string(name),
      value->json() + " is out of range. It must be from " + std::to_string(least) + " to " +
          std::to_string(most) + "."));
}

std::expected<std::vector<std::string>, Problem> strings_field(const Value& object,
                                                               std::string_view name,
                                                               const std::string& key,
                                                               const Reporter& report) {
  std::vector<std::string> out;
  const Value* list = object.find(name);
  if (list == nullptr) return out;
  for (const Value& item : list->items) {
    if (!item.is(Value::Type::kString)) {
      const std::string path =
          key + "." + std::string(name) + "[" + std::to_string(out.size()) + "]";
      return std::unexpected(report.problem(
          item, path, "Expected \"" + path + "\" to be of type string but got " + item.json() +
                          "."));
    }
    out.push_back(item.string);
  }
  return out;
}

}  // namespace offing::config
