// Who stops guests that compute for too long, as the runtime sees it. A *stay* is one stay of control
// in an isolate: between `enter` and `leave` nothing else runs on the thread, and the watch may
// terminate the isolate's execution from a thread of its own, again and again until it is left.
// Where a run must not depend on the machine's speed, a watch stops only what never ends, and charges
// nothing: `used_us` is 0.
#ifndef OFFING_RUNTIME_LIMITS_CPU_WATCH_H_
#define OFFING_RUNTIME_LIMITS_CPU_WATCH_H_

#include <cstdint>

namespace v8 {
class Isolate;
}

namespace offing {

class CpuWatch {
 public:
  struct Stay {
    int64_t used_us = 0;    // thread CPU time, near enough; never more than the time that passed
    int64_t measured_us = 0;  // the same, also where nothing is charged; for reports alone
    bool stopped = false;   // execution was terminated for it; the termination is still pending
  };

  virtual ~CpuWatch() = default;
  virtual void enter(v8::Isolate* isolate) = 0;
  // How long this stay may last from its beginning; no limit until it is told.
  virtual void allow(int64_t budget_us) = 0;
  // This stay is being ended by force.
  virtual bool is_stopping() const = 0;
  virtual Stay leave() = 0;
  // No termination of this isolate is under way any more when it returns. Before it is disposed of.
  virtual void forget(v8::Isolate* isolate) = 0;
};

}  // namespace offing

#endif  // OFFING_RUNTIME_LIMITS_CPU_WATCH_H_
