// Which requests came closest to which limit of the run's profile: a reader of the trace. Of each
// limit the worst few are kept, and of those to one path the worst one.
//
// Counts are the run's own. CPU time and memory are measured on the machine that runs it: the next run
// has others, and in virtual time nobody is stopped for them.
#ifndef OFFING_EMULATOR_REPLAY_LIMIT_USAGE_H_
#define OFFING_EMULATOR_REPLAY_LIMIT_USAGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "emulator/trace/trace.h"
#include "runtime/limits/profile.h"

namespace offing::replay {

struct LimitUsageTextOptions {
  bool colour = false;
  // Limits that nobody has used so much of are told in one line.
  unsigned approached_percent = 10;
};

class LimitUsage final : public trace::Reader {
 public:
  static constexpr size_t kWorstMax = 5;  // of each limit

  // `profile`: that of the run, whose requests come afterwards.
  explicit LimitUsage(const Profile& profile);
  void on_event(const trace::Stamp& stamp, const trace::Event& event) override;

  std::string text(const LimitUsageTextOptions& options) const;
  std::string json() const;

  struct Metric;  // one limit, and what of an event counts against it

 private:
  // A request of a client, a call of an entrypoint, or an event of a Durable Object.
  struct Event {
    uint64_t request = 0;
    int64_t at_us = 0;
    std::string location;
    std::string method;  // of an object's event: its kind (fetch, rpc, alarm, websocket)
    std::string target;  // path and query; of an object's event: URL, method or kind of message
    std::string class_name;  // of an object's event, else empty
  };
  struct Use {
    Event event;
    std::string name;      // "GET /feed"
    uint64_t value = 0;    // in units of Watched::most
  };
  // A metric whose limit the profile has.
  struct Watched {
    const Metric* metric;
    uint64_t limit = 0;    // as in the profile
    uint64_t most = 0;     // the same in the unit that is measured: microseconds for milliseconds
    uint64_t events = 0;   // that it was compared with
    std::vector<Use> worst = {};  // the worst first
  };

  void ended(uint64_t request, const Counts& used, int64_t duration_us, bool is_last);
  void compare(Watched& watched, const Event& event, uint64_t value);
  // Those that somebody has used something of, the one come closest to first.
  std::vector<const Watched*> in_order() const;
  static double share(const Watched& watched, const Use& use);
  std::string one_limit(const Watched& watched, const LimitUsageTextOptions& options) const;

  // Requests of clients have numbers below; above are those that the run gives out itself.
  static constexpr uint64_t kOwnNumbers = uint64_t{1} << 40;

  std::string profile_;
  std::vector<Watched> watched_;
  std::optional<int64_t> start_us_;  // of the first event: times are told from here
  std::unordered_map<uint64_t, Event> running_;
};

}  // namespace offing::replay

#endif  // OFFING_EMULATOR_REPLAY_LIMIT_USAGE_H_
