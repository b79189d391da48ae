// An answer against what was expected of it, in words a person can act on.
#ifndef OFFING_EMULATOR_REPLAY_COMPARE_H_
#define OFFING_EMULATOR_REPLAY_COMPARE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/replay/traffic.h"
#include "runtime/http/header_list.h"

namespace offing::replay {

struct Comparison {
  std::vector<std::string> differences;  // "status: expected 200, got 302"; at most 20
  bool equal() const { return differences.empty(); }
};

Comparison compare(const Expectation& expected, uint16_t status, const HeaderList& headers,
                   std::string_view body);

// Why `pattern` cannot be used for Expectation::matches; empty when it can.
std::string check_pattern(const std::string& pattern);

}  // namespace offing::replay

#endif  // OFFING_EMULATOR_REPLAY_COMPARE_H_
