// LimitUsage for people (a few lines for each limit) and for programs.
#include <algorithm>
#include <cstdio>

#include "emulator/replay/limit_metrics.h"
#include "emulator/replay/words.h"
#include "emulator/trace/json_text.h"
#include "runtime/limits/table.h"

namespace offing::replay {
namespace {

LimitUnit unit_of(const LimitUsage::Metric& metric) { return find_limit(metric.row)->unit; }

std::string_view unit_name(LimitUnit unit) {
  return unit == LimitUnit::kMs ? "us" : unit == LimitUnit::kBytes ? "bytes" : "count";
}

// In the unit of Watched::most.
std::string value_text(LimitUnit unit, uint64_t value) {
  if (unit == LimitUnit::kCount) return limit_text(unit, value);
  char text[32];
  const double exact = static_cast<double>(value);
  if (unit == LimitUnit::kMs) {
    if (value < 10'000'000) std::snprintf(text, sizeof text, "%.1f ms", exact / 1000);
    else std::snprintf(text, sizeof text, "%.1f s", exact / 1e6);
  } else if (value < 10 << 10) {
    return std::to_string(value) + " B";
  } else if (value < 1 << 20) {
    std::snprintf(text, sizeof text, "%.1f KiB", exact / (1 << 10));
  } else {
    std::snprintf(text, sizeof text, "%.1f MiB", exact / (1 << 20));
  }
  return text;
}

// Rounded down: only what has reached its limit is 100 %.
std::string percent_text(double share) {
  const auto percent = static_cast<uint64_t>(share * 100);
  return percent == 0 ? "below 1 %" : std::to_string(percent) + " %";
}

}  // namespace

std::string LimitUsage::one_limit(const Watched& watched,
                                  const LimitUsageTextOptions& options) const {
  const LimitUnit unit = unit_of(*watched.metric);
  const double worst = share(watched, watched.worst.front());
  std::string head = percent_text(worst) + " of " + limit_text(unit, watched.limit) + " " +
                     std::string(watched.metric->noun) + ": " +
                     clean_utf8(middle_cut(watched.worst.front().name, 70));
  std::string text = "\n  " + painted(head, worst >= 0.8 ? Paint::kRed : Paint::kBold,
                                      options.colour);
  if (!watched.metric->remark.empty())
    text += "  " + painted("(" + std::string(watched.metric->remark) + ")", Paint::kDim,
                           options.colour);
  text += "\n";
  size_t values = 0, times = 0, locations = 0;
  for (const Use& use : watched.worst) {
    values = std::max(values, width(value_text(unit, use.value)));
    times = std::max(times, width(offset_text(use.event.at_us)));
    locations = std::max(locations, width(use.event.location));
  }
  for (const Use& use : watched.worst) {
    const std::string value = value_text(unit, use.value);
    std::string what = use.name;
    if (use.event.class_name.empty()) what = use.event.method + " " + use.event.target;
    // Numbers of what no client asked for say nothing to anybody.
    if (use.event.request < kOwnNumbers) what = "#" + std::to_string(use.event.request) + " " + what;
    text += "    " + std::string(values - width(value), ' ') + value + "  " +
            padded(offset_text(use.event.at_us), times) + "  " +
            padded(use.event.location, locations) + "  " + clean_utf8(middle_cut(what, 80)) + "\n";
  }
  return text;
}

std::string LimitUsage::text(const LimitUsageTextOptions& options) const {
  std::string text = "Limits: " + profile_ + "\n";
  if (watched_.empty()) return text + "  None of them counts what requests use.\n";
  std::string below, unused;
  for (const Watched* watched : in_order()) {
    const double closest = share(*watched, watched->worst.front());
    if (closest * 100 >= options.approached_percent) {
      text += one_limit(*watched, options);
      continue;
    }
    below += below.empty() ? "" : "; ";
    below += percent_text(closest) + " of " +
             limit_text(unit_of(*watched->metric), watched->limit) + " " +
             std::string(watched->metric->noun);
  }
  for (const Watched& watched : watched_) {
    if (!watched.worst.empty()) continue;
    unused += (unused.empty() ? "" : ", ") + std::string(watched.metric->row);
  }
  if (!below.empty()) text += "\nNever approached: " + below + "\n";
  if (!unused.empty()) text += (below.empty() ? "\nNot used: " : "Not used: ") + unused + "\n";
  return text;
}

std::string LimitUsage::json() const {
  std::string out = "{\"profile\":";
  trace::append_json_string(out, profile_);
  out += ",\"limits\":[";
  std::string_view comma;
  trace::JsonFields field(out);
  for (const Watched& watched : watched_) {
    out += comma;
    comma = ",";
    out += "{\"name\":\"" + std::string(watched.metric->row) + "\"";
    field("limit", watched.most);
    field("unit", unit_name(unit_of(*watched.metric)));
    field("measured", watched.metric->measured);
    field("compared", watched.events);
    out += ",\"worst\":[";
    for (const Use& use : watched.worst) {
      out += out.back() == '[' ? "" : ",";
      out += "{\"request\":" + std::to_string(use.event.request);
      field("at_us", use.event.at_us);
      field("location", use.event.location);
      if (!use.event.class_name.empty()) field("class", use.event.class_name);
      field("method", use.event.method);
      field("target", use.event.target);
      field("value", use.value);
      field("percent", static_cast<uint64_t>(share(watched, use) * 100));
      out += "}";
    }
    out += "]}";
  }
  return out + "]}";
}

}  // namespace offing::replay
