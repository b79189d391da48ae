// Readers that the control API has put at the traces of stages, for its report. A stage owns its readers; what
// is held here of a stage that is gone is gone, too.
#ifndef OFFING_EMULATOR_CONTROL_WATCHED_H_
#define OFFING_EMULATOR_CONTROL_WATCHED_H_

#include <rapidjson/document.h>

#include <expected>
#include <map>
#include <memory>
#include <string>

#include "emulator/control/reply.h"
#include "emulator/invariants/invariants.h"
#include "emulator/replay/limit_usage.h"
#include "emulator/stage/stage.h"

namespace offing::control {

// {"read_your_writes": true, "no_stale_auth_reads": ["SESSIONS/*"]}
std::expected<invariants::Settings, Failure> invariant_settings(const rapidjson::Value& given);

class Watched {
 public:
  // From here on who comes closest to which limit is counted. Virtual time only: in real time a trace that
  // nobody reads costs nothing.
  void watch_limits(Stage& stage);
  // From here on these are checked, instead of any before.
  void check(Stage& stage, invariants::Settings settings);
  std::string limits_json(Stage& stage) const;      // "null" when they are not watched
  std::string invariants_json(Stage& stage) const;  // "null" when none are checked

 private:
  struct One {
    std::weak_ptr<Inside> of;  // a stage that takes another's id lives in another world
    std::weak_ptr<replay::LimitUsage> limits;
    std::weak_ptr<invariants::Invariants> invariants;
    std::weak_ptr<bool> replaced;  // of the invariants' reader: it listens no more
  };
  One& one_of(Stage& stage);
  const One* find(Stage& stage) const;
  std::map<std::string, One, std::less<>> of_;  // by the stage's id
};

}  // namespace offing::control

#endif  // OFFING_EMULATOR_CONTROL_WATCHED_H_
