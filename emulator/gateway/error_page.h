// The platform's own answers when a Worker gives none (spec/limits.md 5.1): a short text for
// programs, a page for browsers; the code is what to match.
#ifndef OFFING_EMULATOR_GATEWAY_ERROR_PAGE_H_
#define OFFING_EMULATOR_GATEWAY_ERROR_PAGE_H_

#include <string_view>

#include "runtime/http/message.h"

namespace offing {

enum class PlatformError : uint16_t {
  kLoop = 1019,
  kWorkerThrew = 1101,
  kResourceLimits = 1102,
};

// `accept` is the client's Accept header: a browser (text/html) gets a page.
Response platform_error(PlatformError error, std::string_view accept, std::string_view ray);

// A plain answer of offing itself: text with a newline, status as given.
Response plain_answer(uint16_t status, std::string_view text);

}  // namespace offing

#endif  // OFFING_EMULATOR_GATEWAY_ERROR_PAGE_H_
