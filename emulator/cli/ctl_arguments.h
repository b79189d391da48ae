// `offing ctl …` as typed values: a verb of the control API of a running `offing dev`, in words.
#ifndef OFFING_EMULATOR_CLI_CTL_ARGUMENTS_H_
#define OFFING_EMULATOR_CLI_CTL_ARGUMENTS_H_

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace offing::cli {

struct CtlArguments {
  std::vector<std::string> words;  // the verb, then its arguments, and whatever else; none: list the verbs
  std::string url = "http://127.0.0.1:8787";
  std::string world;               // empty: main
  bool json = false;
};

// Adds the command to the program's. `arguments` outlives the parsing.
CLI::App* add_ctl_command(CLI::App& app, CtlArguments& arguments);

}  // namespace offing::cli

#endif  // OFFING_EMULATOR_CLI_CTL_ARGUMENTS_H_
