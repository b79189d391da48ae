#include "emulator/world/faults.h"

#include <charconv>

namespace offing {

static constexpr size_t kPoints = static_cast<size_t>(FaultPoint::kCount);
static constexpr std::array<std::string_view, kPoints> kNames = {
#define OFFING_FAULT_NAME(id, name, help) name,
    OFFING_FAULT_POINTS(OFFING_FAULT_NAME)
#undef OFFING_FAULT_NAME
};
static constexpr std::array<std::string_view, kPoints> kHelp = {
#define OFFING_FAULT_HELP(id, name, help) help,
    OFFING_FAULT_POINTS(OFFING_FAULT_HELP)
#undef OFFING_FAULT_HELP
};

std::string_view Faults::name(FaultPoint point) { return kNames[static_cast<size_t>(point)]; }
std::string_view Faults::help(FaultPoint point) { return kHelp[static_cast<size_t>(point)]; }

std::expected<void, std::string> Faults::arm(std::string_view rule) {
  const size_t equals = rule.find('=');
  const std::string_view name = rule.substr(0, equals);
  size_t index = 0;
  while (index < kPoints && kNames[index] != name) ++index;
  if (index == kPoints) {
    std::string known;
    for (std::string_view n : kNames) known += (known.empty() ? "" : ", ") + std::string(n);
    return std::unexpected("no fault point is named \"" + std::string(name) + "\"; there are: " +
                           known);
  }
  const std::string_view value = equals == rule.npos ? "always" : rule.substr(equals + 1);
  Point& point = points_[index];
  const char* end = value.data() + value.size();
  double probability = value == "always" ? 1 : 0;
  uint64_t nth = 0;
  if (value.starts_with('#')) {
    auto [p, ec] = std::from_chars(value.data() + 1, end, nth);
    if (ec != std::errc() || p != end || nth == 0)
      return std::unexpected("fault \"" + std::string(rule) + "\": #N needs a number from 1");
  } else if (value != "always") {
    auto [p, ec] = std::from_chars(value.data(), end, probability);
    if (ec != std::errc() || p != end || !(probability >= 0 && probability <= 1))
      return std::unexpected("fault \"" + std::string(rule) +
                             "\": the rule is a probability from 0 to 1, \"always\" or \"#N\"");
  }
  point.probability = probability;
  point.only_nth = nth == 0 ? 0 : point.passed + nth;  // the Nth from now on
  return {};
}

bool Faults::hit(FaultPoint id) {
  Point& point = points_[static_cast<size_t>(id)];
  ++point.passed;
  if (point.only_nth != 0) {
    if (point.passed != point.only_nth) return false;
  } else if (point.probability <= 0) {
    return false;
  } else {
    // A draw of its own for each passage, so that arming one point never shifts another.
    Random draw(seed_ ^ point.passed, name(id));
    if (!draw.chance(point.probability)) return false;
  }
  ++point.fired;
  return true;
}

}  // namespace offing
