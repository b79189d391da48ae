// Build tool, a native module: node mksnapshot.node SCRIPT SNAPSHOT
#include <node.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "runtime/isolate/command_line.h"
#include "runtime/isolate/engine.h"

NODE_MODULE_INIT() {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  auto* platform =
      node::GetMultiIsolatePlatform(node::GetCurrentEnvironment(isolate->GetCurrentContext()));
  const std::vector<std::string> args = offing::module_command_line();
  if (args.size() != 3) {
    std::fprintf(stderr, "usage: node mksnapshot.node SCRIPT SNAPSHOT\n");
    _exit(2);
  }
  auto written =
      offing::write_snapshot(platform, node::GetCurrentEventLoop(isolate), args[1], args[2]);
  if (!written) std::fprintf(stderr, "mksnapshot: %s\n", written.error().c_str());
  std::fflush(nullptr);
  _exit(written ? 0 : 1);
}
