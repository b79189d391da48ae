#include "emulator/replay/traffic.h"

#include <algorithm>

#include "emulator/replay/har_reader.h"
#include "emulator/replay/header_rules.h"
#include "emulator/replay/input_file.h"
#include "emulator/replay/json_input.h"
#include "emulator/replay/ndjson_reader.h"
#include "emulator/replay/tail_reader.h"
#include "emulator/replay/values.h"
#include "emulator/replay/vegeta_reader.h"

namespace offing::replay {
namespace {

struct FormatRow {
  Format format;
  std::string_view name;
  std::string_view option;
  // A first object with one of these fields is of this format.
  std::initializer_list<std::string_view> fields;
  std::expected<Traffic, InputError> (*read)(std::string_view, const std::string&,
                                             const ReadOptions&);
};

const FormatRow kFormats[] = {
    {Format::kHar, "HAR", "har", {"log"}, read_har},
    {Format::kNdjson, "NDJSON", "ndjson", {"request", "at", "location", "expect", "group"},
     read_ndjson},
    {Format::kVegeta, "Vegeta", "vegeta", {"method", "url", "header", "body"}, read_vegeta},
    {Format::kTail, "wrangler tail", "tail",
     {"event", "eventTimestamp", "outcome", "scriptName", "logs", "exceptions",
      "diagnosticsChannelEvents", "wallTime", "cpuTime", "truncated", "executionModel"},
     read_tail},
};

const FormatRow& row_of(Format format) {
  return *std::find_if(std::begin(kFormats), std::end(kFormats),
                       [format](const FormatRow& row) { return row.format == format; });
}

std::optional<Format> format_by_field(std::string_view field) {
  for (const FormatRow& row : kFormats) {
    if (std::find(row.fields.begin(), row.fields.end(), field) != row.fields.end()) {
      return row.format;
    }
  }
  return std::nullopt;
}

std::expected<Format, InputError> detect(const JsonText& text) {
  size_t at = text.skip_space(0);
  if (at >= text.text().size()) return std::unexpected(text.error(0, "", "the file is empty"));
  std::optional<Format> found;
  auto walked = text.object(
      at, "", [&](std::string_view key, size_t& value) -> std::expected<bool, InputError> {
        if ((found = format_by_field(key))) return false;
        if (auto skipped = text.skip(value, ""); !skipped) return std::unexpected(skipped.error());
        return true;
      });
  if (found) return *found;
  if (!walked) return std::unexpected(walked.error());
  return std::unexpected(text.error(text.skip_space(0), "",
      "the first object tells no format: a HAR has \"log\", NDJSON \"request\", Vegeta's targets "
      "\"url\", a tail \"event\"; name it with --format har|ndjson|vegeta|tail"));
}

std::expected<ReadOptions, InputError> normal_options(const std::string& file,
                                                      const ReadOptions& options) {
  ReadOptions out = options;
  for (std::string& origin : out.origins) {
    auto normal = origin_of(origin);
    if (!normal) {
      return std::unexpected(InputError{file, 0, 0, "",
          "the wanted origin \"" + shortened(origin, 80) +
              "\" is not of the form https://shop.example"});
    }
    origin = std::move(*normal);
  }
  return out;
}

}  // namespace

std::string_view format_name(Format format) { return row_of(format).name; }

std::optional<Format> format_from(std::string_view name) {
  for (const FormatRow& row : kFormats) {
    if (row.option == name) return row.format;
  }
  return std::nullopt;
}

std::expected<Traffic, InputError> parse_traffic(std::string_view text, std::string file,
                                                 const ReadOptions& options) {
  if (text.size() > options.file_size_bytes_max) {
    return std::unexpected(too_large(file, text.size(), options.file_size_bytes_max));
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  auto normal = normal_options(file, options);
  if (!normal) return std::unexpected(std::move(normal.error()));
  std::optional<Format> format = options.format;
  if (!format) {
    auto detected = detect(JsonText(text, file));
    if (!detected) return std::unexpected(std::move(detected.error()));
    format = *detected;
  }
  auto traffic = row_of(*format).read(text, file, *normal);
  if (!traffic || !traffic->entries.empty()) return traffic;
  // A run that sends nothing would pass whatever the Worker does.
  std::string message = "holds no request to replay";
  for (const Skipped& skipped : traffic->skipped) {
    message += (&skipped == &traffic->skipped.front() ? "; left out: " : ", ") +
               std::to_string(skipped.count) + " " + skipped.reason;
  }
  return std::unexpected(InputError{file, 0, 0, "", std::move(message)});
}

std::expected<Traffic, InputError> read_traffic(const std::string& path,
                                                const ReadOptions& options) {
  auto text = read_input_file(path, options.file_size_bytes_max);
  if (!text) return std::unexpected(std::move(text.error()));
  return parse_traffic(*text, path, options);
}

std::expected<std::vector<std::pair<std::string, std::string>>, InputError> read_header_fill(
    const std::string& path) {
  auto content = read_input_file(path, 1024 * 1024);
  if (!content) return std::unexpected(std::move(content.error()));
  const JsonText text(*content, path);
  std::vector<std::pair<std::string, std::string>> out;
  size_t at = 0;
  auto walked = text.object(
      at, "", [&](std::string_view key, size_t& value) -> std::expected<bool, InputError> {
        const size_t begin = value;
        rapidjson::Document parsed;
        if (auto good = text.parse(value, std::string(key), parsed); !good) {
          return std::unexpected(good.error());
        }
        if (!is_token(key) || !parsed.IsString() || !is_header_value(view(parsed))) {
          return std::unexpected(text.error(begin, shortened(key, 60),
              "a header's name with a value of one line is expected, such as "
              "\"authorization\": \"Bearer test\""));
        }
        out.emplace_back(lower_case(key), trimmed(view(parsed)));
        return true;
      });
  if (!walked) return std::unexpected(std::move(walked.error()));
  if (text.skip_space(at) < content->size()) {
    return std::unexpected(text.error(text.skip_space(at), "", "nothing may follow the object"));
  }
  return out;
}

}  // namespace offing::replay
