// The small sections of a configuration: rules, dev, limits, triggers (spec/config.md 2, 4).
#ifndef OFFING_EMULATOR_CONFIG_RUN_SETTINGS_H_
#define OFFING_EMULATOR_CONFIG_RUN_SETTINGS_H_

#include <expected>
#include <string>

#include "emulator/config/bindings.h"
#include "emulator/config/project.h"
#include "emulator/config/rules.h"

namespace offing::config {

// Warns of every rule that another one hides.
std::expected<Rules, Problem> read_rules(const Value& settings, const std::string& key,
                                         const Reporter& report);

// Fills dev, limits and crons of `project`.
std::expected<void, Problem> read_run_settings(const Value& settings, const KeyPath& key_path,
                                               const Reporter& report, Project& project);

}  // namespace offing::config

#endif  // OFFING_EMULATOR_CONFIG_RUN_SETTINGS_H_
