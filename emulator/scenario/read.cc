// A scenario file: what it says of the Worker and of the run; steps.cc reads the steps.
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "emulator/replay/values.h"
#include "emulator/scenario/fields.h"
#include "emulator/world/world.h"

namespace offing::scenario {

using config::Value;

namespace {

std::string found_from(const std::string& file, const std::string& path) {
  if (path.empty() || path.starts_with('/')) return path;
  const size_t slash = file.rfind('/');
  return slash == file.npos ? path : file.substr(0, slash + 1) + path;
}

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : ",") + word;
  return all;
}

void read_limits(Fields& options, WorkerArguments& worker) {
  if (auto profile = options.text("limits")) worker.limits.profile = *profile;
  for (const std::string& text : options.texts("limit")) {
    auto parsed = parse_override(text);
    if (parsed)
      worker.limits.overrides.push_back(*parsed);
    else
      options.wrong("limit", "NAME=VALUE: " + parsed.error());
  }
}

void read_options(Fields& top, Scenario& scenario) {
  WorkerArguments& worker = scenario.worker;
  const Value* value = top.find("options");
  if (!value) return;
  Fields options(*value, "options", top.problems());
  options.only({"config", "isolates", "isolate_idle", "kv_mode", "kv_lag", "kv_settings",
                "r2_settings", "commit_delay", "links", "faults", "allow_net", "allow_loopback",
                "outbound", "limits", "limit"});
  const auto text = [&options](std::string_view name, std::string& into) {
    if (auto given = options.text(name)) into = *given;
  };
  text("isolate_idle", worker.isolate_idle);
  text("kv_mode", worker.kv_mode);
  text("kv_lag", worker.kv_lag);
  text("commit_delay", worker.commit_delay);
  const auto path = [&options, &scenario](std::string_view name, std::string& into) {
    if (auto given = options.text(name)) into = found_from(scenario.file, *given);
  };
  path("config", worker.config);
  path("kv_settings", worker.kv_settings);
  path("r2_settings", worker.r2_settings);
  path("outbound", worker.outbound);
  if (auto isolates = options.number("isolates", 1, 64))
    worker.isolates = static_cast<uint32_t>(*isolates);
  worker.links = options.texts("links");
  worker.faults = options.texts("faults");
  worker.allow_net = options.texts("allow_net");
  worker.allow_loopback = options.flag("allow_loopback").value_or(false);
  read_limits(options, worker);
}

void read_invariants(Fields& top, Scenario& scenario) {
  const Value* value = top.find("invariants");
  if (!value) return;
  Fields fields(*value, "invariants", top.problems());
  fields.only({"no_stale_auth_reads", "read_your_writes", "monotonic_reads", "no_lost_update",
               "no_acknowledged_write_lost", "no_limit_exceeded"});
  for (const auto& [name, one] : value->members) {
    const auto invariant = invariants::invariant_from(name);
    if (!invariant) continue;
    auto& setting = scenario.invariants.at(*invariant);
    if (one.is(Value::Type::kBool)) {
      setting.on = one.boolean;
      if (one.boolean && *invariant == invariants::Invariant::kNoStaleAuthReads)
        fields.wrong(name, "the keys that decide what somebody may do: [\"SESSIONS/session:*\"]");
    } else {
      setting.keys = fields.texts(name);
      setting.on = !setting.keys.empty();
      for (const std::string& glob : setting.keys) {
        if (glob.find('/') == glob.npos)
          fields.wrong(name, "globs over NAMESPACE/KEY, like \"SESSIONS/session:*\"");
      }
    }
  }
}

void read_top(Fields& top, Scenario& scenario) {
  top.only({"name", "worker", "environment", "locations", "seed", "only_seeds", "start", "options",
            "invariants", "step"});
  scenario.name = top.text("name").value_or(scenario.file);
  if (top.require("worker", "worker = \"..\" (the project's folder, from here)"))
    scenario.worker.project = found_from(scenario.file, top.text("worker").value_or(""));
  scenario.worker.environment = top.text("environment").value_or("");
  if (auto locations = top.texts("locations"); !locations.empty())
    scenario.worker.locations = joined(locations);
  scenario.seed = top.number("seed", 0, INT64_MAX).value_or(1);
  if (const Value* only = top.find("only_seeds")) {
    bool right = only->is(Value::Type::kArray) && !only->items.empty();
    for (const Value& item : only->items) {
      right = right && item.is(Value::Type::kInteger) && item.integer >= 0;
      scenario.only_seeds.push_back(static_cast<uint64_t>(item.integer));
    }
    if (!right) top.wrong("only_seeds", "a list of whole numbers");
  }
  scenario.start_us = top.time("start").value_or(VirtualWorld::kDefaultStartUs);
  read_options(top, scenario);
  read_invariants(top, scenario);
}

}  // namespace

Read read_scenario(std::string_view text, const std::string& file) {
  if (text.size() > kFileBytesMax)
    return std::unexpected(config::Problem{file, "", 0, 0,
                                           "is " + std::to_string(text.size()) +
                                               " bytes; at most " + std::to_string(kFileBytesMax) +
                                               " are read"});
  const bool json = file.ends_with(".json") || file.ends_with(".jsonc");
  auto tree = json ? config::parse_jsonc(text, file) : config::parse_toml(text, file);
  if (!tree) return std::unexpected(tree.error());
  Problems problems{file, {}};
  Scenario scenario;
  scenario.file = file;
  Fields top(*tree, "", problems);
  read_top(top, scenario);
  size_t count = 0;
  if (const Value* steps = top.require("step", "[[step]]\\nrequest = \"GET /\""))
    scenario.steps = read_steps(*steps, "step", problems, count, 0);
  if (problems.first) return std::unexpected(std::move(*problems.first));
  return scenario;
}

Read load_scenario(const std::string& file) {
  const auto fail = [&file](const char* why) {
    return std::unexpected(config::Problem{file, "", 0, 0, why});
  };
  struct stat info;
  if (stat(file.c_str(), &info) != 0) return fail(std::strerror(errno));
  if (!S_ISREG(info.st_mode)) return fail("is no file");
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(file.c_str(), "rb"), &std::fclose);
  if (!in) return fail(std::strerror(errno));
  // One more than is read tells a file that is too large.
  std::string text(std::min<size_t>(static_cast<size_t>(info.st_size), kFileBytesMax + 1), '\0');
  text.resize(std::fread(text.data(), 1, text.size(), in.get()));
  return read_scenario(text, file);
}

}  // namespace offing::scenario
