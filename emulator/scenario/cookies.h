// The cookies of a session, as far as a test needs a browser: names and values; what a server takes
// back or lets expire at once is gone. Paths, domains and lifetimes are not looked at.
#ifndef OFFING_EMULATOR_SCENARIO_COOKIES_H_
#define OFFING_EMULATOR_SCENARIO_COOKIES_H_

#include <map>
#include <string>

#include "runtime/http/header_list.h"

namespace offing::scenario {

class Cookies {
 public:
  void learn(const HeaderList& answer);
  std::string header() const;  // "a=1; b=2", empty when there are none

 private:
  std::map<std::string, std::string> values_;
};

// The value that `answer` sets for `name`; null when it does not.
const std::string* cookie_of(const HeaderList& answer, const std::string& name,
                             std::string& storage);

}  // namespace offing::scenario

#endif  // OFFING_EMULATOR_SCENARIO_COOKIES_H_
