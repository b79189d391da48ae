// The engine of this process: V8's platform as the host process runs it, and the startup snapshot
// that every guest isolate begins from. One per process, made before the first isolate.
#ifndef OFFING_RUNTIME_ISOLATE_ENGINE_H_
#define OFFING_RUNTIME_ISOLATE_ENGINE_H_

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

struct uv_loop_s;

namespace node {
class MultiIsolatePlatform;
}

namespace offing {

class Engine {
 public:
  // Maps the snapshot file that the build made. The error names the file and what to do.
  static std::expected<std::unique_ptr<Engine>, std::string> start(
      node::MultiIsolatePlatform* platform, uv_loop_s* loop, const std::string& snapshot_path);
  ~Engine();
  // How large any guest's WebAssembly memory may grow from now on (spec/limits.md 2); 0: as the engine
  // has it.
  static void limit_wasm_memory(uint64_t bytes);

  // Makes what the next isolate needs beforehand, so that it starts in half the time. False: there are as many
  // as are kept. Not from inside a guest. `memory_bytes_max` as in Limits::memory_bytes.
  bool prepare_spare(uint64_t memory_bytes_max);

  // From now on isolates keep what they have compiled for those that come after them (modules/code_cache.h).
  void keep_code();

  // Internals for runtime/isolate.
  struct Parts;
  Parts& parts() { return *parts_; }

 private:
  explicit Engine(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// Build step: runs the bundled runtime JavaScript once and writes the snapshot of what it left.
std::expected<void, std::string> write_snapshot(node::MultiIsolatePlatform* platform,
                                                uv_loop_s* loop, const std::string& script_path,
                                                const std::string& snapshot_path);

}  // namespace offing

#endif  // OFFING_RUNTIME_ISOLATE_ENGINE_H_
