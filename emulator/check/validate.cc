#include "emulator/check/validate.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <cstdio>

#include "emulator/check/codes.h"

namespace offing::check {

namespace {

std::string mib(uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", static_cast<double>(bytes) / (1 << 20));
  std::string out = text;
  while (out.ends_with('0')) out.pop_back();
  if (out.ends_with('.')) out.pop_back();
  return out;
}

std::string ms(int64_t us) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f ms", static_cast<double>(us) / 1000);
  return text;
}

bool is_bad_name(const config::Problem& warning) {
  return warning.key == "name" &&
         warning.message.starts_with("Expected \"name\" to be alphanumeric");
}

bool names_no_binding(const config::Problem& problem) {
  if (problem.message == "A variable needs a name.") return true;
  const bool name_of_binding =
      problem.key.ends_with(".binding") ||
      (problem.key.ends_with(".name") && problem.key.find("bindings[") != std::string::npos);
  return name_of_binding && (problem.message.ends_with("must not be empty.") ||
                             problem.message.find("is required") != std::string::npos);
}

class Validation {
 public:
  explicit Validation(const Facts& facts) : facts_(facts), limits_(facts.profile.limits) {}
  std::vector<Violation> run() {
    check_name();
    check_size();
    check_start();
    check_variables();
    check_crons();
    check_classes();
    if (facts_.startup.error.empty()) check_exports();
    return std::move(found_);
  }

 private:
  void add(int code, std::string message, std::string hint) {
    found_.push_back({code, std::move(message), std::move(hint)});
  }
  void check_name();
  void check_size();
  void check_start();
  void check_variables();
  void check_crons();
  void check_classes();
  void check_exports();
  std::string largest() const;
  const StartupExport* find_export(std::string_view name) const;

