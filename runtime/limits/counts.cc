#include "runtime/limits/counts.h"

#include <utility>

namespace offing {
namespace {

uint64_t& by_kind(Counts& counts, Subrequest kind) {
  switch (kind) {
    case Subrequest::kWorker: return counts.worker_calls;
    case Subrequest::kKv: return counts.kv;
    case Subrequest::kR2: return counts.r2;
    case Subrequest::kObject: return counts.object_calls;
    case Subrequest::kFetch: break;
  }
  return counts.external;
}

}  // namespace

std::string_view count_subrequest(Counts& counts, const Limits& limits, Subrequest kind) {
  const bool external = kind == Subrequest::kFetch || kind == Subrequest::kWorker;
  uint64_t& used = external ? counts.external : counts.internal;
  const uint64_t most = external ? limits.external_subrequests : limits.internal_subrequests;
  if (most != 0 && used >= most) {
    return external ? limits.external_subrequests_text : limits.internal_subrequests_text;
  }
  ++used;
  if (kind != Subrequest::kFetch) ++by_kind(counts, kind);
  return {};
}

Logged count_log(Counts& counts, const Limits& limits, size_t bytes) {
  if (limits.log_bytes == 0) return Logged::kKept;
  if (!counts.log_full && counts.log_bytes + bytes <= limits.log_bytes) {
    counts.log_bytes += bytes;
    return Logged::kKept;
  }
  return std::exchange(counts.log_full, true) ? Logged::kDropped : Logged::kFirstDropped;
}

}  // namespace offing
