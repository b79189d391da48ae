// Values of a Durable Object's key-value storage as JSON, without an isolate: the engine's serialization
// format (version 15, which later engines read, too) read and written for what JSON can say.
//
// What JSON has no word for is shown as {"$type": "Date", "value": …}: Date, Map, Set, BigInt, RegExp,
// Error, undefined, NaN and infinities, ArrayBuffer and its views (base64). A value that refers to itself,
// or that holds a platform object, is an error. Written is plain JSON only.
#ifndef OFFING_EMULATOR_CONTROL_STRUCTURED_VALUES_H_
#define OFFING_EMULATOR_CONTROL_STRUCTURED_VALUES_H_

#include <rapidjson/document.h>

#include <expected>
#include <string>
#include <string_view>

namespace offing::control {

// The error says what of the value is not told.
std::expected<std::string, std::string> json_of_structured(std::string_view bytes);
std::string structured_of_json(const rapidjson::Value& value);

}  // namespace offing::control

#endif  // OFFING_EMULATOR_CONTROL_STRUCTURED_VALUES_H_
