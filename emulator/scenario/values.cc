#include "emulator/scenario/values.h"

#include <charconv>

#include "emulator/replay/values.h"

namespace offing::scenario {

using config::Value;

const std::string* Variables::find(std::string_view name) const {
  auto at = values_.find(name);
  return at == values_.end() ? nullptr : &at->second;
}

std::expected<std::string, std::string> Variables::fill(std::string_view text) const {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t dollar = std::min(text.find('$', at), text.size());
    out += text.substr(at, dollar - at);
    at = dollar;
    if (at == text.size()) break;
    if (text.substr(at).starts_with("$${")) {
      out += "${";
      at += 3;
      continue;
    }
    const size_t end = text.substr(at).starts_with("${") ? text.find('}', at) : text.npos;
    if (end == text.npos) {
      out += text[at++];
      continue;
    }
    const std::string_view name = text.substr(at + 2, end - at - 2);
    const std::string* value = find(name);
    if (!value) {
      std::string known;
      for (const auto& [one, unused] : values_) known += (known.empty() ? "" : ", ") + one;
      return std::unexpected("there is no variable ${" + replay::shortened(name, 40) +
                             "}; there are " + (known.empty() ? "none" : known) +
                             " (save makes one)");
    }
    out += *value;
    at = end + 1;
    if (out.size() > kFilledBytesMax)
      return std::unexpected("a text grows beyond " + std::to_string(kFilledBytesMax) + " bytes");
  }
  return out;
}

std::expected<Value, std::string> Variables::fill(const Value& value) const {
  Value out = value;
  if (value.is(Value::Type::kString)) {
    auto text = fill(std::string_view(value.string));
    if (!text) return std::unexpected(text.error());
    out.string = std::move(*text);
  }
  for (Value& item : out.items) {
    auto filled = fill(item);
    if (!filled) return filled;
    item = std::move(*filled);
  }
  for (auto& [name, member] : out.members) {
    auto filled = fill(member);
    if (!filled) return filled;
    member = std::move(*filled);
  }
  return out;
}

const Value* find_path(const Value& value, std::string_view path) {
  const Value* at = &value;
  while (at && !path.empty()) {
    if (path.front() == '[') {
      size_t index = 0;
      const char* end = path.data() + path.size();
      const auto parsed = std::from_chars(path.data() + 1, end, index);
      if (parsed.ec != std::errc{} || parsed.ptr == end || *parsed.ptr != ']') return nullptr;
      at = index < at->items.size() ? &at->items[index] : nullptr;
      path.remove_prefix(static_cast<size_t>(parsed.ptr + 1 - path.data()));
    } else {
      if (path.front() == '.') path.remove_prefix(1);
      const size_t end = std::min(path.find_first_of(".["), path.size());
      at = at->find(path.substr(0, end));
      path.remove_prefix(end);
    }
  }
  return at;
}

std::string plain_text(const Value& value) {
  return value.is(Value::Type::kString) ? value.string : value.json();
}

namespace {

constexpr size_t kMismatchesMax = 10;

bool is_number(const Value& value) {
  return value.is(Value::Type::kInteger) || value.is(Value::Type::kNumber);
}

bool same_scalar(const Value& a, const Value& b) {
  if (is_number(a) && is_number(b)) {
    if (a.is(Value::Type::kInteger) && b.is(Value::Type::kInteger)) return a.integer == b.integer;
    const auto number = [](const Value& v) {
      return v.is(Value::Type::kInteger) ? static_cast<double>(v.integer) : v.number;
    };
    return number(a) == number(b);
  }
  return a.type == b.type && a.json() == b.json();
}

void compare(const Value& expected, const Value* actual, const std::string& path,
             std::vector<std::string>& found) {
  if (found.size() >= kMismatchesMax) return;
  const auto say = [&found, &path](const std::string& what) {
    found.push_back((path.empty() ? "it" : path) + ": " + what);
  };
  if (!actual)
    return say("expected " + replay::shortened(expected.json(), 200) + ", but it is not there");
  if (expected.is(Value::Type::kObject) && actual->is(Value::Type::kObject)) {
    for (const auto& [name, value] : expected.members)
      compare(value, actual->find(name), path.empty() ? name : path + "." + name, found);
    return;
  }
  if (expected.is(Value::Type::kArray) && actual->is(Value::Type::kArray)) {
    if (expected.items.size() != actual->items.size())
      return say("expected " + std::to_string(expected.items.size()) + " items, got " +
                 std::to_string(actual->items.size()) + ": " +
                 replay::shortened(actual->json(), 200));
    for (size_t i = 0; i < expected.items.size(); ++i)
      compare(expected.items[i], &actual->items[i], path + "[" + std::to_string(i) + "]", found);
    return;
  }
  if (!same_scalar(expected, *actual))
    say("expected " + replay::shortened(expected.json(), 200) + ", got " +
        replay::shortened(actual->json(), 200));
}

}  // namespace

std::vector<std::string> mismatches(const Value& expected, const Value* actual,
                                    const std::string& path) {
  std::vector<std::string> found;
  compare(expected, actual, path, found);
  return found;
}

}  // namespace offing::scenario
