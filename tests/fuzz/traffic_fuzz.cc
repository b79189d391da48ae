// Whatever a traffic file holds: traffic that keeps its invariants or an error, in every format; and
// a recording that answers or refuses.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "emulator/replay/header_rules.h"
#include "emulator/replay/recording.h"
#include "emulator/replay/traffic.h"
#include "emulator/replay/values.h"

using namespace offing::replay;

static void check(const Traffic& traffic) {
  int64_t last_us = 0;
  if (traffic.entries.empty()) abort();
  for (const Entry& entry : traffic.entries) {
    if (entry.at_us < last_us || !origin_of(entry.url) || !is_token(entry.method)) abort();
    if (!entry.location.empty() && !is_location(entry.location)) abort();
    for (const auto& header : entry.headers) {
      if (request_header_rule(header.name) != HeaderRule::kSend) abort();
      if (!is_token(header.name) || !is_header_value(header.value)) abort();
    }
    last_us = entry.at_us;
  }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ReadOptions options;
  options.header_fill = {{"cookie", "a=b"}};
  for (int i = -1; i < 4; ++i) {
    if (i >= 0) options.format = static_cast<Format>(i);
    auto traffic = parse_traffic(text, "fuzz", options);
    if (traffic) check(*traffic);
    else if (traffic.error().message.empty()) abort();
  }
  if (auto recording = Recording::parse(text, "fuzz")) {
    offing::Request request;
    request.url = "https://shop.example/";
    for (int i = 0; i < 3; ++i) {
      if (auto answer = recording->answer(request); !answer && answer.error().empty()) abort();
    }
  }
  return 0;
}
