// A request and a response as plain values: the one form in which they travel between the HTTP
// server, the gateway, guests, canned recordings and the HTTP client.
// A body is either bytes that are all there (`body`) or a stream (`stream`), never both.
#ifndef OFFING_RUNTIME_HTTP_MESSAGE_H_
#define OFFING_RUNTIME_HTTP_MESSAGE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "runtime/http/byte_source.h"
#include "runtime/http/header_list.h"
#include "runtime/http/web_socket.h"

namespace offing {

struct Request {
  std::string method = "GET";
  std::string url;  // absolute: http://host/path?query
  HeaderList headers;
  bool has_body = false;  // an empty body is still a body
  std::string body;
  std::unique_ptr<ByteSource> stream;
  uint32_t hops = 0;      // from Worker to Worker over HTTP, on the way to here (spec/limits.md 2)
};

struct Response {
  uint16_t status = 200;
  std::string reason;  // empty: the standard phrase of `status`
  HeaderList headers;
  bool has_body = false;
  std::string body;
  std::unique_ptr<ByteSource> stream;
  // Bytes of `body` as the guest encoded them already (Response init encodeBody: "manual").
  bool encoded_by_guest = false;
  // Of an accepted upgrade (status 101): the end that the receiver of this response talks through.
  std::unique_ptr<WebSocketEnd> web_socket;
};

// Called exactly once for each request.
using ResponseCallback = std::move_only_function<void(Response)>;

// The standard reason phrase ("Not Found"), or "" for a status that has none.
const char* reason_phrase(uint16_t status);

}  // namespace offing

#endif  // OFFING_RUNTIME_HTTP_MESSAGE_H_
