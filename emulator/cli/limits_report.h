// The table of limits as text and as JSON: a view of runtime/limits/table.h, without data of its
// own.
#ifndef OFFING_EMULATOR_CLI_LIMITS_REPORT_H_
#define OFFING_EMULATOR_CLI_LIMITS_REPORT_H_

#include <string>
#include <string_view>

#include "runtime/limits/profile.h"

namespace offing::cli {

// `profile` is of a plan, not "off". Changes are listed from its day until `today`.
std::string limits_as_text(const Profile& profile, std::string_view today);
std::string limits_as_json(const Profile& profile, std::string_view today);  // one line

}  // namespace offing::cli

#endif  // OFFING_EMULATOR_CLI_LIMITS_REPORT_H_
