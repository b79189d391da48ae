// A recording's cookies against a live server's. The recorded server gave a browser `session=abc`;
// the live one answers the same sign-in with `session=xyz`. From then on a request that was recorded
// with `session=abc` has to carry `session=xyz`: cookies are told apart by name and recorded value,
// so that two recorded users stay two. A value that no recorded answer set is sent as it stands.
#ifndef OFFING_EMULATOR_REPLAY_COOKIES_H_
#define OFFING_EMULATOR_REPLAY_COOKIES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "emulator/replay/traffic.h"
#include "runtime/http/header_list.h"

namespace offing::replay {

class CookieMap {
 public:
  // The answer to a request whose recorded answer set `recorded`.
  void learn(const std::vector<RecordedCookie>& recorded, const HeaderList& live);
  // Puts live values into the Cookie headers.
  void apply(HeaderList& headers) const;
  void clear() { live_.clear(); }

 private:
  std::string mapped(std::string_view cookie_header) const;
  std::map<std::pair<std::string, std::string>, std::string> live_;  // by name, recorded value
};

// For each entry that carries a recorded cookie: the entries that were first to set one, by
// position. Entries that carry none have no place in the map.
using CookieOrigins = std::unordered_map<uint32_t, std::vector<uint32_t>>;
CookieOrigins cookie_origins(const std::vector<Entry>& entries);

}  // namespace offing::replay

#endif  // OFFING_EMULATOR_REPLAY_COOKIES_H_
