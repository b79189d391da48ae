// Reads maps of version 3, plain or in sections, and looks positions up. Fields of a segment are
// differences to the segment before, as numbers of base 32 with the sign in the lowest bit.
#include "emulator/config/source_map.h"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <utility>

namespace offing::config {

namespace {

using Done = std::expected<void, std::string>;
using Json = rapidjson::Value;

// Maps hold whole sources; ten times the largest Worker is room enough.
constexpr size_t kMapBytesMax = 128 << 20;
constexpr int64_t kNumberMax = std::numeric_limits<int32_t>::max();

std::string_view text_of(const Json& value) {
  return {value.GetString(), value.GetStringLength()};
}

const Json* member(const Json& object, const char* name) {
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// Takes one number off the front; none: not base64, cut off, or more than 32 bits.
std::optional<int64_t> take_number(std::string_view& text) {
  int64_t bits = 0;
  for (int shift = 0; shift <= 30 && !text.empty(); shift += 5) {
    const int digit = base64_digit(text.front());
    if (digit < 0) return std::nullopt;
    text.remove_prefix(1);
    bits |= static_cast<int64_t>(digit & 31) << shift;
    if (digit & 32) continue;
    const int64_t number = bits >> 1;
    return number > kNumberMax ? std::nullopt : std::optional(bits & 1 ? -number : number);
  }
  return std::nullopt;
}

// Paths leave the directory of the built file ("../src/app.ts"); what remains without the steps up
// reads as a path in the project. URLs stay as they are.
std::string readable_path(std::string_view root, std::string_view source) {
  std::string joined(source);
  const bool absolute = source.starts_with('/') || source.find("://") != source.npos;
  if (!root.empty() && !absolute) {
    joined = std::string(root) + (root.ends_with('/') ? "" : "/") + joined;
  }
  if (absolute || joined.starts_with('/') || joined.find("://") != joined.npos) return joined;
  std::string out;
  for (std::string_view rest = joined; !rest.empty();) {
    const size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    rest = slash == rest.npos ? std::string_view() : rest.substr(slash + 1);
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      const size_t last = out.rfind('/');
      out.resize(last == out.npos ? 0 : last);
      continue;
    }
    if (!out.empty()) out += '/';
    out += part;
  }
  return out;
}

}  // namespace

class SourceMapParser {
 public:
  std::expected<SourceMap, std::string> parse(std::string_view json);

 private:
  using Mapping = SourceMap::Mapping;
  struct Offset {
    int64_t line = 0;
    int64_t column = 0;  // of the first line only
  };
  struct Segment {
    int64_t column = 0;
    int64_t source = 0;
    int64_t source_line = 0;
    int64_t source_column = 0;
    int64_t name = 0;
  };

  Done read_sections(const Json& sections);
  Done read_plain(const Json& map, Offset at);
  Done read_sources(const Json& map);
  Done read_names(const Json& map);
  Done read_mappings(std::string_view text, Offset at);
  Done add(std::span<const int64_t> deltas, int64_t line, Offset at);

