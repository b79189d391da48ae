#include "emulator/scenario/run.h"

#include <algorithm>
#include <utility>

#include "emulator/replay/values.h"

namespace offing::scenario {

// Between two looks at a run, and after how many of them without an event it counts as stuck. Who
// may use the network may have to wait for it.
constexpr int64_t kBeatUs = 100'000;
constexpr int kStillBeatsMax = 10;
constexpr int kStillBeatsNetwork = 600;
// Of a run that fails.
constexpr size_t kEventsTold = 12;

// The stage may outlive the run for a moment.
class Forward final : public trace::Reader {
 public:
  explicit Forward(std::weak_ptr<Run> run) : run_(std::move(run)) {}
  void on_event(const trace::Stamp& stamp, const trace::Event& event) override {
    if (auto run = run_.lock()) run->on_event(stamp, event);
  }

 private:
  std::weak_ptr<Run> run_;
};

void StaleReads::on_event(const trace::Stamp&, const trace::Event& event) {
  if (auto* e = std::get_if<trace::RequestEvent>(&event)) return clients_.on_request(*e);
  if (auto* e = std::get_if<trace::CronEvent>(&event)) return clients_.on_cron(*e);
  if (auto* e = std::get_if<trace::ObjectCallEvent>(&event)) return clients_.on_object_call(*e);
  auto* e = std::get_if<trace::KvReadEvent>(&event);
  if (!e || e->staleness_ms == 0) return;
  const invariants::Client* client = clients_.find(e->request);
  requests_.insert(client ? client->root : e->request);
}

Run::Run(RealWorld& house, const Scenario& scenario, uint64_t seed, const ControlCall& control,
         invariants::Settings settings, trace::Reader* reader)
    : house_(house),
      scenario_(scenario),
      control_(control),
      reader_(reader),
      invariants_(std::move(settings)) {
  result_.file = scenario.file;
  result_.name = scenario.name;
  result_.seed = seed;
  variables_.set("seed", std::to_string(seed));
}

void Run::watch(Stage& stage) {
  stage.keep(std::make_unique<Forward>(weak_from_this()));
}

void Run::on_event(const trace::Stamp& stamp, const trace::Event& event) {
  if (over_) return;
  ++events_;
  stale_.on_event(stamp, event);
  if (invariants_.settings().any()) invariants_.on_event(stamp, event);
  if (reader_) reader_->on_event(stamp, event);
}

void Run::start(Stages& stages) {
  stages_ = &stages;
  start_us_ = stage().world().now_us();
  frames_.push_back({&scenario_.steps});
  beat();
  in_house([](Run& run) { run.next(); });
}

void Run::next() {
  while (!frames_.empty()) {
    Frame& frame = frames_.back();
    if (frame.at == frame.steps->size()) {
      if (++frame.round >= frame.rounds || frame.steps->empty()) {
        frames_.pop_back();
        continue;
      }
      frame.at = 0;
    }
    if (frame.at == 0 && frames_.size() > 1) variables_.set("i", std::to_string(frame.round));
    const Step& step = (*frame.steps)[frame.at++];
    step_ = &step;
    ++step_number_;
    beats_still_ = 0;
    if (step_number_ > kStepsRunMax)
      return fail(step.place.line,
                  "more than " + std::to_string(kStepsRunMax) + " steps in one run");
    if (step.kind != Step::Kind::kRepeat) return begin(step);
    frames_.push_back({&step.steps, 0, 0, step.times});
  }
  end();
}

void Run::begin(const Step& step) {
  if (step.kind == Step::Kind::kClock) return move_clock(step.clock);
  if (step.kind == Step::Kind::kControl) return ask(step.control);
  answers_.clear();
  answers_.resize(step.requests.size());
  awaited_ = step.requests.size();
  for (size_t i = 0; i < step.requests.size() && !over_; ++i) send(step.requests[i], i);
}

std::string Run::step_text() const {
  if (!step_) return "";
  return step_->place.key + " (" + step_->name + ")";
}

void Run::fail(int line, std::string text) {
  result_.failures.push_back({step_text(), line, std::move(text)});
  end();
}

void Run::end() {
  if (std::exchange(over_, true)) return;
  if (beat_) house_.cancel(std::exchange(beat_, 0));
  result_.steps = step_number_;
  result_.events = events_;
  result_.virtual_us = stage().world().now_us() - start_us_;
  if (invariants_.settings().any()) {
    invariants_.finish();
    for (const auto& violation : invariants_.violations())
      result_.violations.push_back(std::string(name_of(violation.invariant)) + ": " +
                                   violation.text);
    result_.invariants_json = invariants_.json();
  }
  if (!result_.passed()) {
    const auto& lines = stage().log().lines();
    for (size_t i = lines.size() - std::min(lines.size(), kEventsTold); i < lines.size(); ++i)
      result_.last_events.push_back(event_text(lines[i].text, start_us_));
  }
  house_.stop();
}

void Run::beat() {
  beat_ = house_.schedule_after(kBeatUs, [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self || self->over_) return;
    World& world = self->stage().world();
    const bool still = self->events_seen_ == self->events_ && self->now_seen_us_ == world.now_us();
    self->beats_still_ = still ? self->beats_still_ + 1 : 0;
    self->events_seen_ = self->events_;
    self->now_seen_us_ = world.now_us();
    const bool network =
        !self->scenario_.worker.allow_net.empty() || self->scenario_.worker.allow_loopback;
    if (self->beats_still_ >= (network ? kStillBeatsNetwork : kStillBeatsMax))
      return self->fail(
          self->step_ ? self->step_->place.line : 0,
          "never ends: it waits for something that nothing will bring within a day of the "
          "run's time");
    self->beat();
  });
}

