// What the deploy API would refuse a Worker for (codes.h), found out from its configuration, its
// size and its start. Every finding stands on its own: all of them are reported, not the first.
#ifndef OFFING_EMULATOR_CHECK_VALIDATE_H_
#define OFFING_EMULATOR_CHECK_VALIDATE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "emulator/check/packages.h"
#include "emulator/check/size.h"
#include "emulator/check/startup.h"
#include "emulator/config/project.h"
#include "runtime/limits/profile.h"

namespace offing::check {

struct Violation {
  int code = 0;         // 0: a refusal whose code is not published
  std::string message;  // as the platform words it, where that is known
  std::string hint;     // what to do, or where it is; may have lines; may be empty
};

struct Facts {
  const config::Project& project;
  const Profile& profile;
  const BundleSize& size;
  const Packages& packages;
  const StartupResult& startup;
  int64_t startup_us;  // what decides: measured, or the estimate
};

std::vector<Violation> validate(const Facts& facts);

// A project that could not even be loaded: the refusal that a deploy would meet, or code -1 when it
// is no deploy's matter (no such file, …).
Violation violation_of(const config::Problem& problem);
// A warning of the configuration that validate() speaks of itself.
bool is_said_by_validate(const config::Problem& warning);

}  // namespace offing::check

#endif  // OFFING_EMULATOR_CHECK_VALIDATE_H_
