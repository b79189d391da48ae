// A check's result for people and for programs: views of CheckResult, with no data of their own.
#ifndef OFFING_EMULATOR_CHECK_REPORT_H_
#define OFFING_EMULATOR_CHECK_REPORT_H_

#include <string>

#include "emulator/check/check.h"

namespace offing::check {

// `profile_path`: where the .cpuprofile was written, or empty.
std::string report_text(const CheckResult& result, const std::string& profile_path);
// One line. docs/check.md lists the fields.
std::string report_json(const CheckResult& result, const std::string& profile_path);
// Of a project that a deploy would refuse before there is anything to measure.
std::string refusal_json(const Violation& violation);

// "  10027  message", the lines that follow below the message.
std::string violation_text(const Violation& violation);

}  // namespace offing::check

#endif  // OFFING_EMULATOR_CHECK_REPORT_H_
