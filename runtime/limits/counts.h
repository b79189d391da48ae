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
  kFetch, kWorker,       // external: fetch, each hop of it, WebSockets; calls of service bindings
  kKv, kR2, kObject,     // internal
};

struct Counts {
  uint64_t external = 0;
  uint64_t internal = 0;
  uint64_t worker_calls = 0;  // of the external ones, those of service bindings
  uint64_t kv = 0;            // the internal ones, by service
  uint64_t r2 = 0;
  uint64_t object_calls = 0;
  // Of the call tree (call_tree.h) that it belongs to, when it was answered:
  uint64_t chained_workers = 1;  // invoked so far, itself among them
  uint64_t connections = 0;      // most at a time
  uint64_t log_bytes = 0;
  bool log_full = false;  // some of the log was dropped

  // Measured, never counted: equal runs have different ones (docs/trace.md).
  int64_t cpu_us = 0;
  uint64_t memory_bytes = 0;  // most that the isolate held at its turns; 0: not measured
};

enum class Logged : uint8_t { kKept, kFirstDropped, kDropped };

// Counts one more and gives "", or the text of the Error that the guest is given instead.
std::string_view count_subrequest(Counts& counts, const Limits& limits, Subrequest kind);
// What becomes of a line of the log. Once one was dropped, all are.
Logged count_log(Counts& counts, const Limits& limits, size_t bytes);

}  // namespace offing

#endif  // OFFING_RUNTIME_LIMITS_COUNTS_H_
