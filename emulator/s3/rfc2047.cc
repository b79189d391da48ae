// Encoded words (RFC 2047) in metadata headers (spec/r2.md 5.3).
#include "emulator/s3/s3_headers.h"
#include "storage/digest/digest.h"

namespace offing::s3 {
namespace {

struct Word {
  std::string text;
  size_t size = 0;  // of its encoded form
};

std::optional<std::string> decode_q(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i] == '_' ? ' ' : text[i];
      continue;
    }
    const auto byte = i + 2 < text.size() ? digest::from_hex(text.substr(i + 1, 2)) : std::nullopt;
    if (!byte) return std::nullopt;
    out += *byte;
    i += 2;
  }
  return out;
}

std::string utf8_of_latin1(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xc0 | byte >> 6);
      out += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return out;
}

// The encoded word that `value` begins with.
std::optional<Word> leading_word(std::string_view value) {
  if (!value.starts_with("=?")) return std::nullopt;
  const size_t charset_end = value.find('?', 2);
  if (charset_end == value.npos || charset_end + 2 >= value.size()) return std::nullopt;
  if (value[charset_end + 2] != '?') return std::nullopt;
  const size_t end = value.find("?=", charset_end + 3);
  if (end == value.npos) return std::nullopt;
  std::string_view charset = value.substr(2, charset_end - 2);
  charset = charset.substr(0, charset.find('*'));  // RFC 2231's language
  const std::string_view text = value.substr(charset_end + 3, end - charset_end - 3);
  if (text.find_first_of("? ") != text.npos) return std::nullopt;
  std::optional<std::string> bytes;
  switch (value[charset_end + 1]) {
    case 'Q':
    case 'q':
      bytes = decode_q(text);
      break;
    case 'B':
    case 'b':
      bytes = digest::from_base64(text);
      break;
    default:
      return std::nullopt;
  }
  if (!bytes) return std::nullopt;
  const bool is_utf8 =
      equals_ignoring_case(charset, "utf-8") || equals_ignoring_case(charset, "us-ascii");
  if (!is_utf8 && !equals_ignoring_case(charset, "iso-8859-1")) return std::nullopt;
  return Word{is_utf8 ? std::move(*bytes) : utf8_of_latin1(*bytes), end + 2};
}

}  // namespace

std::string decode_words(std::string_view value) {
  if (value.find("=?") == value.npos) return std::string(value);
  std::string out;
  bool after_word = false;
  size_t spaces = 0;  // of `out`, behind a word: they vanish before another one
  while (!value.empty()) {
    if (const auto word = leading_word(value)) {
      if (after_word) out.resize(out.size() - spaces);
      out += word->text;
      value.remove_prefix(word->size);
      after_word = true;
      spaces = 0;
      continue;
    }
    const bool is_space = value[0] == ' ' || value[0] == '\t';
    if (is_space && after_word)
      ++spaces;
    else
      after_word = false;
    out += value[0];
    value.remove_prefix(1);
  }
  return out;
}

std::string encode_words(std::string_view value) {
  bool is_plain = true;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f) is_plain = false;
  }
  // What looks like an encoded word would be decoded by whoever reads it.
  const bool has_edge_space = !value.empty() && (value.front() == ' ' || value.back() == ' ');
  if (is_plain && !has_edge_space && value.find("=?") == value.npos) return std::string(value);
  constexpr size_t kWordBytes = 45;  // a word has at most 75 characters
  std::string out;
  while (!value.empty()) {
    size_t size = std::min(kWordBytes, value.size());
    // A character is not split over two words.
    while (size < value.size() && size > 1 &&
           (static_cast<unsigned char>(value[size]) & 0xc0) == 0x80) {
      --size;
    }
    if (!out.empty()) out += ' ';
    out += "=?UTF-8?B?" + digest::to_base64(value.substr(0, size)) + "?=";
    value.remove_prefix(size);
  }
  return out;
}

}  // namespace offing::s3
