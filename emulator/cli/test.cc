// `offing test PROJECT`: runs the test() of every export, in virtual time. Scenarios: test_scenarios.cc.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "emulator/cli/commands.h"
#include "emulator/cli/console.h"
#include "emulator/cli/test_scenarios.h"
#include "emulator/scenario/find.h"
#include "emulator/trace/json_text.h"

namespace offing::cli {

static void print_json(const TestResult& result) {
  std::string line = "{\"name\":";
  trace::append_json_string(line, result.name);
  line += result.passed ? ",\"passed\":true,\"error\":" : ",\"passed\":false,\"error\":";
  trace::append_json_string(line, result.error);
  std::printf("%s}\n", line.c_str());
}

static void print_text(const TestResult& result) {
  std::printf("%s %s\n", result.passed ? "pass" : "FAIL", result.name.c_str());
  if (!result.passed) std::printf("     %s\n", result.error.c_str());
}

static int run_project(const Process& process, const TestArguments& a) {
  VirtualWorld world(a.worker.seed.value_or(1));
  auto output = TraceOutput::open(
      world, a.worker.trace, false,
      a.worker.trace_measured ? trace::Measured::kWritten : trace::Measured::kLeftOut);
  if (!output) return std::fprintf(stderr, "offing: %s\n", output.error().c_str()), 2;
  Console console(world, stderr, {false, false});
  world.trace().add_reader(&console);
  auto stack = Stack::build(world, process, a.worker);
  if (!stack) return std::fprintf(stderr, "offing: %s\n", stack.error().c_str()), 2;
  auto resident = (*stack)->topology().acquire(0);
  if (!resident)
    return std::fprintf(stderr, "offing: the Worker does not start: %s\n",
                        resident.error().c_str()),
           1;
  std::vector<TestResult> results;
  bool finished = false;
  (*resident)->isolate->run_tests([&results, &finished, &world](std::vector<TestResult> all) {
    results = std::move(all);
    finished = true;
    world.stop();
  });
  if (!finished) world.run();
  if (!finished)
    return std::fprintf(stderr, "offing: a test never ends: it waits for something that nothing "
                                "will bring\n"), 1;
  size_t failed = 0, counted = 0;
  for (const TestResult& result : results) {
    if (!a.only.empty() &&
        std::find(a.only.begin(), a.only.end(), result.name) == a.only.end())
      continue;
    ++counted;
    failed += !result.passed;
    if (a.json) print_json(result); else print_text(result);
  }
  (*output)->finish();
  if (counted == 0)
    std::fprintf(stderr, "offing: no export of this Worker has a test() function\n");
  if (!a.json) std::printf("%zu passed, %zu failed\n", counted - failed, failed);
  return failed == 0 && counted > 0 ? 0 : 1;
}

int run_test(const Process& process, const TestArguments& given) {
  std::vector<std::string> scenarios;
  std::string project;
  for (const std::string& path : given.paths) {
    std::vector<std::string> found = scenario::find_scenarios(path);
    if (found.empty()) project = path;
    scenarios.insert(scenarios.end(), found.begin(), found.end());
  }
  if (project.empty()) return run_scenarios(process, given, scenarios);
  if (given.paths.size() > 1)
    return std::fprintf(stderr, "offing: %s: holds no scenario ([[step]]); a project is tested by itself\n",
                        project.c_str()), 2;
  TestArguments a = given;
  a.worker.project = project;
  return run_project(process, a);
}

}  // namespace offing::cli
