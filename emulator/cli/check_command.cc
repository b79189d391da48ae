// `offing check PROJECT`: what a deploy would say. Ends with 0 when it would be accepted, 1 when it
// would be refused, 2 when nothing could be checked.
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "emulator/check/codes.h"
#include "emulator/check/report.h"
#include "emulator/cli/commands.h"
#include "emulator/world/world.h"

namespace offing::cli {

namespace {

int fail(const std::string& why) {
  std::fprintf(stderr, "offing check: %s\n", why.c_str());
  return 2;
}

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

// The text that refuses a configuration of limits, as a deploy's.
check::Violation refused_limits(const Profile& profile, const WranglerLimits& wrangler,
                                const std::string& why) {
  if (wrangler.cpu_ms && profile.plan == Plan::kFree)
    return {100328, std::string(check::deploy_code(100328).text), why};
  return {0, why, ""};
}

bool write_file(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return false;
  const bool whole = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  return std::fclose(file) == 0 && whole;
}

}  // namespace

int run_check(const Process& process, const CheckArguments& a) {
  const std::string today = date_of(wall_clock_us());
  // Mistakes of the command line first: they have nothing to do with the project.
  auto profile = make_profile(a.limits.profile, today, {}, a.limits.overrides);
  if (!profile) return fail(profile.error());
  auto project = config::load_project(a.project, {a.environment, a.config, today});
  if (!project) {
    const check::Violation violation = check::violation_of(project.error());
    if (violation.code < 0) return fail(violation.message);
    print(a.json ? check::refusal_json(violation)
                 : "A deploy would refuse this Worker\n" + check::violation_text(violation));
    return 1;
  }
  const WranglerLimits wrangler{
      project->config_file.substr(project->config_file.rfind('/') + 1), project->limits.cpu_ms,
      project->limits.subrequests};
  auto with_file = make_profile(a.limits.profile, today, wrangler, a.limits.overrides);

  VirtualWorld world(1);
  auto engine = Engine::start(process.platform, world.loop(),
                              process.directory + "/offing-snapshot.bin");
  if (!engine) return fail(engine.error());
  check::CheckOptions options;
  options.startup.runs = a.runs;
  options.scaled = a.scaled;
  auto result = check::check_project(**engine, *project, with_file ? *with_file : *profile, options);
  if (!result) return fail(result.error());
  if (!with_file)
    result->violations.push_back(refused_limits(*profile, wrangler, with_file.error()));
  const bool profiled = !result->cpuprofile.empty() && !a.profile.empty();
  if (profiled && !write_file(a.profile, result->cpuprofile))
    return fail("--profile " + a.profile + ": " + std::strerror(errno) +
                "; name another file, or \"\" for none");
  const std::string path = profiled ? a.profile : "";
  print(a.json ? check::report_json(*result, path) : check::report_text(*result, path));
  return result->violations.empty() ? 0 : 1;
}

}  // namespace offing::cli
