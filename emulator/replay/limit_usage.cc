#include "emulator/replay/limit_usage.h"

#include <algorithm>
#include <utility>

#include "emulator/replay/limit_metrics.h"
#include "emulator/replay/values.h"
#include "runtime/limits/table.h"

namespace offing::replay {
namespace {

std::string name_of(std::string_view method, std::string_view target,
                    std::string_view class_name) {
  const std::string_view path = target.substr(0, target.find('?'));
  const std::string what = method == "alarm" ? "alarm" : std::string(method) + " " + std::string(path);
  return class_name.empty() ? what : what + " of " + std::string(class_name);
}

// What of a URL names the handler; an RPC call's method is no URL.
std::string_view target_in(std::string_view url) {
  return url.find("://") == url.npos ? url : target_of(url);
}

}  // namespace

LimitUsage::LimitUsage(const Profile& profile) : profile_(profile.name()) {
  for (const Metric& metric : limit_metrics()) {
    const LimitRow* row = find_limit(metric.row);
    const uint64_t limit = profile.limits.*row->field;
    if (limit == 0) continue;
    watched_.push_back({&metric, limit, row->unit == LimitUnit::kMs ? limit * 1000 : limit});
  }
}

void LimitUsage::on_event(const trace::Stamp& stamp, const trace::Event& event) {
  if (!start_us_) start_us_ = stamp.at_us;
  const int64_t at_us = stamp.at_us - *start_us_;
  if (const auto* request = std::get_if<trace::RequestEvent>(&event)) {
    Event& began = running_[request->request] = {
        request->request, at_us, std::string(request->location), std::string(request->method),
        std::string(target_in(request->url)), ""};
    for (Watched& watched : watched_) {
      if (watched.metric->of_url) compare(watched, began, request->url.size());
    }
  } else if (const auto* response = std::get_if<trace::ResponseEvent>(&event)) {
    // A request that its client gave up ends once more, and tells then what it used.
    ended(response->request, response->used, response->duration_us,
          response->outcome != "canceled" || response->status != 0);
  } else if (const auto* call = std::get_if<trace::ObjectCallEvent>(&event)) {
    running_[call->request] = {call->request, at_us, std::string(call->location),
                               std::string(call->kind), std::string(target_in(call->what)),
                               std::string(call->class_name)};
  } else if (const auto* cron = std::get_if<trace::CronEvent>(&event)) {
    running_[cron->request] = {cron->request, at_us, std::string(cron->location), "cron",
                               std::string(cron->cron), ""};
  } else if (const auto* end = std::get_if<trace::CronEndEvent>(&event)) {
    ended(end->request, end->used, end->duration_us, true);
  } else if (const auto* answer = std::get_if<trace::ObjectAnswerEvent>(&event)) {
    ended(answer->request, answer->used, answer->duration_us, true);
  }
}

void LimitUsage::ended(uint64_t request, const Counts& used, int64_t duration_us, bool is_last) {
  const auto it = running_.find(request);
  if (it == running_.end()) return;
  const bool object = !it->second.class_name.empty();
  const bool cron = it->second.method == "cron";
  for (Watched& watched : watched_) {
    const Metric& metric = *watched.metric;
    if (metric.value == nullptr || !(object ? metric.of_objects : metric.of_requests)) continue;
    if (cron && !metric.of_crons) continue;
    if (!metric.of_callees && !object && !cron && request >= kOwnNumbers) continue;
    if (metric.of_alarms && it->second.method != "alarm") continue;
    compare(watched, it->second, metric.value(used, duration_us));
  }
  if (is_last) running_.erase(it);
}

void LimitUsage::compare(Watched& watched, const Event& event, uint64_t value) {
  ++watched.events;
  std::vector<Use>& worst = watched.worst;
  if (value == 0 || (worst.size() == kWorstMax && worst.back().value >= value)) return;
  Use use{event, name_of(event.method, event.target, event.class_name), value};
  const auto same = std::ranges::find(worst, use.name, &Use::name);
  if (same != worst.end()) {
    if (same->value >= value) return;
    worst.erase(same);
  }
  const auto after = std::ranges::find_if(worst, [value](const Use& other) {
    return other.value < value;
  });
  worst.insert(after, std::move(use));
  if (worst.size() > kWorstMax) worst.pop_back();
}

std::vector<const LimitUsage::Watched*> LimitUsage::in_order() const {
  std::vector<const Watched*> all;
  for (const Watched& watched : watched_) {
    if (!watched.worst.empty()) all.push_back(&watched);
  }
  std::ranges::stable_sort(all, [](const Watched* a, const Watched* b) {
    return share(*a, a->worst.front()) > share(*b, b->worst.front());
  });
  return all;
}

double LimitUsage::share(const Watched& watched, const Use& use) {
  return static_cast<double>(use.value) / static_cast<double>(watched.most);
}

}  // namespace offing::replay
