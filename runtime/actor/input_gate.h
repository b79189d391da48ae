// Who may enter a Durable Object's JavaScript (spec/durable-objects.md 3.1, 3.2).
//
// Every entry is one turn, microtasks included, and there is one thread: so the lock never outlives
// a turn, except through *critical sections* (blockConcurrencyWhile, transaction). While one runs,
// only entries begun inside it pass; all others wait, first in, first out. Sections nest; those
// asked for at one level run one after another, ahead of waiting entries. An entry begun in a
// section that has ended counts as one of the section around it.
// Tasks run from `enter`, `pump` and `break_all` only, never from inside a turn: after a turn in
// which a section was asked for or ended the owner calls `pump`.
#ifndef OFFING_RUNTIME_ACTOR_INPUT_GATE_H_
#define OFFING_RUNTIME_ACTOR_INPUT_GATE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

namespace offing {

class InputGate {
 public:
  using Task = std::move_only_function<void()>;
  using Section = uint32_t;  // 0: outside of all
  static constexpr size_t kDepthMax = 64;

  InputGate() = default;
  InputGate(const InputGate&) = delete;
  ~InputGate() {
    if (gone_ != nullptr) *gone_ = true;
  }

  // Runs `entry` now, or later when its section has the lock.
  void enter(Section section, Task entry);
  // Asks for a section inside `parent`. `start` runs when it has the lock; `end` gives it back.
  // 0: nested too deeply (rule 7).
  Section ask(Section parent, Task start);
  void end(Section section);
  // Runs what may run; a task may destroy the gate. Calls from inside a task return at once.
  void pump();
  bool wants_pump() const { return wants_pump_; }

  // For good: waiting entries and sections are dropped without a call.
  void break_for_good();

  Section running() const { return running_; }
  bool idle() const { return running_ == 0 && waiting_.empty() && asked_.empty(); }
  size_t waiting() const { return waiting_.size(); }

  // Test-only: lets everything pass (`gate.input.defective` of emulator/world/faults.h).
  bool defective = false;

 private:
  struct State {
    Section parent = 0;
    uint32_t depth = 1;
  };
  struct Waiting {
    Section section;
    Task task;
  };
  // The first section asked for that may start now.
  std::deque<Waiting>::iterator startable();
  Section live(Section section) const;  // itself, or the nearest one around it that has not ended
  bool may_enter(Section section) const { return defective || live(section) == running_; }

  std::unordered_map<Section, State> sections_;  // asked for or running
  std::unordered_map<Section, Section> ended_;   // into the one around it; while any section lives
  std::deque<Waiting> asked_;                    // Waiting::section is the new one's
  std::deque<Waiting> waiting_;
  Section running_ = 0;
  Section last_ = 0;
  bool wants_pump_ = false;
  bool* gone_ = nullptr;  // of the pump that runs: set when a task destroys the gate
  bool broken_ = false;
};

}  // namespace offing

#endif  // OFFING_RUNTIME_ACTOR_INPUT_GATE_H_
