#include "emulator/topology/placement.h"

#include <algorithm>
#include <limits>

#include "emulator/topology/colos.h"
#include "emulator/topology/links.h"

namespace offing {

namespace {

// The regions that hints name (spec/durable-objects.md 1.1), each by one or more of its places. The
// places are ours: the platform names regions only.
struct HintPlace {
  std::string_view hint;
  GeoPoint at;
};
constexpr HintPlace kHintPlaces[] = {
    {"wnam", {37.33939, -121.89496}},  // San Jose
    {"enam", {39.04372, -77.48749}},   // Ashburn
    {"sam", {-23.5475, -46.63611}},    // São Paulo
    {"weur", {48.85341, 2.3488}},      // Paris
    {"eeur", {52.22977, 21.01178}},    // Warsaw
    {"eeur", {44.43225, 26.10626}},    // Bucharest
    {"apac", {35.6895, 139.69171}},    // Tokyo
    {"apac", {22.27832, 114.17469}},   // Hong Kong
    {"apac", {1.28967, 103.85007}},    // Singapore
    {"apac-ne", {35.6895, 139.69171}},
    {"apac-se", {1.28967, 103.85007}},
    {"oc", {-33.86785, 151.20732}},    // Sydney
    {"afr", {-26.20227, 28.04363}},    // Johannesburg
    {"afr", {6.45407, 3.39467}},       // Lagos
    {"me", {25.07725, 55.30927}},      // Dubai
};

constexpr std::string_view kJurisdictions[] = {"eu", "fedramp", "fedramp-high", "us"};

// Data centers with a FedRAMP authorization are taken to be those in the United States; the
// platform publishes no list.
bool is_in(const Colo* colo, std::string_view jurisdiction) {
  if (jurisdiction.empty()) return true;
  if (colo == nullptr) return false;
  return jurisdiction == "eu" ? colo->in_eu : colo->country == "US";
}

double hint_distance_km(std::string_view hint, GeoPoint from) {
  double least = std::numeric_limits<double>::infinity();
  for (const HintPlace& place : kHintPlaces) {
    if (place.hint == hint) least = std::min(least, distance_km(place.at, from));
  }
  return least;
}

std::string joined(const auto& words, const char* separator) {
  std::string text;
  for (const auto& word : words) (text += text.empty() ? "" : separator) += word;
  return text;
}

}  // namespace

bool is_location_hint(std::string_view hint) {
  return std::ranges::find(kHintPlaces, hint, &HintPlace::hint) != std::end(kHintPlaces);
}

bool is_jurisdiction(std::string_view jurisdiction) {
  return std::ranges::find(kJurisdictions, jurisdiction) != std::end(kJurisdictions);
}

std::expected<void, std::string> Placement::check_jurisdiction(
    std::string_view jurisdiction) const {
  const std::string name(jurisdiction);
  if (!jurisdiction.empty() && !is_jurisdiction(jurisdiction)) {
    return std::unexpected("\"" + name + "\" is not a jurisdiction. The jurisdictions are " +
                           joined(kJurisdictions, ", ") + ".");
  }
  if (std::ranges::any_of(locations_, [jurisdiction](const std::string& code) {
        return is_in(find_colo(code), jurisdiction);
      })) {
    return {};
  }
  std::vector<std::string_view> possible;
  for (const Colo& colo : known_colos()) {
    if (is_in(&colo, jurisdiction)) possible.push_back(colo.code);
  }
  return std::unexpected("No location of this run (" + joined(locations_, ", ") +
                         ") is in the jurisdiction \"" + name + "\". Add one of " +
                         joined(possible, ", ") + ": --locations " + joined(locations_, ",") + "," +
                         std::string(possible.front()) + ".");
}

std::expected<size_t, std::string> Placement::home(std::string_view hint,
                                                   std::string_view jurisdiction,
                                                   size_t caller) const {
  if (!hint.empty() && !is_location_hint(hint)) {
    std::vector<std::string_view> hints;
    for (const HintPlace& place : kHintPlaces) {
      if (hints.empty() || hints.back() != place.hint) hints.push_back(place.hint);
    }
    return std::unexpected("\"" + std::string(hint) + "\" is not a location hint. The hints are " +
                           joined(hints, ", ") + ".");
  }
  if (auto checked = check_jurisdiction(jurisdiction); !checked) {
    return std::unexpected(checked.error());
  }
  if (hint.empty() && is_in(find_colo(locations_.at(caller)), jurisdiction)) return caller;
  const auto caller_at = location_point(locations_.at(caller));
  size_t best = locations_.size();
  double least = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < locations_.size(); ++i) {
    if (!is_in(find_colo(locations_[i]), jurisdiction)) continue;
    double km = std::numeric_limits<double>::infinity();
    if (const auto at = location_point(locations_[i])) {
      if (!hint.empty()) {
        km = hint_distance_km(hint, *at);
      } else if (caller_at) {
        km = distance_km(*caller_at, *at);
      }
    }
    const bool first = best == locations_.size();
    // Where nothing is known of any place, the caller's own is as good as every other.
    if (first || km < least || (km == least && i == caller)) best = i, least = km;
  }
  return best;
}

}  // namespace offing
