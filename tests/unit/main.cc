// Runs doctest inside the host process, where V8's and libuv's symbols are:
//   node build/tests/unit/world.node [doctest's options]
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <node.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/unit/host_process.h"

namespace offing::test {
static HostProcess process;
const HostProcess& host_process() { return process; }
}  // namespace offing::test

// The arguments behind the module's own name.
static std::vector<std::string> arguments() {
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  std::string all((std::istreambuf_iterator<char>(in)), {});
  std::vector<std::string> args;
  for (size_t at = 0; at < all.size(); at = all.find('\0', at) + 1) args.push_back(&all[at]);
  while (!args.empty() && !args.front().ends_with(".node")) args.erase(args.begin());
  return args;
}

NODE_MODULE_INIT() {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  offing::test::process.platform =
      node::GetMultiIsolatePlatform(node::GetCurrentEnvironment(isolate->GetCurrentContext()));
  std::vector<std::string> args = arguments();
  std::vector<const char*> argv;
  for (const std::string& a : args) argv.push_back(a.c_str());
  doctest::Context run(static_cast<int>(argv.size()), argv.data());
  const int code = run.run();
  std::fflush(nullptr);
  _exit(code);
}
