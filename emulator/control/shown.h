// Parts of answers that several verbs show.
#ifndef OFFING_EMULATOR_CONTROL_SHOWN_H_
#define OFFING_EMULATOR_CONTROL_SHOWN_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "emulator/control/json.h"
#include "emulator/control/verb.h"

namespace offing::control {

// Members of GET clock.
void add_clock(Json& json, Stage& stage);
// `name` as text, or `name`_base64 when the bytes are no text.
void add_bytes(Json& json, std::string_view name, std::string_view bytes);
// What a put stores: `value` or `value_base64`, exactly one of them.
std::expected<std::string, Failure> bytes_of(const Arguments& arguments, std::string_view name = "value");
// The same of a member of a list.
std::expected<std::string, Failure> bytes_of(const rapidjson::Value& object, std::string_view name);

// ---- What a name names in a stage: a binding in env, or the thing's own name.
std::expected<std::string, Failure> kv_namespace(Stage& stage, std::string_view name);
std::expected<uint32_t, Failure> r2_bucket(Stage& stage, std::string_view name);
std::expected<uint32_t, Failure> object_class(Stage& stage, std::string_view name);  // its index
std::expected<size_t, Failure> location(Stage& stage, std::string_view code);

}  // namespace offing::control

#endif  // OFFING_EMULATOR_CONTROL_SHOWN_H_
