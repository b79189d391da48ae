#include "emulator/scenario/find.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "emulator/config/value.h"
#include "emulator/scenario/scenario.h"

namespace offing::scenario {

namespace fs = std::filesystem;

namespace {

constexpr int kFoldersDeepMax = 12;

bool is_wrangler_file(const fs::path& path) {
  const std::string name = path.filename();
  return name == "wrangler.toml" || name == "wrangler.json" || name == "wrangler.jsonc";
}

bool has_ending(const fs::path& path) {
  const std::string ending = path.extension();
  return ending == ".toml" || ending == ".json" || ending == ".jsonc";
}

// Has steps, as far as a look tells: what is wrong with it is told when it is read.
bool looks_like_one(const fs::path& path) {
  if (!has_ending(path) || is_wrangler_file(path)) return false;
  std::ifstream in(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (text.size() > kFileBytesMax) return false;
  const bool toml = path.extension() == ".toml";
  if (toml) return text.find("[[step]]") != text.npos || text.find("\nstep") != text.npos;
  auto tree = config::parse_jsonc(text, path);
  return tree ? tree->find("step") != nullptr : text.find("\"step\"") != text.npos;
}

void collect(const fs::path& folder, int depth, std::vector<std::string>& found) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    entries.push_back(at->path());
  std::ranges::sort(entries);
  for (const fs::path& entry : entries) {
    const std::string name = entry.filename();
    if (found.size() >= kFilesMax || name.starts_with('.') || name == "node_modules") continue;
    if (fs::is_directory(entry, error)) {
      if (depth < kFoldersDeepMax) collect(entry, depth + 1, found);
    } else if (fs::is_regular_file(entry, error) && looks_like_one(entry)) {
      found.push_back(entry.lexically_normal());
    }
  }
}

bool parse_number(std::string_view text, uint64_t& into) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), into);
  return !text.empty() && parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size();
}

}  // namespace

std::vector<std::string> find_scenarios(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    if (fs::is_regular_file(path, error) && looks_like_one(path)) return {path};
    return {};
  }
  for (const char* name : {"wrangler.toml", "wrangler.json", "wrangler.jsonc"}) {
    if (fs::exists(fs::path(path) / name, error)) return {};
  }
  std::vector<std::string> found;
  collect(path, 0, found);
  return found;
}

std::expected<std::vector<uint64_t>, std::string> parse_seeds(std::string_view text) {
  constexpr size_t kSeedsMax = 1'000'000;
  const std::string wrong =
      "--seeds: \"" + std::string(text.substr(0, 80)) +
      "\" must be FIRST..LAST, or numbers with commas: \"1..20\", \"3,17\" (at most " +
      std::to_string(kSeedsMax) + ")";
  std::vector<uint64_t> seeds;
  for (std::string_view rest = text;;) {
    const std::string_view part = rest.substr(0, rest.find(','));
    const size_t dots = part.find("..");
    uint64_t first = 0, last = 0;
    if (!parse_number(part.substr(0, dots), first)) return std::unexpected(wrong);
    last = first;
    if (dots != part.npos && !parse_number(part.substr(dots + 2), last))
      return std::unexpected(wrong);
    if (last < first || last - first >= kSeedsMax - seeds.size()) return std::unexpected(wrong);
    for (uint64_t seed = first;; ++seed) {
      seeds.push_back(seed);
      if (seed == last) break;
    }
    if (part.size() == rest.size()) return seeds;
    rest.remove_prefix(part.size() + 1);
  }
}

std::expected<Shard, std::string> parse_shard(std::string_view text) {
  Shard shard;
  const size_t slash = text.find('/');
  const bool right = slash != text.npos && parse_number(text.substr(0, slash), shard.part) &&
                     parse_number(text.substr(slash + 1), shard.of) && shard.part >= 1 &&
                     shard.part <= shard.of && shard.of <= 1'000'000;
  if (right) return shard;
  return std::unexpected("--shard: \"" + std::string(text.substr(0, 40)) +
                         "\" must be PART/PARTS, like 2/5");
}

}  // namespace offing::scenario
