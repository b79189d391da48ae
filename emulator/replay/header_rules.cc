#include "emulator/replay/header_rules.h"

#include <algorithm>

#include "emulator/replay/values.h"

namespace offing::replay {
namespace {

struct Row {
  std::string_view name;
  HeaderRule rule;
};

constexpr Row kRequestRows[] = {
    {"offing-location", HeaderRule::kLocation},
    // The URL tells the host; the body its length.
    {"host", HeaderRule::kDrop},
    {"content-length", HeaderRule::kDrop},
    // About the connection of then.
    {"connection", HeaderRule::kDrop},
    {"expect", HeaderRule::kDrop},
    {"http2-settings", HeaderRule::kDrop},
    {"keep-alive", HeaderRule::kDrop},
    {"proxy-authorization", HeaderRule::kDrop},
    {"proxy-connection", HeaderRule::kDrop},
    {"te", HeaderRule::kDrop},
    {"trailer", HeaderRule::kDrop},
    {"transfer-encoding", HeaderRule::kDrop},
    {"upgrade", HeaderRule::kDrop},
    // An answer is compared as plain bytes.
    {"accept-encoding", HeaderRule::kDrop},
    // Written by the platform's edge; it refuses them from clients.
    {"cdn-loop", HeaderRule::kDrop},
    {"cf-connecting-ip", HeaderRule::kDrop},
    {"cf-ipcountry", HeaderRule::kDrop},
    {"cf-ray", HeaderRule::kDrop},
    {"cf-visitor", HeaderRule::kDrop},
    {"x-forwarded-for", HeaderRule::kDrop},
    {"x-forwarded-proto", HeaderRule::kDrop},
    {"x-real-ip", HeaderRule::kDrop},
};

constexpr std::string_view kAnswerDropped[] = {
    "connection", "content-encoding", "content-length",    "keep-alive", "proxy-connection",
    "trailer",    "te",               "transfer-encoding", "upgrade",
};

}  // namespace

HeaderRule request_header_rule(std::string_view name) {
  if (name.starts_with(':')) return HeaderRule::kDrop;  // HTTP/2's :method, :path, …
  for (const Row& row : kRequestRows) {
    if (equals_ignoring_case(row.name, name)) return row.rule;
  }
  return HeaderRule::kSend;
}

bool answer_header_kept(std::string_view name) {
  if (name.starts_with(':')) return false;
  return std::none_of(std::begin(kAnswerDropped), std::end(kAnswerDropped),
                      [name](std::string_view dropped) { return equals_ignoring_case(dropped, name); });
}

std::optional<std::string> put_request_header(Entry& entry, std::string_view name,
                                              std::string_view value) {
  const HeaderRule rule = request_header_rule(name);
  if (rule == HeaderRule::kDrop) return std::nullopt;
  value = trimmed(value);
  if (rule == HeaderRule::kLocation) {
    if (!is_location(value)) return location_problem(value);
    if (entry.location.empty()) entry.location = value;
    return std::nullopt;
  }
  if (!is_token(name)) return "\"" + shortened(name, 60) + "\" is not a header's name";
  if (!is_header_value(value)) {
    return "the value of " + std::string(name) + " holds a line break or NUL: \"" +
           shortened(value, 60) + "\"";
  }
  entry.headers.add(name, value);
  return std::nullopt;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_header_value(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

bool is_location(std::string_view text) {
  return text.size() == 3 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::string location_problem(std::string_view text) {
  return "\"" + shortened(text, 40) +
         "\" is not a location: three capital letters are expected, such as LHR";
}

}  // namespace offing::replay
