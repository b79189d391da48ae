// Small values that traffic files hold: base64, times, URLs' parts. Every function is total: bad text
// gives nothing.
#ifndef OFFING_EMULATOR_REPLAY_VALUES_H_
#define OFFING_EMULATOR_REPLAY_VALUES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace offing::replay {

// Standard or URL alphabet, padding optional, line breaks ignored.
std::optional<std::string> base64_decode(std::string_view text);
// "2026-01-02T03:04:05.678+01:00": Unix time. A zone is required; years 1970-9999.
std::optional<int64_t> iso_time_us(std::string_view text);
// "1m30s", "250ms", "1.5s", "2h"; at most 366 days.
std::optional<int64_t> duration_us(std::string_view text);
// "http://host:port" of an http(s) URL in lower case, default port left out; nothing for others.
std::optional<std::string> origin_of(std::string_view url);
// Path and query of an absolute URL, fragment left out: "/a?b", at least "/".
std::string_view target_of(std::string_view url);
// "10:00:04.100", UTC.
std::string clock_text(int64_t at_us);
// "0.9 s", "56.2 s", "3 min 20.0 s".
std::string span_text(int64_t span_us);
// Printable on one line, at most `length_max` bytes, cut at a character.
std::string shortened(std::string_view text, size_t length_max);
bool is_utf8_replacement_in(std::string_view text);

}  // namespace offing::replay

#endif  // OFFING_EMULATOR_REPLAY_VALUES_H_
