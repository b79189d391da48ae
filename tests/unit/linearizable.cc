#include "tests/unit/linearizable.h"

#include <algorithm>
#include <cassert>
#include <set>
#include <utility>

namespace offing::test {
namespace {

// What the register holds afterwards, and what the caller is told.
std::pair<int64_t, int64_t> apply(const Operation& operation, int64_t value) {
  switch (operation.kind) {
    case Operation::Kind::kRead: return {value, value};
    case Operation::Kind::kWrite: return {operation.argument, 0};
    case Operation::Kind::kAdd: return {value + operation.argument, value + operation.argument};
    case Operation::Kind::kSwapIf:
      if (value == operation.expected) return {operation.argument, 1};
      return {value, 0};
  }
  return {value, 0};
}

class Search {
 public:
  explicit Search(const std::vector<Operation>& history) : history_(history) {
    assert(history.size() <= 64);
    for (size_t i = 0; i < history.size(); ++i) {
      if (history[i].result) must_ |= uint64_t{1} << i;
    }
  }

  bool run(uint64_t done, int64_t value) {
    if ((done & must_) == must_) return true;
    if (!tried_.emplace(done, value).second) return false;
    // What may come next: called before the first return of those that are still to come.
    int64_t first_return_us = INT64_MAX;
    for (size_t i = 0; i < history_.size(); ++i) {
      if ((done >> i & 1) == 0 && history_[i].result) {
        first_return_us = std::min(first_return_us, history_[i].returned_us);
      }
    }
    for (size_t i = 0; i < history_.size(); ++i) {
      const Operation& next = history_[i];
      if ((done >> i & 1) != 0 || next.called_us > first_return_us) continue;
      const auto [after, told] = apply(next, value);
      if (next.result && *next.result != told) continue;
      if (run(done | uint64_t{1} << i, after)) return true;
    }
    return false;
  }

 private:
  const std::vector<Operation>& history_;
  uint64_t must_ = 0;  // those with a known result
  std::set<std::pair<uint64_t, int64_t>> tried_;
};

}  // namespace

bool is_linearizable(const std::vector<Operation>& history) { return Search(history).run(0, 0); }

std::string Operation::text() const {
  static constexpr const char* kNames[] = {"read", "write", "add", "swap-if"};
  std::string line = kNames[static_cast<size_t>(kind)];
  if (kind != Kind::kRead) line += " " + std::to_string(argument);
  if (kind == Kind::kSwapIf) line += " if " + std::to_string(expected);
  line += result ? " = " + std::to_string(*result) : " = ?";
  line += "  [" + std::to_string(called_us) + ", " +
          (result ? std::to_string(returned_us) : std::string("?")) + "]";
  return line;
}

std::string text_of(const std::vector<Operation>& history) {
  std::vector<const Operation*> ordered;
  for (const Operation& operation : history) ordered.push_back(&operation);
  std::ranges::sort(ordered, {}, [](const Operation* o) { return o->called_us; });
  std::string text;
  for (const Operation* operation : ordered) text += operation->text() + "\n";
  return text;
}

}  // namespace offing::test
