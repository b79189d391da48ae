#include "emulator/gateway/http_front.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "emulator/gateway/error_page.h"
#include "emulator/trace/json_text.h"

namespace offing {

constexpr std::string_view kControlPrefix = "/cdn-cgi/offing/";

static std::string_view path_of(std::string_view url) {
  const size_t slash = url.find('/', url.find("://") + 3);
  return slash == url.npos ? std::string_view("/") : url.substr(slash);
}

void HttpFront::on_request(uint64_t ticket, Request request, ResponseCallback respond) {
  const std::string_view path = path_of(request.url);
  if (R2Door::is_for(request, path))
    return r2_door_.handle(ticket, std::move(request), std::move(respond));
  if (path.starts_with(kControlPrefix)) {
    if (rest::RestFront::owns(path))
      return rest_.on_request(ticket, std::move(request), std::move(respond));
    return respond(control(request, path));
  }
  ++served_;
  gateway_.dispatch(ticket, std::move(request), std::move(respond));
}

static Response json_answer(std::string body) {
  Response response;
  response.headers.add("content-type", "application/json");
  response.has_body = true;
  response.body = std::move(body) + "\n";
  return response;
}

// "%41" and "+" as in any query; a broken escape stays as it is.
static std::string query_value(std::string_view text) {
  std::string value;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned code = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(&text[i + 1], &text[i + 1] + 2, code, 16).ptr == &text[i + 1] + 2) {
      value.push_back(static_cast<char>(code));
      i += 2;
    } else {
      value.push_back(text[i] == '+' ? ' ' : text[i]);
    }
  }
  return value;
}

Response HttpFront::evict_objects(std::string_view query) {
  std::string class_name, object;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view key = pair.substr(0, equals);
    std::string value = query_value(pair.substr(std::min(equals + 1, pair.size())));
    if (key == "namespace") {
      class_name = std::move(value);
    } else if (key == "name" || key == "id") {
      object = std::move(value);
    } else {
      return plain_answer(400, "objects/evict knows namespace=CLASS, name=NAME and id=HEX, not \"" +
                                   std::string(key) + "\"");
    }
  }
  auto evicted = actors_.evict(class_name, object);
  if (!evicted) return plain_answer(404, evicted.error());
  return json_answer("{\"evicted\":" + std::to_string(*evicted) + "}");
}

Response HttpFront::control(const Request& request, std::string_view path) {
  if (request.headers.get("offing-control").value_or("") != "1")
    return plain_answer(403, "offing's own paths need the header \"offing-control: 1\"");
  const std::string_view query =
      path.find('?') == path.npos ? "" : path.substr(path.find('?') + 1);
  const std::string_view name = path.substr(0, path.find('?')).substr(kControlPrefix.size());
  if (name == "status" && request.method == "GET") {
    std::string json = "{\"requests\":" + std::to_string(served_) +
                       ",\"in_flight\":" + std::to_string(gateway_.in_flight()) +
                       ",\"isolates\":" + std::to_string(topology_.resident_count()) +
                       ",\"locations\":[";
    for (size_t i = 0; i < topology_.locations().size(); ++i) {
      if (i > 0) json += ",";
      trace::append_json_string(json, topology_.locations()[i]);
    }
    return json_answer(json + "],\"objects\":" + actors_.status_json() + "}");
  }
  if (name == "isolates/evict" && request.method == "POST") {
    std::optional<size_t> location;
    if (query.starts_with("location=")) {
      location = topology_.find_location(query.substr(9));
      if (!location) return plain_answer(400, "no such location: " + std::string(query.substr(9)));
    }
    return json_answer("{\"evicted\":" + std::to_string(topology_.evict(location, "demand")) + "}");
  }
  if (name == "objects/evict" && request.method == "POST") return evict_objects(query);
  return plain_answer(404, "offing has no " + request.method + " " + std::string(path) +
                               "; there are: GET status, POST isolates/evict, POST objects/evict");
}

}  // namespace offing
