#include "emulator/config/cron_expression.h"

#include <algorithm>
#include <array>
#include <bit>

namespace offing::config {

using std::chrono::day;
using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

namespace {

constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kDayMs = 24 * 60 * kMinuteMs;
// Within these years every day of a month has been every weekday, over a year without a leap day too.
constexpr int kDaysAhead = 41 * 366;

struct Field {
  std::string_view name;
  unsigned least, most;
  std::array<std::string_view, 12> names;   // of least, least + 1, …
  std::string_view allowed;
};

constexpr Field kMinute = {"minute", 0, 59, {}, "*, 0 to 59, ranges, steps and lists"};
constexpr Field kHour = {"hour", 0, 23, {}, "*, 0 to 23, ranges, steps and lists"};
constexpr Field kDayOfMonth = {"day of the month", 1, 31, {},
                               "*, 1 to 31, ranges, steps and lists; or alone L, L-3, LW, L-3W or 15W"};
constexpr Field kMonth = {"month", 1, 12,
                          {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT",
                           "NOV", "DEC"},
                          "*, 1 to 12 or JAN to DEC, ranges, steps and lists"};
constexpr Field kWeekday = {"weekday", 1, 7, {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"},
                            "*, 1 (Sunday) to 7 (Saturday) or SUN to SAT, ranges, steps and lists; or alone "
                            "L, 6L or 2#1"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_name(std::string_view text, std::string_view name) {
  return !name.empty() && text.size() >= name.size() &&
         std::ranges::equal(text.substr(0, name.size()), name, [](char a, char b) {
           return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 32) : a) == b;
         });
}

unsigned last_day_of(year_month_day date) {
  return static_cast<unsigned>((date.year() / date.month() / std::chrono::last).day());
}

// 1 (Sunday) to 7 (Saturday).
unsigned weekday_of(sys_days date) { return std::chrono::weekday(date).c_encoding() + 1; }

// The day from Monday to Friday that is nearest to `wanted` and in its month.
unsigned near_weekday(year_month_day date, unsigned wanted) {
  const unsigned weekday = weekday_of(sys_days(date.year() / date.month() / day(wanted)));
  if (weekday == 7) return wanted == 1 ? 3 : wanted - 1;
  if (weekday == 1) return wanted == last_day_of(date) ? wanted - 2 : wanted + 1;
  return wanted;
}

}  // namespace

// Reads one field after the other. `rest` is what is left of the present one.
class CronReader {
 public:
  explicit CronReader(std::string_view text) : text_(text) {}

  std::expected<CronExpression, std::string> read() {
    if (text_.size() > CronExpression::kBytesMax)
      return std::unexpected("a cron expression of " + std::to_string(text_.size()) +
                             " bytes; it may have " + std::to_string(CronExpression::kBytesMax));
    if (!split()) return std::unexpected(error_);
    CronExpression made;
    uint64_t set = 0;
    if (!list(kMinute, fields_[0], made.minutes_)) return std::unexpected(error_);
    if (!list(kHour, fields_[1], set)) return std::unexpected(error_);
    made.hours_ = static_cast<uint32_t>(set);
    if (!days(made) || !list(kMonth, fields_[3], set)) return std::unexpected(error_);
    made.months_ = static_cast<uint32_t>(set);
    if (!weekdays(made)) return std::unexpected(error_);
    return made;
  }

 private:
  bool split() {
    size_t count = 0;
    std::string_view rest = text_;
    while (true) {
      const size_t end = std::min(rest.find_first_of(" \t"), rest.size());
      if (count < fields_.size()) fields_[count] = rest.substr(0, end);
      ++count;
      if (end == rest.size()) break;
      rest.remove_prefix(end);
      rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    }
    const bool bare = !text_.empty() && !text_.starts_with(' ') && !text_.starts_with('\t') &&
                      !text_.ends_with(' ') && !text_.ends_with('\t');
    if (bare && count == fields_.size()) return true;
    error_ = "\"" + std::string(text_) + "\": ";
    error_ += !bare ? text_.empty() ? "it is empty" : "it begins or ends with a space"
                    : "it has " + std::to_string(count) + (count == 1 ? " field" : " fields");
    error_ += "; there must be five: minute, hour, day of the month, month, weekday";
    return false;
  }

