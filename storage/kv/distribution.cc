#include "storage/kv/distribution.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace offing {
namespace {

constexpr std::string_view kForms =
    "write a time such as \"5s\" (units ms, s, m, h, d), or \"uniform:0s..60s\", \"exp:20s\", "
    "\"list:1s,5s,30s\"";

int64_t clamp_ms(double ms) {
  if (!(ms > 0)) return 0;
  return ms >= static_cast<double>(Distribution::kLongestMs) ? Distribution::kLongestMs
                                                             : static_cast<int64_t>(ms);
}

std::string duration_text(int64_t ms) {
  if (ms % 1000 != 0 || ms == 0) return ms == 0 ? "0s" : std::to_string(ms) + "ms";
  return std::to_string(ms / 1000) + "s";
}

double unit_ms(std::string_view unit) {
  if (unit == "ms") return 1;
  if (unit == "s") return 1000;
  if (unit == "m") return 60'000;
  if (unit == "h") return 3'600'000;
  if (unit == "d") return 86'400'000;
  return 0;
}

}  // namespace

Distribution Distribution::constant(int64_t ms) {
  Distribution d;
  d.low_ms_ = std::clamp<int64_t>(ms, 0, kLongestMs);
  return d;
}
Distribution Distribution::uniform(int64_t low_ms, int64_t high_ms) {
  Distribution d;
  d.kind_ = Kind::kUniform;
  d.low_ms_ = std::clamp<int64_t>(low_ms, 0, kLongestMs);
  d.high_ms_ = std::clamp<int64_t>(high_ms, d.low_ms_, kLongestMs);
  return d;
}
Distribution Distribution::exponential(int64_t mean_ms) {
  Distribution d = constant(mean_ms);
  d.kind_ = Kind::kExponential;
  return d;
}
Distribution Distribution::one_of(std::vector<int64_t> list_ms) {
  Distribution d;
  if (list_ms.empty()) return d;
  for (int64_t& ms : list_ms) ms = std::clamp<int64_t>(ms, 0, kLongestMs);
  d.kind_ = Kind::kList;
  d.list_ms_ = std::move(list_ms);
  return d;
}

int64_t Distribution::draw_ms(Randomness& random) const {
  switch (kind_) {
    case Kind::kConstant:
      return low_ms_;
    case Kind::kUniform:
      return low_ms_ + clamp_ms(random.uniform() * static_cast<double>(high_ms_ - low_ms_ + 1));
    case Kind::kExponential:
      return clamp_ms(-static_cast<double>(low_ms_) * std::log1p(-random.uniform()));
    case Kind::kList:
      return list_ms_[static_cast<size_t>(random.uniform() * static_cast<double>(list_ms_.size()))];
  }
  return 0;
}

int64_t Distribution::longest_ms() const {
  switch (kind_) {
    case Kind::kConstant: return low_ms_;
    case Kind::kUniform: return high_ms_;
    case Kind::kExponential: return low_ms_ == 0 ? 0 : kLongestMs;
    case Kind::kList: return *std::max_element(list_ms_.begin(), list_ms_.end());
  }
  return 0;
}

std::string Distribution::text() const {
  switch (kind_) {
    case Kind::kConstant: return duration_text(low_ms_);
    case Kind::kUniform:
      return "uniform:" + duration_text(low_ms_) + ".." + duration_text(high_ms_);
    case Kind::kExponential: return "exp:" + duration_text(low_ms_);
    case Kind::kList: break;
  }
  std::string all;
  for (int64_t ms : list_ms_) all += (all.empty() ? "list:" : ",") + duration_text(ms);
  return all;
}

std::expected<int64_t, std::string> parse_duration_ms(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, ec] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  const std::string_view unit(rest, static_cast<size_t>(end - rest));
  const bool zero = ec == std::errc() && number == 0 && unit.empty();
  if (ec != std::errc() || !std::isfinite(number) || (!zero && unit_ms(unit) == 0))
    return std::unexpected("\"" + std::string(text) + "\" is not a time: write a number and one of "
                           "the units ms, s, m, h, d, such as \"500ms\" or \"60s\"");
  if (zero) return 0;
  const double ms = number * unit_ms(unit);
  if (std::signbit(number) || ms > static_cast<double>(Distribution::kLongestMs))
    return std::unexpected("\"" + std::string(text) + "\" is out of range: a time lies between 0 "
                           "and 365d");
  return static_cast<int64_t>(std::llround(ms));
}

static std::expected<Distribution, std::string> parse_uniform(std::string_view text) {
  const size_t dots = text.find("..");
  if (dots == text.npos)
    return std::unexpected("a uniform lag needs two times: \"uniform:0s..60s\"");
  auto low = parse_duration_ms(text.substr(0, dots));
  if (!low) return std::unexpected(low.error());
  auto high = parse_duration_ms(text.substr(dots + 2));
  if (!high) return std::unexpected(high.error());
  if (*low > *high)
    return std::unexpected("the first time is longer than the second; swap them: \"uniform:" +
                           std::string(text.substr(dots + 2)) + ".." +
                           std::string(text.substr(0, dots)) + "\"");
  return Distribution::uniform(*low, *high);
}

static std::expected<Distribution, std::string> parse_list(std::string_view text) {
  std::vector<int64_t> all;
  for (;;) {
    const size_t comma = text.find(',');
    auto ms = parse_duration_ms(text.substr(0, comma));
    if (!ms) return std::unexpected(ms.error());
    all.push_back(*ms);
    if (comma == text.npos) break;
    text.remove_prefix(comma + 1);
  }
  if (all.size() > 1000) return std::unexpected("a list holds at most 1000 times");
  return Distribution::one_of(std::move(all));
}

std::expected<Distribution, std::string> parse_lag(std::string_view text) {
  const size_t colon = text.find(':');
  const std::string_view form = colon == text.npos ? "const" : text.substr(0, colon);
  const std::string_view rest = colon == text.npos ? text : text.substr(colon + 1);
  std::expected<Distribution, std::string> lag;
  if (form == "const" || form == "exp") {
    auto ms = parse_duration_ms(rest);
    if (!ms) lag = std::unexpected(ms.error());
    else lag = form == "exp" ? Distribution::exponential(*ms) : Distribution::constant(*ms);
  } else if (form == "uniform") {
    lag = parse_uniform(rest);
  } else if (form == "list") {
    lag = parse_list(rest);
  } else {
    lag = std::unexpected("there is no distribution \"" + std::string(form) + "\"");
  }
  if (!lag)
    return std::unexpected("lag \"" + std::string(text) + "\": " + lag.error() + "; " +
                           std::string(kForms));
  return lag;
}

}  // namespace offing
