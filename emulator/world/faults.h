// Named points at which a run may be made to fail (DESIGN rule 7). All of them stand in this table;
// `--fault NAME=RULE` or a scenario arms one. RULE is a probability ("0.1"), "always", or "#N" for
// the Nth time only. Hits are counted whether armed or not, so that a report can name the points
// that a scenario never reached.
#ifndef OFFING_EMULATOR_WORLD_FAULTS_H_
#define OFFING_EMULATOR_WORLD_FAULTS_H_

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "emulator/world/fault_rules.h"
#include "emulator/world/random.h"

namespace offing {

#define OFFING_FAULT_POINTS(X)                                                             \
  X(kKvGetUnavailable, "kv.get.unavailable", "a KV read answers 503")                      \
  X(kKvPutUnavailable, "kv.put.unavailable", "a KV write answers 503, nothing is stored")  \
  X(kKvPutTooMany, "kv.put.too-many", "a KV write answers 429")                            \
  X(kKvListUnavailable, "kv.list.unavailable", "a KV list answers 503")                    \
  X(kKvCacheEvict, "kv.cache.evict", "a location forgets a cached key before its time")    \
  X(kR2GetUnavailable, "r2.get.unavailable", "an R2 head or get answers 503 (10043)")          \
  X(kR2ListUnavailable, "r2.list.unavailable", "an R2 list answers 503 (10043)")              \
  X(kR2PutUnavailable, "r2.put.unavailable", "an R2 write answers 503 (10043), nothing is stored") \
  X(kR2PutTooMany, "r2.put.too-many", "an R2 write answers 429 (10058), nothing is stored")   \
  X(kR2CommitFail, "r2.commit.fail", "an R2 write fails at its commit (10001), nothing is stored") \
  X(kIsolateEvict, "isolate.evict", "an isolate is evicted after this request")            \
  X(kProcessCrash, "process.crash", "test only: the process dies as a request reaches the Worker") \
  X(kOutboundLost, "outbound.lost", "an outbound fetch loses its connection")              \
  X(kDurableCommitFail, "do.commit.fail", "a Durable Object's commit fails; the object is reset") \
  X(kDurableEvict, "do.evict", "a Durable Object is evicted when it becomes idle")         \
  X(kDurableReset, "do.reset", "a Durable Object is reset before this event reaches it")   \
  X(kInputGateDefective, "gate.input.defective", "test only: a new instance has no input gate") \
  X(kOutputGateDefective, "gate.output.defective", "test only: a new instance has no output gate")

enum class FaultPoint : uint8_t {
#define OFFING_FAULT_ENUM(id, name, help) id,
  OFFING_FAULT_POINTS(OFFING_FAULT_ENUM)
#undef OFFING_FAULT_ENUM
  kCount,
};

class Faults {
 public:
  explicit Faults(uint64_t seed) : seed_(seed) {}

  // Arms a point from "name=rule". The error says what is wrong and lists the names there are.
  std::expected<void, std::string> arm(std::string_view rule);
  // Other draws from now on; what is armed and what was counted stays.
  void reseed(uint64_t seed) { seed_ = seed; }
  // Counts the passage; true when the fault is to happen now.
  bool hit(FaultPoint point);

  // Rules that name what they hit; they count for themselves.
  FaultRules& rules() { return rules_; }
  const FaultRules& rules() const { return rules_; }
  std::optional<FaultRules::Strike> hit(const FaultPlace& place) { return rules_.hit(place, seed_); }

  static std::string_view name(FaultPoint point);
  static std::string_view help(FaultPoint point);
  uint64_t passed(FaultPoint point) const { return points_[static_cast<size_t>(point)].passed; }
  uint64_t fired(FaultPoint point) const { return points_[static_cast<size_t>(point)].fired; }

 private:
  struct Point {
    double probability = 0;
    uint64_t only_nth = 0;
    uint64_t passed = 0;
    uint64_t fired = 0;
  };
  uint64_t seed_;
  std::array<Point, static_cast<size_t>(FaultPoint::kCount)> points_;
  FaultRules rules_;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_WORLD_FAULTS_H_
