#include "emulator/replay/limit_metrics.h"

#include <algorithm>

namespace offing::replay {
namespace {

using Metric = LimitUsage::Metric;

constexpr std::string_view kCpuRemark = "measured on this machine, not enforced here";
constexpr std::string_view kMemoryRemark =
    "measured on this machine: the whole isolate, with garbage not collected yet";
constexpr std::string_view kUrlRemark = "not enforced here: a replay's requests come over no socket";

uint64_t external(const Counts& used, int64_t) { return used.external; }
uint64_t internal(const Counts& used, int64_t) { return used.internal; }
// A request that calls no other Worker is no chain.
uint64_t chained(const Counts& used, int64_t) {
  return used.chained_workers > 1 ? used.chained_workers : 0;
}
uint64_t connections(const Counts& used, int64_t) { return used.connections; }
uint64_t log_bytes(const Counts& used, int64_t) { return used.log_bytes; }
uint64_t cpu_us(const Counts& used, int64_t) {
  return static_cast<uint64_t>(std::max<int64_t>(used.cpu_us, 0));
}
uint64_t memory_bytes(const Counts& used, int64_t) { return used.memory_bytes; }
uint64_t wall_us(const Counts&, int64_t duration_us) {
  return static_cast<uint64_t>(std::max<int64_t>(duration_us, 0));
}

constexpr Metric kMetrics[] = {
    {.row = "external-subrequests", .noun = "subrequests", .value = external},
    {.row = "internal-subrequests", .noun = "service calls", .value = internal},
    {.row = "chained-workers", .noun = "Workers in a chain", .value = chained,
     .of_callees = false},
    {.row = "connections", .noun = "connections at a time", .value = connections,
     .of_callees = false, .remark = "beyond them calls wait"},
    {.row = "log", .noun = "log", .value = log_bytes},
    {.row = "request-cpu", .noun = "CPU time", .value = cpu_us, .of_objects = false,
     .of_crons = false, .remark = kCpuRemark, .measured = true},
    {.row = "actor-cpu", .noun = "CPU time of a Durable Object's event", .value = cpu_us,
     .of_requests = false, .remark = kCpuRemark, .measured = true},
    {.row = "memory", .noun = "memory", .value = memory_bytes, .remark = kMemoryRemark,
     .measured = true},
    {.row = "request-wall", .noun = "wall time", .value = wall_us, .of_objects = false,
     .of_crons = false},
    {.row = "actor-wall", .noun = "wall time of a Durable Object's event", .value = wall_us,
     .of_requests = false},
    {.row = "alarm-wall", .noun = "wall time of an alarm", .value = wall_us, .of_requests = false,
     .of_alarms = true},
    {.row = "url", .noun = "URL", .of_objects = false, .of_url = true, .remark = kUrlRemark},
};

}  // namespace

std::span<const Metric> limit_metrics() { return kMetrics; }

}  // namespace offing::replay
