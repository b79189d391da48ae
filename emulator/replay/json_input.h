// JSON values in a file of a user's: parsed one at a time, so that a large recording costs the memory
// of its largest entry, with the places that errors have to name. Nesting is bounded, so no input
// can exhaust the stack.
#ifndef OFFING_EMULATOR_REPLAY_JSON_INPUT_H_
#define OFFING_EMULATOR_REPLAY_JSON_INPUT_H_

#include <rapidjson/document.h>

#include <cstdint>
#include <expected>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "emulator/replay/input_error.h"

namespace offing::replay {

constexpr int kNestingMax = 100;

// A text with its file's name. The text outlives it.
class JsonText {
 public:
  JsonText(std::string_view text, std::string file) : text_(text), file_(std::move(file)) {}

  std::string_view text() const { return text_; }
  InputError error(size_t offset, std::string field, std::string message) const;
  uint64_t line_of(size_t offset) const;

  size_t skip_space(size_t offset) const;
  // Parses the value at `offset` and moves `offset` behind it.
  std::expected<void, InputError> parse(size_t& offset, const std::string& field,
                                        rapidjson::Document& out) const;
  // The same without building it.
  std::expected<void, InputError> skip(size_t& offset, const std::string& field) const;
  // Walks the object at `offset`: calls `visit(key, value_offset)`, which moves the offset behind the
  // value and returns false to stop there.
  template <class Visit>
  std::expected<void, InputError> object(size_t& offset, const std::string& field,
                                         Visit visit) const {
    return walk(offset, field, '{', [&](std::string_view key, size_t& at) { return visit(key, at); });
  }
  template <class Visit>
  std::expected<void, InputError> array(size_t& offset, const std::string& field,
                                        Visit visit) const {
    return walk(offset, field, '[', [&](std::string_view, size_t& at) { return visit(at); });
  }

 private:
  template <class Visit>
  std::expected<void, InputError> walk(size_t& offset, const std::string& field, char open,
                                       Visit visit) const;
  std::expected<std::string, InputError> key(size_t& offset, const std::string& field) const;

  std::string_view text_;
  std::string file_;
  mutable size_t counted_to_ = 0;  // line_of goes on from the last place asked for
  mutable uint64_t counted_lines_ = 1;
};

// The fields of one parsed object. The first thing wrong is kept; what follows reads as absent, so
// that a reader checks `wrong` once at its end.
class Fields {
 public:
  struct Wrong {
    std::string field;
    std::string message;
  };
  Fields(const rapidjson::Value& value, std::string path, std::optional<Wrong>& wrong);

  const rapidjson::Value* find(const char* name) const;
  const rapidjson::Value* required(const char* name) const;
  std::optional<std::string> string(const char* name) const;
  std::optional<int64_t> integer(const char* name, int64_t low, int64_t high) const;
  std::optional<bool> boolean(const char* name) const;
  std::optional<Fields> object(const char* name) const;
  const rapidjson::Value* array(const char* name) const;
  // Every field has to be one of these.
  void only(std::initializer_list<std::string_view> names) const;

  void fail(std::string_view name, std::string message) const;
  bool ok() const { return !wrong_->has_value(); }
  std::string path(std::string_view name) const;
  const rapidjson::Value& value() const { return *value_; }
  std::optional<Wrong>& wrong() const { return *wrong_; }

 private:
  const rapidjson::Value* value_;
  std::string path_;
  std::optional<Wrong>* wrong_;
};

std::string_view view(const rapidjson::Value& string);
std::string json_of(const rapidjson::Value& value);

template <class Visit>
std::expected<void, InputError> JsonText::walk(size_t& offset, const std::string& field, char open,
                                               Visit visit) const {
  const char close = open == '{' ? '}' : ']';
  offset = skip_space(offset);
  if (offset >= text_.size() || text_[offset] != open) {
    return std::unexpected(error(offset, field, open == '{' ? "an object is expected here"
                                                            : "an array is expected here"));
  }
  offset = skip_space(offset + 1);
  if (offset < text_.size() && text_[offset] == close) {
    ++offset;
    return {};
  }
  for (;;) {
    std::string name;
    if (open == '{') {
      auto found = key(offset, field);
      if (!found) return std::unexpected(found.error());
      name = std::move(*found);
    }
    offset = skip_space(offset);
    std::expected<bool, InputError> more = visit(std::string_view(name), offset);
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
    offset = skip_space(offset);
    if (offset < text_.size() && text_[offset] == ',') {
      offset = skip_space(offset + 1);
      continue;
    }
    if (offset < text_.size() && text_[offset] == close) {
      ++offset;
      return {};
    }
    return std::unexpected(error(offset, field, offset >= text_.size()
        ? "the file ends in the middle" : std::string("\",\" or \"") + close + "\" is expected here"));
  }
}

}  // namespace offing::replay

#endif  // OFFING_EMULATOR_REPLAY_JSON_INPUT_H_
