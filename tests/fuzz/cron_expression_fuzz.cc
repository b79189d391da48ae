// Whatever an expression is: an error that says something, or times that only grow and fit the minute.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "emulator/config/cron_expression.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto cron = offing::config::CronExpression::parse({reinterpret_cast<const char*>(data), size});
  if (!cron) {
    if (cron.error().empty()) abort();
    return 0;
  }
  int64_t at_ms = 1'767'225'600'000;
  for (int i = 0; i < 3; ++i) {
    const auto next = cron->next_after_ms(at_ms);
    if (!next) return 0;
    if (*next <= at_ms || *next % 60'000 != 0) abort();
    if (cron->next_after_ms(*next - 1) != next) abort();
    at_ms = *next;
  }
  return 0;
}
