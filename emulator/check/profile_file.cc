#include "emulator/check/profile_file.h"

#include <algorithm>
#include <map>

#include "emulator/check/hot_functions.h"
#include "emulator/trace/json_text.h"

namespace offing::check {

namespace {

// Hits by line of the source the node is shown in; others have no place in it.
void append_ticks(std::string& out, const ProfileNode& node, const config::SourcePosition& source,
                  config::BundleSourceMaps& maps) {
  const config::SourceMap* map = node.file.empty() ? nullptr : maps.find(node.file);
  std::map<int, uint32_t> lines;
  for (const ProfileNode::Tick& tick : node.ticks) {
    int line = tick.line;
    if (map != nullptr && source.source != node.file) {
      const auto at = map->find(tick.line, std::max(tick.column, 1));
      if (!at || at->source != source.source) continue;
      line = at->line;
    }
    lines[line] += tick.hits;
  }
  if (lines.empty()) return;
  out += ",\"positionTicks\":[";
  for (const auto& [line, hits] : lines)
    out += "{\"line\":" + std::to_string(line) + ",\"ticks\":" + std::to_string(hits) + "},";
  out.back() = ']';
}

}  // namespace

// Ids are indexes plus one; lines and columns count from 0, and -1 is none.
std::string cpuprofile_json(const StartupProfile& profile, config::BundleSourceMaps& maps) {
  std::vector<std::vector<size_t>> children(profile.nodes.size());
  for (size_t i = 0; i < profile.nodes.size(); ++i)
    if (profile.nodes[i].parent >= 0)
      children[static_cast<size_t>(profile.nodes[i].parent)].push_back(i);
  std::string out = "{\"nodes\":[";
  for (size_t i = 0; i < profile.nodes.size(); ++i) {
    const ProfileNode& node = profile.nodes[i];
    const config::SourcePosition source = source_of(node, maps);
    out += (i == 0 ? "{\"id\":" : ",{\"id\":") + std::to_string(i + 1) +
           ",\"callFrame\":{\"functionName\":";
    trace::append_json_string(
        out, node.function.empty() || source.name.empty() ? node.function : source.name);
    out += ",\"scriptId\":\"" + std::to_string(node.script_id) + "\",\"url\":";
    trace::append_json_string(out, source.source);
    out += ",\"lineNumber\":" + std::to_string(source.line - 1) +
           ",\"columnNumber\":" + std::to_string(source.column - 1) +
           "},\"hitCount\":" + std::to_string(node.hits);
    append_ticks(out, node, source, maps);
    out += ",\"children\":[";
    for (size_t k = 0; k < children[i].size(); ++k)
      out += (k == 0 ? "" : ",") + std::to_string(children[i][k] + 1);
    out += "]}";
  }
  out += "],\"startTime\":" + std::to_string(profile.start_us) +
         ",\"endTime\":" + std::to_string(profile.end_us) + ",\"samples\":[";
  for (size_t i = 0; i < profile.samples.size(); ++i)
    out += (i == 0 ? "" : ",") + std::to_string(profile.samples[i].first + 1);
  out += "],\"timeDeltas\":[";
  int64_t before_us = profile.start_us;
  for (size_t i = 0; i < profile.samples.size(); ++i) {
    const int64_t at_us = std::max(profile.samples[i].second, before_us);
    out += (i == 0 ? "" : ",") + std::to_string(at_us - before_us);
    before_us = at_us;
  }
  return out + "]}\n";
}

}  // namespace offing::check
