#include "emulator/stage/stages.h"

#include <utility>
#include <vector>

namespace offing {

// A world that is over is taken down a moment later, so that nobody waits for it.
constexpr int64_t kRetireAfterUs = 1000;
// So long nothing was begun: then there is time to prepare what the next world needs.
constexpr int64_t kQuietUs = 20'000;

Stages::Stages(RealWorld& house, std::unique_ptr<Stage> main, Made made)
    : house_(house), made_(std::move(made)) {
  Stage& stage = *stages_.emplace("main", std::move(main)).first->second;
  if (!may_copy(stage)) return;
  initial_ = std::make_shared<const StackState>(stage.stack().copy_state());
  initial_auto_skip_ = stage.virtual_world()->auto_skip();
  initial_events_ = stage.world().trace().count();
  prepare_soon();
}

Stages::~Stages() {
  if (preparing_ != 0) house_.cancel(preparing_);
}

Stage* Stages::find(std::string_view id) {
  auto at = stages_.find(id);
  return at == stages_.end() ? nullptr : at->second.get();
}

Stage* Stages::install(std::unique_ptr<Stage> stage) {
  Stage* made = stage.get();
  stages_[made->id] = std::move(stage);
  return made;
}

void Stages::retire(std::unique_ptr<Stage> stage) {
  house_.schedule_after(kRetireAfterUs, [stage = std::move(stage)] {});
}

// One at a time, so that a request waits for no more than one.
void Stages::prepare_soon() {
  if (preparing_ != 0) house_.cancel(preparing_);
  preparing_ = house_.schedule_after(kQuietUs, [this] {
    preparing_ = 0;
    if (main().stack().prepare_isolate()) prepare_soon();
  });
}

StageResult<void> Stages::may_copy(Stage& stage) const {
  if (!stage.virtual_world())
    return std::unexpected(StageError{
        "real_clock", "this daemon runs in real time, whose state cannot be taken back or copied; start it "
                      "with --clock virtual"});
  if (stage.stack().on_disk())
    return std::unexpected(StageError{
        "state_on_disk", "state is kept in a directory (--state), which has one history; start without "
                         "--state, and load the directory into memory with `load`"});
  return {};
}

StageResult<std::string> Stages::snapshot(Stage& stage) {
  if (auto may = may_copy(stage); !may) return std::unexpected(may.error());
  if (snapshots_.size() >= kSnapshotsMax)
    return std::unexpected(StageError{"too_many_snapshots", "there are " + std::to_string(kSnapshotsMax) +
                                                                " snapshots; drop some"});
  std::string id = "s" + std::to_string(next_snapshot_++);
  snapshots_.emplace(
      id, Snapshot{stage.id, std::make_shared<const StackState>(stage.stack().copy_state())});
  return id;
}

static StageError no_such_snapshot(std::string_view id, size_t count) {
  return {"no_such_snapshot", "there is no snapshot \"" + std::string(id) + "\"; " +
                                  (count == 0 ? "none has been taken"
                                              : std::to_string(count) + " are there (GET snapshots)")};
}

StageResult<void> Stages::drop_snapshot(std::string_view id) {
  auto at = snapshots_.find(id);
  if (at == snapshots_.end()) return std::unexpected(no_such_snapshot(id, snapshots_.size()));
  snapshots_.erase(at);
  return {};
}

StageResult<std::unique_ptr<Stage>> Stages::build(std::string id, Stage& from, const StackState& state,
                                                  std::optional<uint64_t> seed) {
  WorldState world = state.world;
  if (seed) {
    world.seed = *seed;
    world.streams.clear();
    world.faults.reseed(*seed);
  }
  auto stage = std::make_unique<Stage>(std::move(id), house_, std::move(world));
  if (VirtualWorld* old = from.virtual_world())
    stage->virtual_world()->set_auto_skip(old->auto_skip());
  if (made_) made_(*stage);
  auto stack = Stack::fork(stage->world(), from.stack(), state);
  if (!stack) return std::unexpected(StageError{"cannot_fork", stack.error()});
  stage->set_stack(std::move(*stack));
  prepare_soon();
  return stage;
}

StageResult<Stage*> Stages::put(Stage& stage, std::shared_ptr<const StackState> state) {
  if (auto may = may_copy(stage); !may) return std::unexpected(may.error());
  auto built = build(stage.id, stage, *state, std::nullopt);
  if (!built) return std::unexpected(built.error());
  retire(std::move(stages_.find(stage.id)->second));
  return install(std::move(*built));
}

StageResult<Stage*> Stages::revert(Stage& stage, std::string_view snapshot) {
  if (auto may = may_copy(stage); !may) return std::unexpected(may.error());
  auto at = snapshots_.find(snapshot);
  if (at == snapshots_.end()) return std::unexpected(no_such_snapshot(snapshot, snapshots_.size()));
  return put(stage, at->second.state);
}

StageResult<Stage*> Stages::reset(Stage& stage, std::optional<uint64_t> seed) {
  if (auto may = may_copy(stage); !may) return std::unexpected(may.error());
  auto built = build(stage.id, stage, *initial_, seed);
  if (!built) return std::unexpected(built.error());
  (*built)->virtual_world()->set_auto_skip(initial_auto_skip_);
  retire(std::move(stages_.find(stage.id)->second));
  return install(std::move(*built));
}

StageResult<Stage*> Stages::fork(Stage& from, std::optional<std::string_view> snapshot,
                                 std::optional<uint64_t> seed) {
  if (auto may = may_copy(from); !may) return std::unexpected(may.error());
  if (stages_.size() > kWorldsMax)
    return std::unexpected(StageError{"too_many_worlds", "there are " + std::to_string(kWorldsMax) +
                                                             " worlds beside main; close some"});
  std::shared_ptr<const StackState> state;
  if (snapshot) {
    auto at = snapshots_.find(*snapshot);
    if (at == snapshots_.end()) return std::unexpected(no_such_snapshot(*snapshot, snapshots_.size()));
    state = at->second.state;
  } else if (from.id == "main" && from.untouched_since(initial_events_)) {
    state = initial_;
  } else {
    state = std::make_shared<const StackState>(from.stack().copy_state());
  }
  auto built = build("w" + std::to_string(next_world_++), from, *state, seed);
  if (!built) return std::unexpected(built.error());
  return install(std::move(*built));
}

StageResult<void> Stages::close(std::string_view id) {
  auto at = stages_.find(id);
  if (at == stages_.end())
    return std::unexpected(StageError{"no_such_world", "there is no world \"" + std::string(id) + "\""});
  if (id == "main")
    return std::unexpected(StageError{"main_stays", "main cannot be closed; reset it"});
  retire(std::move(at->second));
  stages_.erase(at);
  return {};
}

std::expected<void, std::string> Stages::reload() {
  for (auto at = stages_.begin(); at != stages_.end();) {
    if (at->first == "main") ++at;
    else at = stages_.erase(at);
  }
  snapshots_.clear();
  return main().stack().reload();
}

}  // namespace offing
