#include "emulator/s3/s3_cors.h"

#include <algorithm>
#include <string>
#include <utility>

#include "emulator/s3/s3_exchange.h"

namespace offing::s3 {
namespace {

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) {
    if (!text.empty()) text += ", ";
    text += item;
  }
  return text;
}

void add_origin(HeaderList& out, const r2::CorsRule& rule, std::string_view origin) {
  const bool any = std::ranges::find(rule.origins, "*") != rule.origins.end();
  out.set("access-control-allow-origin", any ? std::string_view("*") : origin);
  out.set("vary", "Origin");
  if (!rule.expose_headers.empty())
    out.set("access-control-expose-headers", joined(rule.expose_headers));
}

}  // namespace

bool is_preflight(const Request& request) {
  return request.method == "OPTIONS" && request.headers.has("origin") &&
         request.headers.has("access-control-request-method");
}

void answer_preflight(ExchangePtr x) {
  const std::string_view origin = *x->headers().get("origin");
  const std::string_view method = *x->headers().get("access-control-request-method");
  const std::string_view asked = x->headers().get("access-control-request-headers").value_or("");
  const r2::Bucket* bucket = x->bucket();
  const r2::CorsRule* rule =
      bucket ? r2::allowing_rule(bucket->cors, origin, method, asked) : nullptr;
  // Of a bucket that is not there it says the same: nobody has signed this.
  if (rule == nullptr)
    return x->fail(S3Error{"Unauthorized", 403, "CORS not configured for this bucket", {}});
  Response response;
  response.status = 204;
  add_origin(response.headers, *rule, origin);
  response.headers.add("access-control-allow-methods", joined(rule->methods));
  if (!asked.empty()) response.headers.add("access-control-allow-headers", asked);
  if (rule->max_age_s)
    response.headers.add("access-control-max-age", std::to_string(*rule->max_age_s));
  x->answer(std::move(response));
}

void add_cors_headers(HeaderList& out, const r2::Bucket& bucket, std::string_view origin,
                      std::string_view method) {
  if (const r2::CorsRule* rule = r2::allowing_rule(bucket.cors, origin, method, ""))
    add_origin(out, *rule, origin);
}

}  // namespace offing::s3
