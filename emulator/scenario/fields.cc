#include "emulator/scenario/fields.h"

#include <cmath>
#include <cstdlib>

#include "emulator/config/spelling.h"
#include "emulator/replay/values.h"

namespace offing::scenario {

using config::Value;

void Problems::add(const Value& at, std::string key, std::string message) {
  if (!first) first = config::Problem{file, std::move(key), at.line, at.column, std::move(message)};
}

Fields::Fields(const Value& object, std::string key, Problems& problems)
    : object_(object), key_(std::move(key)), problems_(problems) {
  if (!object.is(Value::Type::kObject))
    problems_.add(object, key_,
                  "must be a table of named values, not " + replay::shortened(object.json(), 80));
}

std::string Fields::key_of(std::string_view name) const {
  return key_.empty() ? std::string(name) : key_ + "." + std::string(name);
}

void Fields::only(std::initializer_list<std::string_view> names) {
  for (const auto& [name, value] : object_.members) {
    bool known = false;
    std::string all;
    for (std::string_view allowed : names) {
      known = known || allowed == name;
      all += (all.empty() ? "" : ", ") + std::string(allowed);
    }
    if (known) continue;
    problems_.add(value, key_of(replay::shortened(name, 80)),
                  "is not known here" +
                      config::did_you_mean(name, std::span(names.begin(), names.size())) +
                      " Known are " + all);
  }
}

const Value* Fields::find(std::string_view name) const {
  return problems_.first ? nullptr : object_.find(name);
}

const Value* Fields::require(std::string_view name, std::string_view example) {
  const Value* value = find(name);
  if (!value)
    problems_.add(object_, key_of(name), "is missing; for example " + std::string(example));
  return value;
}

void Fields::wrong(std::string_view name, std::string_view must) {
  const Value* value = object_.find(name);
  problems_.add(
      value ? *value : object_, key_of(name),
      (value ? replay::shortened(value->json(), 80) : "nothing") + " must be " + std::string(must));
}

std::optional<std::string> Fields::text(std::string_view name) {
  const Value* value = find(name);
  if (!value) return std::nullopt;
  if (value->is(Value::Type::kString)) return value->string;
  wrong(name, "a text");
  return std::nullopt;
}

std::optional<bool> Fields::flag(std::string_view name) {
  const Value* value = find(name);
  if (!value) return std::nullopt;
  if (value->is(Value::Type::kBool)) return value->boolean;
  wrong(name, "true or false");
  return std::nullopt;
}

std::optional<uint64_t> Fields::number(std::string_view name, uint64_t least, uint64_t most) {
  const Value* value = find(name);
  if (!value) return std::nullopt;
  if (value->is(Value::Type::kInteger) && value->integer >= 0) {
    const auto number = static_cast<uint64_t>(value->integer);
    if (number >= least && number <= most) return number;
  }
  wrong(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return std::nullopt;
}

std::optional<int64_t> parse_duration(const Value& value) {
  constexpr double kMostUs = 100.0 * 366 * 86'400 * 1e6;
  if (value.is(Value::Type::kInteger) || value.is(Value::Type::kNumber)) {
    const double us =
        (value.is(Value::Type::kInteger) ? static_cast<double>(value.integer) : value.number) * 1e3;
    if (!(us >= 0 && us <= kMostUs)) return std::nullopt;
    return std::llround(us);
  }
  if (!value.is(Value::Type::kString) || value.string.empty()) return std::nullopt;
  static constexpr struct {
    std::string_view name;
    double us;
  } kUnits[] = {{"ms", 1e3}, {"us", 1},     {"min", 60e6},  {"m", 60e6},
                {"s", 1e6},  {"h", 3600e6}, {"d", 86'400e6}};
  std::string_view rest = value.string;
  double sum = 0;
  while (!rest.empty()) {
    const size_t digits = std::min(rest.find_first_not_of("0123456789."), rest.size());
    if (digits == 0 || digits > 18) return std::nullopt;
    const double number = std::strtod(std::string(rest.substr(0, digits)).c_str(), nullptr);
    rest.remove_prefix(digits);
    double unit = 0;
    for (const auto& one : kUnits) {
      if (unit != 0 || !rest.starts_with(one.name)) continue;
      unit = one.us;
      rest.remove_prefix(one.name.size());
    }
    if (unit == 0) return std::nullopt;
    sum += number * unit;
  }
  if (!(sum >= 0 && sum <= kMostUs)) return std::nullopt;
  return std::llround(sum);
}

std::optional<int64_t> parse_time(const Value& value) {
  constexpr int64_t kLatestMs = 253'402'300'799'999;  // the year 9999
  if (value.is(Value::Type::kInteger)) {
    if (value.integer < 0 || value.integer > kLatestMs) return std::nullopt;
    return value.integer * 1000;
  }
  if (!value.is(Value::Type::kString)) return std::nullopt;
  if (value.string.size() == 10) return replay::iso_time_us(value.string + "T00:00:00Z");
  return replay::iso_time_us(value.string);
}

std::optional<int64_t> Fields::duration(std::string_view name) {
  const Value* value = find(name);
  if (!value) return std::nullopt;
  auto us = parse_duration(*value);
  if (!us)
    wrong(name, "a duration: milliseconds, or a text like \"60s\", \"90ms\", \"1.5h\", \"30d\"");
  return us;
}

std::optional<int64_t> Fields::time(std::string_view name) {
  const Value* value = find(name);
  if (!value) return std::nullopt;
  auto us = parse_time(*value);
  if (!us) wrong(name, "a time: \"2026-01-01T00:00:00Z\", or milliseconds since 1970");
  return us;
}

std::vector<std::string> Fields::texts(std::string_view name) {
  const Value* value = find(name);
  if (!value) return {};
  if (value->is(Value::Type::kString)) return {value->string};
  std::vector<std::string> all;
  bool right = value->is(Value::Type::kArray);
  for (const Value& item : value->items) {
    right = right && item.is(Value::Type::kString);
    all.push_back(item.string);
  }
  if (right) return all;
  wrong(name, "a text or a list of texts");
  return {};
}

}  // namespace offing::scenario
