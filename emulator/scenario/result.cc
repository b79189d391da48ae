#include "emulator/scenario/result.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "emulator/config/value.h"
#include "emulator/invariants/clients.h"
#include "emulator/replay/values.h"
#include "emulator/replay/words.h"
#include "emulator/trace/json_text.h"

namespace offing::scenario {

using config::Value;
using replay::Paint;

std::string json_of(const Result& r) {
  std::string out = "{\"scenario\":";
  trace::append_json_string(out, r.file);
  trace::JsonFields fields(out);
  fields("name", std::string_view(r.name));
  fields("seed", r.seed);
  fields("passed", r.passed());
  out += ",\"failures\":[";
  for (const Failure& failure : r.failures) {
    out += &failure == r.failures.data() ? "{\"step\":" : ",{\"step\":";
    trace::append_json_string(out, failure.step);
    fields("line", failure.line);
    fields("text", std::string_view(failure.text));
    out += '}';
  }
  out += "],\"violations\":[";
  for (const std::string& violation : r.violations) {
    if (&violation != r.violations.data()) out += ',';
    trace::append_json_string(out, violation);
  }
  out += "],\"last_events\":[";
  for (const std::string& event : r.last_events) {
    if (&event != r.last_events.data()) out += ',';
    trace::append_json_string(out, event);
  }
  out += "],\"invariants\":" + (r.invariants_json.empty() ? "null" : r.invariants_json);
  fields("hash", std::string_view(r.hash));
  fields("ran_twice", r.ran_twice);
  fields("events", r.events);
  fields("requests", r.requests);
  fields("steps", r.steps);
  fields("virtual_us", r.virtual_us);
  fields("real_us", r.real_us);
  return out + "}";
}

std::optional<Result> result_of(std::string_view json) {
  auto tree = config::parse_jsonc(json, "");
  if (!tree || !tree->find("scenario")) return std::nullopt;
  const auto text = [](const Value& value, std::string_view name) {
    const Value* found = value.find(name);
    return found ? found->string : std::string();
  };
  const auto number = [](const Value& value, std::string_view name) {
    const Value* found = value.find(name);
    return found ? found->integer : 0;
  };
  Result r;
  r.file = text(*tree, "scenario");
  r.name = text(*tree, "name");
  r.seed = static_cast<uint64_t>(number(*tree, "seed"));
  if (const Value* failures = tree->find("failures")) {
    for (const Value& f : failures->items)
      r.failures.push_back({text(f, "step"), static_cast<int>(number(f, "line")), text(f, "text")});
  }
  if (const Value* violations = tree->find("violations")) {
    for (const Value& v : violations->items) r.violations.push_back(v.string);
  }
  if (const Value* events = tree->find("last_events")) {
    for (const Value& e : events->items) r.last_events.push_back(e.string);
  }
  if (const Value* invariants = tree->find("invariants")) r.invariants_json = invariants->json();
  r.hash = text(*tree, "hash");
  const Value* twice = tree->find("ran_twice");
  r.ran_twice = twice && twice->boolean;
  r.events = static_cast<uint64_t>(number(*tree, "events"));
  r.requests = static_cast<uint64_t>(number(*tree, "requests"));
  r.steps = static_cast<uint64_t>(number(*tree, "steps"));
  r.virtual_us = number(*tree, "virtual_us");
  r.real_us = number(*tree, "real_us");
  return r;
}

// Fields that stand in front, and what a request used.
static bool is_left_out(std::string_view name) {
  constexpr std::string_view kNames[] = {
      "seq",           "at_us",        "event",         "request",      "location",        "stack",
      "subrequests",   "service_calls", "worker_calls", "kv_operations", "r2_operations",
      "object_calls",  "chained_workers", "connections", "log_bytes"};
  return std::ranges::find(kNames, name) != std::end(kNames);
}

std::string event_text(std::string_view json, int64_t from_us) {
  auto event = config::parse_jsonc(json, "");
  if (!event) return std::string(json);
  const auto text = [&event](std::string_view name) {
    const Value* found = event->find(name);
    return found ? found->string : std::string();
  };
  const auto number = [&event](std::string_view name) {
    const Value* found = event->find(name);
    return found ? found->integer : 0;
  };
  const std::string who = number("request") == 0 ? "" : "#" + std::to_string(number("request"));
  char front[128];
  std::snprintf(front, sizeof front, "%+9.3fs %-4s %-4s %-12s",
                static_cast<double>(number("at_us") - from_us) / 1e6, who.c_str(),
                text("location").c_str(), text("event").c_str());
  std::string out = front;
  for (const auto& [name, value] : event->members) {
    const bool empty = value.is(Value::Type::kNull) ||
                       (value.is(Value::Type::kString) && value.string.empty());
    if (empty || is_left_out(name)) continue;
    const bool plain = value.is(Value::Type::kString);
    out += " " + name + "=" + replay::shortened(plain ? value.string : value.json(), 60);
  }
  return out;
}

std::string replay_command(const Result& result) {
  return "offing test " + result.file + " --seed " + std::to_string(result.seed) +
         " --trace t.ndjson";
}

static std::string one_failure(const Result& result, const Failure& failure) {
  std::string text = failure.step;
  if (failure.line != 0)
    text += (text.empty() ? "" : ", ") + result.file + ":" + std::to_string(failure.line);
  return (text.empty() ? "" : text + ": ") + failure.text;
}

std::string failure_text(const Result& result, const TextOptions& options) {
  std::string out = replay::painted("FAIL", Paint::kRed, options.colour) + " " + result.file +
                    ": " + result.name + ", seed " + std::to_string(result.seed) + "\n";
  for (const Failure& failure : result.failures)
    out += "     " + one_failure(result, failure) + "\n";
  constexpr size_t kShownMax = 10;
  for (size_t i = 0; i < std::min(result.violations.size(), kShownMax); ++i)
    out += "     " + result.violations[i] + "\n";
  if (result.violations.size() > kShownMax)
    out +=
        "     and " + std::to_string(result.violations.size() - kShownMax) + " more violations\n";
  if (options.events && !result.last_events.empty()) {
    const std::string total = std::to_string(result.events);
    out += "     last " + std::to_string(result.last_events.size()) + " of " + total + " events:\n";
    for (const std::string& event : result.last_events) out += "       " + event + "\n";
  }
  return out + "     again: " + replay_command(result) + "\n";
}

static std::string seconds_text(int64_t us) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f s", static_cast<double>(us) / 1e6);
  return text;
}

