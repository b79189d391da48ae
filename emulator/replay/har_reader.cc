#include "emulator/replay/har_reader.h"

#include <algorithm>
#include <vector>

#include "emulator/replay/collector.h"
#include "emulator/replay/har_entry.h"
#include "emulator/replay/header_rules.h"
#include "emulator/replay/values.h"

namespace offing::replay {
namespace {

constexpr std::string_view kUploadLeftOut =
    "the recording left the request's body out, so its answer is not compared";
constexpr std::string_view kUploadDamaged =
    "the recorded request's body is not what was sent (bytes that are no UTF-8 were replaced), so "
    "its answer is not compared";
constexpr std::string_view kContentLeftOut =
    "the recording left the answer's body out, so it is not compared; record with embedded content";
constexpr std::string_view kContentDamaged =
    "the recorded answer's body is not what was received (binary stored as text, or cut), so it is "
    "not compared";

// An entry waits until all are read: only then the earliest one tells the origin.
struct Held {
  Entry entry;
  std::string origin;
  std::vector<std::string_view> warnings;
};

// Why an entry is no request to replay, as Collector::skip wants it; empty when it is one.
std::string_view reason_to_skip(const HarEntry& entry) {
  if (entry.websocket) return "of WebSocket connections";
  if (!origin_of(entry.url)) return "to other than http(s) addresses";
  if (entry.from_cache) return "that the browser's cache answered";
  if (entry.status < 200) return "without an answer (blocked or aborted)";
  return {};
}

Expectation expectation_of(HarEntry& recorded, bool compare_bodies, Held& held) {
  Expectation expect;
  if (recorded.upload.loss != HarBody::Loss::kNone) {
    held.warnings.push_back(recorded.upload.loss == HarBody::Loss::kLeftOut ? kUploadLeftOut
                                                                            : kUploadDamaged);
    return expect;
  }
  expect.status = static_cast<uint16_t>(recorded.status);
  if (const std::string* to = find_header(recorded.response_headers, "location")) {
    expect.headers.push_back({"location", *to});
  }
  for (const RecordedCookie& cookie : recorded.cookies_set) {
    auto& names = expect.set_cookies;
    if (std::find(names.begin(), names.end(), cookie.name) == names.end()) {
      names.push_back(cookie.name);
    }
  }
  if (!compare_bodies) return expect;
  if (recorded.content.loss != HarBody::Loss::kNone) {
    held.warnings.push_back(recorded.content.loss == HarBody::Loss::kLeftOut ? kContentLeftOut
                                                                             : kContentDamaged);
  } else if (recorded.content.there) {
    expect.body = std::move(recorded.content.bytes);
  }
  return expect;
}

std::expected<Held, InputError> held_of(HarEntry recorded, const HarProblem& problem,
                                        const ReadOptions& options) {
  Held held;
  Entry& entry = held.entry;
  auto url = absolute_url(recorded.url);
  if (!url) {
    return std::unexpected(problem("request.url", "\"" + shortened(recorded.url, 80) +
                                                      "\" is not a URL that can be requested"));
  }
  if (auto wrong = method_problem(recorded.method)) {
    return std::unexpected(problem("request.method", *wrong));
  }
  for (size_t i = 0; i < recorded.request_headers.size(); ++i) {
    const auto& [name, value] = recorded.request_headers[i];
    if (auto wrong = put_request_header(entry, name, value)) {
      return std::unexpected(problem("request.headers[" + std::to_string(i) + "]", *wrong));
    }
  }
  held.origin = *origin_of(*url);
  entry.at_us = recorded.started_us;
  entry.line = recorded.line;
  entry.url = std::move(*url);
  if (recorded.location_named || entry.location.empty()) {
    entry.location = std::move(recorded.location);
  }
  held.entry.expect = expectation_of(recorded, options.compare_bodies, held);
  entry.method = std::move(recorded.method);
  entry.has_body = recorded.upload.there;
  entry.body = std::move(recorded.upload.bytes);
  if (entry.has_body && !recorded.upload_type.empty() && is_header_value(recorded.upload_type) &&
      !entry.headers.has("content-type")) {
    entry.headers.add("content-type", recorded.upload_type);
  }
  entry.cookies_set = std::move(recorded.cookies_set);
  return held;
}

}  // namespace

std::expected<Traffic, InputError> read_har(std::string_view text, const std::string& file,
                                            const ReadOptions& options) {
  const JsonText json(text, file);
  ReadOptions wanted = options;
  Collector collector(Format::kHar, file, wanted);
  std::vector<Held> all;
  auto walked = each_har_entry(
      json, [&](HarEntry recorded, const HarProblem& problem) -> std::expected<void, InputError> {
        if (const std::string_view reason = reason_to_skip(recorded); !reason.empty()) {
          collector.skip(reason);
          return {};
        }
        if (all.size() >= options.entries_max) {
          return std::unexpected(collector.too_many(recorded.line));
        }
        auto held = held_of(std::move(recorded), problem, options);
        if (!held) return std::unexpected(held.error());
        all.push_back(std::move(*held));
        return {};
      });
  if (!walked) return std::unexpected(walked.error());
  if (wanted.origins.empty() && !all.empty()) {
    wanted.origins.push_back(std::min_element(all.begin(), all.end(), [](const Held& a, const Held& b) {
      return a.entry.at_us < b.entry.at_us;
    })->origin);
  }
  for (Held& held : all) {
    const auto& origins = wanted.origins;
    if (std::find(origins.begin(), origins.end(), held.origin) != origins.end()) {
      for (std::string_view warning : held.warnings) collector.warn(held.entry.line, warning);
    }
    if (auto added = collector.add(std::move(held.entry)); !added) {
      return std::unexpected(added.error());
    }
  }
  return collector.finish(true);
}

}  // namespace offing::replay
