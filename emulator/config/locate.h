// Where a project is: from the one path the user gives to a Wrangler file and, where it is not the
// file's `main`, the module to serve (spec/config.md 1, 5.1).
//
// Paths stay as the user wrote them, so that messages can show them. A Wrangler file above a bundle
// belongs to it when the bundle is its built output:
//   - it is the nearest one, at most kParentsMax levels up, and its `main` lies in the bundle's
//     directory; or
//   - that directory holds <stem of main>.js or .mjs, and main is TypeScript or JSX, or not there,
//     or the directory has the README.md that `wrangler deploy --outdir` leaves.
#ifndef OFFING_EMULATOR_CONFIG_LOCATE_H_
#define OFFING_EMULATOR_CONFIG_LOCATE_H_

#include <expected>
#include <filesystem>
#include <string>

#include "emulator/config/problem.h"
#include "emulator/config/project.h"
#include "emulator/config/value.h"

namespace offing::config {

inline constexpr int kParentsMax = 3;
inline constexpr int64_t kConfigBytesMax = 1 << 20;  // ours: no configuration is larger

struct Location {
  std::filesystem::path config;     // empty: there is none
  Value root;                       // what `config` holds
  std::filesystem::path directory;  // where .dev.vars and .env are
  std::filesystem::path main;       // empty: the configuration's `main`
};

std::expected<Location, Problem> locate(const std::string& path, const Options& options);

// The module a configuration names, for messages and for finding: resolved, or empty.
std::filesystem::path main_of(const std::filesystem::path& config, const Value& root,
                              const std::string& env);

// .ts, .tsx, .jsx and their kin: what has to be built first.
bool is_source_file(const std::filesystem::path& path);
// .js or .mjs.
bool is_script(const std::filesystem::path& path);
// A path as messages show it.
std::string shown(const std::filesystem::path& path);

}  // namespace offing::config

#endif  // OFFING_EMULATOR_CONFIG_LOCATE_H_
