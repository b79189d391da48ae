#include "emulator/control/structured_values.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "emulator/control/json.h"
#include "storage/digest/digest.h"
#include "storage/r2/time.h"

namespace offing::control {
namespace {

constexpr size_t kDepth = 100;
constexpr uint8_t kVersion = 15;

void append_utf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 63));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 63));
    out += static_cast<char>(0x80 | (code & 63));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 63));
    out += static_cast<char>(0x80 | (code >> 6 & 63));
    out += static_cast<char>(0x80 | (code & 63));
  }
}

std::string utf8_of_utf16(std::string_view bytes) {
  auto unit = [&bytes](size_t i) {
    return static_cast<uint32_t>(static_cast<uint8_t>(bytes[2 * i]) |
                                 static_cast<uint8_t>(bytes[2 * i + 1]) << 8);
  };
  std::string text;
  for (size_t i = 0; i < bytes.size() / 2; ++i) {
    const uint32_t high = unit(i);
    const uint32_t low = i + 1 < bytes.size() / 2 ? unit(i + 1) : 0;
    if (high >= 0xD800 && high < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
      append_utf8(text, 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
      ++i;
    } else {
      append_utf8(text, high >= 0xD800 && high < 0xE000 ? 0xFFFD : high);
    }
  }
  return text;
}

class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : bytes_(bytes) {}

  std::expected<std::string, std::string> run() {
    // One header, or two (one of the embedder's, one of the engine's).
    while (at_ + 1 < bytes_.size() && peek() == 0xFF) {
      ++at_;
      if (number() > kVersion) return std::unexpected("it was written by a newer engine");
    }
    value(0);
    if (!error_.empty()) return std::unexpected(error_);
    return json_.take();
  }

 private:
  void fail(std::string error) {
    if (error_.empty()) error_ = std::move(error);
    at_ = bytes_.size();
  }
  uint8_t peek() const { return at_ < bytes_.size() ? static_cast<uint8_t>(bytes_[at_]) : 0; }
  uint8_t byte() {
    if (at_ >= bytes_.size()) return fail("it is cut off"), 0;
    return static_cast<uint8_t>(bytes_[at_++]);
  }
  uint64_t number() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const uint8_t next = byte();
      value |= static_cast<uint64_t>(next & 127) << shift;
      if ((next & 128) == 0) break;
    }
    return value;
  }
  std::string_view take(uint64_t count) {
    if (count > bytes_.size() - at_) return fail("it is cut off"), std::string_view();
    const std::string_view taken = bytes_.substr(at_, count);
    at_ += count;
    return taken;
  }
  double real() {
    const std::string_view raw = take(8);
    double value = 0;
    if (raw.size() == 8) std::memcpy(&value, raw.data(), 8);
    return value;
  }
  char tag() {
    char next = 0;
    do next = static_cast<char>(byte());
    while (next == '\0' && error_.empty());  // padding
    return next;
  }

  void typed(std::string_view type, std::string_view json) {
    json_.open('{').field("$type", type).raw_field("value", json).close('}');
  }
  void typed_text(std::string_view type, std::string_view text) {
    Json json;
    json.value(text);
    typed(type, json.take());
  }
  void real_value(double value) {
    if (std::isnan(value)) return typed_text("number", "NaN");
    if (std::isinf(value)) return typed_text("number", value > 0 ? "Infinity" : "-Infinity");
    // As JavaScript writes it: whole numbers without a point.
    if (std::trunc(value) == value && std::abs(value) <= 9007199254740991.0)
      json_.value(static_cast<int64_t>(value));
    else
      json_.raw(json_of(rapidjson::Value(value)));
  }
  std::string string_of(char tag) {
    const std::string_view raw = take(number());
    if (tag == 'S') return std::string(raw);
    if (tag == 'c') return utf8_of_utf16(raw);
    std::string text;
    for (const char c : raw) append_utf8(text, static_cast<uint8_t>(c));
    return text;
  }
  static bool is_string(char tag) { return tag == '"' || tag == 'c' || tag == 'S'; }

  void value(size_t depth) { value_of(tag(), depth); }
  void value_of(char tag, size_t depth) {
    if (!error_.empty()) return;
    if (depth > kDepth) return fail("it is deeper than " + std::to_string(kDepth) + " levels");
    switch (tag) {
      case '_': return typed("undefined", "null");
      case '0': json_.raw("null"); return;
      case 'T': case 'y': json_.value(true); return;
      case 'F': case 'x': json_.value(false); return;
      case 'I': {
        const uint64_t bits = number();
        json_.value(static_cast<int64_t>(bits >> 1) ^ -static_cast<int64_t>(bits & 1));
        return;
      }
      case 'U': json_.value(number()); return;
      case 'N': case 'n': return real_value(real());
      case '"': case 'c': case 'S': json_.value(string_of(tag)); return;
      case 's': return value_of(this->tag(), depth + 1);  // new String("x")
      case 'Z': case 'z': return big();
      case 'D': return date();
      case 'o': return object(depth);
      case 'A': return dense(depth);
      case 'a': return sparse(depth);
      case ';': return pairs("Map", ':', depth);
      case '\'': return pairs("Set", ',', depth);
      case 'R': return regexp();
      case 'B': case '~': return buffer(tag);
      case 'r': return error(depth);
      case '^': return fail("it refers to one object in several places, which JSON cannot say");
      case '\\': return fail("it holds an object of the platform, which JSON cannot say");
      default: return fail("it holds a value of another kind");
    }
  }

  void big() {
    const uint64_t field = number();
    const bool negative = (field & 1) != 0;
    std::string_view digits = take(field >> 1);
    // Base 256 to base 10, 18 digits at a time.
    std::vector<uint8_t> left(digits.begin(), digits.end());
    std::string text;
    if (left.size() > 4096) return fail("it holds a BigInt of more than 4096 bytes");
    while (!left.empty()) {
      uint32_t rest = 0;
      for (size_t i = left.size(); i-- > 0;) {
        const uint32_t now = rest << 8 | left[i];
        left[i] = static_cast<uint8_t>(now / 10);
        rest = now % 10;
      }
      text.insert(text.begin(), static_cast<char>('0' + rest));
      while (!left.empty() && left.back() == 0) left.pop_back();
    }
    typed_text("BigInt", (negative && !text.empty() ? "-" : "") + (text.empty() ? "0" : text));
  }
  void date() {
    const double ms = real();
    if (!(std::abs(ms) <= 8.64e15)) return typed("Date", "null");
    typed_text("Date", r2::rfc3339(static_cast<int64_t>(ms)));
  }
  // Names and values until `end`.
  void members(char end, size_t depth) {
    for (char next = tag(); next != end && error_.empty(); next = tag()) {
      if (is_string(next)) {
        json_.key(string_of(next));
      } else if (next == 'I' || next == 'U') {
        const uint64_t bits = number();
        json_.key(std::to_string(next == 'U' ? bits : bits >> 1));
      } else if (next == 'N') {
        json_.key(json_of(rapidjson::Value(real())));
      } else {
        return fail("it holds a name of another kind");
      }
      value(depth + 1);
    }
  }
  void object(size_t depth) {
    json_.open('{');
    members('{', depth);
    json_.close('}');
    number();
  }
  // Properties beside an array's elements: there are none that JSON could tell.
  void array_end(char end, size_t depth) {
    const size_t before = at_;
    if (tag() != end) {
      at_ = before;
      return fail("it holds an array with properties of its own");
    }
    static_cast<void>(depth);
    number();
    number();
  }
  void dense(size_t depth) {
    const uint64_t length = number();
    if (length > bytes_.size()) return fail("it is cut off");
    json_.open('[');
    for (uint64_t i = 0; i < length && error_.empty(); ++i) {
      const char next = tag();
      if (next == '-') json_.raw("null");
      else value_of(next, depth + 1);
    }
    json_.close(']');
    array_end('$', depth);
  }
  void sparse(size_t depth) {
    const uint64_t length = number();
    json_.open('{').field("$type", "sparse array").field("length", length).key("value").open('{');
    members('@', depth);
    json_.close('}').close('}');
    number();
    number();
  }
  void pairs(std::string_view type, char end, size_t depth) {
    json_.open('{').field("$type", type).key("value").open('[');
    for (char next = tag(); next != end && error_.empty(); next = tag()) {
      if (end == ':') json_.open('[');
      value_of(next, depth + 1);
      if (end != ':') continue;
      value(depth + 1);
      json_.close(']');
    }
    json_.close(']').close('}');
    number();
  }
  void regexp() {
    const std::string pattern = string_of(tag());
    const uint64_t bits = number();
    std::string flags;
    for (const auto& [bit, name] : {std::pair{0, 'g'}, {1, 'i'}, {2, 'm'}, {3, 'y'}, {4, 'u'}, {5, 's'}}) {
      if ((bits >> bit & 1) != 0) flags += name;
    }
    typed_text("RegExp", "/" + pattern + "/" + flags);
  }
  void buffer(char tag) {
    const uint64_t length = number();
    if (tag == '~') number();  // how far it may grow
    std::string_view bytes = take(length);
    std::string type = "ArrayBuffer";
    if (peek() == 'V') {
      ++at_;
      static constexpr std::pair<char, const char*> kViews[] = {
          {'b', "Int8Array"},   {'B', "Uint8Array"},    {'C', "Uint8ClampedArray"}, {'w', "Int16Array"},
          {'W', "Uint16Array"}, {'d', "Int32Array"},    {'D', "Uint32Array"},       {'f', "Float32Array"},
          {'F', "Float64Array"}, {'q', "BigInt64Array"}, {'Q', "BigUint64Array"},    {'?', "DataView"},
          {'h', "Float16Array"}};
      const char view = static_cast<char>(byte());
      type = "view";
      for (const auto& [sign, name] : kViews) {
        if (sign == view) type = name;
      }
      const uint64_t from = number(), count = number();
      number();  // flags
      if (from > bytes.size() || count > bytes.size() - from) return fail("a view leads beyond its buffer");
      bytes = bytes.substr(from, count);
    }
    typed_text(type, digest::to_base64(bytes));
  }
  void error(size_t depth) {
    std::string name = "Error", message;
    for (char next = tag(); next != '.' && error_.empty(); next = tag()) {
      if (next == 'm') message = string_of(tag());
      else if (next == 's') string_of(tag());  // the stack
      else if (next == 'c') return fail("it holds an Error with a cause");
      else if (next == 'E') name = "EvalError";
      else if (next == 'R') name = "RangeError";
      else if (next == 'F') name = "ReferenceError";
      else if (next == 'S') name = "SyntaxError";
      else if (next == 'T') name = "TypeError";
      else if (next == 'U') name = "URIError";
    }
    static_cast<void>(depth);
    typed_text(name, message);
  }

  std::string_view bytes_;
  size_t at_ = 0;
  std::string error_;
  Json json_;
};

