// The verbs for all links of a run: between its locations, and from each to `central`, where KV's central
// store and R2 are. One call here changes the state in Links, tells whoever sends over the link, and
// leaves `link` events in the trace.
//
//   partition  what is sent is lost; what waited is lost, too
//   hold       what is sent waits, in order
//   release    ends a hold, repair ends a partition
// Both directions at once. docs/faults.md says what each service makes of it.
// Owner: the Stack, which makes it when the services are there and have their state. Threading: the loop
// thread.
#ifndef OFFING_EMULATOR_TOPOLOGY_NETWORK_H_
#define OFFING_EMULATOR_TOPOLOGY_NETWORK_H_

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/services/kv_service.h"
#include "emulator/services/r2_service.h"
#include "emulator/topology/links.h"
#include "emulator/world/world.h"

namespace offing {

class Network {
 public:
  using Places = std::vector<std::string>;   // IATA codes and "central"
  using Result = std::expected<void, std::string>;

  // `changed`: told of each direction whose state is another now, after Links. What `links` says at this
  // moment (of a copied state) is passed on to the services, without events.
  Network(World& world, Links& links, KvService& kv, R2Service& r2,
          std::function<void(size_t from, size_t to)> changed);

  // Between each of `a` and each of `b`; `b` empty: everyone else, central included. The error names the
  // place that is none, and nothing has changed.
  Result partition(const Places& a, const Places& b) { return close(a, b, LinkState::kCut); }
  Result hold(const Places& a, const Places& b) { return close(a, b, LinkState::kHeld); }
  // `a` empty: each such link; `b` empty: each of those that begin or end in `a`.
  Result release(const Places& a = {}, const Places& b = {}) { return open(a, b, LinkState::kHeld); }
  Result repair(const Places& a = {}, const Places& b = {}) { return open(a, b, LinkState::kCut); }
  // A link's time from now on (Links::set); what is under way keeps its own.
  Result set(std::string_view rule) { return links_.set(rule); }

  struct Link {
    std::string_view from, to;
    int64_t us;              // 0 to and from central
    LinkState state;
  };
  // Each direction between two locations, then from each location to central.
  std::vector<Link> links() const;

 private:
  using Indices = std::vector<size_t>;
  std::expected<Indices, std::string> resolve(const Places& places) const;
  Result close(const Places& a, const Places& b, LinkState state);
  Result open(const Places& a, const Places& b, LinkState was);
  void change(size_t from, size_t to, LinkState state, std::string_view what);
  void tell(size_t from, size_t to);

  World& world_;
  Links& links_;
  KvService& kv_;
  R2Service& r2_;
  std::function<void(size_t, size_t)> changed_;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_TOPOLOGY_NETWORK_H_
