#include "emulator/config/run_settings.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "emulator/config/cron_expression.h"
#include "emulator/config/spelling.h"

namespace offing::config {

namespace {

using Done = std::expected<void, Problem>;
using Kind = Module::Kind;

constexpr std::pair<std::string_view, Kind> kRuleTypes[] = {
    {"ESModule", Kind::kEsModule}, {"CommonJS", Kind::kCommonJs}, {"CompiledWasm", Kind::kWasm},
    {"Text", Kind::kText},         {"Data", Kind::kData},
};

// The default rule a type has, for warnings; scripts are always modules of a built bundle.
std::string_view default_globs(Kind kind) {
  switch (kind) {
    case Kind::kText: return "**/*.txt, **/*.html, **/*.sql";
    case Kind::kData: return "**/*.bin";
    case Kind::kWasm: return "**/*.wasm, **/*.wasm?module";
    default: return "";
  }
}

std::optional<Kind> kind_named(std::string_view name) {
  const auto row = std::ranges::find(kRuleTypes, name, &std::pair<std::string_view, Kind>::first);
  if (row == std::end(kRuleTypes)) return std::nullopt;
  return row->second;
}

Problem unknown_type(const Value& rule, const std::string& key, const Reporter& report) {
  std::vector<std::string_view> names;
  for (const auto& row : kRuleTypes) names.push_back(row.first);
  const Value& type = *rule.find("type");
  return report.problem(type, key + ".type",
                        "\"" + type.string + "\" is not a type of module. It must be one of "
                        "ESModule, CommonJS, CompiledWasm, Text, Data" +
                            did_you_mean(type.string, names));
}

// What a rule without fallthrough hides: later rules of its type, and the default.
void warn_of_hidden(const Value& rules, size_t index, Kind kind, const std::string& key,
                    const Reporter& report) {
  const Value& rule = rules.items[index];
  std::string hidden;
  for (size_t i = index + 1; i < rules.items.size(); ++i) {
    const auto type = string_field(rules.items[i], "type");
    if (type && kind_named(*type) == kind) hidden += "\n- " + rules.items[i].json();
  }
  if (const std::string_view globs = default_globs(kind); !globs.empty()) {
    hidden += "\n- the default rule: " + std::string(globs);
  }
  if (hidden.empty()) return;
  report.warn(rule, key,
              "The module rule " + rule.json() + " does not have a fallback, the following rules "
              "will be ignored:" + hidden + "\nAdd \"fallthrough\": true to use them too, or false "
              "to silence this warning.");
}

Done read_dev(const Value& dev, const std::string& key, const Reporter& report, DevSettings& out) {
  if (auto checked = check_fields(dev, key,
                                  "ip:s port:i inspector_port:i inspector_ip:s local_protocol:s "
                                  "upstream_protocol:s host:s enable_containers:b "
                                  "container_engine:a generate_types:b",
                                  report);
      !checked) {
    return checked;
  }
  auto port = integer_field(dev, "port", key, 0, 65535, report);
  if (!port) return std::unexpected(std::move(port.error()));
  if (*port) out.port = static_cast<uint16_t>(**port);
  out.ip = string_field(dev, "ip");
  if (out.ip == "localhost") out.ip = "127.0.0.1";
  if (out.ip == "*") out.ip = "0.0.0.0";
  out.host = string_field(dev, "host");
  for (const char* name : {"local_protocol", "upstream_protocol"}) {
    const auto protocol = string_field(dev, name);
    if (!protocol || *protocol == "http" || *protocol == "https") continue;
    return std::unexpected(report.problem(*dev.find(name), key + "." + name,
                                          "\"" + *protocol + "\" must be \"http\" or \"https\"."));
  }
  out.upstream_protocol = string_field(dev, "upstream_protocol");
  if (string_field(dev, "local_protocol") == "https") {
    report.warn(*dev.find("local_protocol"), key + ".local_protocol",
                "not emulated by this version of offing: it listens with http.");
  }
  return {};
}

Done read_limits(const Value& limits, const std::string& key, const Reporter& report,
                 LimitSettings& out) {
  if (auto checked = check_fields(limits, key, "cpu_ms:i subrequests:i", report); !checked) {
    return checked;
  }
  auto cpu_ms = integer_field(limits, "cpu_ms", key, 1, 300'000, report);
  if (!cpu_ms) return std::unexpected(std::move(cpu_ms.error()));
  auto subrequests = integer_field(limits, "subrequests", key, 1, 10'000'000, report);
  if (!subrequests) return std::unexpected(std::move(subrequests.error()));
  out = {.cpu_ms = *cpu_ms, .subrequests = *subrequests};
  return {};
}

Done read_triggers(const Value& triggers, const std::string& key, const Reporter& report,
                   std::vector<std::string>& crons) {
  if (auto checked = check_fields(triggers, key, "crons:l", report); !checked) return checked;
  auto list = strings_field(triggers, "crons", key, report);
  if (!list) return std::unexpected(std::move(list.error()));
  for (size_t i = 0; i < list->size(); ++i) {
    const std::string& cron = (*list)[i];
    const Value& at = triggers.find("crons")->items[i];
    const std::string path = key + ".crons[" + std::to_string(i) + "]";
    const auto expression = CronExpression::parse(cron);
    if (!expression) return std::unexpected(report.problem(at, path, expression.error() + "."));
    if (!expression->next_after_ms(0))
      report.warn(at, path, "\"" + cron + "\" never comes: no such month has that day.");
    if (std::ranges::find(crons, cron) != crons.end())
      report.warn(at, path, "\"" + cron + "\" is listed twice; it runs once.");
    else
      crons.push_back(cron);
  }
  return {};
}

}  // namespace

std::expected<Rules, Problem> read_rules(const Value& settings, const std::string& key,
                                         const Reporter& report) {
  std::vector<Rule> rules;
  const Value* list = settings.find("rules");
  for (size_t i = 0; list != nullptr && i < list->items.size(); ++i) {
    const Value& entry = list->items[i];
    const std::string path = key + "[" + std::to_string(i) + "]";
    if (auto checked = check_fields(entry, path, "type:s! globs:l! fallthrough:b", report);
        !checked) {
      return std::unexpected(std::move(checked.error()));
    }
    auto globs = strings_field(entry, "globs", path, report);
    if (!globs) return std::unexpected(std::move(globs.error()));
    const std::string type = *string_field(entry, "type");
    if (type.starts_with("Python")) {
      report.warn(entry, path, "not emulated by this version of offing: " + type);
      continue;
    }
    const auto kind = kind_named(type);
    if (!kind) return std::unexpected(unknown_type(entry, path, report));
    const bool hidden = std::ranges::any_of(rules, [&kind](const Rule& earlier) {
      return earlier.kind == *kind && !earlier.fallthrough;
    });
    if (!hidden && entry.find("fallthrough") == nullptr) {
      warn_of_hidden(*list, i, *kind, path, report);
    }
    rules.push_back({*kind, std::move(*globs), bool_field(entry, "fallthrough")});
  }
  return Rules(std::move(rules));
}

std::expected<void, Problem> read_run_settings(const Value& settings, const KeyPath& key_path,
                                               const Reporter& report, Project& project) {
  if (const Value* dev = settings.find("dev")) {
    if (auto read = read_dev(*dev, key_path("dev"), report, project.dev); !read) return read;
  }
  if (const Value* limits = settings.find("limits")) {
    auto read = read_limits(*limits, key_path("limits"), report, project.limits);
    if (!read) return read;
  }
  if (const Value* triggers = settings.find("triggers")) {
    return read_triggers(*triggers, key_path("triggers"), report, project.crons);
  }
  return {};
}

}  // namespace offing::config
