// Where the engine's host process enters: it loads offing.node, and nothing returns from here.
#include <node.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "emulator/cli/commands.h"

namespace {

// The command line as the system keeps it: [engine, flags…, module, words…].
std::vector<std::string> command_line() {
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  std::string all((std::istreambuf_iterator<char>(in)), {});
  std::vector<std::string> words;
  for (size_t at = 0; at < all.size(); at += words.back().size() + 1)
    words.emplace_back(all.c_str() + at);
  return words;
}

int run(node::MultiIsolatePlatform* platform) {
  std::vector<std::string> words = command_line();
  size_t module = 0;
  while (module < words.size() && !words[module].ends_with("/offing.node")) ++module;
  if (module == words.size()) {
    std::fprintf(stderr, "offing: start it with the command `offing`\n");
    return 1;
  }
  const std::string& path = words[module];
  offing::cli::Process process{platform, path.substr(0, path.rfind('/'))};
  auto parsed = offing::cli::parse_arguments({words.begin() + static_cast<ptrdiff_t>(module) + 1,
                                              words.end()});
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  auto& arguments = std::get<offing::cli::Arguments>(parsed);
  if (auto* dev = std::get_if<offing::cli::DevArguments>(&arguments)) return run_dev(process, *dev);
  if (auto* replay = std::get_if<offing::cli::ReplayArguments>(&arguments))
    return run_replay(process, *replay);
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
