#include "emulator/http/websocket_handshake.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "emulator/http/response_writer.h"

namespace offing::http {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::string_view kVersion = "13";
constexpr size_t kKeyBytes = 16;
constexpr size_t kKeyTextBytes = 24;

static std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// Calls `each` with every element of the comma-separated lists in all fields of this name.
template <class Each>
static void for_each_element(const HeaderList& headers, std::string_view name, Each each) {
  for (Header h : headers) {
    if (!equals_ignoring_case(h.name, name)) continue;
    for (std::string_view rest = h.value;;) {
      const size_t comma = rest.find(',');
      each(trimmed(rest.substr(0, comma)));
      if (comma == rest.npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
}

static size_t count_fields(const HeaderList& headers, std::string_view name) {
  size_t count = 0;
  for (Header h : headers) count += equals_ignoring_case(h.name, name) ? 1 : 0;
  return count;
}

bool asks_for_web_socket(const HeaderList& headers) {
  bool asks = false;
  for_each_element(headers, "upgrade", [&asks](std::string_view token) {
    asks = asks || equals_ignoring_case(token, "websocket");
  });
  return asks;
}

static std::string base64(const unsigned char* bytes, size_t size) {
  std::string text((size + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes,
                                     static_cast<int>(size));
  text.resize(static_cast<size_t>(length));
  return text;
}

// --- Server

// Sixteen bytes in base64.
static bool valid_key(std::string_view key) {
  if (key.size() != kKeyTextBytes || !key.ends_with("==")) return false;
  return std::ranges::all_of(key.substr(0, kKeyTextBytes - 2), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           c == '+' || c == '/';
  });
}

static std::optional<Refusal> check_handshake(const RequestHead& head) {
  const HeaderList& headers = head.request.headers;
  if (head.request.method != "GET") {
    return Refusal{400, "A WebSocket handshake is a GET request, not " +
                            head.request.method.substr(0, 40) + "."};
  }
  if (head.http_minor < 1) return Refusal{400, "A WebSocket handshake needs HTTP/1.1."};
  if (head.has_body_bytes()) return Refusal{400, "A WebSocket handshake has no body."};
  const std::string_view version = headers.get("sec-websocket-version").value_or("");
  if (version != kVersion) {
    return Refusal{426, "Sec-WebSocket-Version is \"" + std::string(version.substr(0, 40)) +
                            "\"; version 13 is spoken here."};
  }
  const size_t keys = count_fields(headers, "sec-websocket-key");
  if (keys == 0) return Refusal{400, "The WebSocket handshake has no Sec-WebSocket-Key."};
  const std::string_view key = *headers.get("sec-websocket-key");
  if (keys > 1 || !valid_key(key)) {
    return Refusal{400, "Sec-WebSocket-Key \"" + std::string(key.substr(0, 40)) +
                            "\" is not one value of 16 bytes in base64."};
  }
  return std::nullopt;
}

std::unique_ptr<UpgradeRequest> read_upgrade(const RequestHead& head) {
  if (!asks_for_web_socket(head.request.headers)) return nullptr;
  auto upgrade = std::make_unique<UpgradeRequest>();
  upgrade->refusal = check_handshake(head);
  if (!upgrade->refusal) upgrade->key = *head.request.headers.get("sec-websocket-key");
  return upgrade;
}

std::string accept_key(std::string_view key) {
  std::string text(key);
  text += kGuid;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  const int made = EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
  assert(made == 1);
  (void)made;
  return base64(digest, size);
}

// Of the handler's headers, those that the server itself decides about.
static bool is_ours(std::string_view name) {
  for (std::string_view own : {"connection", "upgrade", "keep-alive", "proxy-connection",
                               "content-length", "transfer-encoding", "sec-websocket-accept",
                               "sec-websocket-extensions"}) {
    if (equals_ignoring_case(name, own)) return true;
  }
  return false;
}

std::expected<void, std::string> append_upgrade_head(std::string& out, const Response& response,
                                                     std::string_view key) {
  const size_t before = out.size();
  out += "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n";
  out.append("sec-websocket-accept: ").append(accept_key(key)).append("\r\n");
  for (Header h : response.headers) {
    if (is_ours(h.name)) continue;
    if (!valid_header_name(h.name) || !valid_header_value(h.value)) {
      out.resize(before);
      return std::unexpected("The response's header \"" + std::string(h.name.substr(0, 80)) +
                             "\" cannot be sent: its name is not a token, or its value holds a "
                             "line break or NUL.");
    }
    out.append(h.name).append(": ").append(h.value).append("\r\n");
  }
  out += "\r\n";
  return {};
}

// --- Client

bool is_handshake_header(std::string_view name) {
  for (std::string_view own : {"sec-websocket-key", "sec-websocket-version",
                               "sec-websocket-accept", "sec-websocket-extensions"}) {
    if (equals_ignoring_case(name, own)) return true;
  }
  return false;
}

std::string new_handshake_key(World& world) {
  std::array<uint8_t, kKeyBytes> bytes;
  world.random_bytes("http/websocket", bytes);
  return base64(bytes.data(), bytes.size());
}

void append_upgrade_request(std::string& out, std::string_view key) {
  out += "upgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\n";
  out.append("sec-websocket-key: ").append(key).append("\r\n");
}

std::expected<void, std::string> check_upgrade(const HeaderList& answer, const HeaderList& asked,
                                               std::string_view key) {
  if (!asks_for_web_socket(answer)) {
    return std::unexpected("status 101 without \"Upgrade: websocket\"");
  }
  if (trimmed(answer.get("sec-websocket-accept").value_or("")) != accept_key(key)) {
    return std::unexpected("Sec-WebSocket-Accept does not answer the key that was sent");
  }
  bool extended = false;
  for_each_element(answer, "sec-websocket-extensions",
                   [&extended](std::string_view one) { extended = extended || !one.empty(); });
  if (extended) return std::unexpected("the server uses an extension that was not offered");
  const std::optional<std::string_view> chosen = answer.get("sec-websocket-protocol");
  if (!chosen) return {};
  bool offered = false;
  for_each_element(asked, "sec-websocket-protocol", [&](std::string_view one) {
    offered = offered || one == trimmed(*chosen);
  });
  if (!offered || count_fields(answer, "sec-websocket-protocol") > 1) {
    return std::unexpected("the server chose the protocol \"" + std::string(chosen->substr(0, 80)) +
                           "\", which was not offered");
  }
  return {};
}

}  // namespace offing::http
