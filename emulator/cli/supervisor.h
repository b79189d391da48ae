// The parent of `offing dev`: starts the engine's host process, passes its signals and its end on, and
// starts it again when a guest has killed it (V8 ends the process when it cannot allocate, or finds itself
// broken). It keeps the daemon's listening sockets meanwhile, so that clients wait.
//
// Parent and daemon are in one process group, as one process would be: the terminal's signals reach both,
// those of others are forwarded. The parent ends as the daemon ends, and takes it along when killed.
// Knows neither libuv nor V8, and is a few hundred kilobytes in memory.
#ifndef OFFING_EMULATOR_CLI_SUPERVISOR_H_
#define OFFING_EMULATOR_CLI_SUPERVISOR_H_

namespace offing {

// Runs the engine until it has ended for good. Gives the exit code; ends by a signal when the engine did.
// -1: this process can watch over nothing, and the caller is to become the engine itself.
int supervise(const char* engine, char* const* arguments);

}  // namespace offing

#endif  // OFFING_EMULATOR_CLI_SUPERVISOR_H_
