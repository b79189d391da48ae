// TOML to a Value. toml++ is included in this file only, and without its exceptions.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
// Some broken text ("[[/]]") fails an assertion of toml++; a file must not end the process.
namespace offing::config {
struct TomlAssertion {};
constexpr void toml_assert(bool holds) {
  if (!holds) throw TomlAssertion{};
}
}  // namespace offing::config
#define TOML_ASSERT(holds) offing::config::toml_assert(static_cast<bool>(holds))
#include <toml++/toml.h>

#include <algorithm>
#include <cstring>

#include "emulator/config/value.h"

namespace offing::config {

namespace {

using Converted = std::expected<Value, Problem>;

Converted convert(const toml::node& node, const std::string& key, int depth);

Problem problem_at(const toml::node& node, const std::string& key, std::string message) {
  const toml::source_position at = node.source().begin;
  return {.file = "", .key = key, .line = static_cast<int>(at.line),
          .column = static_cast<int>(at.column), .message = std::move(message)};
}

Converted convert_table(const toml::table& table, const std::string& key, int depth) {
  Value out;
  out.type = Value::Type::kObject;
  for (auto&& [name, node] : table) {
    const std::string text(name.str());
    Converted member = convert(node, key.empty() ? text : key + "." + text, depth + 1);
    if (!member) return member;
    if (member->line == 0) {
      member->line = static_cast<int>(name.source().begin.line);
      member->column = static_cast<int>(name.source().begin.column);
    }
    out.members.emplace_back(text, std::move(*member));
  }
  return out;
}

Converted convert_array(const toml::array& array, const std::string& key, int depth) {
  Value out;
  out.type = Value::Type::kArray;
  for (size_t i = 0; i < array.size(); ++i) {
    Converted item = convert(array[i], key + "[" + std::to_string(i) + "]", depth + 1);
    if (!item) return item;
    out.items.push_back(std::move(*item));
  }
  return out;
}

Converted convert(const toml::node& node, const std::string& key, int depth) {
  if (depth > kDepthMax) {
    return std::unexpected(problem_at(
        node, key, "is nested deeper than the limit of " + std::to_string(kDepthMax) + " levels"));
  }
  Converted out = Value{};
  if (const auto* table = node.as_table()) {
    out = convert_table(*table, key, depth);
  } else if (const auto* array = node.as_array()) {
    out = convert_array(*array, key, depth);
  } else if (const auto* text = node.as_string()) {
    out->type = Value::Type::kString;
    out->string = text->get();
  } else if (const auto* integer = node.as_integer()) {
    out->type = Value::Type::kInteger;
    out->integer = integer->get();
  } else if (const auto* number = node.as_floating_point()) {
    out->type = Value::Type::kNumber;
    out->number = number->get();
  } else if (const auto* boolean = node.as_boolean()) {
    out->type = Value::Type::kBool;
    out->boolean = boolean->get();
  } else {
    return std::unexpected(problem_at(
        node, key,
        "is a TOML date or time, which Wrangler's configuration has no use for. Put it in quotes: "
        "\"YYYY-MM-DD\"."));
  }
  if (out) {
    out->line = static_cast<int>(node.source().begin.line);
    out->column = static_cast<int>(node.source().begin.column);
  }
  return out;
}

// The line of the first table header whose name cannot start like that, or 0.
int nameless_header(std::string_view text) {
  for (int line = 1; !text.empty(); ++line) {
    const std::string_view row = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(row.size() + 1, text.size()));
    const size_t bracket = std::min(row.find_first_not_of(" \t"), row.size());
    if (!row.substr(bracket).starts_with('[')) continue;
    // Past one bracket or two; a third is no name.
    const size_t second = bracket + 1;
    const size_t opened = second + (row.substr(second).starts_with('[') ? 1 : 0);
    const size_t name = row.find_first_not_of(" \t", opened);
    if (name == row.npos) return line;
    const char c = row[name];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool other = (c >= '0' && c <= '9') || std::strchr("-_\"']", c);
    if (!letter && !other) return line;
  }
  return 0;
}

}  // namespace

std::expected<Value, Problem> parse_toml(std::string_view text, const std::string& file) try {
  toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return std::unexpected(Problem{.file = file, .key = "",
                                   .line = static_cast<int>(error.source().begin.line),
                                   .column = static_cast<int>(error.source().begin.column),
                                   .message = "is not TOML: " + std::string(error.description())});
  }
  Converted out = convert(parsed.table(), "", 0);
  if (!out) out.error().file = file;
  return out;
} catch (const TomlAssertion&) {
  return std::unexpected(
      Problem{.file = file, .key = "", .line = nameless_header(text), .column = 0,
              .message = "is not TOML: a table's name in [ ] starts with a letter, a digit, "
                         "'-', '_' or a quote"});
}

}  // namespace offing::config
