#include "emulator/config/rules.h"

#include <algorithm>

namespace offing::config {

// Row by row over the glob: reach[i] says whether the part of the glob so far matches name[0, i).
bool glob_matches(std::string_view glob, std::string_view name) {
  std::vector<char> reach(name.size() + 1, 0);
  reach[0] = 1;
  for (size_t g = 0; g < glob.size();) {
    std::vector<char> next(name.size() + 1, 0);
    const bool directories = glob.substr(g).starts_with("**/") && (g == 0 || glob[g - 1] == '/');
    const bool everything = glob.substr(g) == "**" && (g == 0 || glob[g - 1] == '/');
    bool open = false;  // a match may go on from an earlier position
    for (size_t i = 0; i <= name.size(); ++i) {
      open = open || reach[i];
      if (directories) {
        next[i] = reach[i] || (open && i > 0 && name[i - 1] == '/');
      } else if (everything) {
        next[i] = open;
      } else if (glob[g] == '*') {
        next[i] = open;
        if (i < name.size() && name[i] == '/') open = false;
      } else if (i > 0) {
        next[i] = reach[i - 1] && name[i - 1] == glob[g];
      }
    }
    g += directories ? 3 : everything ? 2 : 1;
    reach = std::move(next);
  }
  return reach[name.size()];
}

Rules::Rules(std::vector<Rule> user) {
  using Kind = Module::Kind;
  user.push_back({Kind::kText, {"**/*.txt", "**/*.html", "**/*.sql"}});
  user.push_back({Kind::kData, {"**/*.bin"}});
  user.push_back({Kind::kWasm, {"**/*.wasm", "**/*.wasm?module"}});
  // What a built bundle consists of, whatever the rules for scripts say.
  user.push_back({Kind::kEsModule, {"**/*.js", "**/*.mjs"}, true});
  user.push_back({Kind::kCommonJs, {"**/*.cjs"}, true});
  for (Rule& rule : user) {
    const bool hidden = std::ranges::any_of(rules_, [&rule](const Rule& earlier) {
      return earlier.kind == rule.kind && !earlier.fallthrough;
    });
    const bool script = rule.kind == Kind::kEsModule || rule.kind == Kind::kCommonJs;
    if (!hidden || (script && rule.fallthrough)) rules_.push_back(std::move(rule));
  }
}

std::optional<Module::Kind> Rules::kind_of(std::string_view name) const {
  for (const Rule& rule : rules_) {
    for (const std::string& glob : rule.globs) {
      if (glob_matches(glob, name)) return rule.kind;
    }
  }
  return std::nullopt;
}

}  // namespace offing::config
