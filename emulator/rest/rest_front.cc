#include "emulator/rest/rest_front.h"

#include <utility>

namespace offing::rest {
namespace {

// Who asks; the error is for somebody who did not say so.
std::expected<const R2Token*, RestError> identify(const R2Tokens& tokens, const Request& request) {
  constexpr std::string_view kBearer = "Bearer ";
  const std::string_view authorization = request.headers.get("authorization").value_or("");
  const bool bears = authorization.size() > kBearer.size() &&
                     equals_ignoring_case(authorization.substr(0, kBearer.size()), kBearer);
  if (bears) return tokens.find_by_value(authorization.substr(kBearer.size()));
  const bool has_key = !request.headers.get("x-auth-key").value_or("").empty();
  if (has_key || request.headers.get("offing-control").value_or("") == "1") return nullptr;
  return std::unexpected(RestError{
      10000, 401,
      "Authentication error: send \"Authorization: Bearer TOKEN\" (any token will do) or "
      "\"offing-control: 1\""});
}

// The words of …/client/v4/a/b%20c; nullopt when one is wrongly encoded. Behind "objects" one key
// follows, slashes and all.
std::optional<std::vector<std::string>> words_of(std::string_view path) {
  std::vector<std::string> words;
  path.remove_prefix(kRestBase.size());
  while (!path.empty()) {
    path.remove_prefix(1);
    const bool is_key = words.size() == 6 && words[2] == "r2" && words[3] == "buckets" &&
                        words[5] == "objects";
    const std::string_view word = is_key ? path : path.substr(0, path.find('/'));
    path.remove_prefix(word.size());
    auto decoded = s3::percent_decode(word, false);
    if (!decoded) return std::nullopt;
    if (!decoded->empty() || !path.empty()) words.push_back(std::move(*decoded));
  }
  return words;
}

RestOutcome no_route(const Exchange& exchange) {
  std::string path;
  for (const std::string& word : exchange.words) path += "/" + word;
  return std::unexpected(RestError{
      7000, 404, "No route for that URI: offing has no " + exchange.request.method + " " +
                     path.substr(0, 200) + " (docs/r2.md lists what it has)"});
}

}  // namespace

void RestFront::on_request(uint64_t ticket, Request request, ResponseCallback respond) {
  auto exchange = std::make_unique<Exchange>();
  exchange->ticket = ticket;
  exchange->request = std::move(request);
  exchange->respond = std::move(respond);
  const s3::UrlParts url = s3::split_url(exchange->request.url);
  exchange->query = s3::Query::parse(url.query);
  auto token = identify(context_.tokens, exchange->request);
  if (!token) return exchange->answer(std::unexpected(token.error()));
  exchange->token = *token;
  auto words = words_of(url.path);
  if (!words)
    return exchange->answer(std::unexpected(
        rest_error(r2::Code::kInvalidRequest, "The path is not well encoded: a \"%\" without two "
                                              "hexadecimal digits")));
  exchange->words = std::move(*words);
  const bool is_upload = exchange->is("PUT", 7) && exchange->words[5] == "objects";
  if (!exchange->request.stream || is_upload) return route(std::move(exchange));
  auto stream = std::move(exchange->request.stream);
  read_all(std::move(stream), kRestDocumentBytesMax,
           [this, exchange = std::move(exchange)](Chunk chunk) mutable {
             if (chunk.kind == Chunk::Kind::kError)
               return exchange->answer(std::unexpected(rest_error(
                   r2::Code::kInvalidRequest, "The body cannot be read: " + chunk.bytes)));
             exchange->request.body = std::move(chunk.bytes);
             route(std::move(exchange));
           });
}

void RestFront::route(ExchangePtr exchange) {
  if (route_objects(context_, exchange) || route_usage(context_, *exchange)) return;
  for (auto* routes : {route_rules, route_buckets, route_notifications, route_account}) {
    if (auto outcome = routes(context_, *exchange)) return exchange->answer(*outcome);
  }
  exchange->answer(no_route(*exchange));
}

}  // namespace offing::rest
