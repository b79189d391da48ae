// What steps of scenarios ask of the control API.
#ifndef OFFING_EMULATOR_CLI_SCENARIO_CONTROL_H_
#define OFFING_EMULATOR_CLI_SCENARIO_CONTROL_H_

#include "emulator/scenario/rig.h"

namespace offing::cli {

scenario::ControlCall scenario_control();

}  // namespace offing::cli

#endif  // OFFING_EMULATOR_CLI_SCENARIO_CONTROL_H_
