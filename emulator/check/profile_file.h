// A startup profile as the .cpuprofile file that Chrome DevTools (Performance > Load profile) and VS
// Code open: the DevTools protocol's Profiler.Profile. Positions are those of the sources where a map
// knows them.
#ifndef OFFING_EMULATOR_CHECK_PROFILE_FILE_H_
#define OFFING_EMULATOR_CHECK_PROFILE_FILE_H_

#include <string>

#include "emulator/config/source_map.h"
#include "runtime/isolate/startup.h"

namespace offing::check {

std::string cpuprofile_json(const StartupProfile& profile, config::BundleSourceMaps& maps);

}  // namespace offing::check

#endif  // OFFING_EMULATOR_CHECK_PROFILE_FILE_H_
