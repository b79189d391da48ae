#include "runtime/http/message.h"

namespace offing {

const char* reason_phrase(uint16_t status) {
  switch (status) {
#define OFFING_REASON(code, text) \
  case code: return text;
    OFFING_REASON(100, "Continue") OFFING_REASON(101, "Switching Protocols")
    OFFING_REASON(103, "Early Hints") OFFING_REASON(200, "OK") OFFING_REASON(201, "Created")
    OFFING_REASON(202, "Accepted") OFFING_REASON(203, "Non-Authoritative Information")
    OFFING_REASON(204, "No Content") OFFING_REASON(205, "Reset Content")
    OFFING_REASON(206, "Partial Content") OFFING_REASON(207, "Multi-Status")
    OFFING_REASON(300, "Multiple Choices") OFFING_REASON(301, "Moved Permanently")
    OFFING_REASON(302, "Found") OFFING_REASON(303, "See Other") OFFING_REASON(304, "Not Modified")
    OFFING_REASON(307, "Temporary Redirect") OFFING_REASON(308, "Permanent Redirect")
    OFFING_REASON(400, "Bad Request") OFFING_REASON(401, "Unauthorized")
    OFFING_REASON(402, "Payment Required") OFFING_REASON(403, "Forbidden")
    OFFING_REASON(404, "Not Found") OFFING_REASON(405, "Method Not Allowed")
    OFFING_REASON(406, "Not Acceptable") OFFING_REASON(408, "Request Timeout")
    OFFING_REASON(409, "Conflict") OFFING_REASON(410, "Gone")
    OFFING_REASON(411, "Length Required") OFFING_REASON(412, "Precondition Failed")
    OFFING_REASON(413, "Payload Too Large") OFFING_REASON(414, "URI Too Long")
    OFFING_REASON(415, "Unsupported Media Type") OFFING_REASON(416, "Range Not Satisfiable")
    OFFING_REASON(417, "Expectation Failed") OFFING_REASON(418, "I'm a teapot")
    OFFING_REASON(421, "Misdirected Request") OFFING_REASON(422, "Unprocessable Entity")
    OFFING_REASON(426, "Upgrade Required") OFFING_REASON(428, "Precondition Required")
    OFFING_REASON(429, "Too Many Requests")
    OFFING_REASON(431, "Request Header Fields Too Large")
    OFFING_REASON(451, "Unavailable For Legal Reasons")
    OFFING_REASON(500, "Internal Server Error") OFFING_REASON(501, "Not Implemented")
    OFFING_REASON(502, "Bad Gateway") OFFING_REASON(503, "Service Unavailable")
    OFFING_REASON(504, "Gateway Timeout") OFFING_REASON(505, "HTTP Version Not Supported")
#undef OFFING_REASON
    default: return "";
  }
}

}  // namespace offing
