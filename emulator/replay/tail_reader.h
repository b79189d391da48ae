// What `wrangler tail --format json` prints: one object after another, broken over lines. It shows
// no bodies, and REDACTED in place of secrets; what cannot be replayed as it was is warned about.
#ifndef OFFING_EMULATOR_REPLAY_TAIL_READER_H_
#define OFFING_EMULATOR_REPLAY_TAIL_READER_H_

#include <expected>
#include <string>
#include <string_view>

#include "emulator/replay/traffic.h"

namespace offing::replay {

std::expected<Traffic, InputError> read_tail(std::string_view text, const std::string& file,
                                           const ReadOptions& options);

}  // namespace offing::replay

#endif  // OFFING_EMULATOR_REPLAY_TAIL_READER_H_
