// `trace/stream`: the events of a world as server-sent events, as they happen.
//
// Lines are kept until the reader takes them, up to kBufferBytesMax; a reader that is slower than that gets a
// last event `dropped` and no more. The stream ends when its world does. Events are told from inside the
// world; the reader is called from the house.
#ifndef OFFING_EMULATOR_CONTROL_STREAM_H_
#define OFFING_EMULATOR_CONTROL_STREAM_H_

#include <memory>

#include "emulator/control/trace_filter.h"
#include "emulator/stage/stage.h"
#include "runtime/http/byte_source.h"

namespace offing::control {

inline constexpr size_t kBufferBytesMax = 1 << 20;

// `house` and the stage's log outlive what is posted here.
std::unique_ptr<ByteSource> trace_stream(World& house, Stage& stage, TraceFilter filter);

}  // namespace offing::control

#endif  // OFFING_EMULATOR_CONTROL_STREAM_H_
