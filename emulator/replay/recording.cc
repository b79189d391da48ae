#include "emulator/replay/recording.h"

#include <algorithm>

#include "emulator/replay/collector.h"
#include "emulator/replay/har_entry.h"
#include "emulator/replay/header_rules.h"
#include "emulator/replay/input_file.h"
#include "emulator/replay/values.h"

namespace offing::replay {
namespace {

std::string normal_url(std::string_view url) {
  auto absolute = absolute_url(url);
  return absolute ? *absolute : std::string(url.substr(0, url.find('#')));
}

size_t common_length(std::string_view a, std::string_view b) {
  return static_cast<size_t>(
      std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

}  // namespace

std::expected<Recording, InputError> Recording::read(const std::string& path) {
  auto text = read_input_file(path, kFileSizeBytesMax);
  if (!text) return std::unexpected(std::move(text.error()));
  return parse(*text, path);
}

std::expected<Recording, InputError> Recording::parse(std::string_view text, std::string file) {
  Recording out;
  out.file_ = file;
  if (text.size() > kFileSizeBytesMax) {
    return std::unexpected(too_large(file, text.size(), kFileSizeBytesMax));
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<HarEntry> entries;
  uint64_t lost = 0, lost_line = 0;
  auto walked = each_har_entry(
      JsonText(text, file),
      [&](HarEntry entry, const HarProblem& problem) -> std::expected<void, InputError> {
        if (entry.status < 200 || entry.websocket || !origin_of(entry.url)) return {};
        if (!is_token(entry.method)) {
          return std::unexpected(problem("request.method", "\"" + shortened(entry.method, 40) +
                                                               "\" is not an HTTP method"));
        }
        if (entry.content.loss != HarBody::Loss::kNone && lost++ == 0) lost_line = entry.line;
        entries.push_back(std::move(entry));
        return {};
      });
  if (!walked) return std::unexpected(std::move(walked.error()));
  std::stable_sort(entries.begin(), entries.end(), [](const HarEntry& a, const HarEntry& b) {
    return a.started_us < b.started_us;
  });
  for (HarEntry& entry : entries) {
    Answer answer;
    answer.status = static_cast<uint16_t>(entry.status);
    if (is_header_value(entry.reason)) answer.reason = std::move(entry.reason);
    for (const auto& [name, value] : entry.response_headers) {
      if (answer_header_kept(name) && is_token(name) && is_header_value(value)) {
        answer.headers.add(name, value);
      }
    }
    const bool bodiless = entry.method == "HEAD" || entry.status == 204 || entry.status == 205 ||
                          entry.status == 304;
    answer.has_body = !bodiless;
    answer.lost = entry.content.loss != HarBody::Loss::kNone;
    if (!answer.lost) answer.body = std::move(entry.content.bytes);
    auto& all = out.by_target_[{std::move(entry.method), normal_url(entry.url)}];
    auto series = std::find_if(all.begin(), all.end(), [&entry](const Series& s) {
      return s.request_body == entry.upload.bytes;
    });
    if (series == all.end()) {
      series = all.insert(series, Series{std::move(entry.upload.bytes), {}, 0});
    }
    series->answers.push_back(std::move(answer));
    ++out.size_;
  }
  if (lost > 0) {
    out.warnings_.push_back(warning_text(file, lost_line,
        "the recording left an answer's body out or damaged it; a Worker that asks for it gets an "
        "error", lost));
  }
  return out;
}

std::expected<Response, std::string> Recording::answer(const Request& request) {
  auto found = by_target_.find({request.method, normal_url(request.url)});
  if (found == by_target_.end()) return std::unexpected(miss(request));
  std::vector<Series>& all = found->second;
  auto series = all.begin();
  if (all.size() > 1) {
    series = std::find_if(all.begin(), all.end(), [&request](const Series& s) {
      return s.request_body == request.body;
    });
    if (series == all.end()) {
      return std::unexpected(request.method + " " + request.url + " is recorded in " + file_ +
                             " with " + std::to_string(all.size()) +
                             " bodies, but not with this one: \"" + shortened(request.body, 80) +
                             "\"");
    }
  }
  const Answer& answer = series->answers[series->next];
  if (series->next + 1 < series->answers.size()) ++series->next;
  if (answer.lost) {
    return std::unexpected(request.method + " " + request.url + " is recorded in " + file_ +
                           ", but its exporter left the answer's body out or damaged it; record it "
                           "again with embedded content");
  }
  Response response;
  response.status = answer.status;
  response.reason = answer.reason;
  response.headers = answer.headers;
  response.has_body = answer.has_body;
  response.body = answer.body;
  return response;
}

std::string Recording::miss(const Request& request) const {
  const std::string url = normal_url(request.url);
  std::string text = request.method + " " + request.url + " is not recorded in " + file_;
  // The same URL under another method first, then the URL that begins alike.
  const Target* nearest = nullptr;
  size_t nearest_length = 0;
  const size_t origin_length = origin_of(url).value_or("").size();
  for (const auto& [target, series] : by_target_) {
    size_t length = common_length(target.second, url);
    if (target.second == url) length += 1'000'000;
    else if (length < origin_length || origin_length == 0) continue;
    if (target.first == request.method) ++length;
    if (length > nearest_length) nearest = &target, nearest_length = length;
  }
  if (nearest) {
    return text + "; nearest is " + nearest->first + " " + shortened(nearest->second, 200);
  }
  if (by_target_.empty()) return text + ", which holds no answers";
  return text + ", and nothing else of its origin is";
}

}  // namespace offing::replay
