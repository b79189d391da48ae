#include "emulator/topology/links.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>

#include "emulator/topology/colos.h"

namespace offing {

namespace {

constexpr double kEarthRadiusKm = 6371.0;
// The speed of light in vacuum over 1.468, the group index of common single-mode fibre (G.652).
constexpr double kFibreKmPerMs = 299.792458 / 1.468;
// Paths are longer than great circles: by 2.1 over the Internet as a rule of thumb, by 1.3 in the
// median along the conduits there are (Bozkurt et al., "Dissecting Latency in the Internet's Fiber
// Infrastructure", arXiv:1811.10737). Ours: a provider's own backbone is between the two.
constexpr double kDetour = 1.5;
constexpr int64_t kStepUs = 100;  // coarser than any difference between machines' arithmetic

int64_t computed_us(std::string_view from, std::string_view to) {
  const auto a = location_point(from);
  const auto b = location_point(to);
  if (!a || !b) return Links::kUnknownLinkUs;
  const double us = distance_km(*a, *b) * kDetour / kFibreKmPerMs * 1000;
  return std::max<int64_t>(Links::kLeastLinkUs, std::llround(us / kStepUs) * kStepUs);
}

std::optional<int64_t> parse_us(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value,
                                            std::chars_format::fixed);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  const double scale = unit == "us" ? 1 : unit == "ms" ? 1e3 : unit == "s" ? 1e6 : 0;
  const double us = value * scale;
  if (scale == 0 || us < 0 || us > Links::kMostLinkUs) return std::nullopt;
  return std::llround(us);
}

std::optional<double> parse_degrees(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<GeoPoint> location_point(std::string_view code) {
  const Colo* colo = find_colo(code);
  if (colo == nullptr) return std::nullopt;
  const auto latitude = parse_degrees(colo->latitude);
  const auto longitude = parse_degrees(colo->longitude);
  if (!latitude || !longitude) return std::nullopt;
  return GeoPoint{*latitude, *longitude};
}

double distance_km(GeoPoint a, GeoPoint b) {
  constexpr double kRadian = std::numbers::pi / 180;
  const double half_latitude = std::sin((b.latitude - a.latitude) * kRadian / 2);
  const double half_longitude = std::sin((b.longitude - a.longitude) * kRadian / 2);
  const double haversine = half_latitude * half_latitude + std::cos(a.latitude * kRadian) *
                                                               std::cos(b.latitude * kRadian) *
                                                               half_longitude * half_longitude;
  return 2 * kEarthRadiusKm * std::asin(std::min(1.0, std::sqrt(haversine)));
}

Links::Links(const std::vector<std::string>& locations) : locations_(locations) {
  link_us_.reserve(locations_.size() * locations_.size());
  for (const std::string& from : locations_) {
    for (const std::string& to : locations_) {
      link_us_.push_back(from == to ? 0 : computed_us(from, to));
    }
  }
  states_.resize((central() + 1) * (central() + 1));
}

std::expected<size_t, std::string> Links::index_of(std::string_view code) const {
  const auto it = std::ranges::find(locations_, code);
  if (it != locations_.end()) return static_cast<size_t>(it - locations_.begin());
  std::string text = "\"" + std::string(code) + "\" is not a location of this run. They are";
  for (const std::string& location : locations_) text += " " + location;
  return std::unexpected(text + "; --locations adds others.");
}

std::expected<size_t, std::string> Links::place_of(std::string_view name) const {
  if (name == kCentralName) return central();
  return index_of(name);
}

std::expected<void, std::string> Links::set(std::string_view rule) {
  const size_t equals = rule.find('=');
  const size_t dash = rule.find('-');
  if (equals == rule.npos || dash == rule.npos || dash > equals) {
    return std::unexpected("\"" + std::string(rule) +
                           "\" is not a link. Write LHR-SIN=90ms, or LHR->SIN=90ms for one way.");
  }
  const bool one_way = rule.substr(dash).starts_with("->");
  const size_t second = dash + (one_way ? 2 : 1);
  const auto from = index_of(rule.substr(0, dash));
  if (!from) return std::unexpected(from.error());
  const auto to = index_of(rule.substr(second, equals - second));
  if (!to) return std::unexpected(to.error());
  if (*from == *to) {
    return std::unexpected("\"" + std::string(rule) + "\" joins a location with itself. A link has "
                           "two ends.");
  }
  const auto us = parse_us(rule.substr(equals + 1));
  if (!us) {
    return std::unexpected("\"" + std::string(rule.substr(equals + 1)) +
                           "\" is not a time from 0s to 60s. Write a number with us, ms or s, such "
                           "as 90ms.");
  }
  link_us_[*from * locations_.size() + *to] = *us;
  if (!one_way) link_us_[*to * locations_.size() + *from] = *us;
  return {};
}

int64_t Links::link_us(size_t from, size_t to) const {
  return link_us_.at(from * locations_.size() + to);
}

}  // namespace offing
