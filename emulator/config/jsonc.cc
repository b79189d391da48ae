// JSON with comments and trailing commas to a Value, over RapidJSON's event parser: iterative, so
// that deep nesting costs a counter and not the stack.
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <tuple>

#include "emulator/config/value.h"

namespace offing::config {

namespace {

class LineTable {
 public:
  explicit LineTable(std::string_view text) {
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') starts_.push_back(i + 1);
    }
  }
  std::pair<int, int> at(size_t offset) const {
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
    return {static_cast<int>(after - starts_.begin()), static_cast<int>(offset - after[-1]) + 1};
  }

 private:
  std::vector<size_t> starts_{0};
};

class Builder {
 public:
  Builder(const LineTable& lines, const rapidjson::StringStream& stream)
      : lines_(lines), stream_(stream) {}

  bool Null() { return add(Value{}, 4); }
  bool Bool(bool value) {
    Value out = typed(Value::Type::kBool);
    out.boolean = value;
    return add(std::move(out), value ? 4 : 5);
  }
  bool Int(int value) { return Int64(value); }
  bool Uint(unsigned value) { return Int64(value); }
  bool Int64(int64_t value) {
    Value out = typed(Value::Type::kInteger);
    out.integer = value;
    return add(std::move(out), 0);
  }
  bool Uint64(uint64_t value) {
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return Double(static_cast<double>(value));
    }
    return Int64(static_cast<int64_t>(value));
  }
  bool Double(double value) {
    // Read from the text again: RapidJSON's quick way is off by a bit now and then, and its exact way
    // makes 4e292 of 0E95. What is too small stays as RapidJSON has it, 0.
    const char* begin = stream_.src_;
    std::from_chars(begin, begin + std::strspn(begin, "+-.0123456789eE"), value);
    Value out = typed(Value::Type::kNumber);
    out.number = value;
    return add(std::move(out), 0);
  }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return false; }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    Value out = typed(Value::Type::kString);
    out.string.assign(text, size);
    return add(std::move(out), 0);
  }
  bool StartObject() { return open(Value::Type::kObject); }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    keys_.back().assign(text, size);
    return true;
  }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool StartArray() { return open(Value::Type::kArray); }
  bool EndArray(rapidjson::SizeType) { return close(); }

  Value take_root() { return std::move(root_); }

 private:
  static Value typed(Value::Type type) {
    Value out;
    out.type = type;
    return out;
  }
  // The reader tells of a null or boolean when the stream stands `passed` bytes behind its first,
  // and of everything else when it stands at it.
  void locate(Value& value, size_t passed) const {
    std::tie(value.line, value.column) = lines_.at(stream_.Tell() - passed);
  }
  bool open(Value::Type type) {
    if (open_.size() >= static_cast<size_t>(kDepthMax)) return false;
    open_.push_back(typed(type));
    locate(open_.back(), 0);
    keys_.emplace_back();
    return true;
  }
  bool close() {
    Value done = std::move(open_.back());
    open_.pop_back();
    keys_.pop_back();
    return place(std::move(done));
  }
  bool add(Value value, size_t passed) {
    locate(value, passed);
    return place(std::move(value));
  }
  bool place(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().is(Value::Type::kArray)) {
      open_.back().items.push_back(std::move(value));
    } else {
      open_.back().set(keys_.back(), std::move(value));
    }
    return true;
  }

  const LineTable& lines_;
  const rapidjson::StringStream& stream_;
  std::vector<Value> open_;
  std::vector<std::string> keys_;  // the member being filled in each open value
  Value root_;
};

}  // namespace

std::expected<Value, Problem> parse_jsonc(std::string_view text, const std::string& file) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const LineTable lines(text);
  auto problem = [&](size_t offset, std::string message) {
    const auto [line, column] = lines.at(std::min(offset, text.size()));
    return std::unexpected(Problem{.file = file, .key = "", .line = line, .column = column,
                                   .message = "is not JSON: " + std::move(message)});
  };
  if (const size_t nul = text.find('\0'); nul != text.npos) {
    return problem(nul, "it contains a NUL byte");
  }
  std::string terminated(text);
  // RapidJSON takes up to three bytes behind the first of a character, wherever the text ends.
  terminated.append(3, '\0');
  rapidjson::StringStream stream(terminated.c_str());
  Builder builder(lines, stream);
  rapidjson::Reader reader;
  constexpr unsigned kFlags = rapidjson::kParseCommentsFlag | rapidjson::kParseTrailingCommasFlag |
                              rapidjson::kParseIterativeFlag |
                              rapidjson::kParseValidateEncodingFlag;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, builder);
  if (result.IsError()) {
    if (result.Code() == rapidjson::kParseErrorTermination) {
      return problem(result.Offset(),
                     "nested deeper than the limit of " + std::to_string(kDepthMax) + " levels");
    }
    return problem(result.Offset(), rapidjson::GetParseError_En(result.Code()));
  }
  return builder.take_root();
}

}  // namespace offing::config
