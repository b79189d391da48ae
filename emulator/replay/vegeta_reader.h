// Targets of Vegeta's JSON format: requests without times, sent at even gaps.
#ifndef OFFING_EMULATOR_REPLAY_VEGETA_READER_H_
#define OFFING_EMULATOR_REPLAY_VEGETA_READER_H_

#include <expected>
#include <string>
#include <string_view>

#include "emulator/replay/traffic.h"

namespace offing::replay {

std::expected<Traffic, InputError> read_vegeta(std::string_view text, const std::string& file,
                                           const ReadOptions& options);

}  // namespace offing::replay

#endif  // OFFING_EMULATOR_REPLAY_VEGETA_READER_H_