std::string summary_text(const std::vector<Result>& results, int64_t real_us,
                         const TextOptions& options) {
  struct Sum {
    std::string name;
    uint64_t runs = 0, twice = 0;
    int64_t virtual_us = 0;
    std::vector<uint64_t> failed;
  };
  std::map<std::string, Sum> sums;
  for (const Result& r : results) {
    Sum& sum = sums[r.file];
    sum.name = r.name;
    ++sum.runs;
    sum.twice += r.ran_twice;
    sum.virtual_us += r.virtual_us;
    if (!r.passed()) sum.failed.push_back(r.seed);
  }
  std::string out;
  size_t passed = 0, failed = 0;
  for (auto& [file, sum] : sums) {
    std::ranges::sort(sum.failed);
    passed += sum.runs - sum.failed.size();
    failed += sum.failed.size();
    const bool good = sum.failed.empty();
    out +=
        replay::painted(good ? "pass" : "FAIL", good ? Paint::kGreen : Paint::kRed, options.colour);
    out += " " + file + ": " + sum.name + " (" + replay::count_text(sum.runs, "seed");
    if (sum.twice > 0) out += ", " + std::to_string(sum.twice) + " twice";
    out += ", " + invariants::duration_text(sum.virtual_us) + " of its time)";
    for (size_t i = 0; i < sum.failed.size(); ++i) {
      if (i == 20) {
        out += " and " + std::to_string(sum.failed.size() - i) + " more";
        break;
      }
      out += (i == 0 ? "; failing seeds: " : ", ") + std::to_string(sum.failed[i]);
    }
    out += "\n";
  }
  return out + std::to_string(passed) + " passed, " + std::to_string(failed) + " failed in " +
         seconds_text(real_us) + "\n";
}

static std::string xml_escaped(std::string_view text) {
  const std::string clean = replay::clean_utf8(text);
  std::string out;
  for (const char c : clean) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (c == '\n')
      out += "&#10;";
    else if (static_cast<unsigned char>(c) >= 0x20)
      out += c;
  }
  return out;
}

static std::string plain_seconds(int64_t us) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6f", static_cast<double>(us) / 1e6);
  return text;
}

std::string junit_of(const std::vector<Result>& results) {
  std::map<std::string, std::vector<const Result*>> suites;
  for (const Result& r : results) suites[r.file].push_back(&r);
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const auto& [file, runs] : suites) {
    size_t failed = 0;
    int64_t real_us = 0;
    for (const Result* r : runs) failed += !r->passed(), real_us += r->real_us;
    out += "  <testsuite name=\"" + xml_escaped(file) + "\" tests=\"" +
           std::to_string(runs.size()) + "\" failures=\"" + std::to_string(failed) + "\" time=\"" +
           plain_seconds(real_us) + "\">\n";
    for (const Result* r : runs) {
      out += "    <testcase classname=\"" + xml_escaped(file) + "\" name=\"" +
             xml_escaped(r->name) + ", seed " + std::to_string(r->seed) + "\" time=\"" +
             plain_seconds(r->real_us) + "\"";
      if (r->passed()) {
        out += "/>\n";
        continue;
      }
      const std::string text = failure_text(*r, {});
      const std::string first =
          r->failures.empty() ? r->violations.front() : one_failure(*r, r->failures.front());
      out += ">\n      <failure message=\"" + xml_escaped(first) + "\">" + xml_escaped(text) +
             "</failure>\n    </testcase>\n";
    }
    out += "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

std::string tap_of(const std::vector<Result>& results) {
  std::string out = "TAP version 13\n1.." + std::to_string(results.size()) + "\n";
  for (size_t i = 0; i < results.size(); ++i) {
    const Result& r = results[i];
    std::string name = r.file + ": " + r.name + ", seed " + std::to_string(r.seed);
    std::ranges::replace(name, '\n', ' ');
    std::erase(name, '#');
    out += (r.passed() ? "ok " : "not ok ") + std::to_string(i + 1) + " - " + name + "\n";
    if (r.passed()) continue;
    std::string text = failure_text(r, {});
    out += "  ---\n  message: |\n";
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      out += "    " + text.substr(at, end - at) + "\n";
      at = end + 1;
    }
    out += "  ...\n";
  }
  return out;
}

}  // namespace offing::scenario
