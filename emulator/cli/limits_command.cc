// `offing limits [PLAN[@DATE]]`: what the platform allows a Worker.
#include <cstdio>

#include "emulator/cli/commands.h"
#include "emulator/cli/limits_report.h"

namespace offing::cli {

int run_limits(const LimitsArguments& a) {
  const std::string today = date_of(wall_clock_us());
  auto profile = parse_profile(a.profile, today);
  if (!profile) {
    // The same words as --limits, without the option that was not written.
    const std::string text = profile.error().substr(std::string_view("--limits ").size());
    return std::fprintf(stderr, "offing limits: %s\n", text.c_str()), 2;
  }
  if (profile->off)
    return std::fprintf(stderr, "offing limits: \"off\" has no table: it limits nothing but what "
                                "belongs to an API. Name a plan: paid, free or free@2025-09-01\n"),
           2;
  const std::string text = a.json ? limits_as_json(*profile, today)
                                  : limits_as_text(*profile, today);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

}  // namespace offing::cli
