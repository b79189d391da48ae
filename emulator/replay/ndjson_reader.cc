#include "emulator/replay/ndjson_reader.h"

#include <cmath>

#include "emulator/replay/collector.h"
#include "emulator/replay/compare.h"
#include "emulator/replay/header_rules.h"
#include "emulator/replay/json_input.h"
#include "emulator/replay/values.h"

namespace offing::replay {
namespace {

constexpr double kOffsetMsMax = 366.0 * 86'400'000;

// What lines tell about time, from the first to the one being read.
struct Clock {
  bool absolute = false;
  uint64_t told_on_line = 0;  // 0: no line has told a time yet
  int64_t at_us = 0;
};

std::string article_time() { return "give milliseconds (90000), \"1m30s\" or \"2026-01-02T03:04:05Z\""; }

void read_at(const Fields& line, uint64_t number, Clock& clock) {
  const rapidjson::Value* at = line.find("at");
  if (!at) return;
  std::optional<int64_t> us;
  bool absolute = false;
  if (at->IsNumber()) {
    const double ms = at->GetDouble();
    if (ms >= 0 && ms <= kOffsetMsMax) us = std::llround(ms * 1000);
  } else if (at->IsString()) {
    us = duration_us(view(*at));
    if (!us) us = iso_time_us(view(*at)), absolute = us.has_value();
  }
  if (!us) {
    return line.fail("at", shortened(json_of(*at), 60) + " is not a time from 0 to 366 days; " +
                               article_time());
  }
  if (clock.told_on_line > 0 && clock.absolute != absolute) {
    return line.fail("at", std::string(absolute ? "a date and time here, but an offset"
                                                : "an offset here, but a date and time") +
                               " on line " + std::to_string(clock.told_on_line) +
                               "; use one of them in a file");
  }
  clock = {absolute, number, *us};
}

std::optional<std::string> resolved(std::string_view url, const ReadOptions& options) {
  url = trimmed(url);
  if (!url.starts_with('/') && !url.starts_with('?')) return absolute_url(url);
  if (url.starts_with("//")) return std::nullopt;
  auto origin = origin_of(options.base_url);
  if (!origin) return std::nullopt;
  return absolute_url(*origin + (url.starts_with('?') ? "/" : "") + std::string(url));
}

void put_header(const Fields& headers, std::string_view name, const rapidjson::Value& value,
                Entry& entry) {
  if (!value.IsString()) {
    return headers.fail(name, "a string or an array of strings is expected, got " +
                                  shortened(json_of(value), 60));
  }
  if (auto wrong = put_request_header(entry, name, view(value))) headers.fail(name, *wrong);
}

void read_request_headers(const Fields& request, Entry& entry) {
  auto headers = request.object("headers");
  if (!headers || !headers->value().IsObject()) return;
  for (const auto& member : headers->value().GetObject()) {
    if (!member.value.IsArray()) {
      put_header(*headers, view(member.name), member.value, entry);
      continue;
    }
    for (const auto& value : member.value.GetArray()) {
      put_header(*headers, view(member.name), value, entry);
    }
  }
}

// Of fields that exclude each other: how many are there; fails for more than one.
int count_of(const Fields& fields, std::initializer_list<const char*> names) {
  int count = 0;
  std::string first;
  for (const char* name : names) {
    if (!fields.find(name)) continue;
    if (++count == 1) first = name;
    else fields.fail(name, "excludes \"" + first + "\", which is here too");
  }
  return count;
}

void read_request_body(const Fields& request, Entry& entry) {
  if (count_of(request, {"body", "bodyBase64", "json"}) == 0) return;
  if (!request.find("method")) {
    return request.fail("method", "is missing; a request with a body has to name its method");
  }
  if (auto body = request.string("body")) entry.body = std::move(*body);
  if (auto text = request.string("bodyBase64")) {
    auto bytes = base64_decode(*text);
    if (!bytes) return request.fail("bodyBase64", "is not base64: \"" + shortened(*text, 40) + "\"");
    entry.body = std::move(*bytes);
  }
  if (const rapidjson::Value* json = request.find("json")) {
    entry.body = json_of(*json);
    if (!entry.headers.has("content-type")) entry.headers.add("content-type", "application/json");
  }
  entry.has_body = true;
}

void read_request(const Fields& request, const ReadOptions& options, Entry& entry) {
  request.only({"method", "url", "headers", "body", "bodyBase64", "json", "//"});
  if (auto method = request.string("method")) {
    if (auto wrong = method_problem(*method)) return request.fail("method", *wrong);
    entry.method = std::move(*method);
  }
  if (!request.required("url")) return;
  const std::string url = request.string("url").value_or("");
  if (!request.ok()) return;
  auto absolute = resolved(url, options);
  if (!absolute) {
    return request.fail("url", "\"" + shortened(url, 80) +
                                   "\" is neither http(s)://host/path nor a path such as /me");
  }
  entry.url = std::move(*absolute);
  read_request_headers(request, entry);
  read_request_body(request, entry);
}

void read_expected_headers(const Fields& expect, Expectation& out) {
  auto headers = expect.object("headers");
  if (!headers || !headers->value().IsObject()) return;
  for (const auto& member : headers->value().GetObject()) {
    const std::string_view name = view(member.name);
    if (!is_token(name)) {
      return headers->fail(name, "\"" + shortened(name, 60) + "\" is not a header's name");
    }
    if (!member.value.IsString() && !member.value.IsNull()) {
      return headers->fail(name, "a string, or null for a header that must be absent, is expected, "
                                 "got " + shortened(json_of(member.value), 60));
    }
    Expectation::ExpectedHeader header{std::string(name), std::nullopt};
    if (member.value.IsString()) header.value = std::string(trimmed(view(member.value)));
    out.headers.push_back(std::move(header));
  }
}

void read_expected_cookies(const Fields& expect, Expectation& out) {
  const rapidjson::Value* names = expect.array("setCookie");
  if (!names) return;
  size_t index = 0;
  for (const auto& name : names->GetArray()) {
    const std::string path = "setCookie[" + std::to_string(index++) + "]";
    if (!name.IsString() || !is_token(view(name))) {
      return expect.fail(path, "a cookie's name is expected, got " + shortened(json_of(name), 60));
    }
    out.set_cookies.emplace_back(view(name));
  }
}

void read_expectation(const Fields& expect, Expectation& out) {
  expect.only({"status", "headers", "setCookie", "body", "json", "matches", "//"});
  if (auto status = expect.integer("status", 100, 599)) out.status = static_cast<uint16_t>(*status);
  read_expected_headers(expect, out);
  read_expected_cookies(expect, out);
  count_of(expect, {"body", "json", "matches"});
  out.body = expect.string("body");
  if (const rapidjson::Value* json = expect.find("json")) out.json = json_of(*json);
  out.matches = expect.string("matches");
  if (!out.matches) return;
  const std::string wrong = check_pattern(*out.matches);
  if (!wrong.empty()) expect.fail("matches", wrong);
}

void read_line(const Fields& line, uint64_t number, const ReadOptions& options, Clock& clock,
               Entry& entry) {
  line.only({"at", "location", "request", "expect", "group", "//"});
  read_at(line, number, clock);
  entry.line = number;
  entry.at_us = clock.at_us;
  entry.group = line.string("group").value_or("");
  if (!line.ok() || !line.required("request")) return;
  read_request(*line.object("request"), options, entry);
  if (auto location = line.string("location")) {
    if (!is_location(*location)) return line.fail("location", location_problem(*location));
    entry.location = std::move(*location);
  }
  if (auto expect = line.object("expect")) read_expectation(*expect, entry.expect);
}

std::expected<Entry, InputError> entry_of(std::string_view line, const std::string& file,
                                          uint64_t number, const ReadOptions& options,
                                          Clock& clock) {
  const JsonText text(line, file);
  size_t at = text.skip_space(0);
  rapidjson::Document value;
  auto parsed = text.parse(at, "", value);
  if (!parsed) {
    InputError error = std::move(parsed.error());
    error.line = number;
    error.message += "; each line holds one whole JSON object";
    return std::unexpected(std::move(error));
  }
  if (text.skip_space(at) < line.size()) {
    InputError error = text.error(text.skip_space(at), "",
                                  "nothing may follow the object; each line holds one");
    error.line = number;
    return std::unexpected(std::move(error));
  }
  Entry entry;
  std::optional<Fields::Wrong> wrong;
  read_line(Fields(value, "", wrong), number, options, clock, entry);
  if (wrong) {
    InputError error = error_at(text, 0, "", *wrong);
    error.line = number;
    return std::unexpected(std::move(error));
  }
  return entry;
}

}  // namespace

std::expected<Traffic, InputError> read_ndjson(std::string_view text, const std::string& file,
                                               const ReadOptions& options) {
  Collector collector(Format::kNdjson, file, options);
  Clock clock;
  for (uint64_t number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (trimmed(line).empty()) continue;
    auto entry = entry_of(line, file, number, options, clock);
    if (!entry) return std::unexpected(std::move(entry.error()));
    if (auto added = collector.add(std::move(*entry)); !added) {
      return std::unexpected(std::move(added.error()));
    }
  }
  return collector.finish(clock.absolute);
}

}  // namespace offing::replay
