// Whatever a settings file, a --kv-lag or a guest's cursor holds: an answer or an error, never worse,
// and what was read is read the same again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "storage/kv/cursor.h"
#include "storage/kv/settings.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto settings = offing::parse_kv_settings(text); !settings && settings.error().empty()) abort();
  if (auto lag = offing::parse_lag(text)) {
    const auto again = offing::parse_lag(lag->text());
    if (!again || *again != *lag) abort();
  }
  if (auto name = offing::kv::decode_cursor("p", text)) {
    if (offing::kv::encode_cursor("p", *name) != text) abort();
  }
  return 0;
}
