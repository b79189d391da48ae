#include "emulator/topology/topology.h"

#include <algorithm>
#include <utility>

#include "emulator/topology/colos.h"

namespace offing {

// How long after the last request an isolate that is leaving is looked at again.
constexpr int64_t kLeavingCheckUs = 1000 * 1000;

std::expected<std::vector<std::string>, std::string> parse_locations(std::string_view text) {
  std::vector<std::string> codes;
  while (true) {
    const size_t comma = text.find(',');
    const std::string code(text.substr(0, comma));
    if (!is_location_code(code))
      return std::unexpected("\"" + code + "\" is not a location: give three capital letters (an " +
                             "IATA code), as in --locations LHR,SIN,IAD");
    if (std::find(codes.begin(), codes.end(), code) != codes.end())
      return std::unexpected("location " + code + " is named twice");
    codes.push_back(code);
    if (comma == text.npos) return codes;
    text.remove_prefix(comma + 1);
  }
}

Topology::Topology(Services& services, Engine& engine, const Bundle& bundle,
                   const WorkerOptions& worker, TopologyOptions options)
    : services_(services),
      engine_(engine),
      bundle_(bundle),
      worker_(worker),
      options_(std::move(options)),
      sites_(options_.locations.size()) {
  for (const std::string& code : options_.locations) cf_json_.push_back(offing::cf_json(code));
  services_.condemn = [this](size_t location, uint32_t isolate, std::string_view why) {
    condemn(location, isolate, why);
  };
}

std::optional<size_t> Topology::find_location(std::string_view code) const {
  for (size_t i = 0; i < options_.locations.size(); ++i) {
    if (options_.locations[i] == code) return i;
  }
  return std::nullopt;
}

std::expected<Topology::Resident*, std::string> Topology::acquire(size_t location) {
  Site& site = sites_[location];
  size_t staying = 0;
  for (const auto& r : site.residents) staying += !r->leaving;
  if (staying < options_.isolates_per_location) return create(location);
  uint32_t turn = site.turn++ % static_cast<uint32_t>(staying);
  for (const auto& r : site.residents) {
    if (!r->leaving && turn-- == 0) return r.get();
  }
  return std::unexpected("no isolate");  // not reached: `staying` counted one
}

std::expected<Topology::Resident*, std::string> Topology::create(size_t location) {
  Site& site = sites_[location];
  auto resident = std::make_unique<Resident>();
  resident->number = site.next_number++;
  resident->host = std::make_unique<IsolateHost>(services_, options_.locations[location], location,
                                                 resident->number);
  auto isolate = Isolate::start(engine_, *resident->host, bundle_, worker_);
  if (!isolate) return std::unexpected(isolate.error());
  resident->isolate = std::move(*isolate);
  resident->last_used_us = services_.world.now_us();
  services_.world.trace().emit(trace::IsolateEvent{options_.locations[location], resident->number,
                                                   "created", "request"});
  site.residents.push_back(std::move(resident));
  arm_sweep();
  return site.residents.back().get();
}

Topology::Resident* Topology::find(size_t location, uint32_t number) {
  for (const auto& r : sites_[location].residents) {
    if (r->number == number) return r.get();
  }
  return nullptr;
}

std::optional<uint32_t> Topology::number_of(size_t location,
                                            const std::shared_ptr<Token>& isolate) const {
  for (const auto& r : sites_[location].residents) {
    if (r->isolate->token() == isolate) return r->number;
  }
  return std::nullopt;
}

void Topology::release(size_t location, uint32_t number) {
  Resident* resident = find(location, number);
  if (!resident) return;
  resident->last_used_us = services_.world.now_us();
  if (!resident->leaving && services_.world.fault(FaultPoint::kIsolateEvict))
    leave(location, *resident, "fault");
}

void Topology::condemn(size_t location, uint32_t number, std::string_view why) {
  Resident* resident = find(location, number);
  if (resident != nullptr && !resident->leaving) leave(location, *resident, why);
}

void Topology::leave(size_t location, Resident& resident, std::string_view why) {
  resident.leaving = true;
  services_.world.trace().emit(
      trace::IsolateEvent{options_.locations[location], resident.number, "evicted", why});
  if (on_leaving) on_leaving(location, resident.number);
  // Never destroyed from inside its own call: the sweep is an event of its own.
  services_.world.post([this] { sweep(); });
}

size_t Topology::evict(std::optional<size_t> location, std::string_view why) {
  size_t evicted = 0;
  for (size_t i = 0; i < sites_.size(); ++i) {
    if (location && *location != i) continue;
    for (const auto& r : sites_[i].residents) {
      if (r->leaving) continue;
      leave(i, *r, why);
      ++evicted;
    }
  }
  return evicted;
}

void Topology::stop() {
  for (Site& site : sites_) site.residents.clear();
}

size_t Topology::resident_count() const {
  size_t count = 0;
  for (const Site& site : sites_) {
    for (const auto& r : site.residents) count += !r->leaving;
  }
  return count;
}

// Drops what is leaving and has no work, evicts what has been idle for long enough.
void Topology::sweep() {
  const int64_t now_us = services_.world.now_us();
  for (size_t i = 0; i < sites_.size(); ++i) {
    for (const auto& r : sites_[i].residents) {
      const bool idle = r->isolate->active() == 0 &&
                        now_us - r->last_used_us >= options_.idle_evict_ms * 1000;
      if (!r->leaving && idle) {
        r->leaving = true;
        services_.world.trace().emit(
            trace::IsolateEvent{options_.locations[i], r->number, "evicted", "idle"});
      }
    }
    std::erase_if(sites_[i].residents, [](const std::unique_ptr<Resident>& r) {
      return r->leaving && r->isolate->active() == 0;
    });
  }
  arm_sweep();
}

// One sweep is scheduled while there are isolates, so that a virtual world comes to rest.
void Topology::arm_sweep() {
  if (sweep_armed_) return;
  std::optional<int64_t> due_us;
  for (const Site& site : sites_) {
    for (const auto& r : site.residents) {
      int64_t at_us = r->leaving ? services_.world.now_us() + kLeavingCheckUs
                                 : r->last_used_us + options_.idle_evict_ms * 1000;
      if (!due_us || at_us < *due_us) due_us = at_us;
    }
  }
  if (!due_us) return;
  // An isolate that is busy past its time is looked at again a second later.
  const int64_t soonest_us = services_.world.now_us() + kLeavingCheckUs;
  sweep_armed_ = true;
  services_.world.schedule(std::max(*due_us, soonest_us), EventKind::kUpkeep, [this] {
    sweep_armed_ = false;
    sweep();
  });
}

}  // namespace offing
