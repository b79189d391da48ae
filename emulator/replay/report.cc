#include "emulator/replay/report.h"

#include <algorithm>

#include "emulator/replay/values.h"
#include "emulator/replay/words.h"

namespace offing::replay {
namespace {

std::string headline(const Results& results, bool colour) {
  const uint64_t all = results.requests.size();
  if (all == 0) return "No requests were sent.\n";
  std::string text = count_text(all, "request");
  const std::string good = std::to_string(results.matched) + " as expected";
  const std::string nothing =
      std::to_string(results.not_compared) + " answered, with nothing to compare";
  if (results.differing == 0) {
    if (results.matched == all) {
      text += all == 1 ? ": as expected" : ": all as expected";
    } else if (results.matched == 0) {
      text += ": answered, with nothing to compare (the file holds no expectations)";
    } else {
      text += ": " + good + ", " + nothing;
    }
    return painted(text, Paint::kGreen, colour) + "\n";
  }
  text += ": " + good + ", " + std::to_string(results.differing) + " not";
  if (results.not_compared > 0) text += ", " + nothing;
  return painted(text, Paint::kRed, colour) + "\n";
}

// "  (checkout, line 8, round 2)"
std::string origin(const Result& result, bool rounds) {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (!result.group.empty()) add(clean_utf8(shortened(result.group, 40)));
  if (result.line > 0) add("line " + std::to_string(result.line));
  if (rounds) add("round " + std::to_string(result.round + 1));
  return text.empty() ? text : "  (" + text + ")";
}

std::string differing_text(const Result& result, bool rounds, bool colour) {
  std::string head = "\n  ";
  if (result.request_id > 0) head += "#" + std::to_string(result.request_id) + " ";
  head += offset_text(result.at_us) + " ";
  if (!result.location.empty()) head += result.location + " ";
  head += clean_utf8(request_text(0, result.method, result.url));
  std::string text = head + painted(origin(result, rounds), Paint::kDim, colour) + "\n";
  for (const std::string& difference : result.differences)
    text += "    " + painted(clean_utf8(shortened(difference, 400)), Paint::kRed, colour) + "\n";
  return text;
}

}  // namespace

std::string report_text(const Traffic& traffic, const Results& results,
                        const ReportOptions& options) {
  std::string text = headline(results, options.colour);
  const bool rounds = !results.requests.empty() && results.requests.back().round > 0;
  uint64_t shown = 0;
  for (const Result& result : results.requests) {
    if (result.as_expected() || shown == options.failures_max) continue;
    text += differing_text(result, rounds, options.colour);
    ++shown;
  }
  if (results.differing > shown)
    text += "\n  … and " + std::to_string(results.differing - shown) +
            " more (--json FILE has all)\n";
  if (!traffic.skipped.empty() || !traffic.warnings.empty()) text += "\n";
  for (const Skipped& skipped : traffic.skipped)
    text += "Left out: " + std::to_string(skipped.count) + " " + clean_utf8(skipped.reason) + "\n";
  if (!traffic.warnings.empty())
    text += count_text(traffic.warnings.size(), "warning") + " about " + traffic.file +
            " (--json FILE lists them)\n";
  return text;
}

}  // namespace offing::replay
