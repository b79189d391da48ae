// JSON as it is written, piece by piece, into one string. Commas are its own; that what is opened is closed
// is the caller's. Texts that are not UTF-8 become valid (trace/json_text.h).
#ifndef OFFING_EMULATOR_CONTROL_JSON_H_
#define OFFING_EMULATOR_CONTROL_JSON_H_

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "emulator/trace/json_text.h"

namespace offing::control {

class Json {
 public:
  Json& open(char bracket) {
    comma();
    text_ += bracket;
    comma_ = false;
    return *this;
  }
  Json& close(char bracket) {
    text_ += bracket;
    comma_ = true;
    return *this;
  }
  Json& key(std::string_view name) {
    comma();
    trace::append_json_string(text_, name);
    text_ += ':';
    comma_ = false;
    return *this;
  }
  Json& value(std::string_view text) {
    comma();
    trace::append_json_string(text_, text);
    comma_ = true;
    return *this;
  }
  Json& value(const std::string& text) { return value(std::string_view(text)); }
  Json& value(const char* text) { return value(std::string_view(text)); }
  Json& value(std::same_as<bool> auto flag) { return raw(flag ? "true" : "false"); }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  Json& value(T number) { return raw(std::to_string(number)); }
  template <class T> Json& value(const std::optional<T>& value) {
    return value ? this->value(*value) : raw("null");
  }
  // What is JSON already.
  Json& raw(std::string_view json) {
    comma();
    text_ += json;
    comma_ = true;
    return *this;
  }
  template <class T> Json& field(std::string_view name, const T& value) {
    key(name);
    return this->value(value);
  }
  Json& raw_field(std::string_view name, std::string_view json) {
    key(name);
    return raw(json);
  }
  std::string take() { return std::move(text_); }

 private:
  void comma() {
    if (comma_) text_ += ',';
  }
  std::string text_;
  bool comma_ = false;
};

inline std::string json_of(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}
inline std::string_view text_of(const rapidjson::Value& string) {
  return {string.GetString(), string.GetStringLength()};
}

}  // namespace offing::control

#endif  // OFFING_EMULATOR_CONTROL_JSON_H_
