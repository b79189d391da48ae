// When a Worker's cron triggers run, and how each run ends (spec/services.md 2).
//
// There is one event, for the next moment at which any of them is due; then all that are run, in the order of
// the configuration, after everything else of that instant. So a copy of a world does what the world does.
// In virtual time nothing waits for it (EventKind::kRecurring): a run takes place when time passes it.
// A run is an invocation like a request's, in the first location: in an isolate that may serve requests too,
// with the CPU and wall time of its kind. What was missed while no process was there is not made up for.
// Owner: the Stack. Threading: the loop thread only.
#ifndef OFFING_EMULATOR_CRONS_CRONS_H_
#define OFFING_EMULATOR_CRONS_CRONS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "emulator/config/cron_expression.h"
#include "emulator/topology/topology.h"
#include "emulator/world/world.h"

namespace offing {

class Crons {
 public:
  // `crons`: triggers.crons, valid expressions; it outlives this, and `changed` is told when it changes.
  // `due_us`: of a copied state, when the next is due.
  Crons(World& world, Topology& topology, const std::vector<std::string>& crons,
        std::optional<int64_t> due_us = std::nullopt);
  ~Crons();
  Crons(const Crons&) = delete;
  Crons& operator=(const Crons&) = delete;

  // The configuration is another one.
  void changed();
  // When the next run is due; nothing: none ever is.
  std::optional<int64_t> due_us() const { return due_us_; }

  struct Next {
    std::string_view cron;
    std::optional<int64_t> at_ms;
  };
  std::vector<Next> list() const;

  struct Ran {
    uint64_t request = 0;   // its number in the trace
    std::string_view outcome;
    bool no_retry = false;
    std::string error;      // "Error: …"; empty when it went well
  };
  using Done = std::move_only_function<void(const Ran&)>;
  // Runs the handler now, whatever the time: `cron` and `time_ms` are what it is told.
  void run(std::string cron, int64_t time_ms, size_t location, Done done);
  size_t running() const { return running_.size(); }

 private:
  struct Trigger {
    std::string cron;
    config::CronExpression expression;
    std::optional<int64_t> next_ms;
  };
  struct Run {
    size_t location = 0;
    uint32_t isolate = 0;
    int64_t began_us = 0;
    EventId limit = 0;
    std::string cron;
    Done done;
  };
  // Reads the configuration: what is due after `after_ms`.
  void read(int64_t after_ms);
  // For the first that is due.
  void arm();
  void run_due();
  void begin(std::string cron, int64_t time_ms, size_t location, std::string_view why, Done done);
  void too_long(uint64_t request);
  void ended(uint64_t request, FetchResult result);
  uint64_t cpu_ms_max(std::string_view cron) const;

  World& world_;
  Topology& topology_;
  const std::vector<std::string>& crons_;
  std::vector<Trigger> triggers_;   // in the configuration's order
  std::optional<int64_t> due_us_;
  EventId event_ = 0;
  std::unordered_map<uint64_t, Run> running_;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_CRONS_CRONS_H_
