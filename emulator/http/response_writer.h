// Turns a Response into bytes: which framing its body gets, and the head that says so.
//
// The server alone decides about Transfer-Encoding, Connection and Keep-Alive; a guest's own are
// dropped. A guest's Content-Length counts where only the guest can know it: on HEAD and 304, and
// for a stream. Neither Date nor Server is added. A value that would end its line is refused.
#ifndef OFFING_EMULATOR_HTTP_RESPONSE_WRITER_H_
#define OFFING_EMULATOR_HTTP_RESPONSE_WRITER_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "runtime/http/message.h"

namespace offing::http {

// What the request and the connection say about how to answer.
struct AnswerTo {
  bool is_head = false;
  uint8_t http_minor = 1;
  bool keep_alive = true;
};

struct Framing {
  enum class Body : uint8_t { kNone, kSized, kChunked, kUntilClose };
  Body body = Body::kNone;
  uint64_t length_bytes = 0;  // kSized
  bool keep_alive = true;
};

// A name that may stand before a colon, and a value that stays on its line.
bool valid_header_name(std::string_view name);
bool valid_header_value(std::string_view value);
// A content-length that all of `headers` agree upon.
std::optional<uint64_t> stated_length(const HeaderList& headers);

// Appends status line, headers and the empty line to `out`. The error says which value is refused;
// `out` is then as before.
std::expected<Framing, std::string> append_head(std::string& out, const Response& response,
                                                AnswerTo to);

void append_chunk(std::string& out, std::string_view bytes);  // never empty
void append_last_chunk(std::string& out);

// A short text/plain answer.
Response text_response(uint16_t status, std::string_view text);

}  // namespace offing::http

#endif  // OFFING_EMULATOR_HTTP_RESPONSE_WRITER_H_
