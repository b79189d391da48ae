// Is a history of concurrent operations on one register linearizable: is there an order of the operations,
// each between its call and its return, in which every result is what one register, used by one at a time,
// would have given? After Wing and Gong, with Lowe's memory of what was tried.
//
// An operation whose outcome the caller never learned (a reset, a lost connection) may have happened at any
// time after its call, or not at all.
#ifndef OFFING_TESTS_UNIT_LINEARIZABLE_H_
#define OFFING_TESTS_UNIT_LINEARIZABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace offing::test {

struct Operation {
  enum class Kind : uint8_t { kRead, kWrite, kAdd, kSwapIf };
  Kind kind = Kind::kRead;
  int64_t argument = 0;    // kWrite: the value; kAdd: the summand; kSwapIf: the new value
  int64_t expected = 0;    // kSwapIf: only when the register holds this
  // What the caller was told: kRead the value; kAdd the sum; kSwapIf 1 or 0; kWrite 0. Unset: unknown.
  std::optional<int64_t> result;
  int64_t called_us = 0;
  int64_t returned_us = 0;  // of a known result

  std::string text() const;
};

// The register holds 0 at first. At most 64 operations.
bool is_linearizable(const std::vector<Operation>& history);

// For a report: one operation a line, in order of calls.
std::string text_of(const std::vector<Operation>& history);

}  // namespace offing::test

#endif  // OFFING_TESTS_UNIT_LINEARIZABLE_H_
