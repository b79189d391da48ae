#include "emulator/gateway/error_page.h"

#include <string>

namespace offing {

struct ErrorRow {
  PlatformError error;
  uint16_t status;
  std::string_view title;
  std::string_view advice;
};

static constexpr ErrorRow kRows[] = {
    // Which status the platform gives is not published.
    {PlatformError::kLoop, 503, "Worker loop",
     "Workers have fetched one another through the network too often for one request."},
    {PlatformError::kWorkerThrew, 500, "Worker threw exception",
     "The exception and its stack are on offing's console."},
    {PlatformError::kResourceLimits, 503, "Worker exceeded resource limits",
     "Which limit it was is on offing's console."},
};

static std::string page(const ErrorRow& row, std::string_view ray) {
  std::string html = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>";
  html.append(row.title);
  html +=
      "</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;"
      "padding:0 1rem;color:#222}h1{font-size:1.5rem}code{background:#eee;padding:.1em .3em}"
      "</style></head><body><h1>";
  html.append(row.title);
  html += "</h1><p><code>error code: " + std::to_string(static_cast<unsigned>(row.error)) +
          "</code></p><p>";
  html.append(row.advice);
  html += "</p><p>Ray ID: <code>";
  html.append(ray);
  html += "</code></p></body></html>\n";
  return html;
}

Response platform_error(PlatformError error, std::string_view accept, std::string_view ray) {
  const ErrorRow* row = &kRows[1];
  for (const ErrorRow& r : kRows) {
    if (r.error == error) row = &r;
  }
  Response response;
  response.status = row->status;
  response.has_body = true;
  if (accept.find("text/html") != accept.npos) {
    response.headers.add("content-type", "text/html; charset=UTF-8");
    response.body = page(*row, ray);
  } else {
    response.headers.add("content-type", "text/plain; charset=UTF-8");
    response.body = "error code: " + std::to_string(static_cast<unsigned>(row->error));
  }
  response.headers.add("cache-control", "private, no-store");
  return response;
}

Response plain_answer(uint16_t status, std::string_view text) {
  Response response;
  response.status = status;
  response.headers.add("content-type", "text/plain; charset=UTF-8");
  response.has_body = true;
  response.body.assign(text).append("\n");
  return response;
}

}  // namespace offing
