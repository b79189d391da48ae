// Build tool, a native module: node mksnapshot.node SCRIPT SNAPSHOT
#include <node.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "runtime/isolate/engine.h"

static std::vector<std::string> arguments() {
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  const std::string all((std::istreambuf_iterator<char>(in)), {});
  std::vector<std::string> args;
  for (size_t at = 0; at < all.size(); at = all.find('\0', at) + 1) args.push_back(&all[at]);
  while (!args.empty() && !args.front().ends_with(".node")) args.erase(args.begin());
  return args;
}

NODE_MODULE_INIT() {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  auto* platform =
      node::GetMultiIsolatePlatform(node::GetCurrentEnvironment(isolate->GetCurrentContext()));
  const std::vector<std::string> args = arguments();
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
