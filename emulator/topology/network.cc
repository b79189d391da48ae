#include "emulator/topology/network.h"

#include <algorithm>
#include <utility>

namespace offing {

Network::Network(World& world, Links& links, KvService& kv, R2Service& r2,
                 std::function<void(size_t from, size_t to)> changed)
    : world_(world), links_(links), kv_(kv), r2_(r2), changed_(std::move(changed)) {
  for (size_t from = 0; from < links_.central(); ++from) {
    for (size_t to = 0; to <= links_.central(); ++to) {
      if (links_.state(from, to) != LinkState::kOpen) tell(from, to);
    }
  }
}

std::expected<Network::Indices, std::string> Network::resolve(const Places& places) const {
  Indices found;
  for (const std::string& name : places) {
    auto place = links_.place_of(name);
    if (!place)
      return std::unexpected(place.error() + " \"central\" is where KV's central store and R2 are.");
    if (std::ranges::find(found, *place) == found.end()) found.push_back(*place);
  }
  return found;
}

Network::Result Network::close(const Places& a, const Places& b, LinkState state) {
  auto from = resolve(a);
  if (!from) return std::unexpected(from.error());
  auto to = resolve(b);
  if (!to) return std::unexpected(to.error());
  if (from->empty()) return std::unexpected("a names no location. A link has two ends.");
  if (to->empty()) {
    for (size_t place = 0; place <= links_.central(); ++place) {
      if (std::ranges::find(*from, place) == from->end()) to->push_back(place);
    }
  }
  const std::string_view what = state == LinkState::kCut ? "cut" : "held";
  bool any = false;
  for (size_t x : *from) {
    for (size_t y : *to) {
      if (x == y) continue;
      any = true;
      change(x, y, state, what);
      change(y, x, state, what);
    }
  }
  if (!any) return std::unexpected("a and b have no link between them: they are one location.");
  return {};
}

Network::Result Network::open(const Places& a, const Places& b, LinkState was) {
  auto from = resolve(a);
  if (!from) return std::unexpected(from.error());
  auto to = resolve(b);
  if (!to) return std::unexpected(to.error());
  const auto in = [](const Indices& all, size_t place) {
    return all.empty() || std::ranges::find(all, place) != all.end();
  };
  const std::string_view what = was == LinkState::kCut ? "repaired" : "released";
  for (size_t x = 0; x <= links_.central(); ++x) {
    for (size_t y = 0; y <= links_.central(); ++y) {
      const bool meant = (in(*from, x) && in(*to, y)) || (in(*from, y) && in(*to, x));
      if (meant && links_.state(x, y) == was) change(x, y, LinkState::kOpen, what);
    }
  }
  return {};
}

void Network::change(size_t from, size_t to, LinkState state, std::string_view what) {
  if (links_.state(from, to) == state) return;
  links_.set_state(from, to, state);
  world_.trace().emit(trace::LinkEvent{what, links_.name_of(from), links_.name_of(to)});
  tell(from, to);
}

// A location's way to central and back is one: it is told of once.
void Network::tell(size_t from, size_t to) {
  if (from == links_.central()) return;
  const LinkState state = links_.state(from, to);
  if (to == links_.central()) {
    kv_.set_central(from, state);
    r2_.set_central(links_.name_of(from), state);
    return;
  }
  kv_.set_link(from, to, state);
  changed_(from, to);
}

std::vector<Network::Link> Network::links() const {
  std::vector<Link> all;
  const size_t count = links_.central();
  for (size_t from = 0; from < count; ++from) {
    for (size_t to = 0; to < count; ++to) {
      if (from == to) continue;
      all.push_back({links_.name_of(from), links_.name_of(to), links_.link_us(from, to),
                     links_.state(from, to)});
    }
  }
  for (size_t from = 0; from < count; ++from)
    all.push_back({links_.name_of(from), Links::kCentralName, 0, links_.state(from, count)});
  return all;
}

}  // namespace offing
