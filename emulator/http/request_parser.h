// Bytes in, requests out: HTTP/1.1 syntax without a socket.
//
// `parse` consumes bytes from the front of its input and stops at each thing worth knowing: a head,
// the end of a message, a refusal. Between messages the caller decides when to go on (`next`), so
// that pipelined requests wait their turn as unread bytes. Decoded body bytes gather in `body`.
// Strict on purpose (RFC 9112 read with request smuggling in mind): every line ends in CRLF, no
// folded lines, one framing header, never both; what two parsers could read differently is refused.
// Line ends and framing are checked here; tokens, targets and chunks by llhttp.
// Invariant: after kRefused the connection is of no further use.
#ifndef OFFING_EMULATOR_HTTP_REQUEST_PARSER_H_
#define OFFING_EMULATOR_HTTP_REQUEST_PARSER_H_

#include <llhttp.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/http/message.h"

namespace offing::http {

struct RequestLimits {
  size_t url_bytes_max = 16 * 1024;
  size_t header_bytes_max = 128 * 1024;  // all header lines of a request; trailers likewise
  uint64_t body_bytes_max = 100ull << 20;
  // Targets that begin so have a limit of their own; "": none do.
  std::string own_body_limit_prefix = {};
  uint64_t own_body_bytes_max = 0;
  size_t one_header_bytes_max = 0;  // of each header, name and value; 0: only all together count
};

// Why a request is not served: an answer for the client.
struct Refusal {
  uint16_t status = 0;
  std::string text;  // names the value, the limit and the way out
};

// What a request's head says beyond the Request itself. `request.url` is not set yet: that takes
// the rules about hosts (host_rules.h), which complete `target` to an absolute URL.
struct RequestHead {
  Request request;
  std::string target;  // as it stood in the request line
  std::string host;    // value of Host; empty on HTTP/1.0 without one
  uint8_t http_minor = 1;
  bool keep_alive = true;
  bool expects_continue = false;
  bool wants_upgrade = false;  // Upgrade, announced in Connection
  bool chunked = false;
  uint64_t content_length = 0;

  bool has_body_bytes() const { return chunked || content_length > 0; }
};

class RequestParser {
 public:
  enum class Step : uint8_t {
    kMore,     // all input consumed
    kHead,     // `head` is complete; goes on with the body
    kEnd,      // the message is complete; call `next` before parsing on
    kRefused,  // see `refusal`
  };

  // `limits` outlives the parser.
  explicit RequestParser(const RequestLimits* limits);
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  Step parse(std::string_view& input);
  void next();

  RequestHead& head() { return head_; }
  std::string& body() { return body_; }
  const Refusal& refusal() const { return refusal_; }
  // Some of a head has come, but not all of it.
  bool in_head() const { return state_ == State::kHead; }
  // Body bytes still to come; nothing when chunked.
  uint64_t body_bytes_left() const { return body_left_; }

 private:
  enum class State : uint8_t { kStart, kHead, kSized, kChunked, kTrailers, kEnded, kRefused };
  struct Callbacks;
  friend struct Callbacks;

  Step parse_lines(std::string_view& input);
  Step parse_sized(std::string_view& input);
  Step parse_chunked(std::string_view& input);
  Step finish_head();
  Step refuse(uint16_t status, std::string text);
  Step refuse_syntax(llhttp_errno_t error);
  // Bytes of `input` up to the end of the empty line that ends a head, or all of them when it is
  // not in there. Sets the refusal when a line breaks the rules.
  size_t scan_lines(std::string_view input);
  bool check_line_start(char first);
  bool within_limits();
  bool check_framing();
  bool check_host();
  bool check_expectation();
  uint64_t body_bytes_max() const;   // of this request
  void end_of_header();
  int on_chunk_size(uint64_t size_bytes);

  const RequestLimits* limits_;
  llhttp_t llhttp_;
  State state_ = State::kStart;
  RequestHead head_;
  std::string body_;
  Refusal refusal_;

  // Scan of the current head or trailer section.
  bool blank_cr_ = false;  // the CR of an empty line before the request has come
  char last_byte_ = 0;
  bool line_is_empty_ = true;  // so far: nothing but a CR
  bool lines_done_ = false;
  uint32_t line_count_ = 0;
  size_t header_bytes_ = 0;
  size_t target_line_bytes_ = 0;

  std::string name_;
  std::string value_;
  uint32_t host_count_ = 0;
  uint32_t length_count_ = 0;
  std::string transfer_encoding_;
  std::string expect_;
  bool length_valid_ = true;

  uint64_t body_left_ = 0;
  uint64_t body_bytes_ = 0;        // decoded so far, over all of the message
  uint64_t extension_bytes_ = 0;  // of chunks
};

}  // namespace offing::http

#endif  // OFFING_EMULATOR_HTTP_REQUEST_PARSER_H_
