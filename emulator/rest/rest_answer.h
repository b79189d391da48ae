// The envelope of REST v4 (spec/r2.md 2.1): {success, errors, messages, result, result_info}.
#ifndef OFFING_EMULATOR_REST_REST_ANSWER_H_
#define OFFING_EMULATOR_REST_REST_ANSWER_H_

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "emulator/services/r2_settings.h"
#include "runtime/http/message.h"
#include "storage/r2/error.h"

namespace offing::rest {

struct RestError {
  uint32_t code = 10001;
  uint16_t status = 500;
  std::string message;
};

// A code that the table of r2::Error has, with our text where the table's says too little.
RestError rest_error(r2::Code code);
RestError rest_error(r2::Code code, std::string message);
// `settings` choose the status of a refusal by a lock (2.4).
RestError rest_error(const r2::Error& error, const R2Settings& settings);

// What a route gives: JSON of `result`, and of `result_info` when there is one.
struct RestResult {
  std::string result = "{}";
  std::string info;
};
using RestOutcome = std::expected<RestResult, RestError>;

Response rest_response(const RestOutcome& outcome);

// `"name"`, quoted and escaped.
std::string json_string(std::string_view text);

}  // namespace offing::rest

#endif  // OFFING_EMULATOR_REST_REST_ANSWER_H_
