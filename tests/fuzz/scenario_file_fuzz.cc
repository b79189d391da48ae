// Whatever a scenario file holds: a scenario within its bounds, or a problem with a place and a
// reason. The first byte says which format; what was read is filled in with variables that do not
// suffice.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "emulator/scenario/scenario.h"
#include "emulator/scenario/values.h"

namespace {

using namespace offing::scenario;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_steps(const std::vector<Step>& steps, int depth, size_t& count) {
  require(depth <= kRepeatDepthMax);
  Variables variables;
  variables.set("a", "1");
  for (const Step& step : steps) {
    require(++count <= kStepsMax);
    require(step.times >= 1 && step.times <= kRepeatMax && step.clock.us >= 0);
    require(step.requests.size() <= kGroupMax);
    require(step.kind != Step::Kind::kRequests || !step.requests.empty());
    for (const RequestStep& request : step.requests) {
      require(!request.method.empty() && !request.url.empty() && request.at_us >= 0);
      const auto url = variables.fill(request.url);
      require(url.has_value() || !url.error().empty());
      if (request.expect.json)
        require(mismatches(*request.expect.json, &*request.expect.json, "").empty());
    }
    if (step.kind == Step::Kind::kControl) {
      require(step.control.arguments.is(offing::config::Value::Type::kObject));
      const auto arguments = variables.fill(step.control.arguments);
      require(arguments.has_value() || !arguments.error().empty());
      for (const Save& save : step.control.save) find_path(step.control.arguments, save.path);
    }
    check_steps(step.steps, depth + 1, count);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto read = read_scenario(text, data[0] & 1 ? "f/s.toml" : "f/s.jsonc");
  if (!read) {
    require(!read.error().text().empty() && read.error().line >= 0);
    return 0;
  }
  size_t count = 0;
  check_steps(read->steps, 0, count);
  return 0;
}
