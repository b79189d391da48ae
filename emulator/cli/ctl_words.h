// The words of `offing ctl` as a verb of the control API and its JSON; and its answer as text.
#ifndef OFFING_EMULATOR_CLI_CTL_WORDS_H_
#define OFFING_EMULATOR_CLI_CTL_WORDS_H_

#include <rapidjson/document.h>

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/control/verb.h"

namespace offing::cli {

struct CtlCall {
  const control::Verb* verb = nullptr;
  rapidjson::Document arguments;  // an object
};

// "clock advance 60s", "clock/advance by=60s", "partition LHR SIN": a verb may be named by its last
// part alone when no other ends so. Words fill the verb's arguments in their order. The error is
// for the user.
std::expected<CtlCall, std::string> parse_ctl(const std::vector<std::string>& words);
// Of no words, or with --help among them: every verb, or what the words before it name. Else
// nothing.
std::optional<std::string> ctl_help_asked(const std::vector<std::string>& words);
// What `offing ctl` alone prints.
std::string ctl_help();
// One verb with its arguments.
std::string ctl_usage(const control::Verb& verb);
// Values as "name  value", lists of objects, and rows under columns, as tables.
std::string ctl_text(const rapidjson::Value& answer);

}  // namespace offing::cli

#endif  // OFFING_EMULATOR_CLI_CTL_WORDS_H_