  bool refuse(const Field& field, std::string_view value, std::string_view why) {
    error_ = "\"" + std::string(text_) + "\": " + std::string(field.name) + ": \"" +
             std::string(value) + "\" " + std::string(why) + "; it may be " +
             std::string(field.allowed);
    return false;
  }

  // A number at the beginning of `rest`, as far as it has one.
  static std::optional<unsigned> number(std::string_view& rest) {
    unsigned value = 0;
    size_t length = 0;
    while (length < rest.size() && is_digit(rest[length])) {
      value = std::min(value * 10 + static_cast<unsigned>(rest[length] - '0'), 1000u);
      ++length;
    }
    if (length == 0) return std::nullopt;
    rest.remove_prefix(length);
    return value;
  }

  static std::optional<unsigned> value(const Field& field, std::string_view& rest) {
    if (auto found = number(rest)) {
      if (*found < field.least || *found > field.most) return std::nullopt;
      return found;
    }
    for (unsigned i = 0; i < field.names.size(); ++i) {
      if (!is_name(rest, field.names[i])) continue;
      rest.remove_prefix(field.names[i].size());
      return field.least + i;
    }
    return std::nullopt;
  }

  static bool take(std::string_view& rest, char c) {
    if (!rest.starts_with(c)) return false;
    rest.remove_prefix(1);
    return true;
  }

  // "5", "5-10", "*/2", "5/2", "5-10/2"
  bool item(const Field& field, std::string_view text, uint64_t& set) {
    std::string_view rest = text;
    std::optional<unsigned> first = field.least, last = field.most, step = 1;
    const bool star = take(rest, '*');
    if (!star) {
      if (!(first = value(field, rest))) return refuse(field, text, "is not allowed");
      last = first;
      if (take(rest, '-')) {
        if (!(last = value(field, rest))) return refuse(field, text, "is no range");
      } else if (rest.starts_with('/')) {
        last = field.most;
      }
    }
    if (take(rest, '/')) {
      step = number(rest);
      if (!step || *step < 1 || *step > field.most - field.least)
        return refuse(field, text, "has no step from 1 to " +
                                       std::to_string(field.most - field.least));
    } else if (star) {
      return refuse(field, text, "stands in a list, where only a step such as */2 may");
    }
    if (!rest.empty()) return refuse(field, text, "is not allowed");
    const unsigned count = field.most - field.least + 1;
    const unsigned length = (*last + count - *first) % count;
    for (unsigned i = 0; i <= length; i += *step)
      set |= uint64_t{1} << ((*first - field.least + i) % count + field.least);
    return true;
  }

  bool list(const Field& field, std::string_view text, uint64_t& set) {
    set = 0;
    if (text == "*") {
      for (unsigned i = field.least; i <= field.most; ++i) set |= uint64_t{1} << i;
      return true;
    }
    while (true) {
      const size_t comma = text.find(',');
      if (!item(field, text.substr(0, comma), set)) return false;
      if (comma == text.npos) return true;
      text.remove_prefix(comma + 1);
    }
  }

  bool days(CronExpression& made) {
    using Days = CronExpression::Days;
    const std::string_view text = fields_[2];
    std::string_view rest = text;
    if (text == "*") return true;
    if (take(rest, 'L')) {
      made.days_ = Days::kFromLast;
      if (take(rest, '-')) {
        const auto before = number(rest);
        if (!before || *before < 1 || *before > 30)
          return refuse(kDayOfMonth, text, "counts from the last day, by 1 to 30");
        made.day_ = *before;
      }
      if (take(rest, 'W')) made.days_ = Days::kFromLastNearWeekday;
      return rest.empty() || refuse(kDayOfMonth, text, "is not allowed: L stands alone");
    }
    if (text.ends_with('W')) {
      const auto wanted = value(kDayOfMonth, rest);
      if (!wanted || rest != "W") return refuse(kDayOfMonth, text, "is not allowed: W follows one day");
      made.days_ = Days::kNearWeekday;
      made.day_ = *wanted;
      return true;
    }
    uint64_t set = 0;
    made.days_ = Days::kSet;
    if (!list(kDayOfMonth, text, set)) return false;
    made.day_set_ = static_cast<uint32_t>(set);
    return true;
  }

