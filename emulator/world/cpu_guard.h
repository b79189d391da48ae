// Keeps a piece of work from running for ever: calls `expired`, once and on a thread of its own, when
// the thread that made the guard has used `budget_us` of CPU time since. The work goes on; `expired`
// has to end it (an engine's "terminate" may be called from any thread).
// Owner: whoever runs the work; destroying the guard waits for a call of `expired` under way, and
// after that there is none.
#ifndef OFFING_EMULATOR_WORLD_CPU_GUARD_H_
#define OFFING_EMULATOR_WORLD_CPU_GUARD_H_

#include <cstdint>
#include <functional>
#include <memory>

namespace offing {

class CpuGuard {
 public:
  CpuGuard(int64_t budget_us, std::function<void()> expired);
  ~CpuGuard();
  CpuGuard(const CpuGuard&) = delete;

 private:
  struct Watch;
  std::unique_ptr<Watch> watch_;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_WORLD_CPU_GUARD_H_
