// Traffic: requests with the times at which they were made, and what was answered or is expected.
// Four formats become this one value: HAR 1.2, offing's own NDJSON (docs/traffic.md), Vegeta's JSON
// targets and `wrangler tail --format json`.
//
// Invariants: entries stand in order of `at_us`, those of equal time in the order of the file; the
// first is at 0 or later; every URL is absolute; no header that a replay must not send is left
// (header_rules.h). Plain values, owned by whoever reads the file.
#ifndef OFFING_EMULATOR_REPLAY_TRAFFIC_H_
#define OFFING_EMULATOR_REPLAY_TRAFFIC_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "emulator/replay/input_error.h"
#include "runtime/http/header_list.h"

namespace offing::replay {

// What an answer has to be. Whatever is not set is not compared.
struct Expectation {
  struct ExpectedHeader {
    std::string name;
    std::optional<std::string> value;  // nothing: the header must be absent
  };
  std::optional<uint16_t> status;
  std::vector<ExpectedHeader> headers;
  std::vector<std::string> set_cookies;  // names of cookies that the answer must set
  std::optional<std::string> body;       // exact bytes
  std::optional<std::string> json;       // JSON text; equal as values
  std::optional<std::string> matches;    // ECMAScript regular expression, found anywhere

  bool empty() const {
    return !status && headers.empty() && set_cookies.empty() && !body && !json && !matches;
  }
};

// name=value as the recorded server set it. A live server may set another value for the same name.
struct RecordedCookie {
  std::string name;
  std::string value;
};

struct Entry {
  int64_t at_us = 0;     // since the recording's start
  std::string location;  // IATA code; empty: the replay's default
  std::string group;     // for reports; may be empty
  std::string method = "GET";
  std::string url;
  HeaderList headers;
  bool has_body = false;
  std::string body;
  Expectation expect;
  std::vector<RecordedCookie> cookies_set;
  uint64_t line = 0;  // in the file
};

enum class Format : uint8_t { kHar, kNdjson, kVegeta, kTail };
std::string_view format_name(Format format);  // "HAR", "NDJSON", "Vegeta", "wrangler tail"
// From --format: har, ndjson, vegeta, tail.
std::optional<Format> format_from(std::string_view name);

// Entries of a file that are no requests to replay, with the reason for the report:
// "3 entries to other origins (fonts.example, …)".
struct Skipped {
  std::string reason;
  uint64_t count = 0;
};

struct Traffic {
  Format format = Format::kNdjson;
  std::string file;
  std::vector<Entry> entries;
  std::vector<std::string> locations;  // distinct ones of `entries`, in order of appearance
  std::optional<int64_t> start_us;     // Unix time of the recording's start, when the file tells it
  std::vector<Skipped> skipped;
  std::vector<std::string> warnings;
};

struct ReadOptions {
  std::optional<Format> format;  // nothing: told from the content
  // Origins ("https://shop.example") whose requests are the Worker's. Empty: for a HAR the origin of
  // its earliest request, for other formats all.
  std::vector<std::string> origins;
  // What a URL without an origin is resolved against (NDJSON: "url": "/me").
  std::string base_url = "http://localhost";
  // tail: values for headers that the tail shows as REDACTED, names in lower case.
  std::vector<std::pair<std::string, std::string>> header_fill;
  int64_t vegeta_interval_us = 100'000;
  bool compare_bodies = true;  // HAR: whether recorded bodies become expectations
  uint64_t file_size_bytes_max = 512ull * 1024 * 1024;
  uint64_t entries_max = 1'000'000;
};

std::expected<Traffic, InputError> read_traffic(const std::string& path, const ReadOptions& options);
// The same for text that is there already; `file` is the name that errors give.
std::expected<Traffic, InputError> parse_traffic(std::string_view text, std::string file,
                                                 const ReadOptions& options);
// The file of ReadOptions::header_fill: one JSON object of strings, {"authorization": "Bearer test"}.
std::expected<std::vector<std::pair<std::string, std::string>>, InputError> read_header_fill(
    const std::string& path);

}  // namespace offing::replay

#endif  // OFFING_EMULATOR_REPLAY_TRAFFIC_H_
