#include "emulator/cli/test_scenarios.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>
#include <utility>

#include "emulator/cli/scenario_control.h"
#include "emulator/invariants/history.h"
#include "emulator/replay/words.h"
#include "emulator/scenario/find.h"
#include "emulator/scenario/rig.h"
#include "emulator/world/child_process.h"
#include "emulator/world/clocks.h"

namespace offing::cli {
namespace {

using scenario::Result;
using scenario::Scenario;

int fail(const std::string& text) {
  std::fprintf(stderr, "offing: %s\n", text.c_str());
  return 2;
}

struct Task {
  const Scenario* scenario;
  uint64_t seed;
  bool twice;
};

// Everything that is to be run, in an order that each of several processes finds alike.
std::expected<std::vector<Task>, std::string> tasks_of(const TestArguments& a,
                                                       const std::vector<Scenario>& scenarios) {
  std::vector<uint64_t> seeds;
  if (!a.seeds.empty()) {
    auto parsed = scenario::parse_seeds(a.seeds);
    if (!parsed) return std::unexpected(parsed.error());
    seeds = std::move(*parsed);
  } else if (a.worker.seed) {
    seeds.push_back(*a.worker.seed);
  }
  scenario::Shard shard;
  if (!a.shard.empty()) {
    auto parsed = scenario::parse_shard(a.shard);
    if (!parsed) return std::unexpected(parsed.error());
    shard = *parsed;
  }
  std::vector<Task> tasks;
  uint64_t index = 0;
  for (const Scenario& one : scenarios) {
    std::vector<uint64_t> own = seeds;
    if (seeds.empty()) own = one.only_seeds.empty() ? std::vector{one.seed} : one.only_seeds;
    bool first = true;
    for (uint64_t seed : own) {
      const bool meant =
          one.only_seeds.empty() || std::ranges::find(one.only_seeds, seed) != one.only_seeds.end();
      if (!meant) continue;
      if (shard.holds(index++)) tasks.push_back({&one, seed, a.twice || (first && !a.once)});
      first = false;
    }
  }
  return tasks;
}

// What is told while runs go on, and at the end.
class Output {
 public:
  Output(const TestArguments& a, size_t total)
      : a_(a),
        total_(total),
        shows_(isatty(STDERR_FILENO) != 0),
        colour_(isatty(STDOUT_FILENO) != 0) {}

  void add(Result result) {
    clear();
    if (a_.json)
      std::printf("%s\n", scenario::json_of(result).c_str());
    else if (!a_.tap && !result.passed())
      std::fputs(scenario::failure_text(result, {colour_, tell_events(result)}).c_str(), stdout);
    failed_ += !result.passed();
    results_.push_back(std::move(result));
    show();
  }
  bool enough() const { return a_.fail_fast && failed_ > 0; }
  size_t count() const { return results_.size(); }

  int finish(int64_t real_us) {
    clear();
    // Several processes finish in an order of their own.
    std::ranges::sort(results_, {}, [](const Result& r) { return std::pair(r.file, r.seed); });
    if (a_.tap) std::fputs(scenario::tap_of(results_).c_str(), stdout);
    if (!a_.json && !a_.tap)
      std::fputs(scenario::summary_text(results_, real_us, {colour_}).c_str(), stdout);
    if (!a_.junit_file.empty()) {
      std::FILE* file = std::fopen(a_.junit_file.c_str(), "wb");
      const std::string text = scenario::junit_of(results_);
      const bool written = file && std::fwrite(text.data(), 1, text.size(), file) == text.size();
      if (file && std::fclose(file) != 0)
        return fail("--junit " + a_.junit_file + ": cannot be written");
      if (!written) return fail("--junit " + a_.junit_file + ": cannot be written");
    }
    std::fflush(stdout);
    return failed_ == 0 ? 0 : 1;
  }

