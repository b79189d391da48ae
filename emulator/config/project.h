// A Wrangler configuration and a prebuilt bundle, as typed values: what `offing dev PATH` serves.
//
// Loading reads files and nothing else: no clock (the caller gives today's date) and no process
// environment. The first mistake that makes a Worker unservable is the error; everything else that
// is wrong, unknown or not emulated is a warning, in the order found.
#ifndef OFFING_EMULATOR_CONFIG_PROJECT_H_
#define OFFING_EMULATOR_CONFIG_PROJECT_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "emulator/config/problem.h"
#include "runtime/modules/bundle.h"

namespace offing::config {

struct Options {
  std::string env;          // --env; empty is the top level
  std::string config_path;  // --config; empty looks beside the bundle
  std::string today;        // YYYY-MM-DD, the world's
};

// `[dev]`: what the command line may override.
struct DevSettings {
  std::optional<uint16_t> port;
  std::optional<std::string> ip;
  std::optional<std::string> host;
  std::optional<std::string> upstream_protocol;  // "http" | "https"
};

// `[limits]`, unset where the profile decides.
struct LimitSettings {
  std::optional<int64_t> cpu_ms;
  std::optional<int64_t> subrequests;
};

struct Project {
  std::string directory;    // the configuration's, else the bundle's; absolute
  std::string config_file;  // absolute; empty when there is none
  std::string bundle_directory;  // where the modules lie; absolute
  WorkerOptions worker;
  Bundle bundle;
  DevSettings dev;
  LimitSettings limits;
  std::vector<std::string> crons;  // triggers.crons
  std::vector<Problem> warnings;
};

// `path`: a directory with wrangler.json, wrangler.jsonc or wrangler.toml; such a file; a directory
// with a bundle and no configuration; or one .js/.mjs module (spec/config.md 1, 4).
std::expected<Project, Problem> load_project(const std::string& path, const Options& options);

}  // namespace offing::config

#endif  // OFFING_EMULATOR_CONFIG_PROJECT_H_
