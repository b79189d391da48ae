// Where a Durable Object lives: its home location, chosen once, when the object is created
// (spec/durable-objects.md 1.1).
//
// A jurisdiction is a promise: only its locations are possible, and without any there is an error.
// A hint is a wish: the nearest of the possible locations to the hinted region. Without a hint it is
// the caller's own location, or the nearest possible one to it. Of two equally near, the first in
// the run's list; a location whose code offing does not know counts as farther than every other.
// Pure: the same arguments give the same home.
#ifndef OFFING_EMULATOR_TOPOLOGY_PLACEMENT_H_
#define OFFING_EMULATOR_TOPOLOGY_PLACEMENT_H_

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace offing {

// wnam enam sam weur eeur apac apac-ne apac-se oc afr me
bool is_location_hint(std::string_view hint);
// eu fedramp fedramp-high us
bool is_jurisdiction(std::string_view jurisdiction);

class Placement {
 public:
  explicit Placement(const std::vector<std::string>& locations) : locations_(locations) {}

  // `hint` and `jurisdiction` may be empty. `caller` is an index of `locations`, and so is the
  // answer. The error is a text for the user: an unknown hint or jurisdiction, or a jurisdiction
  // that no location of this run is in.
  std::expected<size_t, std::string> home(std::string_view hint, std::string_view jurisdiction,
                                          size_t caller) const;

  // Whether a location of the run is in this jurisdiction ("" is everywhere); the error as above.
  std::expected<void, std::string> check_jurisdiction(std::string_view jurisdiction) const;

 private:
  std::vector<std::string> locations_;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_TOPOLOGY_PLACEMENT_H_
