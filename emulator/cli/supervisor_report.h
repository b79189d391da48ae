// Says on stderr how the daemon died, and what it was doing: the Worker, the isolate, the requests.
#ifndef OFFING_EMULATOR_CLI_SUPERVISOR_REPORT_H_
#define OFFING_EMULATOR_CLI_SUPERVISOR_REPORT_H_

#include <string>

#include "emulator/world/running_note.h"

namespace offing {

// `status` is wait()'s. Trusts nothing in the note: what died may have written over it.
std::string death_text(int status, const RunningNote& note);
void report_death(int status, const RunningNote& note);

}  // namespace offing

#endif  // OFFING_EMULATOR_CLI_SUPERVISOR_REPORT_H_
