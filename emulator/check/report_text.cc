#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>

#include "emulator/check/report.h"

namespace offing::check {

namespace {

constexpr size_t kModulesShown = 5;
constexpr size_t kPackagesShown = 10;
constexpr size_t kOutputShown = 5;

[[gnu::format(printf, 1, 2)]] std::string format(const char* pattern, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(text, sizeof text, pattern, arguments);
  va_end(arguments);
  return text;
}

double kib(uint64_t bytes) { return static_cast<double>(bytes) / 1024; }
double ms(int64_t us) { return static_cast<double>(us) / 1000; }

std::string of_limit(LimitUnit unit, uint64_t limit) {
  return limit == 0 ? "no limit" : "of " + limit_text(unit, limit);
}

// Lines after the first stand below it.
std::string indented(std::string_view text, size_t columns) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out.append(columns, ' ');
  }
  return out;
}

void append_size(std::string& out, const CheckResult& r) {
  const Limits& limits = r.profile.limits;
  out += "\nSize, as Wrangler measures it\n";
  out += format("  raw        %10.2f KiB  %s\n", kib(r.size.raw_bytes),
                of_limit(LimitUnit::kBytes, limits.bundle_bytes).c_str());
  out += format("  gzip       %10.2f KiB  %s\n", kib(r.size.gzip_bytes),
                of_limit(LimitUnit::kBytes, limits.bundle_gzip_bytes).c_str());
  out += "  Largest modules\n";
  for (size_t i = 0; i < std::min(kModulesShown, r.size.modules.size()); ++i) {
    const ModuleSize& module = r.size.modules[i];
    out += format("             %10.2f KiB  %-8s ", kib(module.bytes),
                  std::string(kind_name(module.kind)).c_str()) +
           module.name + "\n";
  }
  if (r.size.modules.size() > kModulesShown)
    out += format("             and %zu more\n", r.size.modules.size() - kModulesShown);
  if (r.packages.sizes.empty()) {
    out += "  Largest packages: not known, no script has a source map (build with --sourcemap)\n";
    return;
  }
  out += "  Largest packages, uncompressed, by source maps\n";
  for (size_t i = 0; i < std::min(kPackagesShown, r.packages.sizes.size()); ++i)
    out += format("             %10.2f KiB  ", kib(r.packages.sizes[i].bytes)) +
           r.packages.sizes[i].name + "\n";
  if (r.packages.sizes.size() > kPackagesShown)
    out += format("             and %zu more\n", r.packages.sizes.size() - kPackagesShown);
}

std::string speed(double factor) {
  if (factor > 0.95 && factor < 1.05) return "this machine is as fast as the reference";
  return factor > 1 ? format("this machine is %.2f times slower than the reference", factor)
                    : format("this machine is %.2f times faster than the reference", 1 / factor);
}

void append_hot(std::string& out, const CheckResult& r, const std::string& profile_path) {
  if (r.hot.empty()) return;
  out += "  Hottest functions: real time in themselves, of one start under a profiler\n";
  for (const HotFunction& hot : r.hot) {
    if (hot.share < 0.005) break;
    const bool engine = hot.name == "(program)";
    out += format("             %10.2f ms  %3.0f %%  ", ms(hot.self_us), hot.share * 100) + hot.name +
           (engine ? ": parsing, compiling, the engine itself" : "") +
           (hot.place.empty() ? "" : "  " + hot.place) + "\n";
  }
  if (!profile_path.empty())
    out += "  Profile    " + profile_path + " (Chrome DevTools: Performance > Load profile)\n";
}

void append_startup(std::string& out, const CheckResult& r, const std::string& profile_path) {
  const StartupResult& s = r.startup;
  const Limits& limits = r.profile.limits;
  out += "\nStartup: CPU time of parsing and top-level code\n";
  if (!s.error.empty() || s.stopped) {
    out += format("  failed     after %.2f ms\n", ms(s.median_us));
  } else {
    out += format("  measured   %10.2f ms   median of %zu fresh isolates, %.2f to %.2f%s\n",
                  ms(s.median_us), s.runs_us.size(), ms(s.min_us), ms(s.max_us),
                  r.scaled ? "" : "; decides");
    out += format("  scaled     %10.2f ms   an estimate: ", ms(r.scaled_us)) +
           speed(r.calibration.factor) + ", " + std::string(kReferenceMachine) +
           (r.scaled ? "; decides" : "") + "\n";
    out += "  limit      " +
           (limits.startup_cpu_ms == 0
                ? std::string("      none")
                : format("%10llu ms", static_cast<unsigned long long>(limits.startup_cpu_ms))) +
           (r.scaled ? "   compared with the scaled estimate, because of --scaled\n"
                     : "   compared with the measured time (--scaled: with the estimate)\n");
    out += format("  memory     %10.2f MiB  held once it has started, ",
                  static_cast<double>(std::max<int64_t>(s.memory_bytes, 0)) / (1 << 20)) +
           of_limit(LimitUnit::kBytes, limits.memory_bytes) + "\n";
  }
  append_hot(out, r, profile_path);
  if (s.output.empty()) return;
  out += "  Printed while starting\n";
  for (size_t i = 0; i < std::min(kOutputShown, s.output.size()); ++i)
    out += "             " + indented(s.output[i], 13) + "\n";
  if (s.output.size() > kOutputShown)
    out += format("             and %zu more lines\n", s.output.size() - kOutputShown);
}

void append_exports(std::string& out, const CheckResult& r) {
  if (r.startup.exports.empty()) return;
  out += "\nExports\n";
  for (const StartupExport& e : r.startup.exports) {
    std::string what;
    for (const std::string& handler : e.handlers) what += (what.empty() ? "" : ", ") + handler;
    switch (e.kind) {
      case StartupExport::Kind::kClass:
        what = (e.base.empty() ? "a class" : "a " + e.base) + (what.empty() ? "" : " with " + what);
        break;
      case StartupExport::Kind::kObject: what = what.empty() ? "no handlers" : what; break;
      case StartupExport::Kind::kFunction: what = "a function"; break;
      case StartupExport::Kind::kOther: what = "a value"; break;
    }
    out += format("  %-10s ", e.name.c_str()) + what + "\n";
  }
}

}  // namespace

std::string violation_text(const Violation& violation) {
  const std::string code = violation.code > 0 ? std::to_string(violation.code) : "-";
  std::string out = format("  %-10s ", code.c_str()) + indented(violation.message, 13) + "\n";
  if (!violation.hint.empty()) out += "             " + indented(violation.hint, 13) + "\n";
  return out;
}

std::string report_text(const CheckResult& r, const std::string& profile_path) {
  std::string out = "Worker " + r.worker + ", " + r.main + "; limits: " + r.profile.name() + "\n";
  append_size(out, r);
  append_startup(out, r, profile_path);
  append_exports(out, r);
  if (!r.warnings.empty()) {
    out += "\nWarnings\n";
    for (const std::string& warning : r.warnings) out += "  " + indented(warning, 2) + "\n";
  }
  if (r.violations.empty())
    return out + "\nA deploy would accept this Worker, as far as can be told here.\n";
  out += "\nA deploy would refuse this Worker\n";
  for (const Violation& violation : r.violations) out += violation_text(violation);
  return out;
}

}  // namespace offing::check
