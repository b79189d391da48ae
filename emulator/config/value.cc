#include "emulator/config/value.h"

#include <cmath>
#include <cstdio>

#include "emulator/trace/json_text.h"

namespace offing::config {

namespace {

void append_number(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";  // what JSON.stringify writes
    return;
  }
  if (number == 0) number = 0;  // and so is 0 for -0
  char text[32];
  // 15 digits when they are enough, so that 0.1 stays 0.1.
  for (int digits : {15, 16, 17}) {
    std::snprintf(text, sizeof text, "%.*g", digits, number);
    if (std::strtod(text, nullptr) == number) break;
  }
  out += text;
}

void append_value(std::string& out, const Value& value) {
  switch (value.type) {
    case Value::Type::kNull: out += "null"; break;
    case Value::Type::kBool: out += value.boolean ? "true" : "false"; break;
    case Value::Type::kInteger: out += std::to_string(value.integer); break;
    case Value::Type::kNumber: append_number(out, value.number); break;
    case Value::Type::kString: trace::append_json_string(out, value.string); break;
    case Value::Type::kArray:
      out += '[';
      for (size_t i = 0; i < value.items.size(); ++i) {
        if (i > 0) out += ',';
        append_value(out, value.items[i]);
      }
      out += ']';
      break;
    case Value::Type::kObject:
      out += '{';
      for (size_t i = 0; i < value.members.size(); ++i) {
        if (i > 0) out += ',';
        trace::append_json_string(out, value.members[i].first);
        out += ':';
        append_value(out, value.members[i].second);
      }
      out += '}';
      break;
  }
}

}  // namespace

const Value* Value::find(std::string_view name) const {
  for (const auto& [key, value] : members) {
    if (key == name) return &value;
  }
  return nullptr;
}

void Value::set(std::string name, Value value) {
  for (auto& [key, old] : members) {
    if (key == name) {
      old = std::move(value);
      return;
    }
  }
  members.emplace_back(std::move(name), std::move(value));
}

std::string Value::json() const {
  std::string out;
  append_value(out, *this);
  return out;
}

}  // namespace offing::config
