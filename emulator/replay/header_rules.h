// Which recorded headers go out again. One table for all readers: what describes the connection of
// then, what the client library or the platform's edge writes itself, and what names the location.
#ifndef OFFING_EMULATOR_REPLAY_HEADER_RULES_H_
#define OFFING_EMULATOR_REPLAY_HEADER_RULES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "emulator/replay/traffic.h"

namespace offing::replay {

enum class HeaderRule : uint8_t { kSend, kDrop, kLocation };
HeaderRule request_header_rule(std::string_view name);

// Whether a recorded answer keeps this header: its body is stored decoded and whole.
bool answer_header_kept(std::string_view name);

// Follows the rule for one recorded header. `offing-location` becomes Entry::location.
// Gives what is wrong with the header, if anything.
std::optional<std::string> put_request_header(Entry& entry, std::string_view name,
                                              std::string_view value);

bool is_token(std::string_view text);         // RFC 9110 5.6.2: methods, names of headers
bool is_header_value(std::string_view text);  // no CR, LF or NUL
std::string_view trimmed(std::string_view text);
std::string lower_case(std::string_view text);

bool is_location(std::string_view text);  // three capital letters
std::string location_problem(std::string_view text);

}  // namespace offing::replay

#endif  // OFFING_EMULATOR_REPLAY_HEADER_RULES_H_
