// Whose code a bundle is made of: each byte of a script counts to the source that its map names, and
// each source to its npm package. A stretch without a mapping counts to what stands before it, so
// that comments and long literals have an owner. Scripts without a map count as themselves.
#ifndef OFFING_EMULATOR_CHECK_PACKAGES_H_
#define OFFING_EMULATOR_CHECK_PACKAGES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/config/source_map.h"
#include "runtime/modules/bundle.h"

namespace offing::check {

struct PackageSize {
  std::string name;  // "hono", "@scope/name"; "(own code)"; "(bundler)"
  uint64_t bytes = 0;
};

struct Packages {
  std::vector<PackageSize> sizes;     // largest first; empty when no script has a map
  std::vector<std::string> unmapped;  // scripts that have no map
};

Packages package_sizes(const Bundle& bundle, config::BundleSourceMaps& maps);

// "node_modules/.pnpm/a@1/node_modules/@s/b/x.js" is "@s/b"; a path outside of any is "(own code)".
std::string package_of(std::string_view source);

}  // namespace offing::check

#endif  // OFFING_EMULATOR_CHECK_PACKAGES_H_
