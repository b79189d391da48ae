// Sends recorded traffic at its times and collects what was answered.
//
// Each request is one event of the world, so a virtual world replays an hour in no time and a real
// one takes an hour (`speed` scales the gaps). Requests of one time are sent in the file's order,
// without waiting for each other, with one exception: a request that carries a cookie which a request
// still under way is going to set waits for that answer, as the recorded client must have.
// Ownership: the runner owns the traffic and the results. Callbacks it gave out may outlive it.
#ifndef OFFING_EMULATOR_REPLAY_RUNNER_H_
#define OFFING_EMULATOR_REPLAY_RUNNER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/replay/traffic.h"
#include "emulator/world/world.h"
#include "runtime/http/message.h"

namespace offing::replay {

struct RunOptions {
  double speed = 1;     // 2: the gaps are half as long. > 0
  uint32_t repeat = 1;  // rounds; one begins when every answer of the one before has come
  std::string default_location = "";  // for entries that name none
  std::string base_url = "";          // instead of each URL's origin, for a server elsewhere; may be empty
  uint64_t body_size_bytes_max = 64ull * 1024 * 1024;
  int64_t answer_timeout_us = 300'000'000;  // world time; 0: none
};

// Sends one request and returns the number under which the trace names it. The callback is called at
// most once, before or after the return.
using SendFn =
    std::move_only_function<uint64_t(Request, std::string_view location, ResponseCallback)>;

struct Result {
  uint32_t round = 0;
  uint32_t index = 0;       // position in Traffic::entries
  uint64_t line = 0;        // in the traffic file
  uint64_t request_id = 0;  // in the trace
  std::string location;
  std::string group;
  std::string method;
  std::string url;
  int64_t at_us = 0;  // world time since the run's start at which it was sent
  int64_t duration_us = 0;
  uint16_t status = 0;  // 0: no answer
  bool compared = false;
  std::vector<std::string> differences;

  bool as_expected() const { return differences.empty(); }
};

struct Results {
  std::vector<Result> requests;  // rounds in turn, each in the order of the file
  int64_t start_us = 0;          // world time of the run's start
  int64_t duration_us = 0;
  uint64_t matched = 0;
  uint64_t differing = 0;
  uint64_t not_compared = 0;

  // 0: all as expected; 1: not. (2, bad input, is the caller's.)
  int exit_code() const { return differing == 0 ? 0 : 1; }
};

class Runner {
 public:
  Runner(World& world, Traffic traffic, RunOptions options, SendFn send);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // Called after each answer with it, how many are in and how many there will be.
  std::move_only_function<void(const Result&, uint64_t done, uint64_t total)> on_progress;

  // Schedules the first request for now. `done` is called in the event of the last answer; a virtual
  // world whose guests keep timers goes on, so call world.stop() there.
  void start(std::move_only_function<void()> done);
  // The results so far; requests without an answer say so. Call after `done`, or when the world ran
  // out of events.
  Results finish();

  const Traffic& traffic() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace offing::replay

#endif  // OFFING_EMULATOR_REPLAY_RUNNER_H_
