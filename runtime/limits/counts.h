// What one invocation has used of what the platform counts (spec/limits.md 2 and 2.1). Each
// request's context has one record; an instance of a Durable Object has one that is empty again at
// each of its events. Plain values: whoever counts holds the limits.
#ifndef OFFING_RUNTIME_LIMITS_COUNTS_H_
#define OFFING_RUNTIME_LIMITS_COUNTS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "runtime/limits/limits.h"

namespace offing {

enum class Subrequest : uint8_t {
  kExternal,  // fetch, each hop of it; WebSockets; Workers called through service bindings
  kInternal,  // KV, R2, Durable Objects
};

struct Counts {
  uint64_t external = 0;
  uint64_t internal = 0;
  uint64_t log_bytes = 0;
  bool log_full = false;  // some of the log was dropped
};

enum class Logged : uint8_t { kKept, kFirstDropped, kDropped };

// Counts one more and gives "", or the text of the Error that the guest is given instead.
std::string_view count_subrequest(Counts& counts, const Limits& limits, Subrequest kind);
// What becomes of a line of the log. Once one was dropped, all are.
Logged count_log(Counts& counts, const Limits& limits, size_t bytes);

}  // namespace offing

#endif  // OFFING_RUNTIME_LIMITS_COUNTS_H_
