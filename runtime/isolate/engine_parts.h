// What the engine of this process holds, for runtime/isolate only.
#ifndef OFFING_RUNTIME_ISOLATE_ENGINE_PARTS_H_
#define OFFING_RUNTIME_ISOLATE_ENGINE_PARTS_H_

#include <v8-array-buffer.h>
#include <v8-context.h>
#include <v8-persistent-handle.h>
#include <v8-snapshot.h>

#include <memory>
#include <vector>

#include "runtime/isolate/engine.h"
#include "runtime/isolate/memory.h"
#include "runtime/modules/code_cache.h"

namespace offing {

// An isolate and a context as the snapshot has them, before they are anybody's: what takes most of the time
// of making a guest isolate.
struct Shell {
  Shell(Engine::Parts& engine, uint64_t memory_bytes_max);
  Shell(const Shell&) = delete;
  ~Shell();

  Engine::Parts& engine;
  const uint64_t memory_bytes_max;  // 0: none of a profile
  GuestMemory memory;
  v8::Isolate* isolate = nullptr;
  v8::Global<v8::Context> context;
};

struct Engine::Parts {
  node::MultiIsolatePlatform* platform = nullptr;
  uv_loop_s* loop = nullptr;
  // The snapshot file, mapped for as long as the engine lives: V8 reads it in place.
  v8::StartupData snapshot{};
  std::vector<std::unique_ptr<Shell>> spares;   // all with one limit
  std::unique_ptr<CodeCache> code;              // null: none is kept

  Parts() = default;
  Parts(const Parts&) = delete;
  ~Parts();
};

// Where write_snapshot puts things that every isolate takes out again.
constexpr size_t kEntryDataIndex = 0;

}  // namespace offing

#endif  // OFFING_RUNTIME_ISOLATE_ENGINE_PARTS_H_
