// The command line of a native module: [module, words…].
//
// The engine's host process loads the module and hands it none of its words, so they are read from
// where the system keeps them. Engine options in front of the module are left out.
#ifndef OFFING_RUNTIME_ISOLATE_COMMAND_LINE_H_
#define OFFING_RUNTIME_ISOLATE_COMMAND_LINE_H_

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace offing {

// Empty when no word names a native module (….node).
inline std::vector<std::string> module_command_line() {
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  const std::string all((std::istreambuf_iterator<char>(in)), {});
  std::vector<std::string> words;
  for (size_t at = 0; at < all.size();) {
    const size_t end = std::min(all.find('\0', at), all.size());
    if (!words.empty() || all.substr(at, end - at).ends_with(".node")) {
      words.push_back(all.substr(at, end - at));
    }
    at = end + 1;
  }
  return words;
}

}  // namespace offing

#endif  // OFFING_RUNTIME_ISOLATE_COMMAND_LINE_H_
