// The control API: everything that can be asked of a daemon besides being a Worker (docs/control.md).
// Owner: the ControlFront, or a scenario's runner. Threading: the loop thread; calls come from events of the
// house.
#ifndef OFFING_EMULATOR_CONTROL_CONTROL_H_
#define OFFING_EMULATOR_CONTROL_CONTROL_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/control/verb.h"
#include "emulator/control/watched.h"
#include "runtime/http/byte_source.h"

namespace offing::control {

class Control {
 public:
  Control(Stages& stages, std::string version) : stages_(stages), version_(std::move(version)) {}

  // All of them, in the order of the reference.
  static const std::vector<VerbGroup>& groups();
  static const std::vector<const Verb*>& verbs();
  // "POST", "clock/advance"; null: there is none.
  static const Verb* find(std::string_view method, std::string_view path);
  // The verb that a path may have been meant for; null: none is near.
  static const Verb* nearest(std::string_view path);
  // What to say of a path that is none, or of another method.
  static Failure no_such_verb(std::string_view method, std::string_view path);

  // `arguments` is a JSON object. `done` is called once: at once, or when the world has done it.
  void run(Stage& stage, const Verb& verb, const rapidjson::Value& arguments, Done done);
  // By its path ("clock/advance"); POST before GET where a path has both and arguments are given.
  void run(Stage& stage, std::string_view path, const rapidjson::Value& arguments, Done done);
  std::expected<Stage*, Failure> stage(std::string_view id);

  Stages& stages() { return stages_; }
  Watched& watched() { return watched_; }
  const std::string& version() const { return version_; }

 private:
  Stages& stages_;
  std::string version_;
  Watched watched_;
};

// The description of every verb as OpenAPI 3.1, for generators of clients.
std::string openapi_json(std::string_view version);

Failure failure_of(const StageError& error);

}  // namespace offing::control

#endif  // OFFING_EMULATOR_CONTROL_CONTROL_H_
