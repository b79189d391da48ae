#include "emulator/replay/compare.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "emulator/replay/json_input.h"
#include "emulator/replay/pattern.h"
#include "emulator/replay/values.h"
#include "emulator/replay/words.h"

namespace offing::replay {
namespace {

constexpr size_t kDifferencesMax = 20;
constexpr size_t kExcerptBytes = 60;

std::string quoted(std::string_view text, size_t length_max = 80) {
  return "\"" + clean_utf8(shortened(text, length_max)) + "\"";
}

void compare_header(const Expectation::ExpectedHeader& expected, const HeaderList& headers,
                    std::vector<std::string>& out) {
  std::string all;
  bool there = false, equal = false;
  for (const Header header : headers) {
    if (!equals_ignoring_case(header.name, expected.name)) continue;
    if (there) all += ", ";
    all += header.value;
    there = true;
    equal = equal || (expected.value && header.value == *expected.value);
  }
  const std::string what = "header " + shortened(expected.name, 60) + ": expected ";
  if (!expected.value) {
    if (there) out.push_back(what + "none, got " + quoted(all));
  } else if (!there) {
    out.push_back(what + quoted(*expected.value) + ", got none");
  } else if (!equal && all != *expected.value) {
    out.push_back(what + quoted(*expected.value) + ", got " + quoted(all));
  }
}

void compare_cookies(const std::vector<std::string>& expected, const HeaderList& headers,
                     std::vector<std::string>& out) {
  if (expected.empty()) return;
  std::vector<std::string_view> set;
  for (const Header header : headers) {
    if (!equals_ignoring_case(header.name, "set-cookie")) continue;
    set.push_back(header.value.substr(0, header.value.find_first_of("=;")));
  }
  for (const std::string& name : expected) {
    if (std::find(set.begin(), set.end(), name) != set.end()) continue;
    std::string got;
    for (std::string_view other : set) got += (got.empty() ? "" : ", ") + std::string(other);
    out.push_back("set-cookie: expected the cookie " + quoted(name) + ", got " +
                  (got.empty() ? "none" : clean_utf8(shortened(got, 80))));
  }
}

// Text around a place in a body, from the beginning of a character.
std::string excerpt(std::string_view body, size_t at) {
  size_t begin = at > 10 ? at - 10 : 0;
  while (begin > 0 && begin < body.size() && (body[begin] & 0xC0) == 0x80) --begin;
  return (begin > 0 ? "…" : "") + quoted(body.substr(std::min(begin, body.size())), kExcerptBytes);
}

void compare_body(std::string_view expected, std::string_view body,
                  std::vector<std::string>& out) {
  if (expected == body) return;
  if (expected.size() <= kExcerptBytes && body.size() <= kExcerptBytes) {
    out.push_back("body: expected " + quoted(expected) + ", got " + quoted(body));
    return;
  }
  const auto [a, b] = std::mismatch(expected.begin(), expected.end(), body.begin(), body.end());
  const size_t at = static_cast<size_t>(a - expected.begin());
  std::string text = "body: expected " + count_text(expected.size(), "byte") + ", got " +
                     std::to_string(body.size());
  if (at == expected.size() || at == body.size()) {
    text += at == body.size() ? "; the end is missing, from " : "; more comes at the end: ";
    text += excerpt(at == body.size() ? expected : body, at);
  } else {
    text += "; from byte " + std::to_string(at) + ", expected " + excerpt(expected, at) +
            ", got " + excerpt(body, at);
  }
  out.push_back(std::move(text));
}

using Json = rapidjson::Value;
using Members = std::vector<std::pair<std::string_view, const Json*>>;

Members sorted_members(const Json& object) {
  Members members;
  for (const auto& member : object.GetObject())
    members.emplace_back(view(member.name), &member.value);
  std::stable_sort(members.begin(), members.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  return members;
}

std::string brief(const Json& value) {
  return clean_utf8(shortened(json_of(value), kExcerptBytes));
}

std::string differ(const std::string& path, const std::string& expected, const std::string& got) {
  return "json: " + (path.empty() ? "" : clean_utf8(shortened(path, 120)) + ": ") + "expected " +
         expected + ", got " + got;
}

// The first difference in the order of names and places. Nesting is bounded by the parser.
std::string json_difference(const Json& expected, const Json& got, const std::string& path) {
  if (expected.IsObject() && got.IsObject()) {
    const Members a = sorted_members(expected), b = sorted_members(got);
    size_t i = 0, j = 0;
    while (i < a.size() || j < b.size()) {
      const int order = i == a.size()   ? 1
                        : j == b.size() ? -1
                                        : a[i].first.compare(b[j].first);
      const std::string name =
          (path.empty() ? "" : path + ".") + std::string(order > 0 ? b[j].first : a[i].first);
      if (order < 0) return differ(name, brief(*a[i].second), "nothing");
      if (order > 0) return differ(name, "nothing", brief(*b[j].second));
      if (std::string found = json_difference(*a[i].second, *b[j].second, name); !found.empty())
        return found;
      ++i, ++j;
    }
    return {};
  }
  if (expected.IsArray() && got.IsArray()) {
    for (unsigned i = 0; i < std::min(expected.Size(), got.Size()); ++i) {
      std::string found =
          json_difference(expected[i], got[i], path + "[" + std::to_string(i) + "]");
      if (!found.empty()) return found;
    }
    if (expected.Size() == got.Size()) return {};
    return differ(path, count_text(expected.Size(), "element"), std::to_string(got.Size()));
  }
  if (expected.GetType() == got.GetType() && expected == got) return {};
  return differ(path, brief(expected), brief(got));
}

void compare_json(const std::string& expected_text, std::string_view body,
                  std::vector<std::string>& out) {
  rapidjson::Document expected, got;
  size_t at = 0;
  if (!JsonText(expected_text, "").parse(at, "", expected)) {
    out.push_back("json: what is expected is not JSON itself: " + quoted(expected_text));
    return;
  }
  const JsonText text(body, "");
  at = 0;
  auto parsed = text.parse(at, "", got);
  if (!parsed || text.skip_space(at) != body.size()) {
    out.push_back("json: expected " + brief(expected) + ", got what is not JSON: " + quoted(body));
    return;
  }
  if (std::string found = json_difference(expected, got, ""); !found.empty())
    out.push_back(std::move(found));
}

void compare_pattern(const std::string& pattern, std::string_view body,
                     std::vector<std::string>& out) {
  if (pattern_found(pattern, body.substr(0, kMatchedBytesMax))) return;
  std::string text = "body: nothing in it matches /" + clean_utf8(shortened(pattern, 80)) + "/";
  if (body.size() > kMatchedBytesMax)
    text += " (only the first " + std::to_string(kMatchedBytesMax) + " bytes of " +
            std::to_string(body.size()) + " are looked at)";
  out.push_back(text + ": " + quoted(body));
}

}  // namespace

Comparison compare(const Expectation& expected, uint16_t status, const HeaderList& headers,
                   std::string_view body) {
  Comparison result;
  std::vector<std::string>& out = result.differences;
  const bool other_status = expected.status && *expected.status != status;
  if (other_status)
    out.push_back("status: expected " + std::to_string(*expected.status) + ", got " +
                  std::to_string(status));
  for (const Expectation::ExpectedHeader& header : expected.headers)
    compare_header(header, headers, out);
  compare_cookies(expected.set_cookies, headers, out);
  // The body of another status is another body; saying so would only hide what matters.
  if (!other_status) {
    if (expected.body) compare_body(*expected.body, body, out);
    if (expected.json) compare_json(*expected.json, body, out);
    if (expected.matches) compare_pattern(*expected.matches, body, out);
  }
  if (out.size() > kDifferencesMax) {
    const size_t more = out.size() - (kDifferencesMax - 1);
    out.resize(kDifferencesMax - 1);
    out.push_back("and " + std::to_string(more) + " more differences");
  }
  return result;
}

}  // namespace offing::replay
