#include <cstdio>
#include <unordered_map>
#include <utility>
#include <vector>

#include "emulator/replay/report.h"
#include "emulator/replay/words.h"

namespace offing::replay {
namespace {

// Text and attributes alike. XML 1.0 has no way to write most control characters.
std::string escaped(std::string_view text) {
  const std::string clean = clean_utf8(text);
  std::string out;
  for (size_t i = 0; i < clean.size(); ++i) {
    const char c = clean[i];
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else if (c == '\n') out += "&#10;";
    else if (c == '\r') out += "&#13;";
    else if (c == '\t') out += "&#9;";
    else if (clean.compare(i, 3, "\xEF\xBF\xBE") == 0) i += 2;  // U+FFFE, U+FFFF
    else if (clean.compare(i, 3, "\xEF\xBF\xBF") == 0) i += 2;
    else if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out;
}

std::string seconds(int64_t us) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6f", static_cast<double>(us) / 1e6);
  return text;
}

struct Suite {
  std::string name;
  std::vector<const Result*> results;
  uint64_t failures = 0;
  uint64_t skipped = 0;
  int64_t duration_us = 0;
};

bool is_skipped(const Result& result) { return result.as_expected() && !result.compared; }

std::vector<Suite> suites_of(const Traffic& traffic, const Results& results) {
  std::vector<Suite> suites;
  std::unordered_map<std::string, size_t> by_group;
  for (const Result& result : results.requests) {
    const auto [it, added] = by_group.emplace(result.group, suites.size());
    if (added) suites.push_back({result.group.empty() ? traffic.file : result.group, {}});
    Suite& suite = suites[it->second];
    suite.results.push_back(&result);
    suite.failures += !result.as_expected();
    suite.skipped += is_skipped(result);
    suite.duration_us += result.duration_us;
  }
  return suites;
}

std::string counts(uint64_t tests, uint64_t failures, uint64_t skipped, int64_t duration_us) {
  return " tests=\"" + std::to_string(tests) + "\" failures=\"" + std::to_string(failures) +
         "\" errors=\"0\" skipped=\"" + std::to_string(skipped) + "\" time=\"" +
         seconds(duration_us) + "\"";
}

void append_case(std::string& out, const Suite& suite, const Result& result) {
  std::string name = request_text(result.request_id, result.method, result.url);
  if (!result.location.empty()) name += " in " + result.location;
  name += " at " + offset_text(result.at_us);
  out += "    <testcase classname=\"" + escaped(suite.name) + "\" name=\"" + escaped(name) +
         "\" time=\"" + seconds(result.duration_us) + "\"";
  if (result.as_expected() && result.compared) {
    out += "/>\n";
    return;
  }
  out += ">\n";
  if (is_skipped(result)) {
    out += "      <skipped message=\"nothing to compare\"/>\n";
  } else {
    out += "      <failure message=\"" + escaped(result.differences.front()) + "\">";
    for (const std::string& difference : result.differences) out += escaped(difference) + "\n";
    out += escaped(result.url) + "</failure>\n";
  }
  out += "    </testcase>\n";
}

}  // namespace

std::string report_junit(const Traffic& traffic, const Results& results) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                    "<testsuites name=\"offing replay\"" +
                    counts(results.requests.size(), results.differing, results.not_compared,
                           results.duration_us) + ">\n";
  for (const Suite& suite : suites_of(traffic, results)) {
    out += "  <testsuite name=\"" + escaped(suite.name) + "\"" +
           counts(suite.results.size(), suite.failures, suite.skipped, suite.duration_us) + ">\n";
    for (const Result* result : suite.results) append_case(out, suite, *result);
    out += "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

}  // namespace offing::replay
