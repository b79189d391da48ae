// What one run of a scenario came to. A plain value, which crosses from a child process as one line
// of JSON.
#ifndef OFFING_EMULATOR_SCENARIO_RESULT_H_
#define OFFING_EMULATOR_SCENARIO_RESULT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace offing::scenario {

struct Failure {
  std::string step;  // "step 3 (sign out)"; empty: of the run as a whole
  int line = 0;      // in the scenario file; 0: none
  std::string text;  // "status: expected 401, got 200"
};

struct Result {
  std::string file;
  std::string name;
  uint64_t seed = 0;
  std::vector<Failure> failures;
  std::vector<std::string> violations;  // of invariants: "read_your_writes: GET /me in SIN read …"
  std::string invariants_json;          // the whole report
  std::vector<std::string> last_events;  // as event_text, when it has failed
  std::string hash;                     // of the trace
  bool ran_twice = false;               // and both runs had that hash
  uint64_t events = 0;
  uint64_t requests = 0;
  uint64_t steps = 0;
  int64_t virtual_us = 0;
  int64_t real_us = 0;

  bool passed() const { return failures.empty() && violations.empty(); }
};

// One line, without its end.
std::string json_of(const Result& result);
std::optional<Result> result_of(std::string_view json);

// How to run exactly this again.
std::string replay_command(const Result& result);

// A line of the trace for people: "+5.000s #4 SIN kv.read key=ada …", its time since `from_us`. Of what a
// request used, nothing.
std::string event_text(std::string_view json, int64_t from_us);

struct TextOptions {
  bool colour = false;
  bool events = true;  // the last ones
};
// What failed in one run, with the command that repeats it.
std::string failure_text(const Result& result, const TextOptions& options);
// One line for each scenario, what failed, and how many; `results` in any order.
std::string summary_text(const std::vector<Result>& results, int64_t real_us,
                         const TextOptions& options);
std::string junit_of(const std::vector<Result>& results);
std::string tap_of(const std::vector<Result>& results);

}  // namespace offing::scenario

#endif  // OFFING_EMULATOR_SCENARIO_RESULT_H_
