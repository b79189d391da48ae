// Members of an object of a scenario file, read by name. The first mistake is kept, with its file,
// line, key and what is allowed; after it everything reads as absent, so that callers check once at
// the end.
#ifndef OFFING_EMULATOR_SCENARIO_FIELDS_H_
#define OFFING_EMULATOR_SCENARIO_FIELDS_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/config/problem.h"
#include "emulator/config/value.h"
#include "emulator/scenario/scenario.h"

namespace offing::scenario {

// Of one file.
struct Problems {
  std::string file;
  std::optional<config::Problem> first;
  void add(const config::Value& at, std::string key, std::string message);
};

class Fields {
 public:
  // `object` may be anything; what is no object is a mistake.
  Fields(const config::Value& object, std::string key, Problems& problems);

  // A mistake for each member that none of these names.
  void only(std::initializer_list<std::string_view> names);
  const config::Value* find(std::string_view name) const;
  const config::Value* require(std::string_view name, std::string_view example);
  std::optional<std::string> text(std::string_view name);
  std::optional<bool> flag(std::string_view name);
  std::optional<uint64_t> number(std::string_view name, uint64_t least, uint64_t most);
  std::optional<int64_t> duration(std::string_view name);  // a number of milliseconds or "60s"
  std::optional<int64_t> time(std::string_view name);      // "2026-01-01T00:00:00Z" or milliseconds
  std::vector<std::string> texts(std::string_view name);   // a text is a list of one

  std::string key_of(std::string_view name) const;
  // "key: value: must be …"
  void wrong(std::string_view name, std::string_view must);
  const config::Value& value() const { return object_; }
  Problems& problems() { return problems_; }
  Place place() const { return {key_, object_.line}; }

 private:
  const config::Value& object_;
  std::string key_;
  Problems& problems_;
};

// Microseconds.
std::optional<int64_t> parse_duration(const config::Value& value);
std::optional<int64_t> parse_time(const config::Value& value);

// Steps of a list; in steps.cc.
std::vector<Step> read_steps(const config::Value& list, const std::string& key, Problems& problems,
                             size_t& count, int depth);

}  // namespace offing::scenario

#endif  // OFFING_EMULATOR_SCENARIO_FIELDS_H_
