// How fast this machine is, so that a start measured here says something about another: a fixed
// piece of work like that of a start (parse, compile and run JavaScript once; compile and run
// WebAssembly) is started in fresh isolates as the Worker is, and its CPU time compared with that of
// the reference machine.
//
// The reference is one machine of ours, nothing more: how fast the platform's are, and how busy, is
// not published. The estimate makes two machines comparable; it does not predict production.
#ifndef OFFING_EMULATOR_CHECK_CALIBRATION_H_
#define OFFING_EMULATOR_CHECK_CALIBRATION_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/isolate/engine.h"
#include "runtime/modules/bundle.h"

namespace offing::check {

// Median of calibrate() on a virtual machine with two cores of an Intel Xeon at 2.5 GHz (2 MiB of L2
// cache each), the engine being V8 14.6, in a release build. Measure it anew when the work changes.
inline constexpr int64_t kReferenceUs = 185'000;
inline constexpr std::string_view kReferenceMachine = "a 2.5 GHz Intel Xeon virtual machine";

struct Calibration {
  int64_t median_us = 0;
  double factor = 1;  // median / reference: 2 is a machine half as fast
};

Bundle calibration_bundle();
// The error says why the engine cannot do it.
std::string calibrate(Engine& engine, Calibration& out);

}  // namespace offing::check

#endif  // OFFING_EMULATOR_CHECK_CALIBRATION_H_
