// Words that the reports share: numbers with their nouns, places in time, requests, clean text.
#ifndef OFFING_EMULATOR_REPLAY_WORDS_H_
#define OFFING_EMULATOR_REPLAY_WORDS_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace offing::replay {

// "1 request", "2 requests"
std::string count_text(uint64_t count, std::string_view noun);
// Since the run's start: "+0.3 s", "+3 min 20.0 s".
std::string offset_text(int64_t at_us);
// "#7 GET /me"; the number is the trace's and left out when 0.
std::string request_text(uint64_t number, std::string_view method, std::string_view url);
// Cuts the middle out of a long text: "session:4f2c…9a".
std::string middle_cut(std::string_view text, size_t length_max);
// Bytes that are not UTF-8 become U+FFFD.
std::string clean_utf8(std::string_view text);
// Length of the UTF-8 character that `text` begins with, 0 when it is none.
size_t utf8_length(std::string_view text);
// Characters, for columns.
size_t width(std::string_view text);
std::string padded(std::string text, size_t columns);

enum class Paint : uint8_t { kRed, kGreen, kYellow, kDim, kBold };
std::string painted(std::string_view text, Paint paint, bool colour);

}  // namespace offing::replay

#endif  // OFFING_EMULATOR_REPLAY_WORDS_H_
