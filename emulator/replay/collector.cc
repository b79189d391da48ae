#include "emulator/replay/collector.h"

#include <algorithm>

#include "emulator/replay/header_rules.h"
#include "emulator/replay/values.h"

namespace offing::replay {

Collector::Collector(Format format, std::string file, const ReadOptions& options)
    : options_(options) {
  traffic_.format = format;
  traffic_.file = std::move(file);
}

void Collector::skip(std::string_view what, std::string_view example) {
  auto it = std::find_if(omissions_.begin(), omissions_.end(),
                         [what](const Omission& o) { return o.what == what; });
  if (it == omissions_.end()) it = omissions_.insert(it, Omission{std::string(what), {}, 0});
  ++it->count;
  if (example.empty() || it->examples.size() > kExamplesMax) return;
  const std::string text = shortened(example, 60);
  if (std::find(it->examples.begin(), it->examples.end(), text) == it->examples.end()) {
    it->examples.push_back(text);
  }
}

void Collector::warn(uint64_t line, std::string_view text) {
  for (Warning& warning : warnings_) {
    if (warning.text == text) {
      ++warning.count;
      return;
    }
  }
  if (warnings_.size() < kWarningsMax) warnings_.push_back({std::string(text), line, 1});
}

InputError Collector::too_many(uint64_t line) const {
  return {traffic_.file, line, 0, "",
          "more than " + std::to_string(options_.entries_max) + " requests; split the file"};
}

std::expected<void, InputError> Collector::add(Entry entry) {
  if (full()) return std::unexpected(too_many(entry.line));
  if (!options_.origins.empty()) {
    const std::string origin = origin_of(entry.url).value_or("");
    if (std::find(options_.origins.begin(), options_.origins.end(), origin) ==
        options_.origins.end()) {
      skip("to other origins", origin);
      return {};
    }
  }
  traffic_.entries.push_back(std::move(entry));
  return {};
}

std::string warning_text(const std::string& file, uint64_t line, std::string_view text,
                         uint64_t count) {
  std::string out = file + ":" + std::to_string(line) + ": " + std::string(text);
  if (count > 1) out += " (and " + std::to_string(count - 1) + " more like it)";
  return out;
}

Traffic Collector::finish(bool absolute) {
  std::vector<Entry>& entries = traffic_.entries;
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.at_us < b.at_us; });
  if (absolute && !entries.empty()) {
    const int64_t start_us = entries.front().at_us;
    traffic_.start_us = start_us;
    for (Entry& entry : entries) entry.at_us -= start_us;
  }
  for (const Entry& entry : entries) {
    std::vector<std::string>& known = traffic_.locations;
    if (!entry.location.empty() &&
        std::find(known.begin(), known.end(), entry.location) == known.end()) {
      known.push_back(entry.location);
    }
  }
  for (const Omission& omission : omissions_) {
    std::string reason = omission.count == 1 ? "entry " : "entries ";
    reason += omission.what;
    for (size_t i = 0; i < std::min(omission.examples.size(), kExamplesMax); ++i) {
      reason += (i == 0 ? " (" : ", ") + omission.examples[i];
    }
    if (omission.examples.size() > kExamplesMax) reason += ", …";
    if (!omission.examples.empty()) reason += ")";
    traffic_.skipped.push_back({std::move(reason), omission.count});
  }
  for (const Warning& warning : warnings_) {
    traffic_.warnings.push_back(
        warning_text(traffic_.file, warning.line, warning.text, warning.count));
  }
  return std::move(traffic_);
}

size_t place_of(const JsonText& text, size_t offset, std::string_view path) {
  offset = text.skip_space(offset);
  while (!path.empty()) {
    size_t found = std::string_view::npos;
    size_t at = offset;
    if (path.front() == '[') {
      const size_t close = std::min(path.find(']'), path.size() - 1);
      size_t index = 0;
      for (char c : path.substr(1, close - 1)) index = index * 10 + static_cast<size_t>(c - '0');
      path.remove_prefix(close + 1);
      (void)text.array(at, "", [&](size_t& value) -> std::expected<bool, InputError> {
        if (index-- == 0) return found = value, false;
        if (auto skipped = text.skip(value, ""); !skipped) return std::unexpected(skipped.error());
        return true;
      });
    } else {
      const std::string_view name = path.substr(0, path.find_first_of(".["));
      path.remove_prefix(name.size());
      (void)text.object(at, "", [&](std::string_view key,
                                    size_t& value) -> std::expected<bool, InputError> {
        if (key == name) return found = value, false;
        if (auto skipped = text.skip(value, ""); !skipped) return std::unexpected(skipped.error());
        return true;
      });
    }
    if (found == std::string_view::npos) break;
    offset = found;
    if (path.starts_with('.')) path.remove_prefix(1);
  }
  return offset;
}

InputError error_at(const JsonText& text, size_t offset, const std::string& prefix,
                    const Fields::Wrong& wrong) {
  std::string field = prefix;
  if (!field.empty() && !wrong.field.empty()) field += ".";
  return text.error(place_of(text, offset, wrong.field), field + wrong.field, wrong.message);
}

std::optional<std::string> absolute_url(std::string_view url) {
  url = trimmed(url);
  auto origin = origin_of(url);
  if (!origin) return std::nullopt;
  const std::string_view target = target_of(url);
  for (unsigned char c : target) {
    if (c <= ' ' || c == 127) return std::nullopt;
  }
  return *origin + (target.starts_with('/') ? "" : "/") + std::string(target);
}

std::optional<std::string> method_problem(std::string_view method) {
  if (!is_token(method)) return "\"" + shortened(method, 40) + "\" is not an HTTP method";
  if (method == "CONNECT" || method == "TRACE") {
    return std::string(method) + " requests cannot be replayed";
  }
  return std::nullopt;
}

}  // namespace offing::replay
