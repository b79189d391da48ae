#include "emulator/replay/pattern.h"

#include <algorithm>
#include <cassert>
#include <regex>
#include <vector>

namespace offing::replay {
namespace {

// libstdc++'s breadth-first matcher: no backtracking, and no back-references therefore.
constexpr auto kSyntax =
    std::regex::ECMAScript | std::regex::nosubs | std::regex_constants::__polynomial;

// The library tries each position anew, which takes quadratic time; with this in front of the
// pattern one pass finds it anywhere.
std::string anywhere(const std::string& pattern) { return "[\\s\\S]*?(?:" + pattern + ")"; }

// Counts what the pattern costs once its repetitions are written out.
class Cost {
 public:
  explicit Cost(std::string_view pattern) : rest_(pattern) {}
  std::string problem() {
    while (!rest_.empty()) {
      if (std::string wrong = step(); !wrong.empty()) return wrong;
      if (total_.front() > kPatternStepsMax || total_.back() > kPatternStepsMax) {
        return "costs too much: its repetitions make more than " +
               std::to_string(kPatternStepsMax) + " steps; use smaller numbers in {}";
      }
    }
    return total_.size() > 1 ? "is not a regular expression: a group is not closed" : "";
  }

 private:
  std::string step() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c == '\\') {
      if (!rest_.empty() && rest_.front() >= '1' && rest_.front() <= '9')
        return std::string("holds the back-reference \\") + rest_.front() +
               ", which is not supported";
      rest_.remove_prefix(std::min<size_t>(1, rest_.size()));
      atom(1);
    } else if (c == '[') {
      bracket();
    } else if (c == '(') {
      if (rest_.starts_with("?=") || rest_.starts_with("?!"))
        return "holds a lookahead (?= or (?!, which is not supported";
      if (rest_.starts_with("?:")) rest_.remove_prefix(2);
      if (++groups_ > kPatternGroupsMax)
        return "has more than " + std::to_string(kPatternGroupsMax) + " groups";
      total_.push_back(0);
      last_ = 0;
    } else if (c == ')') {
      if (total_.size() == 1) return "is not a regular expression: \")\" closes no group";
      const size_t inside = total_.back();
      total_.pop_back();
      atom(inside + 1);
    } else if (c == '{') {
      repeat();
    } else if (c != '*' && c != '+' && c != '?') {
      atom(1);
    }
    return {};
  }
  void atom(size_t cost) {
    last_ = cost;
    total_.back() += cost;
  }
  // As in ECMAScript, "[]" is a class of its own; "[[:alpha:]]" holds another in it.
  void bracket() {
    atom(1);
    while (!rest_.empty()) {
      const char c = rest_.front();
      const size_t inner = rest_.starts_with("[:")   ? rest_.find(":]")
                           : rest_.starts_with("[.") ? rest_.find(".]")
                           : rest_.starts_with("[=") ? rest_.find("=]")
                                                     : std::string_view::npos;
      const size_t used = inner != std::string_view::npos ? inner + 2 : c == '\\' ? 2 : 1;
      rest_.remove_prefix(std::min(used, rest_.size()));
      if (c == ']') return;
    }
  }
  void repeat() {
    size_t number = 0, largest = 0;
    while (!rest_.empty() && rest_.front() != '}') {
      const char c = rest_.front();
      if (c >= '0' && c <= '9')
        number = std::min(number * 10 + static_cast<size_t>(c - '0'), kPatternStepsMax + 1);
      else number = 0;
      largest = std::max(largest, number);
      rest_.remove_prefix(1);
    }
    if (!rest_.empty()) rest_.remove_prefix(1);
    const size_t times = std::max<size_t>(1, largest);
    total_.back() += last_ * (times - 1);
    last_ *= times;
  }

  std::string_view rest_;
  std::vector<size_t> total_{0};  // of each open group
  size_t last_ = 0;
  size_t groups_ = 0;
};

}  // namespace

std::string check_pattern(const std::string& pattern) {
  if (pattern.empty()) return "is empty; leave it out to match anything";
  if (pattern.size() > kPatternBytesMax)
    return "is " + std::to_string(pattern.size()) + " bytes long; at most " +
           std::to_string(kPatternBytesMax) + " are allowed";
  if (std::string wrong = Cost(pattern).problem(); !wrong.empty()) return wrong;
  try {
    // On its own first: in brackets, an unbalanced pattern could look balanced.
    const std::regex alone(pattern, kSyntax);
    const std::regex whole(anywhere(pattern), kSyntax);
  } catch (const std::regex_error& error) {
    return std::string("is not a regular expression: ") + error.what();
  }
  return {};
}

bool pattern_found(const std::string& pattern, std::string_view text) {
  assert(text.size() <= kMatchedBytesMax);
  try {
    const std::regex regex(anywhere(pattern), kSyntax);
    return std::regex_search(text.begin(), text.end(), regex,
                             std::regex_constants::match_continuous |
                                 std::regex_constants::match_any);
  } catch (const std::regex_error&) {
    return false;
  }
}

}  // namespace offing::replay
