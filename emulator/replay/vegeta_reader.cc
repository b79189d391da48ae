#include "emulator/replay/vegeta_reader.h"

#include "emulator/replay/collector.h"
#include "emulator/replay/header_rules.h"
#include "emulator/replay/json_input.h"
#include "emulator/replay/values.h"

namespace offing::replay {
namespace {

const rapidjson::Value* unless_null(const rapidjson::Value* value) {
  return value && value->IsNull() ? nullptr : value;
}

void read_headers(const Fields& target, Entry& entry) {
  if (!unless_null(target.find("header"))) return;
  const Fields headers = *target.object("header");
  if (!headers.ok()) return;
  for (const auto& member : headers.value().GetObject()) {
    const std::string_view name = view(member.name);
    if (!member.value.IsArray()) {
      return headers.fail(name, "an array of strings is expected, got " +
                                    shortened(json_of(member.value), 60));
    }
    for (const auto& value : member.value.GetArray()) {
      if (!value.IsString()) {
        return headers.fail(name, "a string is expected, got " + shortened(json_of(value), 60));
      }
      if (auto wrong = put_request_header(entry, name, view(value))) {
        return headers.fail(name, *wrong);
      }
    }
  }
}

void read_target(const Fields& target, Entry& entry) {
  target.only({"method", "url", "body", "header"});
  if (!target.ok() || !target.required("method") || !target.required("url")) return;
  entry.method = target.string("method").value_or("");
  const std::string url = target.string("url").value_or("");
  if (!target.ok()) return;
  if (auto wrong = method_problem(entry.method)) return target.fail("method", *wrong);
  auto absolute = absolute_url(url);
  if (!absolute) {
    return target.fail("url", "\"" + shortened(url, 80) + "\" is not an http(s) URL");
  }
  entry.url = std::move(*absolute);
  read_headers(target, entry);
  if (!unless_null(target.find("body"))) return;
  auto text = target.string("body");
  if (!text) return;
  auto bytes = base64_decode(*text);
  if (!bytes) return target.fail("body", "is not base64: \"" + shortened(*text, 40) + "\"");
  entry.has_body = true;
  entry.body = std::move(*bytes);
}

}  // namespace

std::expected<Traffic, InputError> read_vegeta(std::string_view text, const std::string& file,
                                               const ReadOptions& options) {
  const JsonText json(text, file);
  Collector collector(Format::kVegeta, file, options);
  int64_t at_us = 0;
  for (size_t at = json.skip_space(0); at < text.size(); at = json.skip_space(at)) {
    const size_t begin = at;
    rapidjson::Document value;
    if (auto parsed = json.parse(at, "", value); !parsed) return std::unexpected(parsed.error());
    Entry entry;
    entry.line = json.line_of(begin);
    entry.at_us = at_us;
    std::optional<Fields::Wrong> wrong;
    read_target(Fields(value, "", wrong), entry);
    if (wrong) return std::unexpected(error_at(json, begin, "", *wrong));
    if (auto added = collector.add(std::move(entry)); !added) {
      return std::unexpected(added.error());
    }
    at_us += options.vegeta_interval_us;
  }
  return collector.finish(false);
}

}  // namespace offing::replay
