#include "emulator/rest/rest_answer.h"

#include <utility>

#include "emulator/trace/json_text.h"

namespace offing::rest {

RestError rest_error(r2::Code code) { return rest_error(code, r2::Error(code).text); }

RestError rest_error(r2::Code code, std::string message) {
  const r2::ErrorRow& row = r2::kErrorRows[static_cast<size_t>(code)];
  return {row.v4_code, row.http_status, std::move(message)};
}

RestError rest_error(const r2::Error& error, const R2Settings& settings) {
  RestError made = rest_error(error.code, error.text);
  if (error.code == r2::Code::kObjectLocked) made.status = settings.locked_status;
  return made;
}

std::string json_string(std::string_view text) {
  std::string out;
  trace::append_json_string(out, text);
  return out;
}

Response rest_response(const RestOutcome& outcome) {
  Response response;
  response.headers.add("content-type", "application/json; charset=UTF-8");
  response.has_body = true;
  std::string& body = response.body;
  if (outcome) {
    body = "{\"success\":true,\"errors\":[],\"messages\":[],\"result\":" + outcome->result;
    if (!outcome->info.empty()) body += ",\"result_info\":" + outcome->info;
    body += "}";
    return response;
  }
  const RestError& error = outcome.error();
  response.status = error.status;
  body = "{\"success\":false,\"errors\":[{\"code\":" + std::to_string(error.code) +
         ",\"message\":" + json_string(error.message) + "}],\"messages\":[],\"result\":null}";
  return response;
}

}  // namespace offing::rest
