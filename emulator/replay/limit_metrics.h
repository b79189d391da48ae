// The limits that a trace says something about: what of a request counts against each.
#ifndef OFFING_EMULATOR_REPLAY_LIMIT_METRICS_H_
#define OFFING_EMULATOR_REPLAY_LIMIT_METRICS_H_

#include <span>

#include "emulator/replay/limit_usage.h"

namespace offing::replay {

struct LimitUsage::Metric {
  std::string_view row;   // of runtime/limits/table.h
  std::string_view noun;  // "82 % of 50 subrequests"
  // In the limit's unit, times in microseconds. Null: it is the length of the URL.
  uint64_t (*value)(const Counts& used, int64_t duration_us) = nullptr;
  bool of_requests = true;
  bool of_objects = true;
  bool of_crons = true;           // runs of cron triggers
  bool of_callees = true;         // Workers that others called; false: their caller's count has it
  bool of_alarms = false;         // of objects' events these alone
  bool of_url = false;
  std::string_view remark = {};   // said of it whenever it is shown
  bool measured = false;
};

std::span<const LimitUsage::Metric> limit_metrics();

}  // namespace offing::replay

#endif  // OFFING_EMULATOR_REPLAY_LIMIT_METRICS_H_
