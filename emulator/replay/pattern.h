// Regular expressions that a traffic file gives (Expectation::matches). What a file may ask for is
// bounded, so that no pattern and no answer can make a run hang: matching takes time proportional to
// pattern and text, and the stack it takes depends on the pattern alone.
#ifndef OFFING_EMULATOR_REPLAY_PATTERN_H_
#define OFFING_EMULATOR_REPLAY_PATTERN_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace offing::replay {

inline constexpr size_t kPatternBytesMax = 512;
inline constexpr size_t kPatternStepsMax = 2000;  // atoms, repetitions {n} counted n times
inline constexpr size_t kPatternGroupsMax = 50;
inline constexpr size_t kMatchedBytesMax = 64 * 1024;

// Why `pattern` cannot be used; empty when it can.
std::string check_pattern(const std::string& pattern);
// Whether `pattern`, which was checked, is found in `text` (at most kMatchedBytesMax). The pattern
// sees bytes; `^` and `$` are the ends of the text.
bool pattern_found(const std::string& pattern, std::string_view text);

}  // namespace offing::replay

#endif  // OFFING_EMULATOR_REPLAY_PATTERN_H_
