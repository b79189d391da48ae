// What a Worker finds in `env`: variables, secrets and bindings (spec/config.md 2, 3).
//
// Names are unique: two bindings of one name are an error, but a secret takes the place of a
// variable. Bindings that offing does not have are kept as unsupported ones, with a warning. The
// Durable Object classes are the Worker's own, bound or not.
#ifndef OFFING_EMULATOR_CONFIG_BINDINGS_H_
#define OFFING_EMULATOR_CONFIG_BINDINGS_H_

#include <expected>
#include <filesystem>
#include <string>

#include "emulator/config/actor_classes.h"
#include "emulator/config/fields.h"
#include "runtime/modules/bundle.h"

namespace offing::config {

// Fills the env of `worker`, whose name is set. Secrets come from files in `directory`.
std::expected<void, Problem> read_bindings(const Value& settings, const KeyPath& key_path,
                                           const std::filesystem::path& directory,
                                           const std::string& env, const Reporter& report,
                                           WorkerOptions& worker);

}  // namespace offing::config

#endif  // OFFING_EMULATOR_CONFIG_BINDINGS_H_
