#include "emulator/replay/cookies.h"

#include <algorithm>
#include <utility>

#include "emulator/replay/header_rules.h"

namespace offing::replay {
namespace {

struct Pair {
  std::string_view name;
  std::string_view value;
};

// "a=b" with the space around both removed; nothing when there is no name.
std::optional<Pair> pair_of(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  return Pair{trimmed(text.substr(0, equals)), trimmed(text.substr(equals + 1))};
}

template <class Visit>
void each_part(std::string_view header, Visit visit) {
  for (;;) {
    const size_t end = header.find(';');
    visit(trimmed(header.substr(0, end)));
    if (end == std::string_view::npos) return;
    header.remove_prefix(end + 1);
  }
}

bool is_cookie(const Header& header) { return equals_ignoring_case(header.name, "cookie"); }

std::string_view unquoted(std::string_view value) {
  const bool quoted = value.size() >= 2 && value.starts_with('"') && value.ends_with('"');
  return quoted ? value.substr(1, value.size() - 2) : value;
}

constexpr uint32_t kNobody = UINT32_MAX;  // carried before any recorded answer set it

using Name = std::pair<std::string, std::string>;
Name name_of(std::string_view name, std::string_view value) {
  return {std::string(name), std::string(unquoted(value))};
}

}  // namespace

void CookieMap::learn(const std::vector<RecordedCookie>& recorded, const HeaderList& live) {
  for (const RecordedCookie& cookie : recorded) {
    for (const Header header : live) {
      if (!equals_ignoring_case(header.name, "set-cookie")) continue;
      const auto pair = pair_of(header.value.substr(0, header.value.find(';')));
      if (pair && pair->name == cookie.name)
        live_[name_of(cookie.name, cookie.value)] = std::string(pair->value);
    }
  }
}

std::string CookieMap::mapped(std::string_view cookie_header) const {
  std::string out;
  each_part(cookie_header, [this, &out](std::string_view part) {
    if (part.empty()) return;
    if (!out.empty()) out += "; ";
    const auto pair = pair_of(part);
    const auto it = pair ? live_.find(name_of(pair->name, pair->value)) : live_.end();
    if (it == live_.end()) out += part;
    else out += std::string(pair->name) + "=" + it->second;
  });
  return out;
}

void CookieMap::apply(HeaderList& headers) const {
  if (live_.empty() || !headers.has("cookie")) return;
  HeaderList out;
  for (const Header header : headers)
    out.add(header.name, is_cookie(header) ? mapped(header.value) : std::string(header.value));
  headers = std::move(out);
}

// A server that renews a cookie with each answer sets the same value over and over: whoever carries
// it needs the first of these answers only.
CookieOrigins cookie_origins(const std::vector<Entry>& entries) {
  CookieOrigins origins;
  std::map<Name, uint32_t> first;
  for (uint32_t i = 0; i < entries.size(); ++i) {
    for (const Header header : entries[i].headers) {
      if (!is_cookie(header)) continue;
      each_part(header.value, [&origins, &first, i](std::string_view part) {
        const auto pair = pair_of(part);
        if (!pair) return;
        const auto known = first.emplace(name_of(pair->name, pair->value), kNobody).first;
        const uint32_t origin = known->second;
        if (origin == kNobody) return;
        std::vector<uint32_t>& list = origins[i];
        if (std::find(list.begin(), list.end(), origin) == list.end()) list.push_back(origin);
      });
    }
    for (const RecordedCookie& cookie : entries[i].cookies_set)
      first.emplace(name_of(cookie.name, cookie.value), i);
  }
  return origins;
}

}  // namespace offing::replay