  const Facts& facts_;
  const Limits& limits_;
  std::vector<Violation> found_;
};

// As Wrangler does: up to five of what the bundle is made of.
std::string Validation::largest() const {
  std::string text = "Largest parts:";
  std::vector<std::pair<uint64_t, std::string>> parts;
  for (const PackageSize& package : facts_.packages.sizes)
    parts.emplace_back(package.bytes, package.name);
  for (const ModuleSize& module : facts_.size.modules) {
    const bool script =
        module.kind == Module::Kind::kEsModule || module.kind == Module::Kind::kCommonJs;
    const bool unmapped =
        std::ranges::find(facts_.packages.unmapped, module.name) != facts_.packages.unmapped.end();
    if (!script || unmapped) parts.emplace_back(module.bytes, module.name);
  }
  std::ranges::stable_sort(parts, std::greater{}, &std::pair<uint64_t, std::string>::first);
  for (size_t i = 0; i < std::min<size_t>(5, parts.size()); ++i) {
    char size[32];
    std::snprintf(size, sizeof size, "%.2f KiB", static_cast<double>(parts[i].first) / 1024);
    text += "\n- " + parts[i].second + " - " + size;
  }
  return text;
}

void Validation::check_name() {
  for (const config::Problem& warning : facts_.project.warnings)
    if (is_bad_name(warning)) add(10016, warning.message, "");
}

void Validation::check_size() {
  const auto exceeded = [this](const char* what, uint64_t bytes, uint64_t limit) {
    if (limit == 0 || bytes <= limit) return;
    add(10027, deploy_text(10027, {{"mib", mib(limit)}}),
        "It has " + mib(bytes) + " MiB " + what + ", " + std::to_string(bytes - limit) +
            " bytes more than it may. " + largest());
  };
  exceeded("compressed", facts_.size.gzip_bytes, limits_.bundle_gzip_bytes);
  exceeded("uncompressed", facts_.size.raw_bytes, limits_.bundle_bytes);
}

void Validation::check_start() {
  const StartupResult& startup = facts_.startup;
  const int64_t limit_us = static_cast<int64_t>(limits_.startup_cpu_ms) * 1000;
  const bool too_long = startup.stopped || (limit_us > 0 && facts_.startup_us > limit_us);
  if (too_long) {
    add(10021, "Error: Script startup exceeded CPU time limit.",
        (startup.stopped ? "It was stopped after " + ms(startup.median_us) + " of CPU time"
                         : "It takes " + ms(facts_.startup_us) + " of CPU time") +
            (limit_us > 0 ? "; the limit is " + ms(limit_us) : "") +
            ". Move work from the modules' top level into handlers, or load less.");
  } else if (!startup.error.empty()) {
    add(10021, startup.error, "");
  }
  if (limits_.memory_bytes > 0 &&
      startup.memory_bytes > static_cast<int64_t>(limits_.memory_bytes)) {
    add(10021, "Error: Script startup exceeded memory limit.",
        "It holds " + mib(static_cast<uint64_t>(startup.memory_bytes)) +
            " MiB once it has started; the limit is " + mib(limits_.memory_bytes) + " MiB.");
  }
}

void Validation::check_variables() {
  const auto& vars = facts_.project.worker.vars;
  for (const auto& [name, json] : vars) {
    rapidjson::Document value;
    value.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
    // Whether JSON counts against the limit is not known; it is let through.
    if (value.HasParseError() || !value.IsString()) continue;
    const uint64_t bytes = value.GetStringLength();
    if (limits_.text_binding_bytes == 0 || bytes <= limits_.text_binding_bytes) continue;
    add(10054,
        deploy_text(10054, {{"name", name},
                            {"sizeBytes", std::to_string(bytes)},
                            {"limitBytes", std::to_string(limits_.text_binding_bytes)}}),
        "");
  }
  if (limits_.text_bindings == 0 || vars.size() <= limits_.text_bindings) return;
  add(10055,
      deploy_text(10055, {{"count", std::to_string(vars.size())},
                          {"limit", std::to_string(limits_.text_bindings)}}),
      "Variables and secrets are counted together.");
}

void Validation::check_crons() {
  const size_t count = facts_.project.crons.size();
  if (limits_.account_crons == 0 || count <= limits_.account_crons) return;
  add(10072, "Too many cron triggers.",
      "This Worker alone has " + std::to_string(count) + "; an account may have " +
          std::to_string(limits_.account_crons) + ".");
}

// What the configuration alone tells of Durable Objects.
void Validation::check_classes() {
  for (const config::Problem& warning : facts_.project.warnings) {
    if (warning.message.find("error 10061") == std::string::npos) continue;
    const size_t from = warning.message.find('"') + 1;
    const std::string name = warning.message.substr(from, warning.message.find('"', from) - from);
    add(10061, deploy_text(10061, {{"namespaceId", name}}),
        "No migration creates the class " + name + " (" + warning.key + ").");
  }
  if (facts_.profile.off || facts_.profile.plan != Plan::kFree) return;
  for (const ActorClass& actor : facts_.project.worker.actor_classes)
    if (!actor.sqlite) add(10097, deploy_text(10097, {}), "Class " + actor.class_name + ".");
}

const StartupExport* Validation::find_export(std::string_view name) const {
  const auto& exports = facts_.startup.exports;
  const auto found = std::ranges::find(exports, name, &StartupExport::name);
  return found == exports.end() ? nullptr : &*found;
}

void Validation::check_exports() {
  using Kind = StartupExport::Kind;
  const WorkerOptions& worker = facts_.project.worker;
  for (const ActorClass& actor : worker.actor_classes) {
    const StartupExport* exported = find_export(actor.class_name);
    if (exported != nullptr && exported->kind == Kind::kClass) continue;
    add(10070, deploy_text(10070, {{"className", actor.class_name}}),
        exported == nullptr ? "" : "It exports something of this name that is no class.");
  }
  for (const ServiceBinding& service : worker.service_bindings) {
    if (find_export(service.entrypoint) != nullptr) continue;
    add(10145, "Service binding " + service.name + " references the entrypoint " +
                   service.entrypoint + ", which this Worker does not export.",
        "");
  }
  const StartupExport* main = find_export("default");
  const bool consumes = std::ranges::any_of(
      facts_.project.warnings, [](const config::Problem& warning) {
        return warning.key.ends_with("queues.consumers");
      });
  const bool handles =
      main != nullptr && std::ranges::find(main->handlers, "queue") != main->handlers.end();
  if (consumes && !handles)
    add(11001, "This Worker consumes queues and exports no queue handler.", "");
  const bool serves = std::ranges::any_of(
      facts_.startup.exports, [](const StartupExport& e) {
        return !e.handlers.empty() || (e.kind == Kind::kClass && !e.base.empty());
      });
  const bool objects = std::ranges::any_of(worker.actor_classes, [this](const ActorClass& actor) {
    return find_export(actor.class_name) != nullptr;
  });
  if (!serves && !objects) add(10068, deploy_text(10068, {}), "");
}

}  // namespace

std::vector<Violation> validate(const Facts& facts) { return Validation(facts).run(); }

Violation violation_of(const config::Problem& problem) {
  const auto says = [&problem](std::string_view words) {
    return problem.message.find(words) != std::string::npos;
  };
  int code = -1;
  if (problem.message.starts_with("Worker exceeds the size limit")) code = 10027;
  else if (says("error 10053")) code = 10053;
  else if (names_no_binding(problem)) code = 10052;
  else if (problem.key.find("migrations") != std::string::npos) code = 10074;
  return {code, problem.text(), ""};
}

bool is_said_by_validate(const config::Problem& warning) {
  constexpr std::string_view kMarks[] = {"error 10054", "error 10055", "error 10061"};
  return is_bad_name(warning) || std::ranges::any_of(kMarks, [&warning](std::string_view mark) {
    return warning.message.find(mark) != std::string::npos;
  });
}

}  // namespace offing::check
