#include "storage/r2/time.h"

#include <algorithm>
#include <chrono>

namespace offing::r2 {
namespace {

// Takes what it knows from the front of a text; once something did not fit, `good` is false.
struct Scanner {
  std::string_view rest;
  bool good = true;

  bool skip(std::string_view any_of) {
    if (rest.empty() || any_of.find(rest[0]) == any_of.npos) return false;
    rest.remove_prefix(1);
    return true;
  }
  void need(std::string_view any_of) { good = skip(any_of) && good; }
  int number(size_t digits, int low, int high) {
    int value = 0;
    good = good && rest.size() >= digits;
    for (size_t i = 0; good && i < digits; ++i) {
      good = rest[i] >= '0' && rest[i] <= '9';
      value = value * 10 + (rest[i] - '0');
    }
    good = good && value >= low && value <= high;
    if (good) rest.remove_prefix(digits);
    return value;
  }
  // Decimals of a second, rounded up to milliseconds.
  int decimals_ms() {
    int ms = 0;
    size_t digits = 0;
    bool beyond = false;
    for (; !rest.empty() && rest[0] >= '0' && rest[0] <= '9'; rest.remove_prefix(1), ++digits) {
      if (digits < 3) ms = ms * 10 + (rest[0] - '0');
      else beyond = beyond || rest[0] != '0';
    }
    good = good && digits > 0;
    for (; digits < 3; ++digits) ms *= 10;
    return ms + beyond;
  }
};

constexpr int64_t kDayMs = 86'400'000;

void put(std::string& out, unsigned value, size_t digits) {
  const size_t at = out.size();
  out.append(digits, '0');
  for (size_t i = digits; i-- > 0; value /= 10) out[at + i] = static_cast<char>('0' + value % 10);
}

}  // namespace

std::optional<int64_t> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  Scanner in{text};
  const int y = in.number(4, 0, 9999);
  in.need("-");
  const int m = in.number(2, 1, 12);
  in.need("-");
  const int d = in.number(2, 1, 31);
  in.need("Tt ");
  const int hours_of_day = in.number(2, 0, 23);
  in.need(":");
  const int minutes_of_hour = in.number(2, 0, 59);
  in.need(":");
  const int seconds_of_minute = in.number(2, 0, 60);   // a leap second is the next one
  const int ms = in.skip(".") ? in.decimals_ms() : 0;
  int offset_minutes = 0;
  if (!in.skip("Zz")) {
    const bool behind = in.good && !in.rest.empty() && in.rest[0] == '-';
    in.need("+-");
    offset_minutes = in.number(2, 0, 23) * 60;
    in.need(":");
    offset_minutes += in.number(2, 0, 59);
    if (behind) offset_minutes = -offset_minutes;
  }
  const year_month_day date{year{y}, month{static_cast<unsigned>(m)},
                            day{static_cast<unsigned>(d)}};
  if (!in.good || !in.rest.empty() || !date.ok()) return std::nullopt;
  const int64_t days_since_epoch = sys_days{date}.time_since_epoch().count();
  const int64_t minutes_of_day = hours_of_day * 60 + minutes_of_hour - offset_minutes;
  return days_since_epoch * kDayMs + minutes_of_day * 60'000 + seconds_of_minute * 1000 + ms;
}

std::string rfc3339(int64_t ms) {
  using namespace std::chrono;
  constexpr int64_t kFirst = -62'167'219'200'000, kLast = 253'402'300'799'999;
  ms = std::clamp(ms, kFirst, kLast);
  const int64_t days_since_epoch = (ms - (ms % kDayMs + kDayMs) % kDayMs) / kDayMs;
  const unsigned of_day = static_cast<unsigned>(ms - days_since_epoch * kDayMs);
  const year_month_day date{sys_days{days{days_since_epoch}}};
  std::string out;
  put(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out += '-';
  put(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  put(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  put(out, of_day / 3'600'000, 2);
  out += ':';
  put(out, of_day / 60'000 % 60, 2);
  out += ':';
  put(out, of_day / 1000 % 60, 2);
  out += '.';
  put(out, of_day % 1000, 3);
  out += 'Z';
  return out;
}

}  // namespace offing::r2
