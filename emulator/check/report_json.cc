#include <algorithm>
#include <cstdio>

#include "emulator/check/report.h"
#include "emulator/trace/json_text.h"

namespace offing::check {

namespace {

// Writes one object or array after another; commas go where they belong.
class Json {
 public:
  std::string take() { return std::move(out_) + "\n"; }

  void open(char bracket) {
    comma();
    out_ += bracket;
    fresh_ = true;
  }
  void close(char bracket) {
    out_ += bracket;
    fresh_ = false;
  }
  void key(std::string_view name) {
    comma();
    trace::append_json_string(out_, name);
    out_ += ':';
    fresh_ = true;
  }
  void text(std::string_view value) {
    comma();
    trace::append_json_string(out_, value);
  }
  void number(int64_t value) {
    comma();
    out_ += std::to_string(value);
  }
  void real(double value) {
    char digits[40];
    std::snprintf(digits, sizeof digits, "%.4f", value);
    comma();
    out_ += digits;
  }
  void raw(std::string_view value) {
    comma();
    out_ += value;
  }
  void field(std::string_view name, std::string_view value) { key(name), text(value); }
  void field(std::string_view name, int64_t value) { key(name), number(value); }
  // 0 is no limit.
  void limit(std::string_view name, uint64_t value) {
    key(name);
    if (value == 0) raw("null"); else number(static_cast<int64_t>(value));
  }

 private:
  void comma() {
    if (!fresh_) out_ += ',';
    fresh_ = false;
  }
  std::string out_;
  bool fresh_ = true;
};

void append(Json& json, const std::vector<Violation>& violations) {
  json.key("violations");
  json.open('[');
  for (const Violation& violation : violations) {
    json.open('{');
    json.key("code");
    if (violation.code > 0) json.number(violation.code); else json.raw("null");
    json.field("message", violation.message);
    json.field("hint", violation.hint);
    json.close('}');
  }
  json.close(']');
}

void append_size(Json& json, const CheckResult& r) {
  json.key("size");
  json.open('{');
  json.field("rawBytes", static_cast<int64_t>(r.size.raw_bytes));
  json.field("gzipBytes", static_cast<int64_t>(r.size.gzip_bytes));
  json.limit("rawLimitBytes", r.profile.limits.bundle_bytes);
  json.limit("gzipLimitBytes", r.profile.limits.bundle_gzip_bytes);
  json.key("modules");
  json.open('[');
  for (const ModuleSize& module : r.size.modules) {
    json.open('{');
    json.field("name", module.name);
    json.field("kind", kind_name(module.kind));
    json.field("bytes", static_cast<int64_t>(module.bytes));
    json.close('}');
  }
  json.close(']');
  json.key("packages");
  json.open('[');
  for (const PackageSize& package : r.packages.sizes) {
    json.open('{');
    json.field("name", package.name);
    json.field("bytes", static_cast<int64_t>(package.bytes));
    json.close('}');
  }
  json.close(']');
  json.close('}');
}

void append_startup(Json& json, const CheckResult& r, const std::string& profile_path) {
  const StartupResult& s = r.startup;
  json.key("startup");
  json.open('{');
  json.key("error");
  if (s.error.empty()) json.raw("null"); else json.text(s.error);
  json.key("stopped");
  json.raw(s.stopped ? "true" : "false");
  json.field("medianUs", s.median_us);
  json.field("minUs", s.min_us);
  json.field("maxUs", s.max_us);
  json.key("runsUs");
  json.open('[');
  for (const int64_t run : s.runs_us) json.number(run);
  json.close(']');
  json.field("scaledUs", r.scaled_us);
  json.limit("limitUs", r.profile.limits.startup_cpu_ms * 1000);
  json.field("decidedBy", r.scaled ? "scaled" : "measured");
  json.field("memoryBytes", s.memory_bytes);
  json.limit("memoryLimitBytes", r.profile.limits.memory_bytes);
  json.field("calibrationUs", r.calibration.median_us);
  json.field("referenceUs", kReferenceUs);
  json.key("factor");
  json.real(r.calibration.factor);
  json.key("hot");
  json.open('[');
  for (const HotFunction& hot : r.hot) {
    json.open('{');
    json.field("name", hot.name);
    json.field("place", hot.place);
    json.field("selfUs", hot.self_us);
    json.key("share");
    json.real(hot.share);
    json.close('}');
  }
  json.close(']');
  json.key("profile");
  if (profile_path.empty()) json.raw("null"); else json.text(profile_path);
  json.key("output");
  json.open('[');
  for (const std::string& line : s.output) json.text(line);
  json.close(']');
  json.close('}');
}

void append_exports(Json& json, const CheckResult& r) {
  constexpr std::string_view kKinds[] = {"object", "class", "function", "other"};
  json.key("exports");
  json.open('[');
  for (const StartupExport& e : r.startup.exports) {
    json.open('{');
    json.field("name", e.name);
    json.field("kind", kKinds[static_cast<size_t>(e.kind)]);
    json.field("base", e.base);
    json.key("handlers");
    json.open('[');
    for (const std::string& handler : e.handlers) json.text(handler);
    json.close(']');
    json.close('}');
  }
  json.close(']');
}

}  // namespace

std::string report_json(const CheckResult& r, const std::string& profile_path) {
  Json json;
  json.open('{');
  json.field("worker", r.worker);
  json.field("main", r.main);
  json.field("limits", r.profile.name());
  json.key("accepted");
  json.raw(r.violations.empty() ? "true" : "false");
  append(json, r.violations);
  append_size(json, r);
  append_startup(json, r, profile_path);
  append_exports(json, r);
  json.key("warnings");
  json.open('[');
  for (const std::string& warning : r.warnings) json.text(warning);
  json.close(']');
  json.close('}');
  return json.take();
}

std::string refusal_json(const Violation& violation) {
  Json json;
  json.open('{');
  json.key("accepted");
  json.raw("false");
  append(json, {violation});
  json.close('}');
  return json.take();
}

}  // namespace offing::check
