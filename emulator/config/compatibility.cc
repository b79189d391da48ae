#include "emulator/config/compatibility.h"

#include <algorithm>
#include <optional>

#include "emulator/config/compatibility_flags.h"
#include "emulator/config/spelling.h"

namespace offing::config {

namespace {

struct Date {
  std::string text;  // YYYY-MM-DD, so that dates compare as strings
};

std::optional<Date> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  auto number = [text](size_t from, size_t size) {
    int value = 0;
    for (char c : text.substr(from, size)) {
      if (c < '0' || c > '9') return -1;
      value = value * 10 + (c - '0');
    }
    return value;
  };
  const int year = number(0, 4), month = number(5, 2), day = number(8, 2);
  if (year < 2000 || year > 2999 || month < 1 || month > 12 || day < 1 || day > 31) {
    return std::nullopt;
  }
  return Date{std::string(text)};
}

std::string suggestion_for(std::string_view flag) {
  std::vector<std::string_view> names;
  for (const CompatibilityFlag& row : compatibility_flags()) {
    names.push_back(row.enable);
    if (!row.disable.empty()) names.push_back(row.disable);
  }
  return did_you_mean(flag, names);
}

std::expected<void, std::string> check_flags(const std::vector<std::string>& flags,
                                             const std::string& date,
                                             std::vector<std::string>& warnings) {
  std::set<std::string, std::less<>> seen;
  for (const std::string& flag : flags) {
    if (!seen.insert(flag).second) {
      return std::unexpected("Compatibility flag specified multiple times: " + flag);
    }
  }
  std::set<std::string_view> known;
  for (const CompatibilityFlag& row : compatibility_flags()) {
    known.insert(row.enable);
    if (!row.disable.empty()) known.insert(row.disable);
    const bool on = seen.contains(row.enable);
    if (on && !row.disable.empty() && seen.contains(row.disable)) {
      return std::unexpected("Compatibility flags are mutually contradictory: " +
                             std::string(row.enable) + " vs " + std::string(row.disable));
    }
    if (!on) continue;
    if (row.kind == CompatibilityFlag::Kind::kExperimental) {
      return std::unexpected("The compatibility flag " + std::string(row.enable) +
                             " is experimental and cannot yet be used in Workers deployed to "
                             "Cloudflare. Remove it from compatibility_flags.");
    }
    if (row.kind == CompatibilityFlag::Kind::kDated && date >= row.default_date) {
      warnings.push_back("The compatibility flag " + std::string(row.enable) +
                         " became the default as of " + std::string(row.default_date) +
                         " so does not need to be specified anymore.");
    }
  }
  for (const std::string& flag : flags) {
    if (!known.contains(flag)) {
      return std::unexpected("No such compatibility flag: " + flag + suggestion_for(flag));
    }
  }
  return {};
}

std::set<std::string> flags_on(const std::vector<std::string>& flags, const std::string& date) {
  const std::set<std::string, std::less<>> given(flags.begin(), flags.end());
  std::set<std::string> on;
  std::set<std::string_view> disabled;
  for (const CompatibilityFlag& row : compatibility_flags()) {
    const bool off = !row.disable.empty() && given.contains(row.disable);
    if (off) disabled.insert(row.enable);
    const bool by_date = !row.default_date.empty() && date >= row.default_date;
    if (given.contains(row.enable) || (by_date && !off)) on.emplace(row.enable);
  }
  for (const ImpliedFlag& rule : implied_flags()) {
    if (on.contains(std::string(rule.parent)) && date >= rule.date &&
        !disabled.contains(rule.flag)) {
      on.emplace(rule.flag);
    }
  }
  return on;
}

}  // namespace

std::expected<Compatibility, std::string> evaluate_compatibility(
    std::string_view date, const std::vector<std::string>& flags, std::string_view today) {
  Compatibility result;
  if (date.empty()) {
    result.date = kNewestCompatibilityDate;
    if (!today.empty() && today < result.date) result.date = today;
    result.warnings.push_back(
        "No compatibility_date was specified. Using " + result.date +
        ". Add compatibility_date = \"" + result.date + "\" so that tomorrow's run is the same.");
  } else if (std::optional<Date> parsed = parse_date(date)) {
    result.date = parsed->text;
    if (!today.empty() && result.date > today) {
      return std::unexpected("Can't set compatibility date in the future: \"" + result.date +
                             "\". Today's date (UTC) is \"" + std::string(today) + "\".");
    }
    if (result.date > kNewestCompatibilityDate) {
      result.warnings.push_back("This Worker requires compatibility date \"" + result.date +
                                "\", but the newest date known to this version of offing is \"" +
                                std::string(kNewestCompatibilityDate) +
                                "\". Flags that became default later are not on.");
    }
  } else {
    return std::unexpected("Invalid compatibility date: " + std::string(date) +
                           ". Write it as YYYY-MM-DD.");
  }
  if (auto checked = check_flags(flags, result.date, result.warnings); !checked) {
    return std::unexpected(std::move(checked.error()));
  }
  result.flags = flags_on(flags, result.date);
  return result;
}

}  // namespace offing::config
