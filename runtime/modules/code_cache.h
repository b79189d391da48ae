// The compiled code of modules, kept from isolate to isolate of one engine, so that the next world begins
// without compiling what the one before has compiled. By the modules' text, whatever project they are of.
//
// It is for worlds whose time is virtual: there nobody is measured by how long a compilation takes. What
// `offing check` and a daemon in real time start, compiles everything, as a deploy does.
#ifndef OFFING_RUNTIME_MODULES_CODE_CACHE_H_
#define OFFING_RUNTIME_MODULES_CODE_CACHE_H_

#include <cstdint>
#include <string>
#include <unordered_map>

#include "runtime/modules/bundle.h"

namespace offing {

class CodeCache {
 public:
  using Key = uint64_t;  // of a module's text; 0: of none
  static Key key_of(const Module& module);

  // What V8 wrote; null when nothing is kept.
  const std::string* find(Key key) const;
  // Whether another copy is of use: the first ones lack what their isolates never called.
  bool wants(Key key) const;
  void keep(Key key, std::string code);
  // V8 refused it: other flags, or another version.
  void drop(Key key);

 private:
  struct One {
    std::string code;
    uint32_t times = 0;  // that one was kept
  };
  std::unordered_map<Key, One> of_;
  uint64_t bytes_ = 0;
};

}  // namespace offing

#endif  // OFFING_RUNTIME_MODULES_CODE_CACHE_H_
