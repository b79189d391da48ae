// What a run does with values: fills variables into texts, looks things up by a path, and says
// where an answer's JSON is not what was expected.
#ifndef OFFING_EMULATOR_SCENARIO_VALUES_H_
#define OFFING_EMULATOR_SCENARIO_VALUES_H_

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/config/value.h"

namespace offing::scenario {

inline constexpr size_t kFilledBytesMax = 16u << 20;  // of one text, its variables filled in

// ${name}; $${ is a plain ${. An unknown name is an error that lists those there are.
class Variables {
 public:
  void set(const std::string& name, std::string value) { values_[name] = std::move(value); }
  const std::string* find(std::string_view name) const;
  std::expected<std::string, std::string> fill(std::string_view text) const;
  // In all texts of it. A text that is nothing but "${x}" becomes a number when x is written as one
  // and a number was asked for: that is left to whoever compares (mismatch).
  std::expected<config::Value, std::string> fill(const config::Value& value) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

// "items[0].id"; "" is the whole. Null when it is not there.
const config::Value* find_path(const config::Value& value, std::string_view path);
// A text as it is, anything else as JSON.
std::string plain_text(const config::Value& value);

// Where `actual` does not hold what `expected` says: objects may have more members, lists may not
// have more items. Each line names the path, what was expected and what is there; at most 10.
std::vector<std::string> mismatches(const config::Value& expected, const config::Value* actual,
                                    const std::string& path);

}  // namespace offing::scenario

#endif  // OFFING_EMULATOR_SCENARIO_VALUES_H_