class Encoder {
 public:
  std::string run(const rapidjson::Value& value) {
    out_ = {static_cast<char>(0xFF), static_cast<char>(kVersion)};
    write(value);
    return std::move(out_);
  }

 private:
  void number(uint64_t value) {
    for (; value >= 128; value >>= 7) out_ += static_cast<char>(value | 128);
    out_ += static_cast<char>(value);
  }
  void text(std::string_view text) {
    out_ += 'S';
    number(text.size());
    out_ += text;
  }
  void write(const rapidjson::Value& value) {
    if (value.IsNull()) {
      out_ += '0';
    } else if (value.IsBool()) {
      out_ += value.GetBool() ? 'T' : 'F';
    } else if (value.IsInt() && std::abs(value.GetInt64()) < 1 << 30) {
      out_ += 'I';
      const int64_t number = value.GetInt64();
      this->number(static_cast<uint64_t>(number << 1 ^ number >> 63));
    } else if (value.IsNumber()) {
      const double number = value.GetDouble();
      out_ += 'N';
      out_.append(reinterpret_cast<const char*>(&number), 8);
    } else if (value.IsString()) {
      text(text_of(value));
    } else if (value.IsArray()) {
      out_ += 'A';
      number(value.Size());
      for (const rapidjson::Value& one : value.GetArray()) write(one);
      out_ += '$';
      number(0);
      number(value.Size());
    } else {
      out_ += 'o';
      for (auto at = value.MemberBegin(); at != value.MemberEnd(); ++at) {
        text(text_of(at->name));
        write(at->value);
      }
      out_ += '{';
      number(value.MemberCount());
    }
  }
  std::string out_;
};

}  // namespace

std::expected<std::string, std::string> json_of_structured(std::string_view bytes) {
  return Decoder(bytes).run();
}

std::string structured_of_json(const rapidjson::Value& value) { return Encoder().run(value); }

}  // namespace offing::control