  SourceMap map_;
  Segment now_;                // of the plain map at hand
  size_t sources_before_ = 0;  // those of earlier sections
  size_t names_before_ = 0;
};

std::expected<SourceMap, std::string> SourceMapParser::parse(std::string_view json) {
  if (json.size() > kMapBytesMax) {
    return std::unexpected("a source map of " + std::to_string(json.size()) +
                           " bytes; at most " + std::to_string(kMapBytesMax) + " are read");
  }
  // Servers may guard JSON with a first line that is no JavaScript.
  if (json.starts_with(")]}")) json.remove_prefix(std::min(json.find('\n'), json.size()));
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(
      json.data(), json.size());
  if (document.HasParseError()) {
    return std::unexpected("the source map is not JSON: " +
                           std::string(rapidjson::GetParseError_En(document.GetParseError())) +
                           " (byte " + std::to_string(document.GetErrorOffset()) + ")");
  }
  if (!document.IsObject()) return std::unexpected("the source map is not an object");
  const Json* version = member(document, "version");
  if (!version || !version->IsInt() || version->GetInt() != 3) {
    return std::unexpected("the source map's \"version\" is not 3");
  }
  const Json* sections = member(document, "sections");
  const Done done = sections ? read_sections(*sections) : read_plain(document, {});
  if (!done) return std::unexpected(done.error());
  const auto before = [](const Mapping& a, const Mapping& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  };
  if (!std::is_sorted(map_.mappings_.begin(), map_.mappings_.end(), before)) {
    std::stable_sort(map_.mappings_.begin(), map_.mappings_.end(), before);
  }
  return std::move(map_);
}

Done SourceMapParser::read_sections(const Json& sections) {
  if (!sections.IsArray()) return std::unexpected("the source map's \"sections\" is not an array");
  for (const Json& section : sections.GetArray()) {
    const Json* offset = section.IsObject() ? member(section, "offset") : nullptr;
    const Json* map = section.IsObject() ? member(section, "map") : nullptr;
    const Json* line = offset && offset->IsObject() ? member(*offset, "line") : nullptr;
    const Json* column = offset && offset->IsObject() ? member(*offset, "column") : nullptr;
    if (!line || !line->IsInt() || line->GetInt() < 0 || !column || !column->IsInt() ||
        column->GetInt() < 0) {
      return std::unexpected("a section of the source map has no \"offset\" of a line and a column");
    }
    if (!map || !map->IsObject()) {
      return std::unexpected("a section of the source map has no \"map\" (a \"url\" is not read)");
    }
    if (Done done = read_plain(*map, {line->GetInt(), column->GetInt()}); !done) return done;
  }
  return {};
}

Done SourceMapParser::read_plain(const Json& map, Offset at) {
  now_ = {};
  sources_before_ = map_.sources_.size();
  names_before_ = map_.names_.size();
  if (Done done = read_sources(map); !done) return done;
  if (Done done = read_names(map); !done) return done;
  const Json* mappings = member(map, "mappings");
  if (!mappings || !mappings->IsString()) {
    return std::unexpected("the source map's \"mappings\" is not a string");
  }
  return read_mappings(text_of(*mappings), at);
}

Done SourceMapParser::read_sources(const Json& map) {
  const Json* root = member(map, "sourceRoot");
  if (root && !root->IsString() && !root->IsNull()) {
    return std::unexpected("the source map's \"sourceRoot\" is not a string");
  }
  const std::string_view root_text = root && root->IsString() ? text_of(*root) : "";
  const Json* sources = member(map, "sources");
  if (!sources || !sources->IsArray()) {
    return std::unexpected("the source map's \"sources\" is not an array");
  }
  for (const Json& source : sources->GetArray()) {
    if (!source.IsString() && !source.IsNull()) {
      return std::unexpected("the source map's \"sources\" holds something that is no string");
    }
    map_.sources_.push_back(source.IsNull() ? "" : readable_path(root_text, text_of(source)));
  }
  return {};
}

Done SourceMapParser::read_names(const Json& map) {
  const Json* names = member(map, "names");
  if (!names) return {};
  if (!names->IsArray()) return std::unexpected("the source map's \"names\" is not an array");
  for (const Json& name : names->GetArray()) {
    if (!name.IsString()) {
      return std::unexpected("the source map's \"names\" holds something that is no string");
    }
    map_.names_.emplace_back(text_of(name));
  }
  return {};
}

Done SourceMapParser::read_mappings(std::string_view text, Offset at) {
  const std::string_view whole = text;
  int64_t line = 0;
  while (!text.empty()) {
    if (text.front() == ';' || text.front() == ',') {
      if (text.front() == ';') {
        ++line;
        now_.column = 0;
      }
      text.remove_prefix(1);
      continue;
    }
    const std::string place = "the source map's \"mappings\" at byte ";
    std::array<int64_t, 5> deltas{};
    size_t count = 0;
    while (!text.empty() && text.front() != ';' && text.front() != ',') {
      const size_t byte = whole.size() - text.size();
      const std::optional<int64_t> number = take_number(text);
      if (!number || count == deltas.size()) {
        return std::unexpected(place + std::to_string(byte) +
                               (number ? ": a segment has at most five numbers"
                                       : ": not a base64 number of at most 32 bits"));
      }
      deltas[count++] = *number;
    }
    if (Done done = add(std::span(deltas).first(count), line, at); !done) {
      return std::unexpected(place + std::to_string(whole.size() - text.size()) + ": " +
                             done.error());
    }
  }
  return {};
}

Done SourceMapParser::add(std::span<const int64_t> deltas, int64_t line, Offset at) {
  const auto in_range = [](int64_t number) { return number >= 0 && number <= kNumberMax; };
  if (deltas.size() == 2 || deltas.size() == 3) {
    return std::unexpected("a segment has one, four or five numbers");
  }
  now_.column += deltas[0];
  const int64_t column = now_.column + (line == 0 ? at.column : 0);
  if (!in_range(now_.column) || !in_range(column) || !in_range(line + at.line)) {
    return std::unexpected("a position is negative or too large");
  }
  Mapping mapping{static_cast<int32_t>(line + at.line), static_cast<int32_t>(column), -1, 0, 0, -1};
  if (deltas.size() >= 4) {
    now_.source += deltas[1];
    now_.source_line += deltas[2];
    now_.source_column += deltas[3];
    if (!in_range(now_.source_line) || !in_range(now_.source_column)) {
      return std::unexpected("a position is negative or too large");
    }
    const auto sources = static_cast<int64_t>(map_.sources_.size() - sources_before_);
    if (now_.source < 0 || now_.source >= sources) {
      return std::unexpected("source " + std::to_string(now_.source) + " of " +
                             std::to_string(sources));
    }
    mapping.source = static_cast<int32_t>(now_.source + static_cast<int64_t>(sources_before_));
    mapping.source_line = static_cast<int32_t>(now_.source_line);
    mapping.source_column = static_cast<int32_t>(now_.source_column);
  }
  if (deltas.size() == 5) {
    now_.name += deltas[4];
    const auto names = static_cast<int64_t>(map_.names_.size() - names_before_);
    if (now_.name < 0 || now_.name >= names) {
      return std::unexpected("name " + std::to_string(now_.name) + " of " + std::to_string(names));
    }
    mapping.name = static_cast<int32_t>(now_.name + static_cast<int64_t>(names_before_));
  }
  map_.mappings_.push_back(mapping);
  return {};
}

std::expected<SourceMap, std::string> SourceMap::parse(std::string_view json) {
  return SourceMapParser().parse(json);
}

void SourceMap::for_each(const Visit& visit) const {
  for (const Mapping& mapping : mappings_) {
    if (mapping.line == kNumberMax || mapping.column == kNumberMax) continue;
    visit(mapping.line + 1, mapping.column + 1,
          mapping.source < 0 ? std::string_view() : sources_[static_cast<size_t>(mapping.source)]);
  }
}

std::optional<SourcePosition> SourceMap::find(int line, int column) const {
  if (line < 1 || column < 1) return std::nullopt;
  const std::pair wanted(line - 1, column - 1);
  auto found = std::upper_bound(mappings_.begin(), mappings_.end(), wanted,
                                [](const std::pair<int, int>& at, const Mapping& mapping) {
                                  return at < std::pair<int, int>(mapping.line, mapping.column);
                                });
  if (found == mappings_.begin()) return std::nullopt;
  --found;
  if (found->line != wanted.first || found->source < 0) return std::nullopt;
  const std::string& source = sources_[static_cast<size_t>(found->source)];
  if (source.empty() || found->source_line == kNumberMax || found->source_column == kNumberMax) {
    return std::nullopt;
  }
  return SourcePosition{.source = source,
                        .line = found->source_line + 1,
                        .column = found->source_column + 1,
                        .name = found->name < 0 ? "" : names_[static_cast<size_t>(found->name)]};
}

}  // namespace offing::config
