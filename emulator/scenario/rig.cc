#include "emulator/scenario/rig.h"

#include <utility>

#include "emulator/scenario/run.h"
#include "emulator/world/clocks.h"

namespace offing::scenario {

Rig::Rig(RealWorld& house, const Scenario& scenario, ControlCall control)
    : house_(house),
      scenario_(scenario),
      control_(std::move(control)),
      invariants_(scenario.invariants) {}

Rig::~Rig() = default;

std::expected<std::unique_ptr<Rig>, std::string> Rig::build(RealWorld& house,
                                                            const Process& process,
                                                            const Scenario& scenario,
                                                            ControlCall control) {
  std::unique_ptr<Rig> rig(new Rig(house, scenario, std::move(control)));
  rig->base_ = std::make_unique<Stage>(
      "base", house, WorldState{scenario.seed, scenario.start_us, Faults(scenario.seed)});
  WorkerArguments worker = scenario.worker;
  worker.seed = scenario.seed;
  auto stack = Stack::build(rig->base_->world(), process, worker);
  if (!stack) return std::unexpected(scenario.file + ": " + stack.error());
  rig->base_->set_stack(std::move(*stack));
  rig->initial_ = rig->base_->stack().copy_state();
  rig->name_keys();
  return rig;
}

// In a scenario a namespace is named as the Worker does; in the trace, by its id.
void Rig::name_keys() {
  const WorkerOptions& worker = base_->stack().project().worker;
  for (auto& one : invariants_.of) {
    for (std::string& glob : one.keys) {
      const std::string name = glob.substr(0, glob.find('/'));
      for (const KvBinding& kv : worker.kv_bindings) {
        if (kv.name == name) glob = kv.namespace_id + glob.substr(name.size());
      }
      for (const R2Binding& r2 : worker.r2_bindings) {
        if (r2.name == name) glob = r2.bucket_name + glob.substr(name.size());
      }
    }
  }
}

std::expected<Result, std::string> Rig::run(uint64_t seed, const RunOptions& options) {
  const int64_t began_us = monotonic_us();
  WorldState state = initial_.world;
  state.seed = seed;
  state.streams.clear();
  state.faults.reseed(seed);
  auto stage = std::make_unique<Stage>("main", house_, std::move(state));
  auto output = TraceOutput::open(stage->world(), options.trace, false, trace::Measured::kLeftOut);
  if (!output) return std::unexpected(output.error());
  auto run = std::make_shared<Run>(house_, scenario_, seed, control_, invariants_, options.reader);
  run->watch(*stage);
  auto stack = Stack::fork(stage->world(), base_->stack(), initial_);
  if (!stack) return std::unexpected(scenario_.file + ": " + stack.error());
  stage->set_stack(std::move(*stack));
  Result result;
  {
    Stages stages(house_, std::move(stage), [&run](Stage& made) {
      if (made.id == "main") run->watch(made);
    });
    run->start(stages);
    house_.run();
    house_.go_on();
    result = run->take_result();
    result.hash = stages.main().log().hash();
    (*output)->finish();
    output->reset();
  }
  result.real_us = monotonic_us() - began_us;
  return result;
}

}  // namespace offing::scenario
