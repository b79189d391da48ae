// Reads one object of a JSON file of the user's, member by member: the first mistake is kept, with
// the member's whole path, its value and what is expected; a member that nobody took is a mistake
// too.
#ifndef OFFING_EMULATOR_SERVICES_R2_JSON_H_
#define OFFING_EMULATOR_SERVICES_R2_JSON_H_

#include <rapidjson/document.h>

#include <cstdint>
#include <expected>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace offing {

class R2JsonObject {
 public:
  // `path` ends with a dot, or is empty. `value` must be an object, else that is the first mistake.
  R2JsonObject(const rapidjson::Value& value, std::string path, std::string& error);

  const rapidjson::Value* take(const char* key);
  void flag(const char* key, bool& out);
  template <class T> void integer(const char* key, T& out, int64_t low, int64_t high) {
    int64_t value = 0;
    if (read_integer(key, value, low, high)) out = static_cast<T>(value);
  }
  void text(const char* key, std::string& out);
  // A list of texts.
  void texts(const char* key, std::vector<std::string>& out);
  // One of these numbers.
  void one_of(const char* key, uint16_t& out, std::initializer_list<uint16_t> choices);
  // The place in `names` of a text.
  void choice(const char* key, size_t& out, std::initializer_list<std::string_view> names);

  void fail(std::string_view key, const rapidjson::Value& value, std::string_view wanted);
  void fail_with(std::string_view key, std::string_view why);   // "<path><key>: <why>"
  std::string path(std::string_view key) const { return path_ + std::string(key); }
  bool ok() const { return error_.empty(); }
  // After all members were taken.
  void finish();

 private:
  bool read_integer(const char* key, int64_t& out, int64_t low, int64_t high);

  const rapidjson::Value& object_;
  std::string path_;
  std::string& error_;
  std::vector<std::string_view> known_;
};

// Comments and trailing commas are allowed. The error names the line.
std::expected<void, std::string> parse_r2_json(std::string_view text, rapidjson::Document& out);
std::string_view r2_json_text(const rapidjson::Value& string);
std::string r2_json_of(const rapidjson::Value& value);

}  // namespace offing

#endif  // OFFING_EMULATOR_SERVICES_R2_JSON_H_
