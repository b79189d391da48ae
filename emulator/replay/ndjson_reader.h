// Offing's own format, for people to write and programs to stream: one JSON object a line
// (docs/traffic.md, docs/traffic.schema.json). Unknown fields are errors.
#ifndef OFFING_EMULATOR_REPLAY_NDJSON_READER_H_
#define OFFING_EMULATOR_REPLAY_NDJSON_READER_H_

#include <expected>
#include <string>
#include <string_view>

#include "emulator/replay/traffic.h"

namespace offing::replay {

std::expected<Traffic, InputError> read_ndjson(std::string_view text, const std::string& file,
                                           const ReadOptions& options);

}  // namespace offing::replay

#endif  // OFFING_EMULATOR_REPLAY_NDJSON_READER_H_
