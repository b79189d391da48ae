#include "emulator/scenario/cookies.h"

#include <string_view>

#include "emulator/replay/header_rules.h"

namespace offing::scenario {
namespace {

struct SetCookie {
  std::string name;
  std::string value;
  bool removes = false;
};

SetCookie parse(std::string_view text) {
  SetCookie cookie;
  const std::string_view pair = text.substr(0, text.find(';'));
  const size_t equals = pair.find('=');
  cookie.name = replay::trimmed(pair.substr(0, equals));
  if (equals != pair.npos) cookie.value = replay::trimmed(pair.substr(equals + 1));
  const std::string rest = replay::lower_case(text.substr(pair.size()));
  const size_t age = rest.find("max-age=");
  if (age != rest.npos) {
    const std::string_view seconds = std::string_view(rest).substr(age + 8);
    cookie.removes = seconds.starts_with('0') || seconds.starts_with('-');
  } else {
    cookie.removes = rest.find("expires=thu, 01 jan 1970") != rest.npos;
  }
  return cookie;
}

template <class F>
void each_cookie(const HeaderList& answer, F f) {
  for (Header h : answer) {
    if (equals_ignoring_case(h.name, "set-cookie")) f(parse(h.value));
  }
}

}  // namespace

void Cookies::learn(const HeaderList& answer) {
  each_cookie(answer, [this](SetCookie cookie) {
    if (cookie.name.empty()) return;
    if (cookie.removes)
      values_.erase(cookie.name);
    else
      values_[cookie.name] = std::move(cookie.value);
  });
}

std::string Cookies::header() const {
  std::string text;
  for (const auto& [name, value] : values_) text += (text.empty() ? "" : "; ") + name + "=" + value;
  return text;
}

const std::string* cookie_of(const HeaderList& answer, const std::string& name,
                             std::string& storage) {
  const std::string* found = nullptr;
  each_cookie(answer, [&name, &storage, &found](SetCookie cookie) {
    if (cookie.name != name) return;
    storage = std::move(cookie.value);
    found = &storage;
  });
  return found;
}

}  // namespace offing::scenario
