// The stages of a daemon: "main", and in virtual time the worlds that were forked from it; and snapshots.
//
// A snapshot holds what is stored (KV with what each location sees of it, Durable Objects with their alarms
// and homes, R2), the clock, what was drawn from each stream of randomness, and the armed faults. It does
// not hold memory: a world that begins from one has no isolates, no instances, no open WebSockets, which
// is what the platform may do to a Worker at any moment. Requests in flight are none of it.
// `revert` and `reset` put another world under a stage's id; what was in flight in the old one is answered
// 503. With a state directory there are none of these: what is on disk is one history.
// Owner: the command. Threading: the loop thread; calls come from events of the house, never from a guest's.
#ifndef OFFING_EMULATOR_STAGE_STAGES_H_
#define OFFING_EMULATOR_STAGE_STAGES_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "emulator/stage/stage.h"

namespace offing {

// For whoever asked over the control API or in a scenario: a word for programs, a text for people.
struct StageError {
  std::string code;     // no_such_world, no_such_snapshot, real_clock, state_on_disk, …
  std::string message;  // names the value and the way out
};
template <class T> using StageResult = std::expected<T, StageError>;

class Stages {
 public:
  struct Snapshot {
    std::string world;  // the id of the stage it was taken of
    std::shared_ptr<const StackState> state;
    int64_t now_us() const { return state->world.now_us; }
  };
  static constexpr size_t kWorldsMax = 1000;
  static constexpr size_t kSnapshotsMax = 1000;

  // `main` has its stack. Told of each other stage before it gets its stack: readers of its trace.
  using Made = std::function<void(Stage&)>;
  Stages(RealWorld& house, std::unique_ptr<Stage> main, Made made);
  ~Stages();

  RealWorld& house() { return house_; }
  Stage& main() { return *stages_.find("main")->second; }
  Stage* find(std::string_view id);
  const std::map<std::string, std::unique_ptr<Stage>, std::less<>>& all() const { return stages_; }
  const std::map<std::string, Snapshot, std::less<>>& snapshots() const { return snapshots_; }

  StageResult<std::string> snapshot(Stage& stage);          // its id
  StageResult<void> drop_snapshot(std::string_view id);
  // The stage's id stays, the Stage and everything taken from it are others afterwards.
  StageResult<Stage*> revert(Stage& stage, std::string_view snapshot);
  // As main was when the daemon began; `seed` begins the streams of randomness anew.
  StageResult<Stage*> reset(Stage& stage, std::optional<uint64_t> seed);
  StageResult<Stage*> fork(Stage& from, std::optional<std::string_view> snapshot,
                           std::optional<uint64_t> seed);
  StageResult<void> close(std::string_view id);             // not main
  // From a state that was read from elsewhere (load).
  StageResult<Stage*> put(Stage& stage, std::shared_ptr<const StackState> state);
  // The project's files have changed: forks are closed, snapshots dropped, main goes on with the new code.
  std::expected<void, std::string> reload();

 private:
  StageResult<void> may_copy(Stage& stage) const;
  StageResult<std::unique_ptr<Stage>> build(std::string id, Stage& from, const StackState& state,
                                            std::optional<uint64_t> seed);
  Stage* install(std::unique_ptr<Stage> stage);
  void retire(std::unique_ptr<Stage> stage);
  void prepare_soon();

  RealWorld& house_;
  Made made_;
  std::map<std::string, std::unique_ptr<Stage>, std::less<>> stages_;
  std::map<std::string, Snapshot, std::less<>> snapshots_;
  std::shared_ptr<const StackState> initial_;  // null: state on disk, or real time
  bool initial_auto_skip_ = true;
  uint64_t initial_events_ = 0;  // of main's trace, when it was taken
  EventId preparing_ = 0;
  uint64_t next_world_ = 1;
  uint64_t next_snapshot_ = 1;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_STAGE_STAGES_H_
