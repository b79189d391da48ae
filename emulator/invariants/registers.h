// Is a history of reads and writes that of one register for each key? Every write makes a version
// of its own, and versions of a key are ordered, so the only order that can explain the history is
// that of the versions: the answer is exact and takes n log n.
//
// Linearizable: that order keeps to real time, too: what ended before something else began stands
// before it. Sequential by process: it keeps only to the order of each process. Both hold or fail
// key by key (linearizability composes; the sequential order is checked for each key by itself,
// which is what a session of an eventually consistent store is promised at most).
#ifndef OFFING_EMULATOR_INVARIANTS_REGISTERS_H_
#define OFFING_EMULATOR_INVARIANTS_REGISTERS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace offing::invariants {

struct RegisterOperation {
  static constexpr uint64_t kNever = UINT64_MAX;
  std::string key;
  uint64_t process = 0;
  bool is_write = false;
  uint64_t version = 0;  // read or made; 0: before any write
  // Places in the order of all events, not times. An operation whose end nobody saw never ends; a
  // write among them counts only when somebody has read its version.
  uint64_t began = 0;
  uint64_t ended = 0;
};

struct RegisterViolation {
  std::string key;
  size_t earlier;    // index of the operation that ended first
  size_t later;      // and of the one that contradicts it
  std::string text;  // "b read version 1 after a had written version 2"
};

struct RegisterCheck {
  uint64_t keys = 0;
  uint64_t operations = 0;
  std::vector<RegisterViolation> linearizable;  // empty: it is
  std::vector<RegisterViolation> sequential;
};

// At most `violations_max` of each kind are listed.
RegisterCheck check_registers(const std::vector<RegisterOperation>& history,
                              size_t violations_max = 100);

}  // namespace offing::invariants

#endif  // OFFING_EMULATOR_INVARIANTS_REGISTERS_H_
