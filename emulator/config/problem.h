// One thing that is wrong with a configuration, and where. A plain value: errors end a load with
// one of these, warnings are a list of them.
#ifndef OFFING_EMULATOR_CONFIG_PROBLEM_H_
#define OFFING_EMULATOR_CONFIG_PROBLEM_H_

#include <string>

namespace offing::config {

struct Problem {
  std::string file;  // as shown to the user; may be empty
  std::string key;   // "kv_namespaces[0].binding"; may be empty
  int line = 0;      // from 1; 0 is unknown
  int column = 0;    // from 1; 0 is unknown
  std::string message;

  // "wrangler.toml:12:3: kv_namespaces[0].binding: …"
  std::string text() const;
};

}  // namespace offing::config

#endif  // OFFING_EMULATOR_CONFIG_PROBLEM_H_
