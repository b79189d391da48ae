#include "emulator/replay/words.h"

#include "emulator/replay/values.h"

namespace offing::replay {

std::string count_text(uint64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string offset_text(int64_t at_us) {
  return at_us < 50'000 ? "+0.0 s" : "+" + span_text(at_us);
}

std::string request_text(uint64_t number, std::string_view method, std::string_view url) {
  std::string text;
  if (number > 0) text = "#" + std::to_string(number) + " ";
  text += shortened(method, 20);
  text += " ";
  return text + shortened(target_of(url), 60);
}

std::string middle_cut(std::string_view text, size_t length_max) {
  if (text.size() <= length_max) return shortened(text, length_max);
  const size_t tail = length_max / 3;
  size_t begin = text.size() - tail;
  while (begin < text.size() && (text[begin] & 0xC0) == 0x80) ++begin;
  return shortened(text, length_max - tail) + shortened(text.substr(begin), tail);
}

size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto at = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = at(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                        : first >= 0xE0 && first <= 0xEF ? 3
                        : first >= 0xF0 && first <= 0xF4 ? 4
                                                         : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xE0 && at(1) < 0xA0) || (first == 0xF0 && at(1) < 0x90);
  const bool surrogate = first == 0xED && at(1) > 0x9F;
  const bool beyond = first == 0xF4 && at(1) > 0x8F;
  return overlong || surrogate || beyond ? 0 : length;
}

std::string clean_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    if (length == 0) out += "\xEF\xBF\xBD";
    else out += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

size_t width(std::string_view text) {
  size_t count = 0;
  for (char c : text) count += (c & 0xC0) != 0x80;
  return count;
}

std::string padded(std::string text, size_t columns) {
  const size_t taken = width(text);
  if (taken < columns) text.append(columns - taken, ' ');
  return text;
}

std::string painted(std::string_view text, Paint paint, bool colour) {
  if (!colour) return std::string(text);
  static constexpr std::string_view kCodes[] = {"\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[2m",
                                                "\x1b[1m"};
  return std::string(kCodes[static_cast<size_t>(paint)]) + std::string(text) + "\x1b[0m";
}

}  // namespace offing::replay
