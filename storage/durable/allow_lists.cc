#include "storage/durable/allow_lists.h"

#include <algorithm>
#include <array>
#include <string>

namespace offing::durable {
namespace {

using namespace std::string_view_literals;

// In the order of the specification's table; sorted when compiled.
constexpr auto kFunctions = [] {
  std::array names = {
      // core
      "abs"sv, "changes"sv, "char"sv, "coalesce"sv, "concat"sv, "concat_ws"sv, "format"sv, "glob"sv,
      "hex"sv, "ifnull"sv, "iif"sv, "instr"sv, "last_insert_rowid"sv, "length"sv, "like"sv,
      "likelihood"sv, "likely"sv, "load_extension"sv, "lower"sv, "ltrim"sv, "max"sv, "min"sv,
      "nullif"sv, "octet_length"sv, "printf"sv, "quote"sv, "random"sv, "randomblob"sv, "replace"sv,
      "round"sv, "rtrim"sv, "sign"sv, "soundex"sv, "substr"sv, "substring"sv, "total_changes"sv,
      "trim"sv, "typeof"sv, "unhex"sv, "unicode"sv, "unlikely"sv, "upper"sv, "zeroblob"sv,
      // date
      "date"sv, "time"sv, "datetime"sv, "julianday"sv, "unixepoch"sv, "strftime"sv, "timediff"sv,
      "current_date"sv, "current_time"sv, "current_timestamp"sv,
      // aggregate
      "avg"sv, "count"sv, "group_concat"sv, "string_agg"sv, "sum"sv, "total"sv,
      // window
      "row_number"sv, "rank"sv, "dense_rank"sv, "percent_rank"sv, "cume_dist"sv, "ntile"sv, "lag"sv,
      "lead"sv, "first_value"sv, "last_value"sv, "nth_value"sv,
      // math
      "acos"sv, "acosh"sv, "asin"sv, "asinh"sv, "atan"sv, "atan2"sv, "atanh"sv, "ceil"sv, "cos"sv,
      "cosh"sv, "degrees"sv, "exp"sv, "floor"sv, "ln"sv, "log"sv, "log2"sv, "mod"sv, "pi"sv,
      "pow"sv, "radians"sv, "sin"sv, "sinh"sv, "sqrt"sv, "tan"sv, "tanh"sv, "trunc"sv,
      // json
      "json"sv, "jsonb"sv, "json_array"sv, "jsonb_array"sv, "json_array_length"sv, "json_extract"sv,
      "jsonb_extract"sv, "->"sv, "->>"sv, "json_insert"sv, "jsonb_insert"sv, "json_object"sv,
      "jsonb_object"sv, "json_patch"sv, "jsonb_patch"sv, "json_remove"sv, "jsonb_remove"sv,
      "json_replace"sv, "jsonb_replace"sv, "json_set"sv, "jsonb_set"sv, "json_type"sv,
      "json_valid"sv, "json_quote"sv, "json_group_array"sv, "jsonb_group_array"sv,
      "json_group_object"sv, "jsonb_group_object"sv, "json_each"sv, "json_tree"sv,
      // FTS5 and R*Tree
      "match"sv, "highlight"sv, "bm25"sv, "snippet"sv, "rtreecheck"sv,
      // what SQLite's own ALTER TABLE calls; a query that names one is told there is no such
      // function
      "sqlite_rename_column"sv, "sqlite_rename_table"sv, "sqlite_rename_test"sv,
      "sqlite_drop_column"sv, "sqlite_rename_quotefix"sv, "sqlite_drop_constraint"sv,
      "sqlite_fail"sv, "sqlite_add_constraint"sv, "sqlite_find_constraint"sv};
  std::ranges::sort(names);
  return names;
}();

constexpr std::array kTableModules = {"fts5"sv, "fts5vocab"sv, "rtree"sv, "rtree_i32"sv};

enum class Argument : uint8_t {
  kNone,            // must have none
  kAny,
  kName,            // none, or a name that is not reserved
  kNumber,          // none, or a number
  kNumberOrName,
  kBoolean,         // none, or a boolean word or digit
};
struct PragmaRow {
  std::string_view name;
  Argument argument;
};
constexpr PragmaRow kPragmas[] = {
    {"data_version", Argument::kNone},
    {"page_size", Argument::kNone},
    {"table_list", Argument::kAny},
    {"table_info", Argument::kName},
    {"table_xinfo", Argument::kName},
    {"index_info", Argument::kName},
    {"index_xinfo", Argument::kName},
    {"index_list", Argument::kName},
    {"foreign_key_list", Argument::kName},
    {"foreign_key_check", Argument::kName},
    {"quick_check", Argument::kNumberOrName},
    {"optimize", Argument::kNumber},
    {"case_sensitive_like", Argument::kBoolean},
    {"foreign_keys", Argument::kBoolean},
    {"defer_foreign_keys", Argument::kBoolean},
    {"ignore_check_constraints", Argument::kBoolean},
    {"legacy_alter_table", Argument::kBoolean},
    {"recursive_triggers", Argument::kBoolean},
    {"reverse_unordered_selects", Argument::kBoolean},
};
constexpr std::array kBooleans = {"0"sv,    "1"sv,  "true"sv, "false"sv,
                                  "yes"sv, "no"sv, "on"sv,   "off"sv};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

bool is_number(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }) && text[0] >= '0' && text[0] <= '9';
}

}  // namespace

bool function_allowed(std::string_view name) {
  if (std::ranges::binary_search(kFunctions, name)) return true;
  return std::ranges::binary_search(kFunctions, std::string_view(lower(name)));
}

bool table_module_allowed(std::string_view module) {
  return std::ranges::find(kTableModules, lower(module)) != kTableModules.end();
}

bool name_allowed(std::string_view name) {
  return name.size() < 4 || name[0] != '_' || lower(name.substr(0, 4)) != "_cf_";
}

bool pragma_allowed(std::string_view name, std::optional<std::string_view> argument) {
  const auto row = std::ranges::find(kPragmas, lower(name), &PragmaRow::name);
  if (row == std::end(kPragmas)) return false;
  if (!argument) return true;
  switch (row->argument) {
    case Argument::kNone: return false;
    case Argument::kAny: return true;
    case Argument::kName: return name_allowed(*argument);
    case Argument::kNumber: return is_number(*argument);
    case Argument::kNumberOrName: return is_number(*argument) || name_allowed(*argument);
    case Argument::kBoolean:
      return std::ranges::find(kBooleans, lower(*argument)) != kBooleans.end();
  }
  return false;
}

}  // namespace offing::durable
