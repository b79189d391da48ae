#include "emulator/http/request_parser.h"

#include <cassert>
#include <charconv>
#include <cstring>
#include <utility>

namespace offing::http {

// Chunk extensions mean nothing here, so more than a little of them is an attack.
constexpr uint64_t kChunkExtensionBytesMax = 16 * 1024;

static std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

struct RequestParser::Callbacks {
  static RequestParser& of(llhttp_t* p) { return *static_cast<RequestParser*>(p->data); }
  static const llhttp_settings_t& settings() {
    static const llhttp_settings_t made = make();
    return made;
  }
  static llhttp_settings_t make() {
    llhttp_settings_t s;
    llhttp_settings_init(&s);
    s.on_url = [](llhttp_t* p, const char* at, size_t n) {
      of(p).head_.target.append(at, n);
      return 0;
    };
    s.on_header_field = [](llhttp_t* p, const char* at, size_t n) {
      of(p).name_.append(at, n);
      return 0;
    };
    s.on_header_value = [](llhttp_t* p, const char* at, size_t n) {
      of(p).value_.append(at, n);
      return 0;
    };
    s.on_header_value_complete = [](llhttp_t* p) {
      of(p).end_of_header();
      return 0;
    };
    s.on_headers_complete = [](llhttp_t*) -> int { return HPE_PAUSED; };
    s.on_message_complete = [](llhttp_t*) -> int { return HPE_PAUSED; };
    s.on_body = [](llhttp_t* p, const char* at, size_t n) {
      of(p).body_.append(at, n);
      return 0;
    };
    s.on_chunk_header = [](llhttp_t* p) { return of(p).on_chunk_size(p->content_length); };
    s.on_chunk_extension_name = on_extension;
    s.on_chunk_extension_value = on_extension;
    return s;
  }
  static int on_extension(llhttp_t* p, const char*, size_t n) {
    RequestParser& parser = of(p);
    parser.extension_bytes_ += n;
    if (parser.extension_bytes_ <= kChunkExtensionBytesMax) return 0;
    parser.refuse(400, "The request's chunk extensions are longer than 16 KiB. Send fewer.");
    return HPE_USER;
  }
};

RequestParser::RequestParser(const RequestLimits* limits) : limits_(limits) {
  llhttp_init(&llhttp_, HTTP_REQUEST, &Callbacks::settings());
  llhttp_.data = this;
}

void RequestParser::next() {
  assert(state_ == State::kEnded);
  llhttp_reset(&llhttp_);
  state_ = State::kStart;
  head_.request = Request();
  head_.target.clear();
  head_.host.clear();
  head_.expects_continue = head_.wants_upgrade = head_.chunked = false;
  head_.keep_alive = true;
  head_.content_length = 0;
  body_.clear();
  last_byte_ = 0;
  line_is_empty_ = true;
  lines_done_ = false;
  line_count_ = 0;
  header_bytes_ = target_line_bytes_ = 0;
  name_.clear();
  value_.clear();
  host_count_ = length_count_ = 0;
  transfer_encoding_.clear();
  expect_.clear();
  length_valid_ = true;
  body_left_ = body_bytes_ = extension_bytes_ = 0;
}

RequestParser::Step RequestParser::parse(std::string_view& input) {
  switch (state_) {
    case State::kStart:
      // Empty lines before a request are skipped (RFC 9112, 2.2).
      while (!input.empty() && input.front() == (blank_cr_ ? '\n' : '\r')) {
        blank_cr_ = !blank_cr_;
        input.remove_prefix(1);
      }
      if (input.empty()) return Step::kMore;
      if (blank_cr_) return refuse(400, "The request starts with a CR without LF.");
      state_ = State::kHead;
      return parse_lines(input);
    case State::kHead:
    case State::kTrailers:
      return parse_lines(input);
    case State::kSized:
      return parse_sized(input);
    case State::kChunked:
      return parse_chunked(input);
    case State::kEnded:
      return Step::kEnd;
    case State::kRefused:
      return Step::kRefused;
  }
  std::unreachable();
}

// Heads and trailers: lines up to an empty one. The scan knows where they end, so llhttp is never
// given a byte too many and must agree on the end.
RequestParser::Step RequestParser::parse_lines(std::string_view& input) {
  const size_t size = scan_lines(input);
  if (refusal_.status != 0) return Step::kRefused;
  const char* begin = input.data();
  const llhttp_errno_t error = llhttp_execute(&llhttp_, begin, size);
  input.remove_prefix(size);
  if (refusal_.status != 0) return Step::kRefused;
  if (!within_limits()) return Step::kRefused;
  if (!lines_done_) return error == HPE_OK ? Step::kMore : refuse_syntax(error);
  if (error != HPE_PAUSED || llhttp_get_error_pos(&llhttp_) != begin + size) {
    return refuse_syntax(error);
  }
  if (state_ == State::kHead) return finish_head();
  state_ = State::kEnded;
  return Step::kEnd;
}

size_t RequestParser::scan_lines(std::string_view input) {
  size_t at = 0;
  while (at < input.size()) {
    if (last_byte_ == '\n' || last_byte_ == 0) {
      if (!check_line_start(input[at])) return 0;
    }
    const void* found = std::memchr(input.data() + at, '\n', input.size() - at);
    const size_t end = found ? static_cast<const char*>(found) - input.data() : input.size();
    const size_t length = end - at;
    if (length > 1 || (length == 1 && input[at] != '\r')) line_is_empty_ = false;
    if (length > 0) last_byte_ = input[end - 1];
    (line_count_ == 0 ? target_line_bytes_ : header_bytes_) += length;
    if (!found) return end;
    if (last_byte_ != '\r') {
      refuse(400, "A line of the request's head ends in LF alone. Lines must end in CRLF.");
      return 0;
    }
    last_byte_ = '\n';
    at = end + 1;
    if (line_is_empty_) {
      lines_done_ = true;
      return at;
    }
    ++line_count_;
    line_is_empty_ = true;
  }
  return at;
}

bool RequestParser::check_line_start(char first) {
  if (first == ':' && line_count_ > 0) {
    refuse(400, "A header line of the request has no name before its colon.");
    return false;
  }
  const bool folded = (first == ' ' || first == '\t') && (line_count_ > 0 || last_byte_ == '\n');
  if (!folded) return true;
  refuse(400, "A header line of the request starts with white space. Folded headers are not "
              "accepted; put the value on one line.");
  return false;
}

bool RequestParser::within_limits() {
  if (head_.target.size() > limits_->url_bytes_max ||
      target_line_bytes_ > limits_->url_bytes_max + 64) {
    refuse(414, "The request's URL is longer than the limit of " +
                    std::to_string(limits_->url_bytes_max) + " bytes. Move data into the body.");
    return false;
  }
  if (header_bytes_ > limits_->header_bytes_max) {
    refuse(431, "The request's headers are larger than the limit of " +
                    std::to_string(limits_->header_bytes_max) + " bytes in all.");
    return false;
  }
  return true;
}

void RequestParser::end_of_header() {
  if (state_ == State::kHead) {
    const std::string_view value = trimmed(value_);
    const std::string_view name = name_;
    switch (name.size()) {
      case 4:
        if (equals_ignoring_case(name, "host") && ++host_count_ == 1) head_.host = value;
        break;
      case 6:
        if (equals_ignoring_case(name, "expect")) expect_ = value;
        break;
      case 14:
        if (equals_ignoring_case(name, "content-length")) {
          ++length_count_;
          const char* end = value.data() + value.size();
          auto [p, ec] = std::from_chars(value.data(), end, head_.content_length);
          if (ec != std::errc() || p != end) length_valid_ = false;
        }
        break;
      case 17:
        if (equals_ignoring_case(name, "transfer-encoding")) {
          if (!transfer_encoding_.empty()) transfer_encoding_ += ", ";
          transfer_encoding_ += value.empty() ? std::string_view("(empty)") : value;
        }
        break;
    }
    const size_t most = limits_->one_header_bytes_max;
    if (most != 0 && name.size() + value.size() > most) {
      refuse(431, "The request's header \"" + std::string(name.substr(0, 64)) +
                      "\" is larger than the limit of " + std::to_string(most) + " bytes for one.");
    }
    head_.request.headers.add(name, value);
  }
  name_.clear();
  value_.clear();
}

RequestParser::Step RequestParser::finish_head() {
  head_.http_minor = llhttp_.http_minor;
  if (llhttp_.http_major != 1 || llhttp_.http_minor > 1) {
    return refuse(505, "The request speaks HTTP/" + std::to_string(llhttp_.http_major) + "." +
                           std::to_string(llhttp_.http_minor) +
                           ". This server speaks HTTP/1.1 and HTTP/1.0.");
  }
  if (llhttp_.method == HTTP_CONNECT) {
    return refuse(501, "CONNECT is not supported: this server is no proxy.");
  }
  if (head_.target.find('#') != std::string::npos) {
    return refuse(400, "The request's URL has a fragment (#). Fragments are not sent to servers.");
  }
  if (!check_host() || !check_framing() || !check_expectation()) return Step::kRefused;
  head_.request.method = llhttp_method_name(static_cast<llhttp_method_t>(llhttp_.method));
  head_.keep_alive = llhttp_should_keep_alive(&llhttp_) != 0;
  head_.wants_upgrade = llhttp_.upgrade != 0;
  // To llhttp an upgrade ends the message; here it is the handler who decides about it.
  llhttp_.upgrade = 0;
  head_.chunked = !transfer_encoding_.empty();
  head_.request.has_body = head_.chunked || length_count_ > 0;
  body_left_ = head_.content_length;
  state_ = head_.chunked ? State::kChunked : body_left_ > 0 ? State::kSized : State::kEnded;
  return Step::kHead;
}

bool RequestParser::check_host() {
  if (host_count_ == 1 && !head_.host.empty()) return true;
  if (host_count_ == 0 && head_.http_minor == 0) return true;
  refuse(400, host_count_ == 0 ? "The request has no Host header; HTTP/1.1 needs exactly one."
              : host_count_ == 1
                  ? "The request's Host header is empty. Name the host you are calling."
                  : "The request has more than one Host header; HTTP/1.1 needs exactly one.");
  return false;
}

bool RequestParser::check_framing() {
  if (!transfer_encoding_.empty()) {
    if (length_count_ > 0) {
      refuse(400, "The request has both Content-Length and Transfer-Encoding. Send one of them.");
    } else if (head_.http_minor == 0) {
      refuse(400, "Transfer-Encoding needs HTTP/1.1; the request speaks HTTP/1.0.");
    } else if (!equals_ignoring_case(transfer_encoding_, "chunked")) {
      refuse(501, "The transfer coding \"" + transfer_encoding_ +
                      "\" is not supported; the only one is \"chunked\".");
    }
    return refusal_.status == 0;
  }
  if (length_count_ > 1 || !length_valid_) {
    refuse(400, "The request's Content-Length is not one decimal number.");
  } else if (head_.content_length > body_bytes_max()) {
    refuse(413, "The request's body of " + std::to_string(head_.content_length) +
                    " bytes is larger than the limit of " + std::to_string(body_bytes_max()) +
                    " bytes.");
  }
  return refusal_.status == 0;
}

uint64_t RequestParser::body_bytes_max() const {
  const bool own = !limits_->own_body_limit_prefix.empty() &&
                   head_.target.starts_with(limits_->own_body_limit_prefix);
  return own ? limits_->own_body_bytes_max : limits_->body_bytes_max;
}

bool RequestParser::check_expectation() {
  if (expect_.empty() || head_.http_minor == 0) return true;
  if (!equals_ignoring_case(expect_, "100-continue")) {
    refuse(417, "The expectation \"" + expect_ + "\" is not supported; the only one is "
                "\"100-continue\".");
    return false;
  }
  head_.expects_continue = true;
  return true;
}

RequestParser::Step RequestParser::parse_sized(std::string_view& input) {
  const size_t taken = body_left_ < input.size() ? static_cast<size_t>(body_left_) : input.size();
  body_.append(input.substr(0, taken));
  input.remove_prefix(taken);
  body_left_ -= taken;
  if (body_left_ > 0) return Step::kMore;
  state_ = State::kEnded;
  return Step::kEnd;
}

// llhttp stops in two places: behind the head (to be resumed here) and at the last chunk's size
// line, behind which the trailers are read by lines again.
RequestParser::Step RequestParser::parse_chunked(std::string_view& input) {
  if (llhttp_get_errno(&llhttp_) == HPE_PAUSED) llhttp_resume(&llhttp_);
  const char* begin = input.data();
  const llhttp_errno_t error = llhttp_execute(&llhttp_, begin, input.size());
  if (error == HPE_OK) {
    input.remove_prefix(input.size());
    return Step::kMore;
  }
  if (refusal_.status != 0) return Step::kRefused;
  if (error != HPE_PAUSED) return refuse_syntax(error);
  input.remove_prefix(llhttp_get_error_pos(&llhttp_) - begin);
  llhttp_resume(&llhttp_);
  state_ = State::kTrailers;
  last_byte_ = '\n';
  line_is_empty_ = true;
  lines_done_ = false;
  header_bytes_ = 0;
  return parse_lines(input);
}

int RequestParser::on_chunk_size(uint64_t size_bytes) {
  if (size_bytes == 0) return HPE_PAUSED;
  if (size_bytes > body_bytes_max() || body_bytes_ + size_bytes > body_bytes_max()) {
    refuse(413, "The request's body is larger than the limit of " +
                    std::to_string(body_bytes_max()) + " bytes.");
    return HPE_USER;
  }
  body_bytes_ += size_bytes;
  return 0;
}

RequestParser::Step RequestParser::refuse(uint16_t status, std::string text) {
  if (refusal_.status == 0) refusal_ = {status, std::move(text)};
  state_ = State::kRefused;
  return Step::kRefused;
}

RequestParser::Step RequestParser::refuse_syntax(llhttp_errno_t error) {
  if (!within_limits()) return Step::kRefused;
  if (llhttp_.method == HTTP_PRI) error = HPE_PAUSED_H2_UPGRADE;
  const char* reason = llhttp_get_error_reason(&llhttp_);
  switch (error) {
    case HPE_INVALID_VERSION:
    case HPE_PAUSED_H2_UPGRADE:
      return refuse(505, "The request's protocol version is not supported. This server speaks "
                         "HTTP/1.1 and HTTP/1.0.");
    case HPE_INVALID_METHOD:
      return refuse(400, "The request does not start with a known method in capital letters. This "
                         "port speaks plain HTTP/1.1; is the client using https?");
    case HPE_INVALID_URL:
      return refuse(400, "The request's URL holds a byte that must be percent-encoded.");
    case HPE_INVALID_TRANSFER_ENCODING:
      return refuse(400, "The request's Transfer-Encoding is not valid; send \"chunked\" alone.");
    case HPE_UNEXPECTED_CONTENT_LENGTH:
      return refuse(400, std::string("The request's length is ambiguous: ") + reason + ".");
    default:
      return refuse(400, std::string("The request is not valid HTTP/1.1: ") +
                             (reason && *reason ? reason : llhttp_errno_name(error)) + ".");
  }
}

}  // namespace offing::http
