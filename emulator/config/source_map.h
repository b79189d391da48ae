// A source map (version 3): where a position in a built file came from.
//
// Parsing is bounds-checked, because a map is a guest's file: broken input gives an error text and
// never a crash. Generated positions are looked up with the nearest mapping at or before them on
// the same line. Lines and columns are counted from 1, as V8 prints them.
#ifndef OFFING_EMULATOR_CONFIG_SOURCE_MAP_H_
#define OFFING_EMULATOR_CONFIG_SOURCE_MAP_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/modules/bundle.h"

namespace offing::config {

struct SourcePosition {
  std::string source;  // "src/app.ts"
  int line = 0;        // from 1
  int column = 0;      // from 1
  std::string name;    // the original identifier there, or empty
};

class SourceMap {
 public:
  static std::expected<SourceMap, std::string> parse(std::string_view json);

  std::optional<SourcePosition> find(int line, int column) const;
  size_t mapping_count() const { return mappings_.size(); }
  // Every mapping, in order of generated positions; `source` is empty where a stretch comes from
  // nowhere.
  using Visit = std::function<void(int line, int column, std::string_view source)>;
  void for_each(const Visit& visit) const;

 private:
  friend class SourceMapParser;
  struct Mapping {
    int32_t line;    // generated, from 0
    int32_t column;  // generated, from 0
    int32_t source;  // index, or -1: this stretch comes from nowhere
    int32_t source_line;
    int32_t source_column;
    int32_t name;  // index, or -1
  };
  std::vector<Mapping> mappings_;  // ordered by (line, column)
  std::vector<std::string> sources_;
  std::vector<std::string> names_;
};

// Gives the map of a built file, or null: the name is as V8 prints it in a frame ("index.js").
using SourceMapLookup = std::function<const SourceMap*(std::string_view file)>;

// Rewrites the positions of a V8 stack ("at fn (index.js:12:34)") to those of the sources. Lines
// and frames without a mapping stay as they are.
std::string map_stack(std::string_view stack, const SourceMapLookup& lookup);

// The maps of a bundle's modules, each parsed when first asked for. The bundle outlives it.
class BundleSourceMaps {
 public:
  explicit BundleSourceMaps(const Bundle& bundle) : bundle_(bundle) {}
  const SourceMap* find(std::string_view file);
  std::string map_stack(std::string_view stack);
  // The bundle has changed in place.
  void forget() { parsed_.clear(); }

 private:
  const Bundle& bundle_;
  std::map<std::string, std::unique_ptr<SourceMap>, std::less<>> parsed_;  // null: none or broken
};

}  // namespace offing::config

#endif  // OFFING_EMULATOR_CONFIG_SOURCE_MAP_H_
