// A scenario's Worker, built once: each run is a world of its own that begins from what was built,
// so that a seed costs an isolate and no more.
//
// A run is a function of the scenario and the seed. It is driven from the house, whose time is
// real; what a step does to the Worker is an event of the run's world, and the next step comes when
// that has been done, at the same instant of the world. Owner: the command. Threading: the loop
// thread.
#ifndef OFFING_EMULATOR_SCENARIO_RIG_H_
#define OFFING_EMULATOR_SCENARIO_RIG_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "emulator/invariants/history.h"
#include "emulator/scenario/result.h"
#include "emulator/scenario/scenario.h"
#include "emulator/stage/stages.h"
#include "emulator/world/world.h"

namespace offing::scenario {

// How a step reaches the control API: a verb's path and arguments (JSON) to the JSON of its answer.
struct ControlFailure {
  std::string code;
  std::string message;
};
using ControlDone = std::move_only_function<void(std::expected<std::string, ControlFailure>)>;
using ControlCall = std::function<void(Stages&, const std::string& verb,
                                       const std::string& arguments, ControlDone)>;

struct RunOptions {
  std::string trace;                // a file, or empty
  trace::Reader* reader = nullptr;  // of the run's events, besides; may be null
};

class Rig {
 public:
  // `scenario` outlives it. The error is for the user, whole.
  static std::expected<std::unique_ptr<Rig>, std::string> build(RealWorld& house,
                                                                const Process& process,
                                                                const Scenario& scenario,
                                                                ControlCall control);
  ~Rig();
  // Runs the house until the run is over.
  std::expected<Result, std::string> run(uint64_t seed, const RunOptions& options);

 private:
  Rig(RealWorld& house, const Scenario& scenario, ControlCall control);
  void name_keys();

  RealWorld& house_;
  const Scenario& scenario_;
  ControlCall control_;
  invariants::Settings invariants_;  // with ids of namespaces in place of bindings
  std::unique_ptr<Stage> base_;
  StackState initial_;
};

}  // namespace offing::scenario

#endif  // OFFING_EMULATOR_SCENARIO_RIG_H_
