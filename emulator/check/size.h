// How large a bundle is, as Wrangler measures it (spec/limits.md 3): the bytes of all modules one
// after another, the main one last, once as they are and once through a single gzip stream of level
// 6. The engine's zlib is the one that Node.js has, and it is fed in the same way, so the figure is
// that of `wrangler deploy --dry-run` to the byte. Source maps are not part of an upload.
#ifndef OFFING_EMULATOR_CHECK_SIZE_H_
#define OFFING_EMULATOR_CHECK_SIZE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/modules/bundle.h"

namespace offing::check {

struct ModuleSize {
  std::string name;
  Module::Kind kind;
  uint64_t bytes;
};

struct BundleSize {
  uint64_t raw_bytes = 0;
  uint64_t gzip_bytes = 0;
  std::vector<ModuleSize> modules;  // largest first
};

BundleSize measure_size(const Bundle& bundle);

// The modules in Wrangler's order: as it walks the folders, each sorted by name, the main one last.
std::vector<const Module*> upload_order(const Bundle& bundle);
// Length of what zlib.gzipSync gives for the pieces put together.
uint64_t gzip_size(const std::vector<std::string_view>& pieces);
std::string_view kind_name(Module::Kind kind);

}  // namespace offing::check

#endif  // OFFING_EMULATOR_CHECK_SIZE_H_