void Run::move_clock(const ClockStep& step) {
  VirtualWorld& world = *stage().virtual_world();
  constexpr int64_t kLatestUs = 253'402'300'799'999'000;  // the year 9999
  const int64_t target_us = step.kind == ClockStep::Kind::kSet ? step.us : world.now_us() + step.us;
  if (target_us < world.now_us() || target_us > kLatestUs)
    return fail(step_->place.line, target_us > kLatestUs
                                       ? "leads beyond the year 9999"
                                       : "is in the past: it is " +
                                             replay::clock_text(world.now_us()) +
                                             " already, and time does not go back");
  auto done = [self = shared_from_this()](VirtualWorld::Moved) {
    self->in_house([](Run& run) { run.next(); });
  };
  if (step.kind == ClockStep::Kind::kUntilIdle)
    world.run_until_idle(target_us, std::move(done));
  else
    world.advance_to(target_us, std::move(done));
}

void Run::ask(const ControlStep& step) {
  auto arguments = variables_.fill(step.arguments);
  if (!arguments) return fail(step_->place.line, arguments.error());
  control_(*stages_, step.verb, arguments->json(),
           [self = shared_from_this(),
            &step](std::expected<std::string, ControlFailure> answer) mutable {
             self->in_house([&step, answer = std::move(answer)](Run& run) mutable {
               run.told(step, std::move(answer));
             });
           });
}

void Run::told(const ControlStep& step, std::expected<std::string, ControlFailure> answer) {
  const int line = step_->place.line;
  if (!answer) {
    const ControlFailure& failure = answer.error();
    if (step.error && *step.error == failure.code) return next();
    return fail(line,
                (step.error ? "expected the error " + *step.error + ", got " : std::string()) +
                    failure.code + ": " + failure.message);
  }
  if (step.error) return fail(line, "expected the error " + *step.error + ", but it went well");
  auto json = config::parse_jsonc(*answer, "answer");
  if (!json) return fail(line, json.error().text());
  if (step.expect) {
    auto expected = variables_.fill(*step.expect);
    if (!expected) return fail(line, expected.error());
    const auto wrong = mismatches(*expected, &*json, "");
    for (const std::string& text : wrong) result_.failures.push_back({step_text(), line, text});
    if (!wrong.empty()) return end();
  }
  for (const Save& save : step.save) {
    const config::Value* value = find_path(*json, save.path);
    if (!value)
      return fail(line,
                  "save: the answer has no " + save.path + ": " + replay::shortened(*answer, 300));
    variables_.set(save.variable, plain_text(*value));
  }
  next();
}

}  // namespace offing::scenario
