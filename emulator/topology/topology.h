// Where requests run: locations, and the isolates of each.
//
// A location has up to `isolates_per_location` isolates, made when a request needs one; requests
// take turns among them, so that module state is seen to be an isolate's own and not a server's.
// An isolate without work for `idle_evict_ms` is evicted: its memory is gone, and the next request
// finds a new one. Eviction is also possible on demand and, through the fault point `isolate.evict`,
// by seed. An isolate with work under way leaves the rota at once and is destroyed when it is done.
#ifndef OFFING_EMULATOR_TOPOLOGY_TOPOLOGY_H_
#define OFFING_EMULATOR_TOPOLOGY_TOPOLOGY_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/topology/isolate_host.h"
#include "runtime/isolate/isolate.h"
#include "runtime/modules/bundle.h"

namespace offing {

struct TopologyOptions {
  std::vector<std::string> locations = {"LHR", "SIN", "IAD"};
  uint32_t isolates_per_location = 1;
  int64_t idle_evict_ms = 10 * 60 * 1000;
};

// Parses "LHR,SIN,IAD". The error names the word that is no location code.
std::expected<std::vector<std::string>, std::string> parse_locations(std::string_view text);

class Topology {
 public:
  // One isolate and what belongs to it.
  struct Resident {
    uint32_t number = 0;  // within its location, counting up: a successor has another number
    std::unique_ptr<IsolateHost> host;
    std::unique_ptr<Isolate> isolate;
    int64_t last_used_us = 0;
    bool leaving = false;
  };

  Topology(Services& services, Engine& engine, const Bundle& bundle, const WorkerOptions& worker,
           TopologyOptions options);

  const TopologyOptions& options() const { return options_; }
  const std::vector<std::string>& locations() const { return options_.locations; }
  std::optional<size_t> find_location(std::string_view code) const;

  // The isolate whose turn it is in this location. The pointer is good until the world's next event;
  // keep `number` to name it. The error is that of a Worker that does not start.
  std::expected<Resident*, std::string> acquire(size_t location);
  // A request of this isolate was answered: time for eviction by fault, and the idle clock starts.
  void release(size_t location, uint32_t number);
  Resident* find(size_t location, uint32_t number);
  // Its guest was stopped: what it still does may end, nothing new begins there.
  void condemn(size_t location, uint32_t number, std::string_view why);

  // A number that no request, context or call of the run has (Host::new_number).
  uint64_t new_number() { return services_.next_number++; }
  // Whether the guest that runs now is being ended by force.
  bool is_stopping() const {
    return services_.cpu_watch != nullptr && services_.cpu_watch->is_stopping();
  }
  // The number of the isolate that a guest's own handle names, if it is still there.
  std::optional<uint32_t> number_of(size_t location, const std::shared_ptr<Token>& isolate) const;
  // request.cf of requests that begin in this location.
  const std::string& cf_json(size_t location) const { return cf_json_[location]; }
  // Called when an isolate leaves the rota: whatever lives in it has to go.
  std::function<void(size_t location, uint32_t isolate)> on_leaving;

  // Of the Worker, and of its isolates that begin from now on.
  const Limits& limits() const { return worker_.limits; }

  // Evicts every isolate of the location (or of all). Gives how many.
  size_t evict(std::optional<size_t> location, std::string_view why);
  size_t resident_count() const;
  // Destroys every isolate, at the end of a run.
  void stop();

 private:
  struct Site {
    std::vector<std::unique_ptr<Resident>> residents;
    uint32_t next_number = 0;
    uint32_t turn = 0;
  };
  std::expected<Resident*, std::string> create(size_t location);
  void leave(size_t location, Resident& resident, std::string_view why);
  void sweep();
  void arm_sweep();

  Services& services_;
  Engine& engine_;
  const Bundle& bundle_;
  const WorkerOptions& worker_;
  TopologyOptions options_;
  std::vector<Site> sites_;
  std::vector<std::string> cf_json_;
  bool sweep_armed_ = false;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_TOPOLOGY_TOPOLOGY_H_
