#include "emulator/config/cron_expression.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using offing::config::CronExpression;

int64_t ms_of(int year, unsigned month, unsigned day, int hour = 0, int minute = 0) {
  const std::chrono::sys_days date{std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(day)};
  return date.time_since_epoch().count() * 86'400'000LL + (hour * 60 + minute) * 60'000LL;
}

std::string text_of(std::optional<int64_t> ms) {
  if (!ms) return "never";
  const std::chrono::sys_days date{
      std::chrono::floor<std::chrono::days>(std::chrono::milliseconds(*ms))};
  const std::chrono::year_month_day day(date);
  const int64_t minutes = (*ms - ms_of(int(day.year()), unsigned(day.month()), unsigned(day.day()))) / 60'000;
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u %02d:%02d", int(day.year()), unsigned(day.month()),
                unsigned(day.day()), int(minutes / 60), int(minutes % 60));
  return text;
}

// The first `count` times after the beginning of 2026 (a Thursday), or after `from`.
std::vector<std::string> times(std::string_view cron, size_t count = 3,
                               int64_t from = ms_of(2026, 1, 1) - 1) {
  auto expression = CronExpression::parse(cron);
  REQUIRE_MESSAGE(expression.has_value(), expression.error());
  std::vector<std::string> all;
  for (size_t i = 0; i < count; ++i) {
    const auto next = expression->next_after_ms(from);
    all.push_back(text_of(next));
    if (!next) break;
    CHECK(*next > from);
    from = *next;
  }
  return all;
}
using Times = std::vector<std::string>;

std::string error(std::string_view cron) {
  auto expression = CronExpression::parse(cron);
  return expression ? "(none)" : expression.error();
}

}  // namespace

TEST_CASE("spec/services.md 2: five fields, each *, values, lists, ranges and steps") {
  CHECK(times("* * * * *") == Times{"2026-01-01 00:00", "2026-01-01 00:01", "2026-01-01 00:02"});
  CHECK(times("*/30 * * * *") == Times{"2026-01-01 00:00", "2026-01-01 00:30", "2026-01-01 01:00"});
  CHECK(times("45 * * * *") == Times{"2026-01-01 00:45", "2026-01-01 01:45", "2026-01-01 02:45"});
  CHECK(times("10,50-52 3 * * *", 4) ==
        Times{"2026-01-01 03:10", "2026-01-01 03:50", "2026-01-01 03:51", "2026-01-01 03:52"});
  CHECK(times("0 8-20/6 * * *") == Times{"2026-01-01 08:00", "2026-01-01 14:00", "2026-01-01 20:00"});
  CHECK(times("50/5 0 * * *") == Times{"2026-01-01 00:50", "2026-01-01 00:55", "2026-01-02 00:50"});
  CHECK(times("0 22-1 * * *", 5) == Times{"2026-01-01 00:00", "2026-01-01 01:00", "2026-01-01 22:00",
                                          "2026-01-01 23:00", "2026-01-02 00:00"});
  CHECK(times("0 23-3/2 * * *", 3) == Times{"2026-01-01 01:00", "2026-01-01 03:00", "2026-01-01 23:00"});
  CHECK(times("5,*/30 0 * * *") == Times{"2026-01-01 00:00", "2026-01-01 00:05", "2026-01-01 00:30"});
  CHECK(times("0\t \t0 1 * *", 2) == Times{"2026-01-01 00:00", "2026-02-01 00:00"});
}

TEST_CASE("spec/services.md 2: months by number and by name") {
  CHECK(times("0 0 1 MAR,jul *") == Times{"2026-03-01 00:00", "2026-07-01 00:00", "2027-03-01 00:00"});
  CHECK(times("59 23 31 Dec *", 1) == Times{"2026-12-31 23:59"});
  CHECK(times("0 0 1 NOV-2 *", 4) == Times{"2026-01-01 00:00", "2026-02-01 00:00", "2026-11-01 00:00",
                                           "2026-12-01 00:00"});
  CHECK(times("0 0 1 */6 *", 2) == Times{"2026-01-01 00:00", "2026-07-01 00:00"});
}

