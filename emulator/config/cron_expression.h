// A cron expression as the platform reads it (spec/services.md 2): five fields in UTC, weekdays from 1 (Sunday)
// to 7 (Saturday).
//
//   minute 0-59   hour 0-23   day of the month 1-31   month 1-12 or JAN-DEC   weekday 1-7 or SUN-SAT
//
// A field is *, or a list of values, ranges (FRI-MON goes round) and steps (*/5, 10-30/5, 5/10: from 5 on).
// Of days, alone in the field: L the last, L-3 the third before it, LW the last from Monday to Friday, 15W the
// one of those nearest to the 15th in its month. Of weekdays, alone: 6L the last Friday, 2#1 the first Monday.
// Where neither days nor weekdays are *, a day that is one of either is meant.
// Pure: time is an argument. An expression that is a value has at least one minute and hour.
#ifndef OFFING_EMULATOR_CONFIG_CRON_EXPRESSION_H_
#define OFFING_EMULATOR_CONFIG_CRON_EXPRESSION_H_

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace offing::config {

class CronExpression {
 public:
  static constexpr size_t kBytesMax = 256;

  // The error names the expression, the field, its value and what is allowed.
  static std::expected<CronExpression, std::string> parse(std::string_view text);

  // The first time after `after_ms` (milliseconds since 1970). Nothing: it never comes, as of 30 February.
  std::optional<int64_t> next_after_ms(int64_t after_ms) const;
  // Whether two runs are an hour or more apart, always.
  bool is_hourly_or_rarer() const { return (minutes_ & (minutes_ - 1)) == 0; }

 private:
  enum class Days : uint8_t { kAll, kSet, kFromLast, kNearWeekday, kFromLastNearWeekday };
  enum class Weekdays : uint8_t { kAll, kSet, kLast, kNth };
  friend class CronReader;

  bool has_day(std::chrono::year_month_day date, unsigned weekday) const;
  bool has_day_of_month(std::chrono::year_month_day date) const;
  bool has_weekday(std::chrono::year_month_day date, unsigned weekday) const;

  uint64_t minutes_ = 0;   // bit n: minute n
  uint32_t hours_ = 0;
  uint32_t months_ = 0;    // bits 1 to 12
  Days days_ = Days::kAll;
  uint32_t day_set_ = 0;   // bits 1 to 31
  unsigned day_ = 0;       // kNearWeekday: the day; of those from the last: how many before it
  Weekdays weekdays_ = Weekdays::kAll;
  uint32_t weekday_set_ = 0;   // bits 1 to 7
  unsigned weekday_ = 0;       // kLast, kNth
  unsigned nth_ = 0;           // 1 to 5
};

}  // namespace offing::config

#endif  // OFFING_EMULATOR_CONFIG_CRON_EXPRESSION_H_
