#include "emulator/replay/values.h"

#include <algorithm>
#include <cstdio>

namespace offing::replay {

std::optional<std::string> base64_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3 + 3);
  uint32_t bits = 0;
  int count = 0;
  size_t padding = 0;
  for (char c : text) {
    if (c == '\n' || c == '\r') continue;
    if (c == '=') {
      if (++padding > 2) return std::nullopt;
      continue;
    }
    uint32_t v = 0;
    if (c >= 'A' && c <= 'Z') v = static_cast<uint32_t>(c - 'A');
    else if (c >= 'a' && c <= 'z') v = static_cast<uint32_t>(c - 'a' + 26);
    else if (c >= '0' && c <= '9') v = static_cast<uint32_t>(c - '0' + 52);
    else if (c == '+' || c == '-') v = 62;
    else if (c == '/' || c == '_') v = 63;
    else return std::nullopt;
    if (padding > 0) return std::nullopt;
    bits = bits << 6 | v;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xFF);
  }
  if (count == 6) return std::nullopt;
  return out;
}

namespace {

struct Cursor {
  std::string_view rest;
  bool take(char c) {
    if (!rest.starts_with(c)) return false;
    rest.remove_prefix(1);
    return true;
  }
  std::optional<int> digits(size_t n, int low, int high) {
    if (rest.size() < n) return std::nullopt;
    int value = 0;
    for (size_t i = 0; i < n; ++i) {
      if (rest[i] < '0' || rest[i] > '9') return std::nullopt;
      value = value * 10 + (rest[i] - '0');
    }
    rest.remove_prefix(n);
    if (value < low || value > high) return std::nullopt;
    return value;
  }
};

int64_t days_from_civil(int64_t y, int m, int d) {
  y -= m <= 2;
  const int64_t era = y / 400;
  const int64_t year_of_era = y - era * 400;
  const int64_t day_of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719468;
}

int days_in_month(int y, int m) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return m == 2 && (y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)) ? 29 : kDays[m - 1];
}

// Seconds east of UTC.
std::optional<int64_t> zone(Cursor& c) {
  if (c.take('Z') || c.take('z')) return 0;
  const bool west = c.rest.starts_with('-');
  if (!c.take('-') && !c.take('+')) return std::nullopt;
  auto hour = c.digits(2, 0, 23);
  c.take(':');
  auto minute = c.digits(2, 0, 59);
  if (!hour || !minute) return std::nullopt;
  const int64_t seconds = *hour * 3600 + *minute * 60;
  return west ? -seconds : seconds;
}

}  // namespace

std::optional<int64_t> iso_time_us(std::string_view text) {
  Cursor c{text};
  auto y = c.digits(4, 1970, 9999);
  if (!y || !c.take('-')) return std::nullopt;
  auto mo = c.digits(2, 1, 12);
  if (!mo || !c.take('-')) return std::nullopt;
  auto d = c.digits(2, 1, days_in_month(*y, *mo));
  if (!d || (!c.take('T') && !c.take('t') && !c.take(' '))) return std::nullopt;
  auto h = c.digits(2, 0, 23);
  if (!h || !c.take(':')) return std::nullopt;
  auto mi = c.digits(2, 0, 59);
  if (!mi) return std::nullopt;
  int s = 0;
  int64_t fraction_us = 0;
  if (c.take(':')) {
    auto seconds = c.digits(2, 0, 60);
    if (!seconds) return std::nullopt;
    s = *seconds;
    if (c.take('.') || c.take(',')) {
      int64_t unit = 100000;
      size_t n = 0;
      for (; n < c.rest.size() && c.rest[n] >= '0' && c.rest[n] <= '9'; ++n, unit /= 10) {
        fraction_us += (c.rest[n] - '0') * unit;
      }
      if (n == 0) return std::nullopt;
      c.rest.remove_prefix(n);
    }
  }
  auto east_s = zone(c);
  if (!east_s || !c.rest.empty()) return std::nullopt;
  const int64_t seconds = days_from_civil(*y, *mo, *d) * 86400 + *h * 3600 + *mi * 60 + s - *east_s;
  return seconds * 1000000 + fraction_us;
}

