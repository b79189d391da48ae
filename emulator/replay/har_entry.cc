#include "emulator/replay/har_entry.h"

#include "emulator/replay/collector.h"
#include "emulator/replay/har_bodies.h"
#include "emulator/replay/header_rules.h"
#include "emulator/replay/values.h"

namespace offing::replay {
namespace {

HarHeaders read_headers(const Fields& message) {
  HarHeaders out;
  const rapidjson::Value* array = message.array("headers");
  if (!array) return out;
  out.reserve(array->Size());
  size_t index = 0;
  for (const auto& item : array->GetArray()) {
    const std::string path = "headers[" + std::to_string(index++) + "]";
    if (!item.IsObject()) return message.fail(path, "an object is expected here"), out;
    const auto name = item.FindMember("name");
    const auto value = item.FindMember("value");
    if (name == item.MemberEnd() || !name->value.IsString()) {
      return message.fail(path + ".name", "a string is expected"), out;
    }
    if (value == item.MemberEnd() || !value->value.IsString()) {
      return message.fail(path + ".value", "a string is expected"), out;
    }
    // Browsers join repeated headers with line breaks.
    std::string_view rest = view(value->value);
    for (;;) {
      const size_t end = rest.find('\n');
      out.emplace_back(view(name->value), trimmed(rest.substr(0, end)));
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
    }
  }
  return out;
}

void read_cookies(const Fields& response, HarEntry& entry) {
  for (const auto& [name, value] : entry.response_headers) {
    if (!equals_ignoring_case(name, "set-cookie")) continue;
    const std::string_view pair = std::string_view(value).substr(0, value.find(';'));
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos || trimmed(pair.substr(0, equals)).empty()) continue;
    entry.cookies_set.push_back({std::string(trimmed(pair.substr(0, equals))),
                                 std::string(trimmed(pair.substr(equals + 1)))});
  }
  const rapidjson::Value* cookies = response.array("cookies");
  if (!entry.cookies_set.empty() || !cookies) return;
  size_t index = 0;
  for (const auto& item : cookies->GetArray()) {
    const Fields cookie(item, response.path("cookies[" + std::to_string(index++) + "]"),
                        response.wrong());
    auto name = cookie.string("name");
    auto value = cookie.string("value");
    if (name && value && !name->empty()) {
      entry.cookies_set.push_back({std::move(*name), std::move(*value)});
    }
  }
}

void read_location(const Fields& fields, HarEntry& entry) {
  if (auto location = fields.string("_location")) {
    if (!is_location(*location)) return fields.fail("_location", location_problem(*location));
    entry.location = std::move(*location);
    entry.location_named = true;
    return;
  }
  const std::string* ray = find_header(entry.response_headers, "cf-ray");
  const size_t dash = ray ? ray->rfind('-') : std::string::npos;
  if (dash != std::string::npos && is_location(std::string_view(*ray).substr(dash + 1))) {
    entry.location = ray->substr(dash + 1);
  }
}

void read_request(const Fields& request, HarEntry& entry) {
  if (request.required("method")) entry.method = request.string("method").value_or("");
  if (request.required("url")) entry.url = request.string("url").value_or("");
  entry.request_headers = read_headers(request);
  if (request.ok()) read_upload(request, entry);
}

void read_response(const Fields& response, HarEntry& entry) {
  if (response.required("status")) {
    entry.status = static_cast<int>(response.integer("status", -1, 599).value_or(0));
  }
  entry.reason = response.string("statusText").value_or("");
  entry.response_headers = read_headers(response);
  if (!response.ok()) return;
  read_content(response, entry);
  read_cookies(response, entry);
}

void read_entry(const rapidjson::Value& value, std::optional<Fields::Wrong>& wrong,
                HarEntry& entry) {
  const Fields fields(value, "", wrong);
  if (!fields.ok()) return;
  if (fields.required("startedDateTime")) {
    const std::string text = fields.string("startedDateTime").value_or("");
    if (auto at_us = iso_time_us(text)) entry.started_us = *at_us;
    else fields.fail("startedDateTime", "\"" + shortened(text, 60) +
                     "\" is not a time with a zone, such as 2026-01-02T03:04:05.678Z");
  }
  if (!fields.required("request") || !fields.required("response")) return;
  read_request(*fields.object("request"), entry);
  if (fields.ok()) read_response(*fields.object("response"), entry);
  if (!fields.ok()) return;
  const rapidjson::Value* cached = fields.find("_fromCache");
  entry.from_cache = cached && !cached->IsNull() && !cached->IsFalse();
  const rapidjson::Value* type = fields.find("_resourceType");
  entry.websocket = entry.status == 101 || entry.url.starts_with("ws:") ||
                    entry.url.starts_with("wss:") || fields.find("_webSocketMessages") ||
                    (type && type->IsString() && view(*type) == "websocket");
  read_location(fields, entry);
}

using More = std::expected<bool, InputError>;

More skip(const JsonText& text, size_t& at, const std::string& field) {
  if (auto skipped = text.skip(at, field); !skipped) return std::unexpected(skipped.error());
  return true;
}

More one_entry(const JsonText& text, size_t& at, uint64_t index, const HarVisit& visit) {
  const size_t begin = at;
  const std::string prefix = "log.entries[" + std::to_string(index) + "]";
  rapidjson::Document value;
  if (auto parsed = text.parse(at, prefix, value); !parsed) return std::unexpected(parsed.error());
  HarEntry entry;
  entry.index = index;
  entry.line = text.line_of(begin);
  std::optional<Fields::Wrong> wrong;
  read_entry(value, wrong, entry);
  if (wrong) return std::unexpected(error_at(text, begin, prefix, *wrong));
  const HarProblem problem = [&text, begin, &prefix](std::string path, std::string message) {
    return error_at(text, begin, prefix, {std::move(path), std::move(message)});
  };
  if (auto visited = visit(std::move(entry), problem); !visited) {
    return std::unexpected(visited.error());
  }
  return true;
}

}  // namespace

std::expected<void, InputError> each_har_entry(const JsonText& text, const HarVisit& visit) {
  size_t at = 0;
  uint64_t index = 0;
  bool has_log = false, has_entries = false;
  auto walked = text.object(at, "", [&](std::string_view key, size_t& in_root) -> More {
    if (key != "log") return skip(text, in_root, std::string(key));
    has_log = true;
    auto log = text.object(in_root, "log", [&](std::string_view name, size_t& in_log) -> More {
      if (name != "entries") return skip(text, in_log, "log." + std::string(name));
      has_entries = true;
      auto array = text.array(in_log, "log.entries", [&](size_t& in_entries) -> More {
        return one_entry(text, in_entries, index++, visit);
      });
      if (!array) return std::unexpected(array.error());
      return true;
    });
    if (!log) return std::unexpected(log.error());
    return true;
  });
  if (!walked) return std::unexpected(walked.error());
  if (!has_log) return std::unexpected(text.error(0, "log", "is missing; is this a HAR file?"));
  if (!has_entries) return std::unexpected(text.error(0, "log.entries", "is missing"));
  if (text.skip_space(at) < text.text().size()) {
    return std::unexpected(text.error(text.skip_space(at), "", "nothing may follow the HAR's end"));
  }
  return {};
}

const std::string* find_header(const HarHeaders& headers, std::string_view name) {
  for (const auto& header : headers) {
    if (equals_ignoring_case(header.first, name)) return &header.second;
  }
  return nullptr;
}

}  // namespace offing::replay
