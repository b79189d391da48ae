#include "emulator/config/spelling.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace offing::config {

namespace {

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string did_you_mean(std::string_view word, std::span<const std::string_view> names) {
  constexpr size_t kLongestWord = 100;  // no name is longer; the distance costs length squared
  if (word.empty() || word.size() > kLongestWord) return "";
  const size_t limit = std::max<size_t>(word.size() > 3 ? 2 : 1, word.size() / 3);
  size_t best = limit + 1;
  std::string_view nearest;
  for (std::string_view name : names) {
    const size_t distance = edit_distance(word, name);
    if (distance < best) best = distance, nearest = name;
  }
  return nearest.empty() ? "" : ". Did you mean \"" + std::string(nearest) + "\"?";
}

}  // namespace offing::config
