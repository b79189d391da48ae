// The four ways in which S3 writes times.
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "emulator/s3/s3_uri.h"

namespace offing::s3 {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr int64_t kDayMs = 86'400'000;

struct Civil {
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0, millisecond = 0, weekday = 0;
};

Civil civil_of(int64_t ms) {
  int64_t days = ms / kDayMs, rest = ms % kDayMs;
  if (rest < 0) {
    rest += kDayMs;
    --days;
  }
  const std::chrono::sys_days date{std::chrono::days(days)};
  const std::chrono::year_month_day ymd(date);
  return {static_cast<int>(ymd.year()),
          static_cast<unsigned>(ymd.month()),
          static_cast<unsigned>(ymd.day()),
          static_cast<unsigned>(rest / 3'600'000),
          static_cast<unsigned>(rest / 60'000 % 60),
          static_cast<unsigned>(rest / 1000 % 60),
          static_cast<unsigned>(rest % 1000),
          std::chrono::weekday(date).c_encoding()};
}

std::optional<int64_t> ms_of(const Civil& c) {
  const std::chrono::year_month_day ymd(std::chrono::year(c.year), std::chrono::month(c.month),
                                        std::chrono::day(c.day));
  if (!ymd.ok() || c.hour > 23 || c.minute > 59 || c.second > 60) return std::nullopt;
  const int64_t days = std::chrono::sys_days(ymd).time_since_epoch().count();
  return days * kDayMs + c.hour * int64_t{3'600'000} + c.minute * int64_t{60'000} +
         c.second * int64_t{1000} + c.millisecond;
}

// Reads a text from its front; after a mismatch everything fails.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  unsigned digits(size_t count) {
    unsigned value = 0;
    if (text_.size() < count) return fail();
    for (size_t i = 0; i < count; ++i) {
      if (text_[i] < '0' || text_[i] > '9') return fail();
      value = value * 10 + static_cast<unsigned>(text_[i] - '0');
    }
    text_.remove_prefix(count);
    return value;
  }
  void literal(std::string_view expected) {
    if (!text_.starts_with(expected)) return void(fail());
    text_.remove_prefix(expected.size());
  }
  bool skip(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  unsigned month() {
    for (unsigned i = 0; i < kMonths.size(); ++i) {
      if (!text_.starts_with(kMonths[i])) continue;
      text_.remove_prefix(3);
      return i + 1;
    }
    return fail();
  }
  void clock(Civil& c) {
    c.hour = digits(2);
    literal(":");
    c.minute = digits(2);
    literal(":");
    c.second = digits(2);
  }
  bool at_digit() const { return !text_.empty() && text_[0] >= '0' && text_[0] <= '9'; }
  bool done() const { return ok_ && text_.empty(); }

 private:
  unsigned fail() {
    ok_ = false;
    text_ = {};
    return 0;
  }
  std::string_view text_;
  bool ok_ = true;
};

std::optional<int64_t> finish(const Reader& reader, const Civil& c) {
  if (!reader.done()) return std::nullopt;
  return ms_of(c);
}

template <class... Values>
std::string formatted(const char* format, Values... values) {
  char text[64];
  const int size = std::snprintf(text, sizeof text, format, values...);
  return std::string(text, static_cast<size_t>(size));
}

std::optional<int64_t> parse_asctime(std::string_view text) {  // Sun Nov  6 08:49:37 1994
  Reader reader(text.substr(3));
  Civil c;
  reader.literal(" ");
  c.month = reader.month();
  reader.literal(" ");
  c.day = reader.skip(' ') ? reader.digits(1) : reader.digits(2);
  reader.literal(" ");
  reader.clock(c);
  reader.literal(" ");
  c.year = static_cast<int>(reader.digits(4));
  return finish(reader, c);
}

}  // namespace

std::string http_date(int64_t ms) {
  const Civil c = civil_of(ms);
  return formatted("%s, %02u %s %04d %02u:%02u:%02u GMT", kDays[c.weekday].data(), c.day,
                   kMonths[c.month - 1].data(), c.year, c.hour, c.minute, c.second);
}

std::optional<int64_t> parse_http_date(std::string_view text) {
  const size_t comma = text.find(',');
  if (comma == text.npos) {
    return text.size() < 4 ? std::nullopt : parse_asctime(text);
  }
  Reader reader(text.substr(comma + 1));
  Civil c;
  reader.literal(" ");
  c.day = reader.digits(2);
  const bool is_rfc850 = reader.skip('-');
  if (!is_rfc850) reader.literal(" ");
  c.month = reader.month();
  reader.literal(is_rfc850 ? "-" : " ");
  if (is_rfc850) {
    const unsigned year = reader.digits(2);
    c.year = static_cast<int>(year < 70 ? 2000 + year : 1900 + year);
  } else {
    c.year = static_cast<int>(reader.digits(4));
  }
  reader.literal(" ");
  reader.clock(c);
  reader.literal(" GMT");
  return finish(reader, c);
}

std::string iso_date(int64_t ms) {
  const Civil c = civil_of(ms);
  return formatted("%04d-%02u-%02uT%02u:%02u:%02u.%03uZ", c.year, c.month, c.day, c.hour, c.minute,
                   c.second, c.millisecond);
}

std::optional<int64_t> parse_iso_date(std::string_view text) {
  Reader reader(text);
  Civil c;
  c.year = static_cast<int>(reader.digits(4));
  reader.literal("-");
  c.month = reader.digits(2);
  reader.literal("-");
  c.day = reader.digits(2);
  if (reader.done()) return ms_of(c);
  reader.literal("T");
  reader.clock(c);
  if (reader.skip('.')) {
    unsigned place = 100;
    c.millisecond = reader.digits(1) * place;
    for (; reader.at_digit();) c.millisecond += reader.digits(1) * (place /= 10);
  }
  int64_t offset_ms = 0;
  if (!reader.skip('Z')) {
    const bool is_east = reader.skip('+');
    if (!is_east) reader.literal("-");
    const unsigned hours = reader.digits(2);
    reader.literal(":");
    const unsigned minutes = reader.digits(2);
    if (hours > 23 || minutes > 59) return std::nullopt;
    offset_ms = (hours * int64_t{60} + minutes) * (is_east ? 60'000 : -60'000);
  }
  const auto ms = finish(reader, c);
  if (!ms) return std::nullopt;
  return *ms - offset_ms;
}

std::string basic_date(int64_t ms) {
  const Civil c = civil_of(ms);
  return formatted("%04d%02u%02uT%02u%02u%02uZ", c.year, c.month, c.day, c.hour, c.minute,
                   c.second);
}

std::optional<int64_t> parse_basic_date(std::string_view text) {
  Reader reader(text);
  Civil c;
  c.year = static_cast<int>(reader.digits(4));
  c.month = reader.digits(2);
  c.day = reader.digits(2);
  reader.literal("T");
  c.hour = reader.digits(2);
  c.minute = reader.digits(2);
  c.second = reader.digits(2);
  reader.literal("Z");
  return finish(reader, c);
}

}  // namespace offing::s3
