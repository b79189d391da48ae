// "did you mean": the nearest of some names, for error texts.
#ifndef OFFING_EMULATOR_CONFIG_SPELLING_H_
#define OFFING_EMULATOR_CONFIG_SPELLING_H_

#include <span>
#include <string>
#include <string_view>

namespace offing::config {

// `. Did you mean "x"?`, or "" when no name is near: a third of the word's length, at
// least 2 (1 for words of up to three bytes).
std::string did_you_mean(std::string_view word, std::span<const std::string_view> names);

}  // namespace offing::config

#endif  // OFFING_EMULATOR_CONFIG_SPELLING_H_
