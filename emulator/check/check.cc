#include "emulator/check/check.h"

#include <algorithm>
#include <cmath>

#include "emulator/check/profile_file.h"

namespace offing::check {

namespace {

constexpr size_t kHotFunctions = 10;

// The main module as a user knows it: relative to the configuration's folder.
std::string main_of(const config::Project& project) {
  std::string folder = project.bundle_directory;
  if (folder.starts_with(project.directory)) {
    folder.erase(0, project.directory.size());
    folder.erase(0, folder.starts_with('/') ? 1 : 0);
  }
  return folder.empty() ? project.bundle.main : folder + "/" + project.bundle.main;
}

bool handles_crons(const StartupResult& startup) {
  const auto main = std::ranges::find(startup.exports, "default", &StartupExport::name);
  return main != startup.exports.end() &&
         std::ranges::find(main->handlers, "scheduled") != main->handlers.end();
}

// A start that is ten times over the limit needs no more measuring.
int64_t stop_after(const Profile& profile, const StartupOptions& options) {
  const auto limit_us = static_cast<int64_t>(profile.limits.startup_cpu_ms) * 1000;
  return std::max(options.stop_after_us, limit_us * 10);
}

}  // namespace

std::expected<CheckResult, std::string> check_project(Engine& engine,
                                                      const config::Project& project,
                                                      const Profile& profile,
                                                      const CheckOptions& options) {
  CheckResult result;
  result.worker = project.worker.name;
  result.main = main_of(project);
  result.profile = profile;
  result.scaled = options.scaled;
  config::BundleSourceMaps maps(project.bundle);
  result.size = measure_size(project.bundle);
  result.packages = package_sizes(project.bundle, maps);

  if (const std::string error = calibrate(engine, result.calibration); !error.empty())
    return std::unexpected("the engine cannot be measured: " + error);
  StartupOptions startup = options.startup;
  startup.stop_after_us = stop_after(profile, startup);
  // Memory bites while it starts; CPU time is measured first and judged then.
  WorkerOptions worker = project.worker;
  worker.limits = {};
  worker.limits.memory_bytes = profile.limits.memory_bytes;
  result.startup = measure_startup(engine, project.bundle, worker, startup);
  result.startup.error = maps.map_stack(result.startup.error);
  result.scaled_us = static_cast<int64_t>(
      std::llround(static_cast<double>(result.startup.median_us) / result.calibration.factor));
  if (!result.startup.profile.nodes.empty()) {
    result.hot = hot_functions(result.startup.profile, maps, kHotFunctions);
    result.cpuprofile = cpuprofile_json(result.startup.profile, maps);
  }
  result.violations =
      validate({project, profile, result.size, result.packages, result.startup,
                options.scaled ? result.scaled_us : result.startup.median_us});
  for (const config::Problem& warning : project.warnings)
    if (!is_said_by_validate(warning)) result.warnings.push_back(warning.text());
  if (!project.crons.empty() && result.startup.error.empty() && !handles_crons(result.startup))
    result.warnings.push_back("triggers.crons: the Worker exports no scheduled handler, and each run will fail.");
  return result;
}

}  // namespace offing::check
