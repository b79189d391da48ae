#include "emulator/http/response_writer.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace offing::http {

static constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[c] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[c] = table[c - 32] = true;
  for (char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
static constexpr std::array<bool, 256> kToken = make_token_table();

bool valid_header_name(std::string_view name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return kToken[static_cast<unsigned char>(c)]; });
}

bool valid_header_value(std::string_view value) {
  return std::ranges::none_of(value, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

std::optional<uint64_t> stated_length(const HeaderList& headers) {
  std::optional<uint64_t> length;
  for (Header h : headers) {
    if (!equals_ignoring_case(h.name, "content-length")) continue;
    uint64_t value;
    const char* end = h.value.data() + h.value.size();
    auto [p, ec] = std::from_chars(h.value.data(), end, value);
    if (ec != std::errc() || p != end || (length && *length != value)) return std::nullopt;
    length = value;
  }
  return length;
}

enum class Fate : uint8_t { kKeep, kDrop, kLength };

static Fate fate_of(std::string_view name) {
  switch (name.size()) {
    case 10:
      return equals_ignoring_case(name, "connection") || equals_ignoring_case(name, "keep-alive")
                 ? Fate::kDrop : Fate::kKeep;
    case 14:
      return equals_ignoring_case(name, "content-length") ? Fate::kLength : Fate::kKeep;
    case 16:
      return equals_ignoring_case(name, "proxy-connection") ? Fate::kDrop : Fate::kKeep;
    case 17:
      return equals_ignoring_case(name, "transfer-encoding") ? Fate::kDrop : Fate::kKeep;
    default:
      return Fate::kKeep;
  }
}

static void append_number(std::string& out, uint64_t value, int base = 10) {
  char digits[24];
  auto [end, ec] = std::to_chars(digits, digits + sizeof digits, value, base);
  out.append(digits, end);
}

// Returns the length to state, if any, and sets how the body is framed.
static std::optional<uint64_t> choose(Framing& framing, const Response& response, AnswerTo to,
                                      bool states_length) {
  framing.keep_alive = to.keep_alive;
  const std::optional<uint64_t> stated =
      states_length ? stated_length(response.headers) : std::nullopt;
  if (response.status == 204) return std::nullopt;
  if (response.status == 304) return stated;
  std::optional<uint64_t> length = response.body.size();
  if (response.stream) {
    length = stated ? stated : response.stream->length_bytes();
  } else if (to.is_head && !response.has_body && stated) {
    length = stated;
  }
  if (to.is_head) return length;
  if (length) {
    framing.body = Framing::Body::kSized;
    framing.length_bytes = *length;
  } else if (to.http_minor >= 1) {
    framing.body = Framing::Body::kChunked;
  } else {
    framing.body = Framing::Body::kUntilClose;
    framing.keep_alive = false;
  }
  return length;
}

static void append_status_line(std::string& out, const Response& response) {
  if (response.status == 200 && response.reason.empty()) {
    out += "HTTP/1.1 200 OK\r\n";
    return;
  }
  out += "HTTP/1.1 ";
  append_number(out, response.status);
  out += ' ';
  out += response.reason.empty() ? reason_phrase(response.status) : response.reason.c_str();
  out += "\r\n";
}

std::expected<Framing, std::string> append_head(std::string& out, const Response& response,
                                                AnswerTo to) {
  const size_t before = out.size();
  const auto refuse = [&out, before](std::string why) {
    out.resize(before);
    return std::unexpected(std::move(why));
  };
  if (response.status < 200 || response.status > 599) {
    return refuse("The response's status " + std::to_string(response.status) +
                  " is outside 200 to 599.");
  }
  if (!valid_header_value(response.reason)) {
    return refuse("The response's status text holds a line break or NUL.");
  }
  append_status_line(out, response);
  bool states_length = false;
  for (Header h : response.headers) {
    const Fate fate = fate_of(h.name);
    if (fate == Fate::kLength) states_length = true;
    if (fate != Fate::kKeep) continue;
    if (!valid_header_name(h.name)) {
      return refuse("The response has a header whose name is not a token.");
    }
    if (!valid_header_value(h.value)) {
      return refuse("The value of the response's header \"" + std::string(h.name) +
                    "\" holds a line break or NUL.");
    }
    out += h.name;
    out += ": ";
    out += h.value;
    out += "\r\n";
  }
  Framing framing;
  if (std::optional<uint64_t> length = choose(framing, response, to, states_length)) {
    out += "content-length: ";
    append_number(out, *length);
    out += "\r\n";
  } else if (framing.body == Framing::Body::kChunked) {
    out += "transfer-encoding: chunked\r\n";
  }
  if (!framing.keep_alive) {
    out += "connection: close\r\n";
  } else if (to.http_minor == 0) {
    out += "connection: keep-alive\r\n";
  }
  out += "\r\n";
  return framing;
}

void append_chunk(std::string& out, std::string_view bytes) {
  append_number(out, bytes.size(), 16);
  out += "\r\n";
  out += bytes;
  out += "\r\n";
}

void append_last_chunk(std::string& out) { out += "0\r\n\r\n"; }

Response text_response(uint16_t status, std::string_view text) {
  Response response;
  response.status = status;
  response.headers.add("content-type", "text/plain; charset=utf-8");
  response.has_body = true;
  response.body = text;
  response.body += '\n';
  return response;
}

}  // namespace offing::http
