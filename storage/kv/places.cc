#include "storage/kv/places.h"

#include <algorithm>
#include <unordered_set>

namespace offing::kv {
namespace {

using Result = std::expected<void, std::string>;

std::expected<uint32_t, std::string> find_location(const Places& places, std::string_view name,
                                                   std::string_view where) {
  const auto& all = places.locations;
  const auto it = std::find(all.begin(), all.end(), name);
  if (it != all.end()) return static_cast<uint32_t>(it - all.begin());
  std::string known;
  for (const std::string& l : all) known += (known.empty() ? "" : ", ") + l;
  return std::unexpected("KV settings: " + std::string(where) + " names the location \"" +
                         std::string(name) + "\", which this run does not have; it has " + known);
}

Result resolve_links(Places& places) {
  for (const auto& [name, delay] : places.settings.links) {
    const size_t arrow = name.find("->");
    const std::string where = "links[\"" + name + "\"]";
    auto from = find_location(places, std::string_view(name).substr(0, arrow), where);
    if (!from) return std::unexpected(from.error());
    const std::string_view target = std::string_view(name).substr(arrow + 2);
    if (target == "central") {
      places.to_central[*from].delay = delay;
      continue;
    }
    auto to = find_location(places, target, where);
    if (!to) return std::unexpected(to.error());
    places.links[*from * places.count() + *to].delay = delay;
    places.any_link = true;
  }
  return {};
}

Result resolve_regions(Places& places) {
  places.region_of.assign(places.count(), UINT32_MAX);
  for (const auto& [region, members] : places.settings.regions) {
    const uint32_t number = places.regions++;
    for (const std::string& member : members) {
      auto at = find_location(places, member, "regions[\"" + region + "\"]");
      if (!at) return std::unexpected(at.error());
      if (places.region_of[*at] != UINT32_MAX)
        return std::unexpected("KV settings: the location \"" + member +
                               "\" stands in two regions; leave it in one");
      places.region_of[*at] = number;
    }
  }
  for (uint32_t& region : places.region_of)  // a location that is not named has a tier of its own
    if (region == UINT32_MAX) region = places.regions++;
  return {};
}

Result resolve_partitions(Places& places, int64_t now_ms) {
  for (const KvPartition& given : places.settings.partitions) {
    Partition p;
    p.from_ms = now_ms + given.from_ms;
    p.to_ms = now_ms + given.to_ms;
    for (auto [names, side] : {std::pair{&given.a, &p.a}, std::pair{&given.b, &p.b}}) {
      side->assign(places.count(), false);
      for (const std::string& name : *names) {
        auto at = find_location(places, name, "partitions");
        if (!at) return std::unexpected(at.error());
        (*side)[*at] = true;
      }
    }
    places.partitions.push_back(std::move(p));
  }
  return {};
}

}  // namespace

std::expected<Places, std::string> Places::resolve(KvSettings settings,
                                                   std::vector<std::string> locations,
                                                   RandomStreams& streams, int64_t now_ms) {
  if (locations.empty()) return std::unexpected("KV needs at least one location; none was given");
  std::unordered_set<std::string_view> seen;
  for (const std::string& l : locations)
    if (!seen.insert(l).second)
      return std::unexpected("the location \"" + l + "\" is given twice; name each once");
  Places places;
  places.settings = std::move(settings);
  places.locations = std::move(locations);
  places.opened_at_ms = now_ms;
  places.links.resize(size_t{places.count()} * places.count());
  places.to_central.resize(places.count());
  places.cut.resize(places.links.size());
  places.off_central.resize(places.count());
  if (Result r = resolve_links(places); !r) return std::unexpected(r.error());
  if (Result r = resolve_regions(places); !r) return std::unexpected(r.error());
  if (Result r = resolve_partitions(places, now_ms); !r) return std::unexpected(r.error());
  places.lend(streams);
  return places;
}

void Places::keep_cuts_of(const Places& other) {
  cut = other.cut;
  off_central = other.off_central;
  any_cut = other.any_cut;
}

void Places::lend(RandomStreams& streams) {
  for (uint32_t from = 0; from < count(); ++from) {
    const std::string prefix = "kv/link/" + locations[from] + "-";
    to_central[from].random = &streams.stream(prefix + "central");
    for (uint32_t to = 0; to < count(); ++to)
      links[from * count() + to].random = &streams.stream(prefix + locations[to]);
  }
  for (std::vector<Randomness*>* by_location : {&fill, &ryow, &evict, &history})
    by_location->clear();
  for (const std::string& l : locations) {
    fill.push_back(&streams.stream("kv/fill/" + l));
    ryow.push_back(&streams.stream("kv/ryow/" + l));
    evict.push_back(&streams.stream("kv/evict/" + l));
    history.push_back(&streams.stream("kv/history/" + l));
  }
  list_lag = &streams.stream("kv/list-lag");
  tier_delay = &streams.stream("kv/tier-delay");
}

}  // namespace offing::kv
