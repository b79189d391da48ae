#include "emulator/s3/s3_uri.h"

namespace offing::s3 {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// A `%` without two digits stays; `all_valid` then says so.
std::string decode(std::string_view text, bool plus_is_space, bool& all_valid) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(high << 4 | low);
        i += 2;
        continue;
      }
      all_valid = false;
    }
    out += text[i] == '+' && plus_is_space ? ' ' : text[i];
  }
  return out;
}

std::string decode_leniently(std::string_view text) {
  bool all_valid = true;
  return decode(text, true, all_valid);
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  bool all_valid = true;
  std::string out = decode(text, plus_is_space, all_valid);
  if (!all_valid) return std::nullopt;
  return out;
}

std::string percent_encode(std::string_view text, bool keep_slash) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_unreserved(byte) || (c == '/' && keep_slash)) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

Query Query::parse(std::string_view raw) {
  Query query;
  while (!raw.empty()) {
    const size_t end = raw.find('&');
    const std::string_view one = raw.substr(0, end);
    raw = end == raw.npos ? std::string_view() : raw.substr(end + 1);
    if (one.empty()) continue;
    const size_t equals = one.find('=');
    query.all_.emplace_back(
        decode_leniently(one.substr(0, equals)),
        equals == one.npos ? std::string() : decode_leniently(one.substr(equals + 1)));
  }
  return query;
}

const std::string* Query::get(std::string_view name) const {
  for (const auto& [key, value] : all_)
    if (key == name) return &value;
  return nullptr;
}

UrlParts split_url(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme != url.npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find('#'));
  UrlParts parts;
  const size_t query = url.find('?');
  if (query != url.npos) parts.query = url.substr(query + 1);
  url = url.substr(0, query);
  const size_t path = url.find('/');
  parts.host = url.substr(0, path);
  parts.path = path == url.npos ? std::string_view("/") : url.substr(path);
  return parts;
}

}  // namespace offing::s3
