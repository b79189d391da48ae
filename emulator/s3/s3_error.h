// Errors of the S3 door: a code, an HTTP status, a text, and for some a few elements more. What the
// store refuses becomes one by r2::Error's table (spec/r2.md 1.11); what is wrong with the wire
// form of a request is made here.
#ifndef OFFING_EMULATOR_S3_S3_ERROR_H_
#define OFFING_EMULATOR_S3_S3_ERROR_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/http/message.h"
#include "storage/r2/error.h"

namespace offing::s3 {

struct S3Error {
  std::string code = "InternalError";
  uint16_t http_status = 500;
  std::string message;
  // Name and text of the elements behind <Message>, in order.
  std::vector<std::pair<std::string, std::string>> extra;
};

// `locked_status`: R2Settings::locked_status, the HTTP status of a refusal by a lock (2.4).
// `expired_status`: R2Settings::expired_status.
S3Error from(const r2::Error& error, uint16_t locked_status = 409, uint16_t expired_status = 403);

S3Error invalid_argument(std::string message);   // 400
S3Error invalid_request(std::string message);    // 400
S3Error not_implemented(std::string_view what);  // 501 "<what> not implemented"
S3Error header_not_implemented(std::string_view name, std::string_view value);  // 501 (5.2)
// 400. R2's text says nothing more; `reason` becomes an element behind it, for the developer.
S3Error malformed_xml(std::string reason = {});
S3Error route_not_found();  // 404 (5.3 Routing)
S3Error unauthorized();     // 401

// The document of 5.3: no namespace, `'` as &apos;.
std::string error_xml(const S3Error& error);
// The whole answer. Of a HEAD request it has no body (5.3).
Response error_response(const S3Error& error, bool is_head);

}  // namespace offing::s3

#endif  // OFFING_EMULATOR_S3_S3_ERROR_H_
