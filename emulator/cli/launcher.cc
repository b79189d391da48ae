// The command `offing`: becomes the engine's host process with our native module, or for `dev` the parent
// that watches over it. Nothing of the host's own JavaScript or environment options reaches a guest.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/cli/supervisor.h"

int main(int argc, char** argv) {
  const bool serves = argc > 1 && std::string_view(argv[1]) == "dev";
  // Options meant for a user's own Node.js must not change how ours runs.
  for (const char* name :
       {"NODE_OPTIONS", "NODE_PATH", "NODE_V8_COVERAGE", "NODE_EXTRA_CA_CERTS", "OFFING_PARENT"})
    unsetenv(name);
#ifdef OFFING_SANITIZER_PRELOAD
  setenv("LD_PRELOAD", OFFING_SANITIZER_PRELOAD, 1);
  // Unless it is set. A parent has to see by the signal that its daemon did not just end.
  setenv("ASAN_OPTIONS",
         serves ? "detect_leaks=0:allocator_may_return_null=1:abort_on_error=1"
                : "detect_leaks=0:allocator_may_return_null=1",
         0);
#endif
  char self[4096];
  const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  if (length <= 0) {
    std::fprintf(stderr, "offing: cannot find its own folder: %s\n", std::strerror(errno));
    return 1;
  }
  const std::string path(self, static_cast<size_t>(length));
  const std::string module = path.substr(0, path.rfind('/')) + "/offing.node";
  std::vector<std::string> words = {OFFING_ENGINE, OFFING_ENGINE_FLAGS, module};
  for (int i = 1; i < argc; ++i) words.emplace_back(argv[i]);
  std::vector<char*> args;
  for (std::string& word : words) args.push_back(word.data());
  args.push_back(nullptr);
  if (serves) {
    const int code = offing::supervise(OFFING_ENGINE, args.data());
    if (code >= 0) return code;
    unsetenv("OFFING_PARENT");
  }
  execv(OFFING_ENGINE, args.data());
  std::fprintf(stderr, "offing: cannot start the engine %s: %s (run tools/setup)\n", OFFING_ENGINE,
               std::strerror(errno));
  return 1;
}
