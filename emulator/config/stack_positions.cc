// Positions in V8's stacks: "    at fn (index.js:12:34)", "    at async index.js:12:34".
#include <algorithm>
#include <charconv>

#include "emulator/config/source_map.h"

namespace offing::config {

namespace {

struct Location {
  std::string_view file;
  int line = 0;
  int column = 0;
};

// Takes ":123" off the end; 0 when there is none.
int take_number(std::string_view& text) {
  const size_t colon = text.rfind(':');
  if (colon == text.npos || text.size() - colon > 11) return 0;
  const char* end = text.data() + text.size();
  int number = 0;
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, number);
  if (error != std::errc() || stop != end || number < 1) return 0;
  text = text.substr(0, colon);
  return number;
}

std::optional<Location> read_location(std::string_view text) {
  Location out;
  out.column = take_number(text);
  if (out.column > 0) out.line = take_number(text);
  if (out.line == 0 || text.empty()) return std::nullopt;
  out.file = text;
  return out;
}

// Appends the source's position for `text` ("index.js:12:34"); false: it has none.
bool append_mapped(std::string_view text, const SourceMapLookup& lookup, std::string& out) {
  const std::optional<Location> at = read_location(text);
  const SourceMap* map = at ? lookup(at->file) : nullptr;
  const std::optional<SourcePosition> found = map ? map->find(at->line, at->column) : std::nullopt;
  if (!found) return false;
  out.append(found->source).append(":").append(std::to_string(found->line));
  out.append(":").append(std::to_string(found->column));
  return true;
}

// A name may hold " (", and so may a file: the first place behind which a mapped position stands.
bool append_frame(std::string_view line, size_t at, const SourceMapLookup& lookup,
                  std::string& out) {
  const size_t size_before = out.size();
  if (line.ends_with(')')) {
    for (size_t open = line.find('(', at); open != line.npos; open = line.find('(', open + 1)) {
      if (line[open - 1] != ' ') continue;
      out.append(line.substr(0, open + 1));
      if (append_mapped(line.substr(open + 1, line.size() - open - 2), lookup, out)) {
        out += ')';
        return true;
      }
      out.resize(size_before);
    }
    return false;
  }
  if (line.substr(at).starts_with("async ")) at += 6;
  out.append(line.substr(0, at));
  if (append_mapped(line.substr(at), lookup, out)) return true;
  out.resize(size_before);
  return false;
}

}  // namespace

std::string map_stack(std::string_view stack, const SourceMapLookup& lookup) {
  std::string out;
  out.reserve(stack.size());
  while (true) {
    const size_t end = std::min(stack.find('\n'), stack.size());
    const std::string_view line = stack.substr(0, end);
    const size_t text = std::min(line.find_first_not_of(' '), line.size());
    const bool frame = line.substr(text).starts_with("at ");
    if (!frame || !append_frame(line, text + 3, lookup, out)) out.append(line);
    if (end == stack.size()) return out;
    out += '\n';
    stack.remove_prefix(end + 1);
  }
}

const SourceMap* BundleSourceMaps::find(std::string_view file) {
  if (const auto known = parsed_.find(file); known != parsed_.end()) return known->second.get();
  const Module* module = bundle_.find(file);
  if (!module) return nullptr;
  std::unique_ptr<SourceMap> map;
  if (!module->source_map.empty()) {
    if (auto parsed = SourceMap::parse(module->source_map)) {
      map = std::make_unique<SourceMap>(std::move(*parsed));
    }
  }
  return parsed_.emplace(file, std::move(map)).first->second.get();
}

std::string BundleSourceMaps::map_stack(std::string_view stack) {
  return config::map_stack(stack, [this](std::string_view file) { return find(file); });
}

}  // namespace offing::config
