// `offing check`: what a deploy would say of a Worker, without one. Loads the bundle as a deploy
// would, measures its size and its start, compares them with a profile of limits and looks for what
// the deploy API refuses. Gives plain values; report.h writes them.
//
// The measured start decides unless the estimate is asked for: machines differ, and the estimate
// says how this one compares with a reference, not with the platform's.
#ifndef OFFING_EMULATOR_CHECK_CHECK_H_
#define OFFING_EMULATOR_CHECK_CHECK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "emulator/check/calibration.h"
#include "emulator/check/hot_functions.h"
#include "emulator/check/packages.h"
#include "emulator/check/size.h"
#include "emulator/check/startup.h"
#include "emulator/check/validate.h"
#include "emulator/config/project.h"
#include "runtime/limits/profile.h"

namespace offing::check {

struct CheckOptions {
  StartupOptions startup;
  bool scaled = false;  // the estimate decides
};

struct CheckResult {
  std::string worker;
  std::string main;     // "dist/index.js", of the project's folder
  Profile profile;
  BundleSize size;
  Packages packages;
  StartupResult startup;       // error and stack mapped to sources
  Calibration calibration;
  int64_t scaled_us = 0;       // median / factor: on the reference machine
  bool scaled = false;         // which of both decided
  std::vector<HotFunction> hot;
  std::string cpuprofile;      // JSON; empty when no profile was taken
  std::vector<Violation> violations;
  std::vector<std::string> warnings;  // whole lines
};

// The error says why nothing could be measured at all.
std::expected<CheckResult, std::string> check_project(Engine& engine,
                                                      const config::Project& project,
                                                      const Profile& profile,
                                                      const CheckOptions& options);

}  // namespace offing::check

#endif  // OFFING_EMULATOR_CHECK_CHECK_H_
