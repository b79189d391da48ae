// How long a message takes between two of a run's locations: one way, in simulated time.
//
// Between two known locations it is what light needs in fibre along a detour over the great circle;
// with an unknown code at an end it is kUnknownLinkUs; within a location it is 0. A rule replaces a
// value. Everything is computed once, so asking costs a lookup, and is the same on every machine.
//
// A link is open, held or cut, each direction by itself; a copy has the same state. `central` is one place
// more: where KV's central store and R2 are. It has a state and no time. Who changes a state tells those
// that use the link: Network (network.h) does.
#ifndef OFFING_EMULATOR_TOPOLOGY_LINKS_H_
#define OFFING_EMULATOR_TOPOLOGY_LINKS_H_

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/world/link_state.h"

namespace offing {

struct GeoPoint {
  double latitude;   // degrees, north is positive
  double longitude;  // degrees, east is positive
};

// Where a location is; unset for a code that offing does not know.
std::optional<GeoPoint> location_point(std::string_view code);
// Along the great circle.
double distance_km(GeoPoint a, GeoPoint b);

class Links {
 public:
  // Ours: an ocean away, so that a code nobody knows is not mistaken for a near one.
  static constexpr int64_t kUnknownLinkUs = 50'000;
  static constexpr int64_t kLeastLinkUs = 500;         // ours: two locations are never one
  static constexpr int64_t kMostLinkUs = 60'000'000;  // ours: longer is no link but an outage

  explicit Links(const std::vector<std::string>& locations);

  // "LHR-SIN=90ms" for both directions, "LHR->SIN=90ms" for one. Units us, ms, s; 0 to 60 s. The
  // error names what is wrong with the rule.
  std::expected<void, std::string> set(std::string_view rule);

  // Microseconds. Both are indices of `locations`.
  int64_t link_us(size_t from, size_t to) const;

  static constexpr std::string_view kCentralName = "central";
  size_t central() const { return locations_.size(); }   // an index for the functions below only
  LinkState state(size_t from, size_t to) const { return states_[from * (central() + 1) + to]; }
  void set_state(size_t from, size_t to, LinkState state) {
    states_[from * (central() + 1) + to] = state;
  }
  std::string_view name_of(size_t place) const {
    return place == central() ? kCentralName : std::string_view(locations_[place]);
  }
  // A location of this run, or `central`.
  std::expected<size_t, std::string> place_of(std::string_view name) const;

 private:
  std::expected<size_t, std::string> index_of(std::string_view code) const;

  std::vector<std::string> locations_;
  std::vector<int64_t> link_us_;  // row: from, column: to
  std::vector<LinkState> states_;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_TOPOLOGY_LINKS_H_
