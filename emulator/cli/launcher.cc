// The command `offing`: starts the engine's host process with our native module. Nothing of the
// host's own JavaScript or environment options reaches a guest.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  // Options meant for a user's own Node.js must not change how ours runs.
  for (const char* name : {"NODE_OPTIONS", "NODE_PATH", "NODE_V8_COVERAGE", "NODE_EXTRA_CA_CERTS"})
    unsetenv(name);
#ifdef OFFING_SANITIZER_PRELOAD
  setenv("LD_PRELOAD", OFFING_SANITIZER_PRELOAD, 1);
  setenv("ASAN_OPTIONS", "detect_leaks=0:allocator_may_return_null=1", 0);  // unless it is set
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
  execv(OFFING_ENGINE, args.data());
  std::fprintf(stderr, "offing: cannot start the engine %s: %s (run tools/setup)\n", OFFING_ENGINE,
               std::strerror(errno));
  return 1;
}
