// A scenario: what clients do to one Worker, when, and what has to come of it; read from a file
// (docs/scenarios.md). A plain value: nothing here runs.
//
// Texts in steps may hold ${variables}, which only a run can fill in; everything else was checked
// when the file was read. A run is a function of the scenario and the seed.
#ifndef OFFING_EMULATOR_SCENARIO_SCENARIO_H_
#define OFFING_EMULATOR_SCENARIO_SCENARIO_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "emulator/config/problem.h"
#include "emulator/config/value.h"
#include "emulator/invariants/invariants.h"
#include "emulator/stage/worker_arguments.h"

namespace offing::scenario {

inline constexpr size_t kFileBytesMax = 4u << 20;
inline constexpr size_t kStepsMax = 10'000;      // of a file
inline constexpr size_t kStepsRunMax = 100'000;  // of a run, repeats counted out
inline constexpr size_t kGroupMax = 1000;
inline constexpr uint64_t kRepeatMax = 10'000;
inline constexpr int kRepeatDepthMax = 8;

// Where in the file something stands: "step[2].expect", line 14.
struct Place {
  std::string key;
  int line = 0;
};

// A variable from an answer: "status", "body", "header.NAME", "cookie.NAME", "json.items[0].id"; of
// a control step "items[0].id".
struct Save {
  std::string variable;
  std::string path;
};

struct ExpectedHeader {
  std::string name;
  std::optional<std::string> value;  // unset: must not be there
};

struct Expectation {
  std::optional<config::Value> status;  // an integer, or a list of them
  std::vector<ExpectedHeader> headers;
  std::optional<std::string> body;  // the whole of it
  std::vector<std::string> contains;
  std::vector<std::string> lacks;
  std::optional<config::Value> json;  // what the answer's JSON holds at least
  std::optional<bool> stale;          // whether it read something stale
};

struct RequestStep {
  Place place;
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<std::string> body;
  std::optional<config::Value> json;  // instead of `body`
  std::string location;
  std::string session;
  bool cookies = true;  // those of its session
  int64_t at_us = 0;    // in a group: after the group's begin
  Expectation expect;
  std::vector<Save> save;
};

struct ClockStep {
  enum class Kind : uint8_t { kAdvance, kSet, kUntilIdle };
  Kind kind = Kind::kAdvance;
  int64_t us = 0;  // by, to, at most
};

// A verb of the control API.
struct ControlStep {
  std::string verb;
  config::Value arguments;              // an object
  std::optional<config::Value> expect;  // what its JSON holds at least
  std::optional<std::string> error;     // the failure's code; then it has to fail
  std::vector<Save> save;
};

struct Step {
  enum class Kind : uint8_t { kRequests, kClock, kControl, kRepeat };
  Kind kind = Kind::kRequests;
  Place place;
  std::string name;                   // of the file, or made of what it does
  std::vector<RequestStep> requests;  // one, or a group
  ClockStep clock;
  ControlStep control;
  uint64_t times = 1;  // kRepeat
  std::vector<Step> steps;
};

struct Scenario {
  std::string file;  // as given
  std::string name;
  WorkerArguments worker;            // paths are found from the scenario's folder
  uint64_t seed = 1;                 // when no others are asked for
  std::vector<uint64_t> only_seeds;  // empty: all
  int64_t start_us = 0;
  invariants::Settings invariants;
  std::vector<Step> steps;
};

using Read = std::expected<Scenario, config::Problem>;

// `text` is TOML, or JSON with comments when the name ends in .json or .jsonc.
Read read_scenario(std::string_view text, const std::string& file);
Read load_scenario(const std::string& file);

}  // namespace offing::scenario

#endif  // OFFING_EMULATOR_SCENARIO_SCENARIO_H_