  bool weekdays(CronExpression& made) {
    using Weekdays = CronExpression::Weekdays;
    const std::string_view text = fields_[4];
    if (text == "*") return true;
    std::string_view rest = text;
    made.weekdays_ = Weekdays::kSet;
    if (text == "L") {
      made.weekday_set_ = 1u << 7;
      return true;
    }
    if (const auto wanted = value(kWeekday, rest)) {
      made.weekday_ = *wanted;
      if (rest == "L") {
        made.weekdays_ = Weekdays::kLast;
        return true;
      }
      if (take(rest, '#')) {
        const auto nth = number(rest);
        if (!nth || *nth < 1 || *nth > 5 || !rest.empty())
          return refuse(kWeekday, text, "has no number from 1 to 5 behind #");
        made.weekdays_ = Weekdays::kNth;
        made.nth_ = *nth;
        return true;
      }
    }
    uint64_t set = 0;
    if (!list(kWeekday, text, set)) return false;
    made.weekday_set_ = static_cast<uint32_t>(set);
    return true;
  }

  std::string_view text_;
  std::array<std::string_view, 5> fields_;
  std::string error_;
};

std::expected<CronExpression, std::string> CronExpression::parse(std::string_view text) {
  return CronReader(text).read();
}

bool CronExpression::has_day_of_month(year_month_day date) const {
  const auto today = static_cast<unsigned>(date.day());
  const unsigned last = last_day_of(date);
  switch (days_) {
    case Days::kAll: return true;
    case Days::kSet: return (day_set_ >> today & 1) != 0;
    case Days::kFromLast: return today + day_ == last;
    case Days::kNearWeekday: return day_ <= last && near_weekday(date, day_) == today;
    case Days::kFromLastNearWeekday: return day_ < last && near_weekday(date, last - day_) == today;
  }
  return false;
}

bool CronExpression::has_weekday(year_month_day date, unsigned weekday) const {
  const auto today = static_cast<unsigned>(date.day());
  switch (weekdays_) {
    case Weekdays::kAll: return true;
    case Weekdays::kSet: return (weekday_set_ >> weekday & 1) != 0;
    case Weekdays::kLast: return weekday == weekday_ && today + 7 > last_day_of(date);
    case Weekdays::kNth: return weekday == weekday_ && (today + 6) / 7 == nth_;
  }
  return false;
}

bool CronExpression::has_day(year_month_day date, unsigned weekday) const {
  if ((months_ >> static_cast<unsigned>(date.month()) & 1) == 0) return false;
  if (days_ == Days::kAll) return has_weekday(date, weekday);
  if (weekdays_ == Weekdays::kAll) return has_day_of_month(date);
  return has_day_of_month(date) || has_weekday(date, weekday);
}

std::optional<int64_t> CronExpression::next_after_ms(int64_t after_ms) const {
  // Whole minutes, rounded down, before 1970 too; the next one is the first that may be it.
  int64_t minute = after_ms / kMinuteMs - (after_ms % kMinuteMs < 0 ? 1 : 0) + 1;
  int64_t day_number = minute / (24 * 60) - (minute % (24 * 60) < 0 ? 1 : 0);
  auto from = static_cast<unsigned>(minute - day_number * 24 * 60);
  for (int ahead = 0; ahead < kDaysAhead; ++ahead, ++day_number, from = 0) {
    const sys_days date{std::chrono::days(day_number)};
    if (!has_day(year_month_day(date), weekday_of(date))) continue;
    for (unsigned hour = from / 60; hour < 24; ++hour) {
      if ((hours_ >> hour & 1) == 0) continue;
      const unsigned least = hour == from / 60 ? from % 60 : 0;
      const uint64_t left = minutes_ >> least << least;
      if (left == 0) continue;
      const auto found = static_cast<int64_t>(hour * 60) + std::countr_zero(left);
      return day_number * kDayMs + found * kMinuteMs;
    }
  }
  return std::nullopt;
}

}  // namespace offing::config
