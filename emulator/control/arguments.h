// What a verb is given: a JSON object, whose members are read by a schema. The first mistake is told with the
// member's name, its value and what it may be; a member that the verb does not know is a mistake.
//
// Durations are numbers of milliseconds or texts ("60s", "1.5h"); times are ISO 8601 or milliseconds since
// the epoch; a list of texts may be one text with commas. What comes as text alone (a query, a command
// line) is made JSON by the same schema.
#ifndef OFFING_EMULATOR_CONTROL_ARGUMENTS_H_
#define OFFING_EMULATOR_CONTROL_ARGUMENTS_H_

#include <rapidjson/document.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/control/reply.h"

namespace offing::control {

enum class Kind : uint8_t {
  kText, kInteger, kNumber, kFlag, kDuration, kTime, kTexts, kObject, kList, kAny
};

struct Argument {
  std::string_view name;
  Kind kind = Kind::kText;
  bool required = false;
  std::string_view about;
};

// JSON may not be deeper: everything here that reads it does so recursively.
inline constexpr size_t kDepthMax = 100;
inline constexpr int64_t kLongestMs = 100LL * 366 * 86'400'000;  // of a duration: a hundred years
inline constexpr int64_t kLatestMs = 253'402'300'799'999;        // of a time: 9999-12-31

// The object that a body holds; an absent one is {}. The error names line and column.
std::expected<rapidjson::Document, Failure> parse_object(std::string_view text);
std::expected<int64_t, std::string> parse_duration_us(std::string_view text);
// "2026-01-01T00:00:00Z", "2026-01-01", or milliseconds since the epoch.
std::expected<int64_t, std::string> parse_time_us(std::string_view text);
// ISO 8601 in UTC, with milliseconds.
std::string time_text(int64_t us);
// "a=1&b=x%20y" into members of `into`, each as its argument's kind.
std::expected<void, Failure> add_query(std::string_view query, std::span<const Argument> known,
                                       rapidjson::Document& into);
// A word of a query or a command line as the JSON that the argument wants, as far as it can be.
rapidjson::Value typed(const Argument& argument, std::string_view text,
                       rapidjson::Document::AllocatorType& allocator);
std::string_view kind_name(Kind kind);

class Arguments {
 public:
  // `free_form`: members beyond the known ones are the handler's to judge (`document`).
  static std::expected<Arguments, Failure> read(std::span<const Argument> known,
                                                const rapidjson::Value& given,
                                                bool free_form = false);

  // Of arguments of that kind; nothing when absent (or null).
  bool has(std::string_view name) const { return value(name) != nullptr; }
  std::string text(std::string_view name) const;  // "" when absent
  std::optional<std::string> optional_text(std::string_view name) const;
  std::optional<int64_t> integer(std::string_view name) const;
  std::optional<double> number(std::string_view name) const;
  std::optional<bool> flag(std::string_view name) const;
  std::optional<int64_t> duration_us(std::string_view name) const;
  std::optional<int64_t> time_us(std::string_view name) const;
  std::vector<std::string> texts(std::string_view name) const;
  const rapidjson::Value* value(std::string_view name) const;
  const rapidjson::Document& document() const { return document_; }

 private:
  rapidjson::Document document_;
};

// "limit" is 0; it must be a whole number from 1 to 1000.
Failure bad_value(std::string_view name, const rapidjson::Value& value, std::string_view wanted);
Failure bad_value(std::string_view name, std::string_view value, std::string_view wanted);

}  // namespace offing::control

#endif  // OFFING_EMULATOR_CONTROL_ARGUMENTS_H_
