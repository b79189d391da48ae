// What the engine of this process holds, for runtime/isolate only.
#ifndef OFFING_RUNTIME_ISOLATE_ENGINE_PARTS_H_
#define OFFING_RUNTIME_ISOLATE_ENGINE_PARTS_H_

#include <v8-array-buffer.h>
#include <v8-snapshot.h>

#include <memory>

#include "runtime/isolate/engine.h"

namespace offing {

struct Engine::Parts {
  node::MultiIsolatePlatform* platform = nullptr;
  uv_loop_s* loop = nullptr;
  // The snapshot file, mapped for as long as the engine lives: V8 reads it in place.
  v8::StartupData snapshot{};

  Parts() = default;
  Parts(const Parts&) = delete;
  ~Parts();
};

// Where write_snapshot puts things that every isolate takes out again.
constexpr size_t kEntryDataIndex = 0;

}  // namespace offing

#endif  // OFFING_RUNTIME_ISOLATE_ENGINE_PARTS_H_
