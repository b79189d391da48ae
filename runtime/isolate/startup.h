// Watches a Worker start, for those who measure it: the CPU time from the parsing of its first module
// to the end of its top-level code, the memory it holds then, what it exports, and a sampled CPU
// profile if asked for. Results are plain values, good after Isolate::start has returned.
//
// One recorder watches one start. The clock is the caller's, because the runtime has none. `stop` may
// come from any thread and at any time; all else happens on the thread that starts the isolate.
#ifndef OFFING_RUNTIME_ISOLATE_STARTUP_H_
#define OFFING_RUNTIME_ISOLATE_STARTUP_H_

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace v8 {
class Context;
class CpuProfiler;
class Isolate;
class Object;
template <class T>
class Local;
}  // namespace v8

namespace offing {

// A function as called from one place; positions are those of the bundle's files, from 1, 0 unknown.
struct ProfileNode {
  int parent = -1;       // index; parents stand before their children
  std::string function;  // "" anonymous; "(program)", "(garbage collector)": the engine
  std::string file;
  int line = 0;
  int column = 0;
  int script_id = 0;
  uint32_t hits = 0;
  struct Tick {
    int line;
    int column;
    uint32_t hits;
  };
  std::vector<Tick> ticks;  // where in the function
};

struct StartupProfile {
  std::vector<ProfileNode> nodes;  // the first is the root; empty: no profile was taken
  int64_t start_us = 0;            // of a clock of V8's own
  int64_t end_us = 0;
  std::vector<std::pair<uint32_t, int64_t>> samples;  // node, time in us
};

struct StartupExport {
  enum class Kind : uint8_t { kObject, kClass, kFunction, kOther };
  std::string name;
  Kind kind = Kind::kOther;
  std::string base;                   // of a class: "DurableObject", "WorkerEntrypoint", … or ""
  std::vector<std::string> handlers;  // events it has a method for: "fetch", "scheduled", …
};

class StartupRecorder {
 public:
  using Clock = std::function<int64_t()>;
  // `cpu_us`: CPU time of the calling thread. `profile_interval_us`: 0 for no profile.
  explicit StartupRecorder(Clock cpu_us, int profile_interval_us = 0)
      : clock_(std::move(cpu_us)), profile_interval_us_(profile_interval_us) {}
  StartupRecorder(const StartupRecorder&) = delete;

  // Ends the guest's top-level code, now or as soon as it begins; nothing once it has ended.
  void stop();

  bool stopped() const { return stopped_; }
  int64_t cpu_us() const { return cpu_us_; }
  // JavaScript heap, buffers and WebAssembly memory, beyond those of an empty isolate.
  int64_t memory_bytes() const { return memory_bytes_; }
  const std::vector<StartupExport>& exports() const { return exports_; }
  StartupProfile take_profile() { return std::move(profile_); }

  // For Isolate::start.
  void begin(v8::Isolate* isolate);
  void end(v8::Isolate* isolate);
  void look_at_exports(v8::Local<v8::Context> context, v8::Local<v8::Object> main);

 private:
  void keep_profile(v8::Isolate* isolate);

  const Clock clock_;
  const int profile_interval_us_;
  std::mutex mutex_;
  v8::Isolate* running_ = nullptr;  // guarded by mutex_, as stopped_ is until the end
  bool stopped_ = false;
  bool ended_ = false;
  int64_t cpu_us_ = 0;
  int64_t memory_bytes_ = 0;
  v8::CpuProfiler* profiler_ = nullptr;
  uint32_t profile_id_ = 0;
  StartupProfile profile_;
  std::vector<StartupExport> exports_;
};

}  // namespace offing

#endif  // OFFING_RUNTIME_ISOLATE_STARTUP_H_
