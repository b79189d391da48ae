// Module rules (spec/config.md 4): which file of a bundle is a module, and of which kind.
#ifndef OFFING_EMULATOR_CONFIG_RULES_H_
#define OFFING_EMULATOR_CONFIG_RULES_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/modules/bundle.h"

namespace offing::config {

// `*` is any text without '/', `**/` any directories or none; everything else is itself.
bool glob_matches(std::string_view glob, std::string_view name);

struct Rule {
  Module::Kind kind;
  std::vector<std::string> globs;
  bool fallthrough = false;
};

class Rules {
 public:
  // User's rules come first; a rule without fallthrough hides later rules of its kind.
  explicit Rules(std::vector<Rule> user);
  std::optional<Module::Kind> kind_of(std::string_view name) const;

 private:
  std::vector<Rule> rules_;
};

}  // namespace offing::config

#endif  // OFFING_EMULATOR_CONFIG_RULES_H_
