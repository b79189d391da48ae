// A configuration file's content, the same for TOML and JSONC: a tree that knows its lines.
//
// Text comes in, a tree or a Problem goes out; third-party parsers and their errors end here. Bytes
// are valid UTF-8, nesting is at most kDepthMax, members keep their order, a repeated JSON member
// keeps its last value.
#ifndef OFFING_EMULATOR_CONFIG_VALUE_H_
#define OFFING_EMULATOR_CONFIG_VALUE_H_

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "emulator/config/problem.h"

namespace offing::config {

inline constexpr int kDepthMax = 64;

struct Value {
  enum class Type : uint8_t { kNull, kBool, kInteger, kNumber, kString, kArray, kObject };

  Type type = Type::kNull;
  bool boolean = false;
  int line = 0;    // from 1; 0 is unknown
  int column = 0;  // from 1; 0 is unknown
  int64_t integer = 0;
  double number = 0;
  std::string string;
  std::vector<Value> items;
  std::vector<std::pair<std::string, Value>> members;

  bool is(Type wanted) const { return type == wanted; }
  const Value* find(std::string_view name) const;  // null unless an object with that member
  void set(std::string name, Value value);         // replaces a member of that name
  std::string json() const;                        // JSON text, without spaces
};

std::expected<Value, Problem> parse_toml(std::string_view text, const std::string& file);
std::expected<Value, Problem> parse_jsonc(std::string_view text, const std::string& file);

}  // namespace offing::config

#endif  // OFFING_EMULATOR_CONFIG_VALUE_H_
