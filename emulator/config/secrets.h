// Secrets of a local run: .dev.vars or .env files beside the configuration (spec/config.md 3).
//
// The process environment is not read: what a Worker sees depends on files alone.
#ifndef OFFING_EMULATOR_CONFIG_SECRETS_H_
#define OFFING_EMULATOR_CONFIG_SECRETS_H_

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "emulator/config/fields.h"

namespace offing::config {

struct Secret {
  std::string name;
  std::string value;
  std::string file;  // as shown to the user
};

// Each name once, with the value of the file that wins, in the order first seen.
std::expected<std::vector<Secret>, Problem> read_secrets(const std::filesystem::path& directory,
                                                         const std::string& env,
                                                         const Reporter& report);

}  // namespace offing::config

#endif  // OFFING_EMULATOR_CONFIG_SECRETS_H_