TEST_CASE("spec/services.md 2: 1 is Sunday and 7 is Saturday") {
  CHECK(times("0 17 * * 1", 2) == Times{"2026-01-04 17:00", "2026-01-11 17:00"});   // Sundays
  CHECK(times("0 17 * * sun", 1) == times("0 17 * * 1", 1));
  CHECK(times("0 0 * * 7", 1) == Times{"2026-01-03 00:00"});
  CHECK(times("0 0 * * mon-fri", 4) == Times{"2026-01-01 00:00", "2026-01-02 00:00", "2026-01-05 00:00",
                                             "2026-01-06 00:00"});
  CHECK(times("0 0 * * 2-6", 9) == times("0 0 * * mon-fri", 9));
  CHECK(times("0 0 * * fri-mon", 5) == Times{"2026-01-02 00:00", "2026-01-03 00:00", "2026-01-04 00:00",
                                             "2026-01-05 00:00", "2026-01-09 00:00"});
  CHECK(times("0 2 * * SUN", 1) == Times{"2026-01-04 02:00"});
}

TEST_CASE("spec/services.md 2: L and W among the days of the month") {
  CHECK(times("59 23 LW * *") == Times{"2026-01-30 23:59", "2026-02-27 23:59", "2026-03-31 23:59"});
  CHECK(times("0 0 L * *") == Times{"2026-01-31 00:00", "2026-02-28 00:00", "2026-03-31 00:00"});
  CHECK(times("0 0 L 2 *", 3) == Times{"2026-02-28 00:00", "2027-02-28 00:00", "2028-02-29 00:00"});
  CHECK(times("0 0 L-3 * *", 2) == Times{"2026-01-28 00:00", "2026-02-25 00:00"});
  CHECK(times("0 0 L-30 * *", 2) == Times{"2026-01-01 00:00", "2026-03-01 00:00"});
  CHECK(times("0 0 L-3W * *", 3) == Times{"2026-01-28 00:00", "2026-02-25 00:00", "2026-03-27 00:00"});
  CHECK(times("0 0 15W * *", 3) == Times{"2026-01-15 00:00", "2026-02-16 00:00", "2026-03-16 00:00"});
  CHECK(times("0 0 1W * *", 3) == Times{"2026-01-01 00:00", "2026-02-02 00:00", "2026-03-02 00:00"});
  CHECK(times("0 0 1W 8 *", 1) == Times{"2026-08-03 00:00"});    // the 1st is a Saturday
  CHECK(times("0 0 31W 5 *", 1) == Times{"2026-05-29 00:00"});   // the 31st is a Sunday
  CHECK(times("0 0 31W * *", 2) == Times{"2026-01-30 00:00", "2026-03-31 00:00"});
}

TEST_CASE("spec/services.md 2: L and # among the weekdays") {
  CHECK(times("59 23 * * 6L") == Times{"2026-01-30 23:59", "2026-02-27 23:59", "2026-03-27 23:59"});
  CHECK(times("0 0 * * friL", 1) == Times{"2026-01-30 00:00"});
  CHECK(times("0 0 * * 2#1") == Times{"2026-01-05 00:00", "2026-02-02 00:00", "2026-03-02 00:00"});
  CHECK(times("0 0 * * MON#5", 3) == Times{"2026-03-30 00:00", "2026-06-29 00:00", "2026-08-31 00:00"});
  CHECK(times("0 0 * * L", 1) == Times{"2026-01-03 00:00"});
}

TEST_CASE("spec/services.md 2: a day of the month or a weekday, where both are given") {
  CHECK(times("0 0 13 * 6", 4) == Times{"2026-01-02 00:00", "2026-01-09 00:00", "2026-01-13 00:00",
                                        "2026-01-16 00:00"});
  CHECK(times("0 0 L * 1#1", 3) == Times{"2026-01-04 00:00", "2026-01-31 00:00", "2026-02-01 00:00"});
}

