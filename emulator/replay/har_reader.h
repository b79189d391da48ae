// HAR 1.2 to traffic: the requests to one origin, and what was answered as expectations.
// A body that its exporter left out or damaged is told in a warning and never compared; an upload
// that is not whole takes the whole expectation with it.
#ifndef OFFING_EMULATOR_REPLAY_HAR_READER_H_
#define OFFING_EMULATOR_REPLAY_HAR_READER_H_

#include <expected>
#include <string>
#include <string_view>

#include "emulator/replay/traffic.h"

namespace offing::replay {

std::expected<Traffic, InputError> read_har(std::string_view text, const std::string& file,
                                           const ReadOptions& options);

}  // namespace offing::replay

#endif  // OFFING_EMULATOR_REPLAY_HAR_READER_H_
