// The only door to time, randomness, threads and the environment (DESIGN rule 1).
//
// A world runs events one after another. All events that are due run at one instant: `now` stands
// still until they are done (a *turn*), then turn-end hooks run (a group commit, a flush), then time
// moves on. `RealWorld` waits for it; `VirtualWorld` jumps to the next due event.
// Real I/O (sockets, files) is libuv's, on `loop()`. Its callbacks must not touch guests or storage
// themselves: they `post`, so that every decision is an event with a place in the order.
// Threading: the loop thread only.
#ifndef OFFING_EMULATOR_WORLD_WORLD_H_
#define OFFING_EMULATOR_WORLD_WORLD_H_

#include <uv.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/trace/trace.h"
#include "emulator/world/clocks.h"
#include "emulator/world/faults.h"
#include "emulator/world/random.h"
#include "emulator/world/running_note.h"
#include "emulator/world/scheduler.h"

namespace offing {

// What of a world is more than what is scheduled in it: where its time stands, what was drawn, which faults
// are armed. A world made from it draws on from there.
struct WorldState {
  uint64_t seed = 1;
  int64_t now_us = 0;
  Faults faults{1};
  std::map<std::string, Random, std::less<>> streams = {};
};

class World {
 public:
  // `loop` is someone else's and outlives the world; null: one of its own.
  explicit World(WorldState state, uv_loop_t* loop = nullptr);
  virtual ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  int64_t now_us() const { return now_us_; }
  int64_t now_ms() const { return now_us_ / 1000; }
  uint64_t seed() const { return seed_; }
  virtual bool is_virtual() const = 0;

  // Runs `task` at `due_us` (or in this turn if that has passed), after everything scheduled before
  // it for the same time.
  EventId schedule(int64_t due_us, Task task) {
    return scheduler_.add(due_us, now_us_, std::move(task));
  }
  // The same for what nobody waits for: a virtual world runs it when time gets there, and does not take
  // time there for its sake.
  EventId schedule(int64_t due_us, EventKind kind, Task task) {
    return scheduler_.add(due_us, now_us_, std::move(task), kind);
  }
  EventId schedule_after(int64_t delay_us, Task task) {
    return schedule(now_us_ + (delay_us > 0 ? delay_us : 0), std::move(task));
  }
  EventId post(Task task) { return schedule(now_us_, std::move(task)); }
  bool cancel(EventId id) { return scheduler_.cancel(id); }

  // Runs `task` once, when every event of this turn has run. Tasks of one turn run in the order
  // given; what they post belongs to the same instant.
  void at_turn_end(Task task) { turn_end_.push_back(std::move(task)); }

  // Real work whose result is to be delivered in order. `begin_external` reserves a place at
  // `due_us`; the world does not move past it until `complete_external` brought the result, which
  // then runs at that place (a real world runs it at the later of the two).
  using ExternalId = uint64_t;
  ExternalId begin_external(int64_t due_us);
  void complete_external(ExternalId id, Task result);

  // The stream of this name, made on first use. The reference stays valid. Name streams by purpose
  // and owner: "isolate/LHR/0/Math.random".
  Random& random(std::string_view stream);
  // Bytes for guests' crypto: from the stream under a seed, from the system when no seed was given.
  virtual void random_bytes(std::string_view stream, std::span<uint8_t> bytes);

  // Counts the passage through a fault point; true (and traced) when the fault is to happen.
  bool fault(FaultPoint point);
  // What a fault rule does to this operation, counted and traced; null: nothing. Good until rules change.
  bool has_fault_rules() const { return !faults_.rules().empty(); }
  const FaultEffect* fault_for(const FaultPlace& place) {
    return has_fault_rules() ? struck(place) : nullptr;
  }
  Faults& faults() { return faults_; }
  trace::Trace& trace() { return trace_; }
  const trace::Trace& trace() const { return trace_; }
  WorldState state() const { return {seed_, now_us_, faults_, streams_}; }
  uv_loop_t* loop() { return loop_; }
  // What runs right now: the world's own memory, or a page that the parent process reads, too.
  RunningNote& running() { return *running_; }
  // `page` outlives the world. Before anything keeps an address in the note.
  void share_running(RunningNote& page) { running_ = &page; }

  // Runs until `stop` or, in a virtual world, until nothing is left to happen.
  virtual void run() = 0;
  void stop();
  // After `stop`: lets `run` be called again.
  void go_on() { stopping_ = false; }

 protected:
  // Runs what is due at this instant, hooks included. At most `limit` events; false if some remain.
  bool run_turn(size_t limit);
  uint64_t events_run() const { return events_run_; }
  bool stopping() const { return stopping_; }
  bool awaits_external() const { return !externals_.empty(); }

  int64_t now_us_;
  Scheduler scheduler_;

 private:
  struct External {
    bool place_reached = false;
    Task result;
  };
  void external_place_reached(ExternalId id);
  const FaultEffect* struck(const FaultPlace& place);

