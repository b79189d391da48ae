// Values written one after the other into bytes, and read back in the same order: numbers as
// varints (7 bits a byte, lowest first), texts with their length before them. There are no names
// and no types, so a row's layout belongs to the schema's version. A Reader never reads beyond its
// bytes; after the first thing that does not fit, everything is 0 or empty and `ok` is false.
#ifndef OFFING_STORAGE_R2_PACKED_H_
#define OFFING_STORAGE_R2_PACKED_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace offing::r2 {

class Packer {
 public:
  explicit Packer(std::string& out) : out_(out) { out_.clear(); }
  void number(uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
  }
  // Small ones of either sign are short.
  void integer(int64_t value) {
    number((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
  }
  void flag(bool value) { out_ += value ? '\1' : '\0'; }
  void text(std::string_view value) {
    number(value.size());
    out_ += value;
  }
  // 0: absent, else its length and 1.
  void maybe_text(const std::optional<std::string>& value) {
    number(value ? value->size() + 1 : 0);
    if (value) out_ += *value;
  }
  void maybe_number(std::optional<uint64_t> value) {
    flag(value.has_value());
    if (value) number(*value);
  }
  void maybe_integer(std::optional<int64_t> value) {
    flag(value.has_value());
    if (value) integer(*value);
  }

 private:
  std::string& out_;
};

class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : left_(bytes) {}
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && left_.empty(); }
  void fail() {
    ok_ = false;
    left_ = {};
  }

  uint64_t number() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (left_.empty()) break;
      const auto byte = static_cast<uint8_t>(left_.front());
      left_.remove_prefix(1);
      value |= uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return value;
    }
    fail();
    return 0;
  }
  int64_t integer() {
    const uint64_t value = number();
    return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
  }
  // At most `max`; for enumerations and numbers of 32 bits.
  uint64_t number_up_to(uint64_t max) {
    const uint64_t value = number();
    if (value <= max) return value;
    fail();
    return 0;
  }
  bool flag() { return number_up_to(1) == 1; }
  std::string text() { return std::string(bytes(number())); }
  std::optional<std::string> maybe_text() {
    const uint64_t size = number();
    if (size == 0) return std::nullopt;
    return std::string(bytes(size - 1));
  }
  std::optional<uint64_t> maybe_number() {
    return flag() ? std::optional(number()) : std::nullopt;
  }
  std::optional<int64_t> maybe_integer() {
    return flag() ? std::optional(integer()) : std::nullopt;
  }
  // How many things follow; each takes a byte at least, so a wrong count fails before it is
  // believed.
  size_t count() { return number_up_to(left_.size()); }

 private:
  std::string_view bytes(uint64_t size) {
    if (size > left_.size()) {
      fail();
      return {};
    }
    const std::string_view found = left_.substr(0, size);
    left_.remove_prefix(size);
    return found;
  }

  std::string_view left_;
  bool ok_ = true;
};

}  // namespace offing::r2

#endif  // OFFING_STORAGE_R2_PACKED_H_
