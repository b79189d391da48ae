// The deploy API's refusals as data (spec/limits.md 4): code, HTTP status, text with its fields in
// braces, and whether `offing check` looks for it. What it does not look for says why, so that the
// table is the whole truth about the command.
#ifndef OFFING_EMULATOR_CHECK_CODES_H_
#define OFFING_EMULATOR_CHECK_CODES_H_

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace offing::check {

struct DeployCode {
  int code;
  int http;                // 0: not documented
  std::string_view what;
  std::string_view text;   // "" where the wording is not published, or is free
  std::string_view unseen; // why it is not looked for; "": it is
};

std::span<const DeployCode> deploy_codes();
const DeployCode& deploy_code(int code);  // one of the table

// The text of a code with its fields filled in: {{"mib", "3"}}.
std::string deploy_text(
    int code, std::initializer_list<std::pair<std::string_view, std::string_view>> fields);

}  // namespace offing::check

#endif  // OFFING_EMULATOR_CHECK_CODES_H_
