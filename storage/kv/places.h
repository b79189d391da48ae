// Settings resolved against the locations of a run: which link has which delay, which locations share
// a tier, who cannot reach whom, and the streams of randomness, each asked for once. Locations are
// numbers from here on.
#ifndef OFFING_STORAGE_KV_PLACES_H_
#define OFFING_STORAGE_KV_PLACES_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "storage/kv/randomness.h"
#include "storage/kv/settings.h"

namespace offing::kv {

struct Link {
  std::optional<Distribution> delay;  // set by name in `links`
  Randomness* random = nullptr;
};

struct Partition {
  std::vector<bool> a, b;  // by location
  int64_t from_ms = 0;     // world time
  int64_t to_ms = 0;
  bool separates(uint32_t x, uint32_t y) const { return (a[x] && b[y]) || (b[x] && a[y]); }
};

struct Places {
  KvSettings settings;
  std::vector<std::string> locations;
  std::vector<Link> links;        // [source * count + destination]
  std::vector<Link> to_central;   // by source
  bool any_link = false;          // between locations
  std::vector<uint32_t> region_of;
  uint32_t regions = 0;
  std::vector<Partition> partitions;
  // Cut now, until further notice: between two locations [source * count + destination], and from the
  // central store [location]. What is stored of it survives other settings.
  std::vector<bool> cut, off_central;
  bool any_cut = false;
  int64_t opened_at_ms = 0;       // what times of partitions count from
  std::vector<Randomness*> fill, ryow, evict, history;  // by location
  Randomness* list_lag = nullptr;
  Randomness* tier_delay = nullptr;

  uint32_t count() const { return static_cast<uint32_t>(locations.size()); }
  const Link& link(uint32_t from, uint32_t to) const { return links[from * count() + to]; }

  bool is_off(uint32_t location) const { return any_cut && off_central[location]; }
  // What one replica sends another goes through the central store.
  bool apart(uint32_t from, uint32_t to) const {
    return any_cut && (cut[from * count() + to] || off_central[from] || off_central[to]);
  }
  void keep_cuts_of(const Places& other);

  // The error names the location that is not there and those that are.
  static std::expected<Places, std::string> resolve(KvSettings settings,
                                                    std::vector<std::string> locations,
                                                    RandomStreams& streams, int64_t now_ms);
  // Takes its randomness from these streams from now on.
  void lend(RandomStreams& streams);
};

}  // namespace offing::kv

#endif  // OFFING_STORAGE_KV_PLACES_H_
