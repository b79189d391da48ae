// One environment's configuration: the file's tree with inheritance applied, its types checked against
// the table of keys (spec/config.md 1.1, 2).
#ifndef OFFING_EMULATOR_CONFIG_SETTINGS_H_
#define OFFING_EMULATOR_CONFIG_SETTINGS_H_

#include <expected>
#include <string>
#include <vector>

#include "emulator/config/problem.h"
#include "emulator/config/value.h"

namespace offing::config {

using Warnings = std::vector<Problem>;

// The members in force for `env` (empty: the top level), types checked.
std::expected<Value, Problem> select_environment(const Value& file_root, const std::string& file,
                                                 const std::string& env, Warnings& warnings);

}  // namespace offing::config

#endif  // OFFING_EMULATOR_CONFIG_SETTINGS_H_
