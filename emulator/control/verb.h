// The verbs of the control API: one table, from which HTTP routes, openapi.json, `offing ctl` and scenarios
// are all made.
//
// A verb acts on one stage. It is called from an event of the house, and what it does to the stage it does as
// an event of the stage's world (`inside`), in order behind what was asked before.
#ifndef OFFING_EMULATOR_CONTROL_VERB_H_
#define OFFING_EMULATOR_CONTROL_VERB_H_

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "emulator/control/arguments.h"
#include "emulator/control/reply.h"
#include "emulator/stage/stages.h"

namespace offing::control {

class Control;

// One verb's call, on its way.
struct Call {
  Control& control;
  Stages& stages;
  Stage& stage;
  Arguments arguments;
  Reply reply;
};

struct Verb {
  std::string_view method;  // GET: changes nothing. POST
  std::string_view path;    // behind /cdn-cgi/offing/
  std::string_view about;
  std::span<const Argument> arguments;
  std::string_view answer;  // what comes, as in the reference
  void (*run)(Call call);   // null: answered as a stream, by HTTP alone
  bool free_form = false;   // takes members beyond `arguments`
};

using Verbs = std::span<const Verb>;
struct VerbGroup {
  std::string_view title;  // for people
  Verbs verbs;
};
Verbs clock_verbs();
Verbs world_verbs();
Verbs kv_verbs();
Verbs r2_verbs();
Verbs object_verbs();
Verbs cron_verbs();
Verbs link_verbs();
Verbs fault_verbs();
Verbs trace_verbs();
Verbs request_verbs();

// Runs `task(call)` as an event of the stage's world. When the world goes before, the reply says so.
template <class Task> void inside(Call call, Task task) {
  call.stage.touch();
  World& world = call.stage.world();
  world.post([call = std::move(call), task = std::move(task)]() mutable { task(std::move(call)); });
}

// Somebody outside waits for what happens in this world: its time may skip meanwhile.
class Waiting {
 public:
  explicit Waiting(Stage& stage) : inside_(stage.inside()) {
    if (inside_) inside_->world->begin_wait();
  }
  Waiting(Waiting&& other) noexcept : inside_(std::move(other.inside_)) {}
  Waiting& operator=(Waiting&&) = delete;
  ~Waiting() {
    if (inside_ && inside_->world) inside_->world->end_wait();
  }

 private:
  InsideRef inside_;
};

}  // namespace offing::control

#endif  // OFFING_EMULATOR_CONTROL_VERB_H_
