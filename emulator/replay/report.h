// A replay's results for people (one screen), for programs (JSON) and for CI (JUnit XML).
#ifndef OFFING_EMULATOR_REPLAY_REPORT_H_
#define OFFING_EMULATOR_REPLAY_REPORT_H_

#include <string>
#include <string_view>

#include "emulator/replay/runner.h"
#include "emulator/replay/traffic.h"

namespace offing::replay {

struct ReportOptions {
  bool colour = false;       // only for a terminal
  size_t failures_max = 10;  // how many differing requests the text shows
};

std::string report_text(const Traffic& traffic, const Results& results, const ReportOptions& options);
// `staleness_json`, `limits_json`: of StalenessReport and LimitUsage, put in as "staleness" and
// "limits"; may be empty.
std::string report_json(const Traffic& traffic, const Results& results,
                        std::string_view staleness_json, std::string_view limits_json = {});
std::string report_junit(const Traffic& traffic, const Results& results);

}  // namespace offing::replay

#endif  // OFFING_EMULATOR_REPLAY_REPORT_H_
