#include "emulator/s3/s3_error.h"

#include "emulator/s3/s3_xml.h"

namespace offing::s3 {

S3Error from(const r2::Error& error, uint16_t locked_status, uint16_t expired_status) {
  const r2::ErrorRow& row = error.row();
  const uint16_t status = error.code == r2::Code::kObjectLocked     ? locked_status
                          : error.code == r2::Code::kExpiredRequest ? expired_status
                                                                    : row.http_status;
  return {std::string(row.s3_code), status, error.text, {}};
}

S3Error invalid_argument(std::string message) {
  return {"InvalidArgument", 400, std::move(message), {}};
}

S3Error invalid_request(std::string message) {
  return {"InvalidRequest", 400, std::move(message), {}};
}

S3Error not_implemented(std::string_view what) {
  return {"NotImplemented", 501, std::string(what) + " not implemented", {}};
}

S3Error header_not_implemented(std::string_view name, std::string_view value) {
  return not_implemented("Header '" + std::string(name) + "' with value '" + std::string(value) +
                         "'");
}

S3Error malformed_xml(std::string reason) {
  S3Error error{
      "MalformedXML",
      400,
      "The XML you provided was not well formed or did not validate against our published "
      "schema.",
      {}};
  if (!reason.empty()) error.extra.emplace_back("Reason", std::move(reason));
  return error;
}

S3Error route_not_found() {
  return {"RouteNotFound", 404, "No route matches this url.", {}};
}

S3Error unauthorized() {
  return from(r2::Code::kUnauthorized);
}

std::string error_xml(const S3Error& error) {
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>";
  escape_xml(xml, error.code);
  xml += "</Code><Message>";
  escape_xml(xml, error.message);
  xml += "</Message>";
  for (const auto& [name, text] : error.extra) {
    xml.append("<").append(name).append(">");
    escape_xml(xml, text);
    xml.append("</").append(name).append(">");
  }
  xml += "</Error>";
  return xml;
}

Response error_response(const S3Error& error, bool is_head) {
  Response response;
  response.status = error.http_status;
  response.headers.add("Content-Type", "application/xml");
  if (is_head) return response;
  response.has_body = true;
  response.body = error_xml(error);
  return response;
}

}  // namespace offing::s3
