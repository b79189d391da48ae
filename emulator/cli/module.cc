// Where the engine's host process enters: it loads offing.node, and nothing returns from here.
#include <node.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "emulator/cli/commands.h"
#include "runtime/isolate/command_line.h"

namespace {

int run(node::MultiIsolatePlatform* platform) {
  const std::vector<std::string> words = offing::module_command_line();
  if (words.empty() || !words.front().ends_with("/offing.node")) {
    std::fprintf(stderr, "offing: start it with the command `offing`\n");
    return 1;
  }
  const std::string& path = words.front();
  offing::Process process{platform, path.substr(0, path.rfind('/'))};
  auto parsed = offing::cli::parse_arguments({words.begin() + 1, words.end()});
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  auto& arguments = std::get<offing::cli::Arguments>(parsed);
  if (auto* dev = std::get_if<offing::cli::DevArguments>(&arguments)) return run_dev(process, *dev);
  if (auto* replay = std::get_if<offing::cli::ReplayArguments>(&arguments))
    return run_replay(process, *replay);
  if (auto* ctl = std::get_if<offing::cli::CtlArguments>(&arguments)) return run_ctl(*ctl);
  if (auto* r2 = std::get_if<offing::cli::R2Arguments>(&arguments)) return run_r2(*r2);
  if (auto* limits = std::get_if<offing::cli::LimitsArguments>(&arguments))
    return run_limits(*limits);
  if (auto* check = std::get_if<offing::cli::CheckArguments>(&arguments))
    return run_check(process, *check);
  return run_test(process, std::get<offing::cli::TestArguments>(arguments));
}

}  // namespace

NODE_MODULE_INIT() {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  const int code =
      run(node::GetMultiIsolatePlatform(node::GetCurrentEnvironment(isolate->GetCurrentContext())));
  std::fflush(nullptr);
  _exit(code);
}
