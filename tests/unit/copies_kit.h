// What the tests of copies share: a directory of a test's own, and time.
#ifndef OFFING_TESTS_UNIT_COPIES_KIT_H_
#define OFFING_TESTS_UNIT_COPIES_KIT_H_

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "emulator/world/world.h"

namespace offing::test {

class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "offing-copies-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline void advance(VirtualWorld& world, int64_t ms) {
  world.schedule_after(ms * 1000, [&world] { world.stop(); });
  world.run();
  world.go_on();
}

}  // namespace offing::test

#endif  // OFFING_TESTS_UNIT_COPIES_KIT_H_