TEST_CASE("spec/services.md 2: what never comes is known, what comes rarely is found") {
  CHECK(times("0 0 30 2 *", 1) == Times{"never"});
  CHECK(times("0 0 31 4,6,9,11 *", 1) == Times{"never"});
  CHECK(times("0 0 29 2 *", 2) == Times{"2028-02-29 00:00", "2032-02-29 00:00"});
  CHECK(times("0 0 29 2 *", 1, ms_of(2096, 3, 1)) == Times{"2104-02-29 00:00"});
  CHECK(times("0 0 * 2 1#5", 2) == Times{"2032-02-29 00:00", "2060-02-29 00:00"});
}

TEST_CASE("spec/services.md 2: the next time is after the one given, to the minute, before 1970 too") {
  const auto every = CronExpression::parse("* * * * *");
  CHECK(every->next_after_ms(0) == 60'000);
  CHECK(every->next_after_ms(59'999) == 60'000);
  CHECK(every->next_after_ms(60'000) == 120'000);
  CHECK(every->next_after_ms(-1) == 0);
  CHECK(every->next_after_ms(-60'001) == -60'000);
  CHECK(CronExpression::parse("0 0 * * *")->next_after_ms(-1) == 0);
}

TEST_CASE("spec/services.md 2: an interval of an hour or more is told from a shorter one") {
  for (const char* cron : {"0 * * * *", "30 2 * * SUN", "59 */6 L * *"})
    CHECK(CronExpression::parse(cron)->is_hourly_or_rarer());
  for (const char* cron : {"* * * * *", "0,59 * * * *", "*/30 5 1 1 *"})
    CHECK_FALSE(CronExpression::parse(cron)->is_hourly_or_rarer());
}

TEST_CASE("spec/services.md 2: an error names expression, field, value and what is allowed") {
  CHECK(error("60 * * * *") == "\"60 * * * *\": minute: \"60\" is not allowed; it may be *, 0 to 59, "
                               "ranges, steps and lists");
  CHECK(error("* 24 * * *").find("hour: \"24\" is not allowed; it may be *, 0 to 23") != std::string::npos);
  CHECK(error("* * 0 * *").find("day of the month: \"0\"") != std::string::npos);
  CHECK(error("* * * JANU *").find("month: \"JANU\" is not allowed; it may be *, 1 to 12 or JAN to DEC") !=
        std::string::npos);
  CHECK(error("* * * * 0").find("weekday: \"0\" is not allowed; it may be *, 1 (Sunday) to 7 (Saturday)") !=
        std::string::npos);
  CHECK(error("* * * *").find("it has 4 fields; there must be five: minute, hour") != std::string::npos);
  CHECK(error("0 * * * * *").find("it has 6 fields") != std::string::npos);
  CHECK(error("").find("it is empty") != std::string::npos);
  CHECK(error(" * * * * *").find("begins or ends with a space") != std::string::npos);
  CHECK(error("@daily").find("it has 1 field;") != std::string::npos);
  CHECK(error("*/60 * * * *").find("has no step from 1 to 59") != std::string::npos);
  CHECK(error("*/0 * * * *").find("has no step from 1 to 59") != std::string::npos);
  CHECK(error("* * * * 2#6").find("from 1 to 5 behind #") != std::string::npos);
  CHECK(error("* * L-31 * *").find("by 1 to 30") != std::string::npos);
  for (const char* wrong : {"1,L * * * *", "* * 1,L * *", "* * L,1 * *", "* * 1W,2 * *", "* * W * *", "* * 1-3W * *",
                            "* * * * 6L,2", "* * * * L6", "* * * * #1", "1- * * * *", "-1 * * * *", "1,,2 * * * *",
                            "*,5 * * * *", "5,* * * * *", "1/ * * * *", "*-5 * * * *", "? * * * *", "1.5 * * * *",
                            "99999999999999999999 * * * *", "* * * * MONDAY", "* * l * *"})
    CHECK_MESSAGE(error(wrong) != "(none)", wrong);
  CHECK(error(std::string(300, '*')).find("300 bytes; it may have 256") != std::string::npos);
}
