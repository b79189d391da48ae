// Whatever a control request or a command line holds: arguments or an error that says why, never worse; and
// whatever an object's stored bytes hold: JSON or an error.
#include <rapidjson/document.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "emulator/control/arguments.h"
#include "emulator/control/json.h"
#include "emulator/control/structured_values.h"

namespace {

using offing::control::Kind;

constexpr offing::control::Argument kKnown[] = {
    {"t", Kind::kText, false, ""},  {"i", Kind::kInteger, false, ""}, {"n", Kind::kNumber, false, ""},
    {"f", Kind::kFlag, false, ""},  {"d", Kind::kDuration, false, ""}, {"m", Kind::kTime, false, ""},
    {"s", Kind::kTexts, false, ""}, {"o", Kind::kObject, false, ""},   {"l", Kind::kList, false, ""},
    {"a", Kind::kAny, false, ""}};

void check(const rapidjson::Document& document) {
  auto read = offing::control::Arguments::read(kKnown, document);
  if (!read) {
    if (read.error().message.empty()) abort();
    return;
  }
  if (auto us = read->duration_us("d"); read->has("d") && (!us || *us < 0)) abort();
  if (auto us = read->time_us("m"); read->has("m") && (!us || *us < 0)) abort();
  static_cast<void>(read->texts("s"));
  const rapidjson::Value* any = read->value("a");
  if (any == nullptr) return;
  // What is stored comes back.
  auto again = offing::control::json_of_structured(offing::control::structured_of_json(*any));
  if (!again) abort();
  rapidjson::Document back;
  back.Parse<rapidjson::kParseIterativeFlag>(again->data(), again->size());
  if (back.HasParseError()) abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto document = offing::control::parse_object(text)) check(*document);
  rapidjson::Document into;
  into.SetObject();
  if (offing::control::add_query(text, kKnown, into)) check(into);
  if (auto json = offing::control::json_of_structured(text)) {
    rapidjson::Document document;
    document.Parse<rapidjson::kParseIterativeFlag>(json->data(), json->size());
    if (document.HasParseError()) abort();
  }
  return 0;
}
