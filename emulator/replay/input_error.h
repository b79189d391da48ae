// What is wrong with a file that a user gave, and where: every reader of this room fails with it.
// `line` and `column` count from 1, in bytes; 0 when the place is the file as a whole.
#ifndef OFFING_EMULATOR_REPLAY_INPUT_ERROR_H_
#define OFFING_EMULATOR_REPLAY_INPUT_ERROR_H_

#include <cstdint>
#include <string>

namespace offing::replay {

struct InputError {
  std::string file;
  uint64_t line = 0;
  uint64_t column = 0;
  std::string field;    // "expect.status", "log.entries[3].request.url", or empty
  std::string message;  // names the value, the limit and the way out

  // "traffic.ndjson:12: expect.status: 700 is not an HTTP status (100-599)"
  std::string text() const;
};

}  // namespace offing::replay

#endif  // OFFING_EMULATOR_REPLAY_INPUT_ERROR_H_
