#include "emulator/cli/scenario_control.h"

#include <memory>
#include <utility>

#include "emulator/cli/arguments.h"
#include "emulator/control/control.h"

namespace offing::cli {

scenario::ControlCall scenario_control() {
  return [](Stages& stages, const std::string& verb, const std::string& arguments,
            scenario::ControlDone done) {
    auto parsed = control::parse_object(arguments);
    if (!parsed)
      return done(
          std::unexpected(scenario::ControlFailure{parsed.error().code, parsed.error().message}));
    // Whoever answers later still asks it.
    auto control = std::make_shared<control::Control>(stages, version());
    control->run(stages.main(), verb, *parsed,
                 [control, done = std::move(done)](control::Outcome outcome) mutable {
                   if (outcome) return done(std::move(*outcome));
                   done(std::unexpected(
                       scenario::ControlFailure{outcome.error().code, outcome.error().message}));
                 });
  };
}

}  // namespace offing::cli
