// Where a start's time went: the functions of a profile by the time spent in themselves, callees not
// counted. Positions are those of the sources where a map knows them.
#ifndef OFFING_EMULATOR_CHECK_HOT_FUNCTIONS_H_
#define OFFING_EMULATOR_CHECK_HOT_FUNCTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "emulator/config/source_map.h"
#include "runtime/isolate/startup.h"

namespace offing::check {

struct HotFunction {
  std::string name;   // "parse"; "(anonymous)", "(top-level code)"; "(program)", …: the engine
  std::string place;  // "src/app.ts:12:3", or empty
  int64_t self_us = 0;
  double share = 0;   // of the whole profile, 0 to 1
};

// At most `count`, hottest first.
std::vector<HotFunction> hot_functions(const StartupProfile& profile,
                                       config::BundleSourceMaps& maps, size_t count);

// The position of a node in its source: mapped if there is a map, else as it is.
config::SourcePosition source_of(const ProfileNode& node, config::BundleSourceMaps& maps);

}  // namespace offing::check

#endif  // OFFING_EMULATOR_CHECK_HOT_FUNCTIONS_H_
