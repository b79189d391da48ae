// A user's file as one string, or why it cannot be read.
#ifndef OFFING_EMULATOR_REPLAY_INPUT_FILE_H_
#define OFFING_EMULATOR_REPLAY_INPUT_FILE_H_

#include <cstdint>
#include <expected>
#include <string>

#include "emulator/replay/input_error.h"

namespace offing::replay {

constexpr uint64_t kFileSizeBytesMax = 512ull * 1024 * 1024;

std::expected<std::string, InputError> read_input_file(const std::string& path,
                                                       uint64_t size_bytes_max);
// "the file has 600 bytes, more than the 512 that are read; split it"
InputError too_large(const std::string& file, uint64_t size_bytes, uint64_t size_bytes_max);

}  // namespace offing::replay

#endif  // OFFING_EMULATOR_REPLAY_INPUT_FILE_H_
