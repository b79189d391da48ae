// Faults by what they hit: a rule names operations of one service (by operation, key, location), which of
// them fail, and how. Named points (faults.h) are where offing's own code may fail; a rule is what a test
// wants its Worker to live through. docs/faults.md explains both to users.
//
// A call is counted by every rule that it matches; the first of those that strike decides. Whether a rule
// strikes depends on its own count, the seed and its id, never on other rules. Copying copies rules and
// counts.
#ifndef OFFING_EMULATOR_WORLD_FAULT_RULES_H_
#define OFFING_EMULATOR_WORLD_FAULT_RULES_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace offing {

enum class FaultService : uint8_t { kKv, kR2, kObject, kFetch };
std::string_view fault_service_name(FaultService service);   // kv, r2, object, fetch
std::optional<FaultService> parse_fault_service(std::string_view name);

// What happens to the operation instead of, or besides, being done.
struct FaultEffect {
  enum class Kind : uint8_t {
    kError,    // refused at once, nothing is done
    kLatency,  // done; the answer comes `us` later
    kDrop,     // nothing is done, no answer ever comes
    kTimeout,  // nothing is done, refused after `us`
  };
  Kind kind = Kind::kError;
  std::string text;      // of the error; empty: the service's own words
  uint16_t status = 0;   // 100 to 599, for kv, r2, fetch; 0: the service's own
  uint32_t code = 0;     // of R2's errors (10043); 0: by `status`
  int64_t us = 0;        // of kLatency and kTimeout, simulated time
};
std::string_view fault_effect_name(FaultEffect::Kind kind);  // error, latency, drop, timeout

struct FaultRule {
  uint64_t id = 0;         // given by `add`
  FaultService service = FaultService::kKv;
  std::string operation;   // one of fault_operations, of fetch an HTTP method; empty: each
  std::string key;         // with * (any text) and ? (one byte); empty: each
  std::string location;    // of the caller; empty: each
  // At most one of these; none: it always strikes.
  uint64_t nth = 0;        // only the nth match, from 1
  uint64_t every = 0;      // each so-manieth match
  std::optional<double> probability;
  uint64_t times = 0;      // strikes at most so often; 0: without end
  FaultEffect effect;
};

// An operation on its way to a service. `keys`: several that it names at once, besides `key`.
struct FaultPlace {
  FaultService service;
  std::string_view operation;
  std::string_view key;
  std::string_view location;
  std::span<const std::string> keys = {};
};

// The operations that rules of this service may name; none of fetch, which has HTTP methods.
std::span<const std::string_view> fault_operations(FaultService service);
bool glob_matches(std::string_view glob, std::string_view text);

class FaultRules {
 public:
  struct Counted {
    FaultRule rule;
    uint64_t hits = 0;    // operations that matched
    uint64_t fired = 0;   // of those, struck
  };
  struct Strike {
    const FaultRule* rule;
    std::string_view key;   // the one that matched
  };

  // The rule's id, from 1, never given twice. The error names the field and what it may be.
  std::expected<uint64_t, std::string> add(FaultRule rule);
  bool clear(uint64_t id);   // false: there is none
  void clear() { all_.clear(); }
  bool empty() const { return all_.empty(); }
  const std::vector<Counted>& all() const { return all_; }   // in the order of their ids
  // The pointer is good until rules are added or cleared.
  std::optional<Strike> hit(const FaultPlace& place, uint64_t seed);

 private:
  std::vector<Counted> all_;
  uint64_t next_id_ = 1;
};

}  // namespace offing

#endif  // OFFING_EMULATOR_WORLD_FAULT_RULES_H_
