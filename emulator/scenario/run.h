// One run of a scenario: its steps, one after the other, in a world that is there already. Belongs
// to rig.cc.
#ifndef OFFING_EMULATOR_SCENARIO_RUN_H_
#define OFFING_EMULATOR_SCENARIO_RUN_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "emulator/scenario/cookies.h"
#include "emulator/scenario/rig.h"
#include "emulator/scenario/values.h"

namespace offing::scenario {

// Which requests of clients have read something stale.
class StaleReads final : public trace::Reader {
 public:
  void on_event(const trace::Stamp& stamp, const trace::Event& event) override;
  bool contains(uint64_t request) const { return requests_.contains(request); }

 private:
  invariants::Clients clients_;
  std::set<uint64_t> requests_;
};

class Run : public std::enable_shared_from_this<Run> {
 public:
  Run(RealWorld& house, const Scenario& scenario, uint64_t seed, const ControlCall& control,
      invariants::Settings settings, trace::Reader* reader);
  // Readers of a stage that is this run's main from now on.
  void watch(Stage& stage);
  // Stops the house when the run is over. `stages` lives until then.
  void start(Stages& stages);
  Result take_result() { return std::move(result_); }

 private:
  struct Frame {
    const std::vector<Step>* steps;
    size_t at = 0;
    uint64_t round = 0;
    uint64_t rounds = 1;
  };
  struct Answer {
    bool here = false;
    uint64_t number = 0;  // in the trace
    std::string url;      // as sent
    Response response = {};
    Chunk body = {};
  };
  friend class Forward;

  Stage& stage() { return stages_->main(); }
  void on_event(const trace::Stamp& stamp, const trace::Event& event);
  // Goes on in an event of the house, unless the step that asked for it is over.
  template <class F>
  void in_house(F f) {
    house_.post([self = shared_from_this(), step = step_number_, f = std::move(f)]() mutable {
      if (!self->over_ && self->step_number_ == step) f(*self);
    });
  }
  void next();
  void begin(const Step& step);
  void end();
  void fail(int line, std::string text);
  std::string step_text() const;
  void beat();

  void send(const RequestStep& step, size_t index);
  std::expected<Request, std::string> request_of(const RequestStep& step);
  void answered(size_t index, Response response);
  void body_read(size_t index, Chunk body);
  void judge();
  std::expected<void, std::string> check(const RequestStep& step, const Answer& answer,
                                         std::vector<std::string>& wrong);
  std::expected<void, std::string> check_body(const RequestStep& step, const Answer& answer,
                                              std::vector<std::string>& wrong);
  std::expected<void, std::string> keep(const Save& save, const Answer& answer);

  void move_clock(const ClockStep& step);
  void ask(const ControlStep& step);
  void told(const ControlStep& step, std::expected<std::string, ControlFailure> answer);

  RealWorld& house_;
  const Scenario& scenario_;
  const ControlCall& control_;
  trace::Reader* reader_;
  Stages* stages_ = nullptr;
  invariants::Invariants invariants_;
  StaleReads stale_;
  Variables variables_;
  std::map<std::string, Cookies> cookies_;  // by session
  std::vector<Frame> frames_;
  const Step* step_ = nullptr;
  uint64_t step_number_ = 0;  // of those that were begun
  std::vector<Answer> answers_;
  size_t awaited_ = 0;
  bool over_ = false;
  // A run in which nothing happens any more is found by a look from time to time.
  EventId beat_ = 0;
  int beats_still_ = 0;
  uint64_t events_seen_ = 0;
  int64_t now_seen_us_ = 0;
  uint64_t events_ = 0;
  int64_t start_us_ = 0;
  Result result_;
};

}  // namespace offing::scenario

#endif  // OFFING_EMULATOR_SCENARIO_RUN_H_
