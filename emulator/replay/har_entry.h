// A HAR 1.2 file, one entry at a time, as browsers and Playwright write it: with the fields that the
// standard leaves open (`_fromCache`, `_location`, base64 texts, sizes of -1) and with a verdict on
// each body, for exporters leave bodies out or damage them without saying so.
#ifndef OFFING_EMULATOR_REPLAY_HAR_ENTRY_H_
#define OFFING_EMULATOR_REPLAY_HAR_ENTRY_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "emulator/replay/input_error.h"
#include "emulator/replay/json_input.h"
#include "emulator/replay/traffic.h"

namespace offing::replay {

struct HarBody {
  enum class Loss : uint8_t { kNone, kLeftOut, kDamaged };
  bool there = false;
  std::string bytes;
  Loss loss = Loss::kNone;
};

using HarHeaders = std::vector<std::pair<std::string, std::string>>;

struct HarEntry {
  int64_t started_us = 0;  // Unix time
  uint64_t index = 0;
  uint64_t line = 0;
  std::string method;
  std::string url;  // as recorded
  HarHeaders request_headers;
  HarBody upload;
  std::string upload_type;  // Content-Type that `upload` needs and the headers do not tell; or empty
  int status = 0;           // 0 or less: no answer
  std::string reason;
  HarHeaders response_headers;  // one Set-Cookie each
  HarBody content;
  std::vector<RecordedCookie> cookies_set;
  std::string location;  // `_location`, or what the response's CF-Ray ends in; may be empty
  bool location_named = false;  // by `_location`
  bool from_cache = false;
  bool websocket = false;
};

// `path` is that of a field in the entry ("request.headers[2].value"): the error about it.
using HarProblem = std::function<InputError(std::string path, std::string message)>;
using HarVisit =
    std::function<std::expected<void, InputError>(HarEntry, const HarProblem& problem)>;

std::expected<void, InputError> each_har_entry(const JsonText& text, const HarVisit& visit);

const std::string* find_header(const HarHeaders& headers, std::string_view name);
bool is_binary_type(std::string_view content_type);

}  // namespace offing::replay

#endif  // OFFING_EMULATOR_REPLAY_HAR_ENTRY_H_