  uint64_t seed_;
  uv_loop_t own_loop_;
  uv_loop_t* loop_;
  bool stopping_ = false;
  uint64_t events_run_ = 0;
  trace::Trace trace_;
  Faults faults_;
  std::unique_ptr<RunningNote> own_running_ = std::make_unique<RunningNote>();
  RunningNote* running_ = own_running_.get();
  std::map<std::string, Random, std::less<>> streams_;
  std::vector<Task> turn_end_;
  ExternalId next_external_ = 1;
  std::map<ExternalId, External> externals_;

 protected:
  // Places in the order that were reached before their results came: the world must wait.
  size_t externals_awaited_ = 0;
};

class VirtualWorld;

// Follows the system's clocks. Time is read once a turn.
class RealWorld final : public World {
 public:
  // Without a seed, guests' crypto randomness comes from the system.
  explicit RealWorld(std::optional<uint64_t> seed);
  ~RealWorld() override;
  bool is_virtual() const override { return false; }
  void random_bytes(std::string_view stream, std::span<uint8_t> bytes) override;
  void run() override;
  // Runs what is due now without waiting; for a callback that wants its events done in this turn of
  // the loop. Called by the loop itself, before and after it polls.
  void turn();

  // Virtual worlds on this world's loop: they settle at the end of each turn. Each is let go of before it
  // is destroyed.
  void hold(VirtualWorld& inner) { inner_.push_back(&inner); }
  void let_go(VirtualWorld& inner);

 private:
  void arm_timer();
  bool settle_inner();
  bool seeded_;
  bool in_turn_ = false;
  std::optional<int64_t> armed_due_us_;  // what timer_ waits for
  int64_t wall_offset_us_;
  std::vector<VirtualWorld*> inner_;     // null: let go of while they settle
  uv_timer_t timer_;
  uv_prepare_t prepare_;
  uv_check_t check_;
  uv_idle_t idle_;
};

// Time is a number, moved by what is next to happen (`run`) or by whoever drives the world (`settle`,
// `advance_to`).
class VirtualWorld final : public World {
 public:
  // 2026-01-01T00:00:00Z
  static constexpr int64_t kDefaultStartUs = 1767225600LL * 1000000;
  // So far a wait may make time skip: beyond, nothing in sight is what it waits for.
  static constexpr int64_t kSkipUsMax = 24LL * 3600 * 1000000;

  explicit VirtualWorld(uint64_t seed, int64_t start_us = kDefaultStartUs, uv_loop_t* loop = nullptr)
      : World({seed, start_us, Faults(seed)}, loop) {}
  explicit VirtualWorld(WorldState state, uv_loop_t* loop = nullptr) : World(std::move(state), loop) {}
  bool is_virtual() const override { return true; }
  // On a loop of its own: until `stop`, or until nothing is left to happen but what recurs.
  void run() override;

  // ---- Driven from outside.
  // Runs what is due. Then, while somebody waits (or a move is under way), jumps to what is next, and so
  // on. Ends when there is nothing to do, when real I/O is awaited, or after many events: true when it
  // wants to be called again at once. Called from inside it does nothing.
  bool settle();
  // Somebody outside waits for what this world does, so its time may skip.
  void begin_wait() { ++waiting_; skipped_from_us_ = now_us_; }
  void end_wait();
  size_t waiting() const { return waiting_; }
  bool auto_skip() const { return auto_skip_; }
  void set_auto_skip(bool on) { auto_skip_ = on; }
  // Takes time to `target_us` (not before now), running everything on the way in order. `done` is called
  // from inside `settle`, when time is there. Moves asked for together are made one after the other.
  struct Moved {
    uint64_t events;  // run on the way
    bool idle;        // no work is scheduled any more
  };
  using MoveDone = std::move_only_function<void(Moved)>;
  void advance_to(int64_t target_us, MoveDone done);
  // The same, but ends as soon as no work is scheduled; time then stays at what happened last.
  void run_until_idle(int64_t limit_us, MoveDone done);
  // When the next thing happens by itself.
  std::optional<int64_t> next_due_us() { return scheduler_.next_due_us(); }

 private:
  struct Move {
    int64_t target_us;
    bool until_idle;
    uint64_t events_before;
    MoveDone done;
  };
  bool step();
  void jump_to(int64_t at_us) { if (at_us > now_us_) now_us_ = at_us; }

  bool settling_ = false;
  bool auto_skip_ = true;
  size_t waiting_ = 0;
  int64_t skipped_from_us_ = 0;  // since when only waits have moved time
  std::deque<Move> moves_;
};

// A seed from the system, for runs that were given none; printed so that they can be repeated.
uint64_t system_seed();
// The one reader of the environment; empty when unset.
std::string environment(const char* name);

}  // namespace offing

#endif  // OFFING_EMULATOR_WORLD_WORLD_H_
