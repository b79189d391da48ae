// Whatever configuration text, bundle rules and source maps hold: an answer or an error with a
// reason, and what was read is read the same again. The first byte, '0' to '7', says which reader.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/config/actor_classes.h"
#include "emulator/config/compatibility.h"
#include "emulator/config/dotenv.h"
#include "emulator/config/modules.h"
#include "emulator/config/rules.h"
#include "emulator/config/settings.h"
#include "emulator/config/source_map.h"
#include "emulator/config/value.h"

namespace {

using namespace offing::config;

void require(bool holds) {
  if (!holds) std::abort();
}

// Takes what stands before the next `end`, which goes too.
std::string_view take(std::string_view& text, char end) {
  const std::string_view out = text.substr(0, text.find(end));
  text.remove_prefix(out.size() == text.size() ? out.size() : out.size() + 1);
  return out;
}

// Every class has a name and a key of its own, and none of the keys is one to be deleted.
void check_classes(const Value& settings) {
  Warnings warnings;
  const auto classes =
      read_actor_classes(settings, [](std::string_view key) { return std::string(key); }, "w",
                         Reporter{"file", warnings});
  if (!classes) return require(!classes.error().text().empty());
  std::set<std::string> keys(classes->deleted_keys.begin(), classes->deleted_keys.end());
  require(keys.size() == classes->deleted_keys.size());
  for (const offing::ActorClass& entry : classes->live) {
    require(!entry.class_name.empty() && !classes->gone.contains(entry.class_name));
    require(keys.insert(entry.unique_key).second);
  }
}

void check_tree(const std::expected<Value, Problem>& tree) {
  if (!tree) {
    require(!tree.error().text().empty() && tree.error().line >= 0);
    return;
  }
  const std::string json = tree->json();
  const auto again = parse_jsonc(json, "again.json");
  require(again.has_value() && again->json() == json);
  for (const char* environment : {"", "staging"}) {
    Warnings warnings;
    const auto selected = select_environment(*tree, "file", environment, warnings);
    require(selected.has_value() || !selected.error().text().empty());
    for (const Problem& warning : warnings) require(!warning.text().empty());
    if (selected) check_classes(*selected);
  }
}

void check_compatibility(std::string_view text) {
  const std::string_view date = take(text, '\n');
  // Not input: the caller's own clock says it.
  const std::string_view today = take(text, '\n').empty() ? "" : "2026-06-03";
  std::vector<std::string> flags;
  while (!text.empty()) flags.emplace_back(take(text, '\n'));
  const auto result = evaluate_compatibility(date, flags, today);
  if (!result) return require(!result.error().empty());
  require(result->date.size() == 10);
  const auto again = evaluate_compatibility(result->date, flags, today);
  require(again.has_value() && again->flags == result->flags);
}

void check_positions(const SourceMap& map) {
  for (int line : {-1, 1, 2, 3, 100, 2147483647}) {
    for (int column : {-1, 1, 2, 10, 2147483647}) {
      if (const auto at = map.find(line, column)) {
        require(at->line >= 1 && at->column >= 1 && !at->source.empty());
      }
    }
  }
}

void check_source_map(std::string_view text) {
  const auto map = SourceMap::parse(text);
  if (!map) return require(!map.error().empty());
  check_positions(*map);
}

// Only the mappings are the input: most bytes then say something.
void check_mappings(std::string_view text) {
  std::string json = R"({"version":3,"sources":["../a.ts","b.ts"],"names":["n"],"mappings":")";
  for (char c : text) json += c == '"' || c == '\\' || static_cast<unsigned char>(c) < 32 ? ',' : c;
  check_source_map(json + "\"}");
}

void check_stack(std::string_view text) {
  static const SourceMap map =
      SourceMap::parse(R"({"version":3,"sources":["a.ts"],"mappings":"AAAA,EACE;AAAA"})").value();
  const std::string mapped =
      map_stack(text, [](std::string_view file) { return file == "x.js" ? &map : nullptr; });
  const auto lines = [](std::string_view all) { return std::count(all.begin(), all.end(), '\n'); };
  require(lines(mapped) == lines(text));
  if (text.find("x.js:") == text.npos) require(mapped == text);
}

void check_rules(std::string_view text) {
  const std::string_view glob = take(text, '\n');
  const bool matches = glob_matches(glob, text);
  if (glob.find('*') == glob.npos) require(matches == (glob == text));
  Rules rules({{offing::Module::Kind::kText, {std::string(glob)}, false}});
  if (matches) require(rules.kind_of(text) == offing::Module::Kind::kText);
  const SourceMapComment comment = find_source_map_comment(text);
  require(comment.map.empty() || comment.file.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch ((data[0] - '0') & 7) {
    case 0: check_tree(parse_toml(text, "wrangler.toml")); break;
    case 1: check_tree(parse_jsonc(text, "wrangler.jsonc")); break;
    case 2:
      for (const auto& [key, value] : parse_dotenv(text, ".dev.vars").values) require(!key.empty());
      break;
    case 3: check_compatibility(text); break;
    case 4: check_source_map(text); break;
    case 5: check_mappings(text); break;
    case 6: check_stack(text); break;
    case 7: check_rules(text); break;
  }
  return 0;
}
