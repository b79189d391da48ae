#include "emulator/check/hot_functions.h"

#include <algorithm>
#include <map>
#include <utility>

namespace offing::check {

config::SourcePosition source_of(const ProfileNode& node, config::BundleSourceMaps& maps) {
  config::SourcePosition as_it_is{node.file, node.line, node.column, ""};
  if (node.file.empty() || node.line < 1) return as_it_is;
  const config::SourceMap* map = maps.find(node.file);
  if (map == nullptr) return as_it_is;
  return map->find(node.line, std::max(node.column, 1)).value_or(as_it_is);
}

static std::string name_of(const ProfileNode& node, const config::SourcePosition& source) {
  const bool engine = node.function.starts_with('(');
  if (engine || node.file.empty()) return node.function.empty() ? "(native)" : node.function;
  // Top-level code is a function without a name at the file's first position.
  if (node.function.empty() && node.line <= 1 && node.column <= 1) return "(top-level code)";
  if (node.function.empty()) return "(anonymous)";
  return source.name.empty() ? node.function : source.name;
}

std::vector<HotFunction> hot_functions(const StartupProfile& profile,
                                       config::BundleSourceMaps& maps, size_t count) {
  // A sample stands for the time until the next one.
  std::vector<int64_t> self_us(profile.nodes.size());
  int64_t total_us = 0;
  for (size_t i = 0; i < profile.samples.size(); ++i) {
    const auto& [node, at_us] = profile.samples[i];
    const int64_t next_us =
        i + 1 < profile.samples.size() ? profile.samples[i + 1].second : profile.end_us;
    const int64_t time_us = std::max<int64_t>(next_us - at_us, 0);
    self_us[node] += time_us;
    total_us += time_us;
  }
  std::map<std::pair<std::string, std::string>, int64_t> functions;
  for (size_t i = 0; i < self_us.size(); ++i) {
    if (self_us[i] == 0 || profile.nodes[i].function == "(root)") continue;
    const ProfileNode& node = profile.nodes[i];
    const config::SourcePosition source = source_of(node, maps);
    std::string name = name_of(node, source);
    std::string place;
    if (name == "(top-level code)") {
      place = node.file;  // a map has no better place for a whole file
    } else if (!source.source.empty()) {
      place = source.source + ":" + std::to_string(source.line) + ":" +
              std::to_string(source.column);
    }
    functions[{std::move(name), std::move(place)}] += self_us[i];
  }
  std::vector<HotFunction> hot;
  for (const auto& [function, time_us] : functions)
    hot.push_back({function.first, function.second, time_us,
                   static_cast<double>(time_us) / static_cast<double>(total_us)});
  std::ranges::stable_sort(hot, std::greater{}, &HotFunction::self_us);
  if (hot.size() > count) hot.resize(count);
  return hot;
}

}  // namespace offing::check
