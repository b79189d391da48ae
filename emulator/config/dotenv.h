// The dotenv format of .dev.vars and .env (spec/config.md 3): KEY=VALUE, optional `export`, quotes
// ' " `, # comments, several lines inside quotes, \n and \r only inside double quotes.
#ifndef OFFING_EMULATOR_CONFIG_DOTENV_H_
#define OFFING_EMULATOR_CONFIG_DOTENV_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "emulator/config/problem.h"

namespace offing::config {

struct DotEnv {
  std::vector<std::pair<std::string, std::string>> values;  // a repeated key keeps its last value
  std::vector<Problem> warnings;                            // lines that say nothing
};

DotEnv parse_dotenv(std::string_view text, const std::string& file);

}  // namespace offing::config

#endif  // OFFING_EMULATOR_CONFIG_DOTENV_H_
