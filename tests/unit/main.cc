// Runs doctest inside the host process, where V8's and libuv's symbols are:
//   node build/tests/unit/world.node [doctest's options]
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <node.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "runtime/isolate/command_line.h"
#include "tests/unit/host_process.h"

namespace offing::test {
static HostProcess process;
const HostProcess& host_process() { return process; }
}  // namespace offing::test

NODE_MODULE_INIT() {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  offing::test::process.platform =
      node::GetMultiIsolatePlatform(node::GetCurrentEnvironment(isolate->GetCurrentContext()));
  const std::vector<std::string> args = offing::module_command_line();
  std::vector<const char*> argv;
  for (const std::string& a : args) argv.push_back(a.c_str());
  doctest::Context run(static_cast<int>(argv.size()), argv.data());
  const int code = run.run();
  std::fflush(nullptr);
  _exit(code);
}