 private:
  // Those of the first seed of each scenario that fails: the others' are much the same.
  bool tell_events(const Result& result) { return told_.insert(result.file).second; }
  void show() {
    if (!shows_ || total_ < 2 || monotonic_us() - shown_us_ < 100'000) return;
    shown_us_ = monotonic_us();
    std::fprintf(stderr, "\r%zu of %zu runs, %zu failed", results_.size(), total_, failed_);
    on_line_ = true;
  }
  void clear() {
    if (std::exchange(on_line_, false)) std::fprintf(stderr, "\r\x1b[K");
  }
  const TestArguments& a_;
  size_t total_;
  bool shows_, colour_;
  bool on_line_ = false;
  int64_t shown_us_ = 0;
  size_t failed_ = 0;
  std::vector<Result> results_;
  std::set<std::string> told_;
};

// "h.edn" of seed 7 of several: "h-7.edn".
std::string history_path(const std::string& path, const Task& task, bool alone) {
  if (alone) return path;
  const size_t dot = path.rfind('.');
  const size_t end = dot == path.npos || path.find('/', dot) != path.npos ? path.size() : dot;
  std::string name = task.scenario->file.substr(task.scenario->file.rfind('/') + 1);
  name = name.substr(0, name.find('.'));
  return path.substr(0, end) + "-" + name + "-" + std::to_string(task.seed) + path.substr(end);
}

void tell_history(const invariants::History& history, const std::string& path) {
  const invariants::RegisterCheck check = invariants::check_registers(history.registers());
  const auto verdict = [](const std::vector<invariants::RegisterViolation>& found) {
    return found.empty() ? std::string("yes") : "no (" + found.front().text + ")";
  };
  std::fprintf(stderr, "%s: %s on %s; linearizable: %s; sequential by session: %s\n", path.c_str(),
               replay::count_text(check.operations, "operation").c_str(),
               replay::count_text(check.keys, "key").c_str(), verdict(check.linearizable).c_str(),
               verdict(check.sequential).c_str());
}

std::expected<Result, std::string> run_task(scenario::Rig& rig, const Task& task,
                                            const TestArguments& a, bool alone) {
  invariants::History history;
  const bool wanted = !a.history_file.empty();
  auto result = rig.run(task.seed, {a.worker.trace, wanted ? &history : nullptr});
  if (!result) return result;
  if (wanted) {
    const std::string path = history_path(a.history_file, task, alone);
    if (auto written = history.write(path); !written) return std::unexpected(written.error());
    tell_history(history, path);
  }
  if (!task.twice) return result;
  auto again = rig.run(task.seed, {});
  if (!again) return again;
  result->ran_twice = true;
  result->real_us += again->real_us;
  if (again->hash != result->hash)
    result->failures.push_back({"", 0,
                                "the same seed gave two runs: their traces have the hashes " +
                                    result->hash + " and " + again->hash});
  return result;
}

int run_here(const Process& process, const TestArguments& a, const std::vector<Task>& tasks) {
  const int64_t began_us = monotonic_us();
  RealWorld house(a.worker.seed.value_or(1));
  Output output(a, tasks.size());
  std::unique_ptr<scenario::Rig> rig;
  const Scenario* of = nullptr;
  for (const Task& task : tasks) {
    if (std::exchange(of, task.scenario) != task.scenario) {
      auto built = scenario::Rig::build(house, process, *task.scenario, scenario_control());
      if (!built) return fail(built.error());
      rig = std::move(*built);
    }
    auto result = run_task(*rig, task, a, tasks.size() == 1);
    if (!result) return fail(result.error());
    output.add(std::move(*result));
    if (output.enough()) break;
  }
  return output.finish(monotonic_us() - began_us);
}

// The words of one child: the same command, for its share.
std::vector<std::string> child_words(const Process& process, const TestArguments& a,
                                     scenario::Shard shard) {
  std::vector<std::string> words = {process.directory + "/offing", "test"};
  words.insert(words.end(), a.paths.begin(), a.paths.end());
  words.insert(words.end(),
               {"--json", "--shard", std::to_string(shard.part) + "/" + std::to_string(shard.of)});
  if (!a.seeds.empty()) words.insert(words.end(), {"--seeds", a.seeds});
  if (a.worker.seed) words.insert(words.end(), {"--seed", std::to_string(*a.worker.seed)});
  if (!a.history_file.empty()) words.insert(words.end(), {"--history", a.history_file});
  if (a.twice) words.push_back("--twice");
  if (a.once) words.push_back("--once");
  if (a.fail_fast) words.push_back("--fail-fast");
  return words;
}

int run_children(const Process& process, const TestArguments& a, size_t total, uint64_t jobs) {
  const int64_t began_us = monotonic_us();
  RealWorld house(1);
  Output output(a, total);
  const scenario::Shard shard =
      a.shard.empty() ? scenario::Shard{} : *scenario::parse_shard(a.shard);
  std::vector<std::unique_ptr<ChildProcess>> children;
  size_t running = 0;
  int worst = 0;
  for (uint64_t job = 0; job < jobs; ++job) {
    auto child = ChildProcess::start(
        house.loop(), child_words(process, a, shard.share(job, jobs)),
        [&output, &children](std::string_view line) {
          if (output.enough()) return;
          if (auto result = scenario::result_of(line)) output.add(std::move(*result));
          if (!output.enough()) return;
          for (const auto& other : children) other->terminate();
        },
        [&house, &running, &worst, &output](int code) {
          if (code > 1 && !output.enough()) worst = code;
          if (--running == 0) house.stop();
        });
    if (!child) return fail(child.error());
    children.push_back(std::move(*child));
    ++running;
  }
  house.run();
  const int code = output.finish(monotonic_us() - began_us);
  if (output.count() < total && !output.enough()) {
    return fail("a process of --jobs ended with " + std::to_string(worst) + " after " +
                std::to_string(output.count()) + " of " + std::to_string(total) +
                " runs were told");
  }
  return code;
}

}  // namespace

int run_scenarios(const Process& process, const TestArguments& a,
                  const std::vector<std::string>& files) {
  if (!a.of_projects.empty())
    return fail(a.of_projects.front() +
                ": a scenario says that itself, under [options] in its file");
  if (!a.only.empty())
    return fail("--only names exports of a project; a scenario is named by its file");
  std::vector<Scenario> scenarios;
  for (const std::string& file : files) {
    auto read = scenario::load_scenario(file);
    if (!read) return fail(read.error().text());
    scenarios.push_back(std::move(*read));
  }
  auto tasks = tasks_of(a, scenarios);
  if (!tasks) return fail(tasks.error());
  if (!a.worker.trace.empty() && tasks->size() != 1)
    return fail("--trace is of one run, and these are " + std::to_string(tasks->size()) +
                "; name one scenario and one --seed");
  const auto jobs = std::min<uint64_t>(a.jobs, tasks->size());
  if (jobs > 1) return run_children(process, a, tasks->size(), jobs);
  return run_here(process, a, *tasks);
}

}  // namespace offing::cli
