// A built bundle on disk to a Bundle: every file below a root that a rule names, with its source
// map. Directories that are hidden, called node_modules, or hold another Wrangler configuration
// are skipped, and so are links to directories.
#ifndef OFFING_EMULATOR_CONFIG_MODULES_H_
#define OFFING_EMULATOR_CONFIG_MODULES_H_

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>

#include "emulator/config/problem.h"
#include "emulator/config/rules.h"
#include "runtime/modules/bundle.h"

namespace offing::config {

inline constexpr int64_t kBundleBytesMax = 64 << 20;  // spec/limits.md 2, uncompressed
inline constexpr int kBundleFilesMax = 20'000;        // ours: a runaway directory is a mistake

std::expected<std::string, Problem> read_file(const std::filesystem::path& path, int64_t bytes_max);

// `main` lies below `root`. Names are relative to `root`.
std::expected<Bundle, Problem> collect_bundle(const std::filesystem::path& root,
                                              const std::filesystem::path& main,
                                              const Rules& rules);

// The map a `sourceMappingURL=data:` comment holds, or the file name the comment gives.
struct SourceMapComment {
  std::string map;
  std::string file;
};
SourceMapComment find_source_map_comment(std::string_view script);

}  // namespace offing::config

#endif  // OFFING_EMULATOR_CONFIG_MODULES_H_
