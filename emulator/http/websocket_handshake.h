// The opening handshake of WebSockets (RFC 6455, 4), both sides, as plain functions over heads.
// Extensions are neither offered nor accepted. Private to emulator/http.
#ifndef OFFING_EMULATOR_HTTP_WEBSOCKET_HANDSHAKE_H_
#define OFFING_EMULATOR_HTTP_WEBSOCKET_HANDSHAKE_H_

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "emulator/http/request_parser.h"
#include "emulator/world/world.h"
#include "runtime/http/message.h"

namespace offing::http {

// A header `upgrade` with the token "websocket".
bool asks_for_web_socket(const HeaderList& headers);

// --- Server

// What a request to upgrade leaves behind for its answer.
struct UpgradeRequest {
  std::string key;
  std::optional<Refusal> refusal;  // the handshake is not a valid one
};
// Null when the request does not ask for a WebSocket. It goes to the handler either way, which may
// well want to answer it otherwise.
std::unique_ptr<UpgradeRequest> read_upgrade(const RequestHead& head);
// The value of Sec-WebSocket-Accept.
std::string accept_key(std::string_view key);
// Appends the head of the 101, with the handler's own headers. The error says which is refused;
// `out` is then as before.
std::expected<void, std::string> append_upgrade_head(std::string& out, const Response& response,
                                                     std::string_view key);

// --- Client

// Headers of a handshake that are not the caller's to say.
bool is_handshake_header(std::string_view name);
std::string new_handshake_key(World& world);
// Appends the header lines that ask for the upgrade.
void append_upgrade_request(std::string& out, std::string_view key);
// `asked` are the request's headers. The error says what is wrong with the 101.
std::expected<void, std::string> check_upgrade(const HeaderList& answer, const HeaderList& asked,
                                               std::string_view key);

}  // namespace offing::http

#endif  // OFFING_EMULATOR_HTTP_WEBSOCKET_HANDSHAKE_H_
