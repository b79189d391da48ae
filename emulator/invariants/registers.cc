#include "emulator/invariants/registers.h"

#include <algorithm>
#include <map>

namespace offing::invariants {
namespace {

using History = std::vector<RegisterOperation>;
using Indexes = std::vector<size_t>;

std::string text_of(const RegisterOperation& operation) {
  const std::string what =
      operation.version == 0 ? "nothing" : "version " + std::to_string(operation.version);
  return "process " + std::to_string(operation.process) +
         (operation.is_write ? " wrote " : " read ") + what;
}

// Of operations on one key: pairs where what ended first does not stand before what began then, in
// the order of versions, a write before the reads of what it wrote.
void check_order(const History& history, const Indexes& operations, size_t most,
                 std::vector<RegisterViolation>& found) {
  Indexes by_begin = operations, by_end = operations;
  std::ranges::stable_sort(by_begin, {}, [&history](size_t i) { return history[i].began; });
  std::ranges::stable_sort(by_end, {}, [&history](size_t i) { return history[i].ended; });
  size_t over = 0;
  const RegisterOperation* newest = nullptr;  // of those that are over; of equal ones a read
  for (size_t i : by_begin) {
    const RegisterOperation& now = history[i];
    for (; over < by_end.size() && history[by_end[over]].ended < now.began; ++over) {
      const RegisterOperation& done = history[by_end[over]];
      if (!newest || done.version > newest->version ||
          (done.version == newest->version && !done.is_write))
        newest = &done;
    }
    if (!newest || found.size() >= most) continue;
    const bool same = newest->version == now.version;
    if (newest->version < now.version || (same && !now.is_write)) continue;
    found.push_back({now.key, static_cast<size_t>(newest - history.data()), i,
                     text_of(now) + " of " + now.key +
                         (now.is_write ? ", but before it began " : " after ") + text_of(*newest)});
  }
}

}  // namespace

RegisterCheck check_registers(const History& history, size_t violations_max) {
  std::map<std::string_view, Indexes> keys;
  for (size_t i = 0; i < history.size(); ++i) {
    if (history[i].is_write || history[i].ended != RegisterOperation::kNever)
      keys[history[i].key].push_back(i);
  }
  RegisterCheck check;
  check.keys = keys.size();
  check.operations = history.size();
  for (const auto& [key, operations] : keys) {
    check_order(history, operations, violations_max, check.linearizable);
    std::map<uint64_t, Indexes> processes;
    for (size_t i : operations) processes[history[i].process].push_back(i);
    for (const auto& [process, own] : processes)
      check_order(history, own, violations_max, check.sequential);
  }
  return check;
}

}  // namespace offing::invariants
