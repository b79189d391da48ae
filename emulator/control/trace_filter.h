// Which events of a trace somebody wants.
#ifndef OFFING_EMULATOR_CONTROL_TRACE_FILTER_H_
#define OFFING_EMULATOR_CONTROL_TRACE_FILTER_H_

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "emulator/control/arguments.h"
#include "emulator/trace/json_text.h"
#include "emulator/trace/log.h"

namespace offing::control {

struct TraceFilter {
  std::vector<std::string> events;  // empty: all
  std::optional<uint64_t> after;  // of a stream: absent begins now
  std::optional<uint64_t> request;
  std::string key_member;  // "\"key\":\"…\"", empty: any

  static std::expected<TraceFilter, Failure> of(const Arguments& arguments) {
    TraceFilter filter;
    filter.events = arguments.texts("event");
    for (const char* name : {"after", "request"}) {
      const auto number = arguments.integer(name);
      if (number && *number < 0)
        return std::unexpected(bad_value(name, *arguments.value(name), "0 or more"));
      if (number) (name[0] == 'a' ? filter.after : filter.request) = static_cast<uint64_t>(*number);
    }
    if (auto key = arguments.optional_text("key"); key && !key->empty()) {
      filter.key_member = ",\"key\":";
      trace::append_json_string(filter.key_member, *key);
    }
    return filter;
  }
  bool takes(const trace::Log::Line& line) const {
    return line.sequence > after.value_or(0) && (!request || line.request == *request) &&
           (events.empty() || std::ranges::find(events, line.event) != events.end()) &&
           (key_member.empty() || line.text.find(key_member) != std::string::npos);
  }
};

}  // namespace offing::control

#endif  // OFFING_EMULATOR_CONTROL_TRACE_FILTER_H_
