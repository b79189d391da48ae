// Appends JSON to a string: the little that a log line needs, without a document in between.
// Bytes that are not UTF-8 become U+FFFD, so that every line is valid JSON whatever a guest wrote.
#ifndef OFFING_EMULATOR_TRACE_JSON_TEXT_H_
#define OFFING_EMULATOR_TRACE_JSON_TEXT_H_

#include <concepts>
#include <string>
#include <string_view>

namespace offing::trace {

void append_json_string(std::string& out, std::string_view text);

class JsonFields {
 public:
  explicit JsonFields(std::string& out) : out_(out) {}
  void operator()(std::string_view name, std::string_view value) {
    key(name);
    append_json_string(out_, value);
  }
  void operator()(std::string_view name, bool value) {
    key(name);
    out_ += value ? "true" : "false";
  }
  template <std::integral T> void operator()(std::string_view name, T value) {
    key(name);
    out_ += std::to_string(value);
  }

 private:
  void key(std::string_view name) {
    out_ += ",\"";
    out_ += name;
    out_ += "\":";
  }
  std::string& out_;
};

}  // namespace offing::trace

#endif  // OFFING_EMULATOR_TRACE_JSON_TEXT_H_