std::optional<int64_t> duration_us(std::string_view text) {
  constexpr double kMaxUs = 366.0 * 86400 * 1e6;
  double total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    double number = 0, scale = 1;
    size_t digits = 0;
    bool fraction = false;
    while (!text.empty() && ((text[0] >= '0' && text[0] <= '9') || (text[0] == '.' && !fraction))) {
      if (text[0] == '.') fraction = true;
      else number = number * 10 + (text[0] - '0'), scale *= fraction ? 10 : 1, ++digits;
      text.remove_prefix(1);
      if (digits > 15) return std::nullopt;
    }
    if (digits == 0) return std::nullopt;
    double unit = 0;
    size_t used = 1;
    if (text.starts_with("ms")) unit = 1e3, used = 2;
    else if (text.starts_with("us")) unit = 1, used = 2;
    else if (text.starts_with('s')) unit = 1e6;
    else if (text.starts_with('m')) unit = 60e6;
    else if (text.starts_with('h')) unit = 3600e6;
    else return std::nullopt;
    text.remove_prefix(used);
    total += number / scale * unit;
    if (total > kMaxUs) return std::nullopt;
  }
  return static_cast<int64_t>(total + 0.5);
}

std::optional<std::string> origin_of(std::string_view url) {
  const size_t colon = url.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  std::string scheme(url.substr(0, colon));
  std::string host(url.substr(colon + 3, url.find_first_of("/?#", colon + 3) - colon - 3));
  for (std::string* s : {&scheme, &host}) {
    std::transform(s->begin(), s->end(), s->begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  }
  if (scheme != "http" && scheme != "https") return std::nullopt;
  if (size_t at = host.rfind('@'); at != std::string::npos) host.erase(0, at + 1);
  const std::string_view port = scheme == "http" ? ":80" : ":443";
  if (host.ends_with(port)) host.resize(host.size() - port.size());
  if (host.empty()) return std::nullopt;
  for (unsigned char c : host) {
    if (c <= ' ' || c == 127 || c == '"' || c == '\\' || c == '<' || c == '>') return std::nullopt;
  }
  return scheme + "://" + host;
}

std::string_view target_of(std::string_view url) {
  url = url.substr(0, url.find('#'));
  const size_t colon = url.find("://");
  if (colon == std::string_view::npos) return url.empty() ? "/" : url;
  const size_t path = url.find_first_of("/?", colon + 3);
  return path == std::string_view::npos ? "/" : url.substr(path);
}

std::string clock_text(int64_t at_us) {
  const int64_t ms = at_us / 1000 % 86400000;
  char text[32];
  std::snprintf(text, sizeof text, "%02d:%02d:%02d.%03d", static_cast<int>(ms / 3600000),
                static_cast<int>(ms / 60000 % 60), static_cast<int>(ms / 1000 % 60),
                static_cast<int>(ms % 1000));
  return text;
}

std::string span_text(int64_t span_us) {
  char text[48];
  const int64_t tenths = (span_us + 50000) / 100000;
  const long long minutes = tenths / 600;
  if (span_us < 50000) {
    std::snprintf(text, sizeof text, "%lld ms", static_cast<long long>((span_us + 500) / 1000));
  } else if (minutes >= 2) {
    std::snprintf(text, sizeof text, "%lld min %lld.%lld s", minutes,
                  static_cast<long long>(tenths % 600 / 10), static_cast<long long>(tenths % 10));
  } else {
    std::snprintf(text, sizeof text, "%lld.%lld s", static_cast<long long>(tenths / 10),
                  static_cast<long long>(tenths % 10));
  }
  return text;
}

std::string shortened(std::string_view text, size_t length_max) {
  const bool cut = text.size() > length_max;
  if (cut) {
    size_t end = length_max;
    while (end > 0 && (text[end] & 0xC0) == 0x80) --end;
    text = text.substr(0, end);
  }
  std::string out;
  for (char c : text) {
    if (c == '\n') out += "\\n";
    else if (c == '\r') out += "\\r";
    else if (c == '\t') out += "\\t";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 127) out += '.';
    else out += c;
  }
  return cut ? out + "…" : out;
}

bool is_utf8_replacement_in(std::string_view text) {
  return text.find("\xEF\xBF\xBD") != std::string_view::npos;
}

}  // namespace offing::replay
