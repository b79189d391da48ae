// Which of the paths of a command line are scenarios: a file that says so, or all those in a
// folder.
#ifndef OFFING_EMULATOR_SCENARIO_FIND_H_
#define OFFING_EMULATOR_SCENARIO_FIND_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace offing::scenario {

inline constexpr size_t kFilesMax = 10'000;

// Empty when `path` is something else: a project. A folder with a Wrangler file is a project; from
// any other one all scenarios come, in the order of their names, from the folders in it, too.
std::vector<std::string> find_scenarios(const std::string& path);

// "1..20", "1,5,9", "7": at most 1,000,000 of them, in the order given. The error is for the user.
std::expected<std::vector<uint64_t>, std::string> parse_seeds(std::string_view text);

// "2/5": the second of five parts. {1, 1} is all.
struct Shard {
  uint64_t part = 1;
  uint64_t of = 1;
  bool holds(uint64_t index) const { return index % of == part - 1; }
  // The `job`th (from 0) of `jobs` equal shares of this part.
  Shard share(uint64_t job, uint64_t jobs) const { return {part + job * of, of * jobs}; }
};
std::expected<Shard, std::string> parse_shard(std::string_view text);

}  // namespace offing::scenario

#endif  // OFFING_EMULATOR_SCENARIO_FIND_H_
