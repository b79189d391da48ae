#include "emulator/crons/crons.h"

#include <algorithm>
#include <utility>

namespace offing {

using config::CronExpression;

Crons::Crons(World& world, Topology& topology, const std::vector<std::string>& crons,
             std::optional<int64_t> due_us)
    : world_(world), topology_(topology), crons_(crons) {
  read(due_us ? *due_us / 1000 - 1 : world_.now_ms());
}

Crons::~Crons() {
  if (event_ != 0) world_.cancel(event_);
}

void Crons::changed() { read(world_.now_ms()); }

void Crons::read(int64_t after_ms) {
  triggers_.clear();
  for (const std::string& cron : crons_) {
    auto expression = CronExpression::parse(cron);
    if (!expression) continue;   // config lets no such pass
    triggers_.push_back({cron, *expression, expression->next_after_ms(after_ms)});
  }
  arm();
}

void Crons::arm() {
  if (event_ != 0) world_.cancel(std::exchange(event_, 0));
  due_us_.reset();
  for (const Trigger& trigger : triggers_) {
    if (trigger.next_ms && (!due_us_ || *trigger.next_ms * 1000 < *due_us_))
      due_us_ = *trigger.next_ms * 1000;
  }
  if (!due_us_) return;
  event_ = world_.schedule(*due_us_, EventKind::kRecurring, [this] {
    // Behind what is due at this instant, whenever that was scheduled.
    event_ = world_.post([this] { run_due(); });
  });
}

void Crons::run_due() {
  event_ = 0;
  const int64_t due_ms = *due_us_ / 1000;
  std::vector<std::string> due;
  for (Trigger& trigger : triggers_) {
    if (trigger.next_ms != due_ms) continue;
    due.push_back(trigger.cron);
    trigger.next_ms = trigger.expression.next_after_ms(std::max(due_ms, world_.now_ms()));
  }
  arm();
  for (std::string& cron : due) begin(std::move(cron), due_ms, 0, "due", nullptr);
}

std::vector<Crons::Next> Crons::list() const {
  std::vector<Next> all;
  for (const Trigger& trigger : triggers_) all.push_back({trigger.cron, trigger.next_ms});
  return all;
}

uint64_t Crons::cpu_ms_max(std::string_view cron) const {
  const auto expression = CronExpression::parse(cron);
  return expression && expression->is_hourly_or_rarer() ? topology_.limits().cron_hourly_cpu_ms
                                                        : topology_.limits().cron_cpu_ms;
}

void Crons::run(std::string cron, int64_t time_ms, size_t location, Done done) {
  begin(std::move(cron), time_ms, location, "asked", std::move(done));
}

void Crons::begin(std::string cron, int64_t time_ms, size_t location, std::string_view why,
                  Done done) {
  const uint64_t id = topology_.new_number();
  const std::string& code = topology_.locations()[location];
  auto resident = topology_.acquire(location);
  const uint32_t isolate = resident ? (*resident)->number : 0;
  world_.trace().emit(trace::CronEvent{id, code, isolate, cron, time_ms, why});
  if (!resident) {
    world_.trace().emit(trace::ExceptionEvent{id, code, "module", resident.error(), ""});
    world_.trace().emit(
        trace::CronEndEvent{id, code, cron, 0, "exception", false, resident.error()});
    if (done) done({id, "exception", false, resident.error()});
    return;
  }
  EventId limit = 0;
  if (const auto most_ms = static_cast<int64_t>(topology_.limits().cron_wall_ms); most_ms != 0)
    limit = world_.schedule_after(most_ms * 1000, [this, id] { too_long(id); });
  world_.running().begin(id, RunningNote::isolate_word(code, isolate), "cron", cron);
  ScheduledEvent event{time_ms, cron, cpu_ms_max(cron)};
  running_.emplace(id, Run{location, isolate, world_.now_us(), limit, std::move(cron), std::move(done)});
  const uint64_t outer = std::exchange(world_.running().entering, id);
  (*resident)->isolate->scheduled(id, std::move(event), [this, id](FetchResult result) {
    ended(id, std::move(result));
  });
  world_.running().entering = outer;
}

void Crons::too_long(uint64_t request) {
  auto it = running_.find(request);
  if (it == running_.end()) return;
  it->second.limit = 0;
  if (auto* resident = topology_.find(it->second.location, it->second.isolate))
    resident->isolate->end_scheduled(request);
}

void Crons::ended(uint64_t request, FetchResult result) {
  auto it = running_.find(request);
  if (it == running_.end()) return;
  Run run = std::move(it->second);
  running_.erase(it);
  if (run.limit != 0) world_.cancel(run.limit);
  const std::string_view outcome = to_string(result.outcome);
  world_.trace().emit(trace::CronEndEvent{request, topology_.locations()[run.location], run.cron,
                                          world_.now_us() - run.began_us, outcome,
                                          result.no_retry, result.error, result.used});
  world_.running().end(request);
  topology_.release(run.location, run.isolate);
  if (run.done) run.done({request, outcome, result.no_retry, std::move(result.error)});
}

}  // namespace offing
