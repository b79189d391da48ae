// `offing check` below the command: size, packages, profiles, validation. Starts real isolates.
#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <string>

#include "emulator/check/check.h"
#include "emulator/check/codes.h"
#include "emulator/check/profile_file.h"
#include "emulator/check/report.h"
#include "emulator/world/world.h"
#include "tests/unit/host_process.h"

namespace offing::check {
namespace {

using Kind = Module::Kind;

Engine& engine() {
  static VirtualWorld world(1);
  static std::unique_ptr<Engine> engine =
      std::move(*Engine::start(test::host_process().platform, world.loop(), OFFING_SNAPSHOT_PATH));
  return *engine;
}

Bundle one(std::string script) {
  Bundle bundle;
  bundle.main = "index.js";
  bundle.modules.push_back({"index.js", Kind::kEsModule, std::move(script), ""});
  return bundle;
}

config::Project project(std::string script) {
  config::Project project;
  project.directory = project.bundle_directory = "/p";
  project.worker.name = "w";
  project.worker.compatibility_date = "2026-06-01";
  project.bundle = one(std::move(script));
  return project;
}

Profile profile(std::string_view text) { return *parse_profile(text, "2026-11-21"); }

CheckResult check(const config::Project& project, std::string_view limits = "paid") {
  CheckOptions options;
  options.startup.runs = 2;
  return *check_project(engine(), project, profile(limits), options);
}

std::vector<int> codes(const CheckResult& result) {
  std::vector<int> all;
  for (const Violation& violation : result.violations) all.push_back(violation.code);
  return all;
}

constexpr const char* kHello = "export default { fetch() { return new Response('x'); } };";

TEST_CASE("limits 3: modules are measured in the order of folders, the main one last") {
  Bundle bundle = one("main");
  for (const char* name : {"a-b.js", "z.wasm", "a/x.js", "a.js", "a/b/c.js"})
    bundle.modules.push_back({name, Kind::kEsModule, name, ""});
  std::string order;
  for (const Module* module : upload_order(bundle)) order += module->name + " ";
  CHECK(order == "a/b/c.js a/x.js a-b.js a.js z.wasm index.js ");
  const BundleSize size = measure_size(bundle);
  CHECK(size.raw_bytes == 4 + 6 + 6 + 6 + 4 + 8);
  CHECK(size.modules.front().name == "a/b/c.js");
}

TEST_CASE("limits 3: gzip is one stream with the header that zlib.gzipSync writes") {
  CHECK(gzip_size({}) == 20);
  CHECK(gzip_size({"a"}) == 21);
  CHECK(gzip_size({"a", "b"}) == gzip_size({"ab"}));
}

TEST_CASE("packages: the last node_modules of a path names the package") {
  CHECK(package_of("node_modules/hono/dist/index.js") == "hono");
  CHECK(package_of("node_modules/.pnpm/a@1/node_modules/@s/b/x.js") == "@s/b");
  CHECK(package_of("src/index.ts") == "(own code)");
  CHECK(package_of("src/my_node_modules/x.ts") == "(own code)");
  CHECK(package_of("<define:x>") == "(bundler)");
}

TEST_CASE("packages: bytes count to the source of the mapping before them, in UTF-8") {
  Bundle bundle = one("ab\xc3\xa4" "cd;xyz\nmore\n");
  // Line 1: column 0 of a, column 6 of b.
  bundle.modules[0].source_map =
      R"({"version":3,"sources":["../node_modules/a/i.js","../src/b.ts"],"names":[],"mappings":"AAAA,MCAA"})";
  config::BundleSourceMaps maps(bundle);
  const Packages packages = package_sizes(bundle, maps);
  REQUIRE(packages.sizes.size() == 2);
  CHECK(packages.sizes[0].name == "(own code)");
  CHECK(packages.sizes[0].bytes == 9);
  CHECK(packages.sizes[1].name == "a");
  CHECK(packages.sizes[1].bytes == 7);
}

TEST_CASE("limits 4: a plain Worker is accepted, and its exports are seen") {
  const CheckResult result = check(project(
      std::string(kHello) + "export class Thing { fetch() {} } export const value = 1;"));
  CHECK(result.violations.empty());
  CHECK(result.startup.runs_us.size() == 2);
  CHECK(result.startup.min_us <= result.startup.median_us);
  CHECK(result.startup.median_us <= result.startup.max_us);
  REQUIRE(result.startup.exports.size() == 3);
  CHECK(report_text(result, "").find("would accept") != std::string::npos);
}

TEST_CASE("limits 4: 10068, a Worker without any handler") {
  CHECK(codes(check(project("export default { help() {} };"))) == std::vector{10068});
  CHECK(codes(check(project("export default class { fetch() {} }"))).empty());
}

TEST_CASE("limits 4: 10021, a Worker that does not start, with the platform's text") {
  const CheckResult thrown = check(project("throw new TypeError('no'); export default {};"));
  REQUIRE(codes(thrown) == std::vector{10021});
  CHECK(thrown.violations[0].message.starts_with("Uncaught TypeError: no"));
  const CheckResult missing = check(project("import './nowhere.js'; export default {};"));
  REQUIRE(codes(missing) == std::vector{10021});
  CHECK(missing.violations[0].message.starts_with("No such module \"nowhere.js\"."));
}

TEST_CASE("limits 2: a start of more CPU time than allowed is 10021; an endless one is stopped") {
  StartupOptions options;
  options.runs = 3;
  options.stop_after_us = 50'000;
  const Bundle bundle = one("function spin() { for (;;); } spin(); export default {};");
  WorkerOptions worker;
  worker.compatibility_date = "2026-06-01";
  const StartupResult endless = measure_startup(engine(), bundle, worker, options);
  CHECK(endless.stopped);
  CHECK(endless.runs_us.size() == 1);
  config::BundleSourceMaps maps(bundle);
  REQUIRE_FALSE(endless.profile.nodes.empty());
  CHECK(hot_functions(endless.profile, maps, 1).at(0).name == "spin");

  config::Project fine = project(kHello);
  StartupResult slow;
  slow.median_us = 400'001;
  slow.exports = {{"default", StartupExport::Kind::kObject, "", {"fetch"}}};
  const Profile old = profile("free@2025-09-01"), now = profile("free");
  CHECK(validate({fine, old, {}, {}, slow, slow.median_us}).at(0).message ==
        "Error: Script startup exceeded CPU time limit.");
  CHECK(validate({fine, old, {}, {}, slow, 400'000}).empty());
  CHECK(validate({fine, now, {}, {}, slow, slow.median_us}).empty());
}

TEST_CASE("limits 2: 10027 by the day's limits, compressed and uncompressed") {
  const config::Project fine = project(kHello);
  StartupResult startup;
  startup.exports = {{"default", StartupExport::Kind::kObject, "", {"fetch"}}};
  BundleSize size;
  size.raw_bytes = 10 << 20;
  size.gzip_bytes = (3 << 20) + 1;
  const Profile old = profile("free@2025-09-01");
  const auto found = validate({fine, old, size, {}, startup, 0});
  REQUIRE(found.size() == 1);
  CHECK(found[0].code == 10027);
  CHECK(found[0].message == "Worker exceeds the size limit of 3 MiB. Reduce your script size or "
                            "upgrade your plan, then try again.");
  --size.gzip_bytes;
  CHECK(validate({fine, old, size, {}, startup, 0}).empty());
  size.gzip_bytes += 20 << 20;
  CHECK(validate({fine, profile("paid"), size, {}, startup, 0}).empty());
  size.raw_bytes = (64 << 20) + 1;
  CHECK(validate({fine, profile("paid"), size, {}, startup, 0}).size() == 1);
}

TEST_CASE("limits 4: 10054 and 10055, variables; 10072, crons; all findings are told") {
  config::Project p = project(kHello);
  p.worker.vars.emplace_back("BIG", "\"" + std::string(5121, 'x') + "\"");
  p.worker.vars.emplace_back("FITS", "\"" + std::string(5118, 'x') + "\xc3\xa4\"");
  p.worker.vars.emplace_back("JSON", "{\"a\":\"" + std::string(6000, 'x') + "\"}");
  while (p.worker.vars.size() < 65)
    p.worker.vars.emplace_back("V" + std::to_string(p.worker.vars.size()), "1");
  p.crons.assign(6, "* * * * *");
  const CheckResult free = check(p, "free");
  CHECK(codes(free) == std::vector{10054, 10055, 10072});
  CHECK(free.violations[0].message ==
        "Text binding BIG is too large (5121 bytes). The limit is 5120 bytes. Reduce the binding "
        "size and try again.");
  CHECK(codes(check(p)) == std::vector{10054});
  CHECK(codes(check(p, "off")).empty());
}

TEST_CASE("limits 4: 10070, 10097, 10145: classes and entrypoints that are not there") {
  config::Project p = project(std::string(kHello) + "export class There {} export const Not = {};");
  p.worker.actor_classes = {{"There", "w-There", false}, {"Not", "w-Not", true},
                            {"Gone", "w-Gone", true}};
  p.worker.service_bindings = {{"SELF", "Admin", ""}};
  CHECK(codes(check(p)) == std::vector{10070, 10070, 10145});
  CHECK(codes(check(p, "free")) == std::vector{10097, 10070, 10070, 10145});
}

TEST_CASE("limits 4: 10021, a start that needs more memory than an isolate may have") {
  CheckOptions options;
  options.startup.runs = 1;
  options.startup.profile_interval_us = 0;
  Profile small = profile("paid");
  small.limits.memory_bytes = 24 << 20;
  const auto messages = [&](const char* script) {
    std::vector<std::string> all;
    const auto result =
        check_project(engine(), project(std::string(script) + kHello), small, options);
    for (const Violation& violation : result->violations) {
      CHECK(violation.code == 10021);
      all.push_back(violation.message);
    }
    return all;
  };
  const auto found = messages("globalThis.a = []; for (let i = 0; i < 4e6; ++i) a.push({ i });");
  REQUIRE_FALSE(found.empty());
  CHECK(found[0] == "Error: Script startup exceeded memory limit.");
  CHECK(messages("globalThis.a = [];").empty());
}

TEST_CASE("limits 4: 10016, a bad name; 10052, a binding without one; 11001, a consumer without handler") {
  config::Project p = project(kHello);
  p.warnings = {{"w.json", "name", 0, 0,
                 "Expected \"name\" to be alphanumeric and lowercase with dashes only but got \"A\"."},
                {"w.json", "queues.consumers", 0, 0, "not emulated"}};
  CHECK(codes(check(p)) == std::vector{10016, 11001});
  p.bundle = one("export default { fetch() {}, queue() {} };");
  CHECK(codes(check(p)) == std::vector{10016});
  const auto code = [](const char* key, const char* message) {
    return violation_of({"w.json", key, 0, 0, message}).code;
  };
  CHECK(code("kv_namespaces[0].binding", "\"kv_namespaces[0].binding\" must not be empty.") == 10052);
  CHECK(code("durable_objects.bindings[0].name", "\"name\" is required, and must be of type string.") ==
        10052);
  CHECK(code("vars.", "A variable needs a name.") == 10052);
  CHECK(code("migrations[1].tag", "there are two of this tag") == 10074);
  CHECK(code("durable_objects.bindings[0].class_name", "\"class_name\" is required") == -1);
}

TEST_CASE("check: the profile is what DevTools reads: nodes, samples and times fit together") {
  const CheckResult result = check(project(
      "function busy() { let s = 0; for (let i = 0; i < 3e6; ++i) s += i % 7; return s; }"
      "globalThis.s = busy(); export default { fetch() {} };"));
  rapidjson::Document json;
  json.Parse(result.cpuprofile.c_str());
  REQUIRE_FALSE(json.HasParseError());
  const auto nodes = json["nodes"].GetArray();
  const auto samples = json["samples"].GetArray();
  const auto deltas = json["timeDeltas"].GetArray();
  CHECK(samples.Size() == deltas.Size());
  REQUIRE(nodes.Size() > 1);
  size_t children = 0;
  bool seen = false;
  for (const auto& node : nodes) {
    children += node["children"].Size();
    const std::string name = node["callFrame"]["functionName"].GetString();
    seen = seen || (name == "busy" && node["callFrame"]["lineNumber"].GetInt() == 0);
  }
  CHECK(seen);
  CHECK(children == nodes.Size() - 1);
  for (const auto& sample : samples) {
    CHECK(sample.GetInt() >= 1);
    CHECK(sample.GetInt() <= static_cast<int>(nodes.Size()));
  }
  for (const auto& delta : deltas) CHECK(delta.GetInt64() >= 0);
  rapidjson::Document report;
  report.Parse(report_json(result, "x.cpuprofile").c_str());
  REQUIRE_FALSE(report.HasParseError());
  CHECK(report["startup"]["decidedBy"] == "measured");
}

TEST_CASE("check: a start asks nothing of the outside, and what it prints is kept") {
  const CheckResult result = check(project(
      "console.log('at', Date.now()); Promise.reject(new Error('lost'));"
      "export default { fetch() {} };"));
  CHECK(result.violations.empty());
  REQUIRE(result.startup.output.size() == 2);
  CHECK(result.startup.output[0] == "log: at 0");
  CHECK(result.startup.output[1].find("lost") != std::string::npos);
}

TEST_CASE("check: the calibration runs, and every code of the table has its place") {
  Calibration calibration;
  CHECK(calibrate(engine(), calibration) == "");
  CHECK(calibration.median_us > 0);
  for (const DeployCode& row : deploy_codes()) CHECK_FALSE((row.what.empty()));
  CHECK(std::ranges::is_sorted(deploy_codes(), {}, &DeployCode::code));
}

}  // namespace
}  // namespace offing::check
