#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "emulator/config/project.h"
#include "emulator/config/worker_format.h"
#include "tests/unit/config_fixture.h"

using namespace offing::config;
using namespace offing::config::test;
using offing::Module;
namespace fs = std::filesystem;

TEST_CASE("spec/config.md 1: wrangler.json before wrangler.jsonc before wrangler.toml") {
  Folder folder;
  folder.write("index.js", kScript);
  const std::string date = "\"compatibility_date\": \"2026-06-01\", \"main\": \"index.js\"}";
  folder.write("wrangler.toml",
               "name = \"t\"\nmain = \"index.js\"\ncompatibility_date = \"2026-06-01\"\n");
  CHECK(must_load(folder.string()).worker.name == "t");
  folder.write("wrangler.jsonc", "{\"name\": \"c\", // comment\n" + date);
  CHECK(must_load(folder.string()).worker.name == "c");
  folder.write("wrangler.json", "{\"name\": \"j\", " + date);
  const Project project = must_load(folder.string());
  CHECK(project.worker.name == "j");
  CHECK(project.config_file == folder.at("wrangler.json"));
  CHECK(project.directory == folder.string());
  CHECK(project.warnings.empty());
  CHECK(must_load(folder.at("wrangler.toml")).worker.name == "t");
  CHECK(must_load(folder.string(), "", folder.at("wrangler.jsonc")).worker.name == "c");
  has(error_of(folder.at("wrangler.toml"), "", folder.at("wrangler.json")), "Give one of them");
  has(error_of(folder.string(), "", folder.at("none.toml")), "--config names it");
  has(error_of(folder.at("nowhere")), "nowhere: does not exist. Give a folder");
}

TEST_CASE("spec/config.md 1: .wrangler/deploy/config.json sends to a generated configuration") {
  const Folder folder = one("");
  folder.write(".wrangler/deploy/config.json", "{\"configPath\": \"../../out/wrangler.json\"}");
  has(error_of(folder.string()), ".wrangler/deploy/config.json:1:");
  folder.write("out/wrangler.json", "{\"name\": \"generated\", \"main\": \"server.js\"}")
      .write("out/server.js", kScript)
      .write(".dev.vars", "S=1\n");
  const Project project = must_load(folder.string());
  CHECK(project.worker.name == "generated");
  CHECK(project.bundle.main == "server.js");
  CHECK(var(project, "S") == "\"1\"");
}

TEST_CASE("a folder with a bundle and no configuration is served by defaults") {
  Folder folder;
  has(error_of(folder.string()), "neither a Wrangler file");
  folder.write("only.mjs", kScript);
  Project project = must_load(folder.string());
  CHECK(project.bundle.main == "only.mjs");
  CHECK(project.config_file.empty());
  CHECK(project.worker.name == "worker");
  CHECK(project.worker.compatibility_date == "2026-08-29");
  has(warnings_of(project), "No compatibility_date was specified");
  folder.write("other.js", kScript);
  has(error_of(folder.string()), "holds 2 modules (only.mjs, other.js)");
  folder.write("worker.js", kScript);
  CHECK(must_load(folder.string()).bundle.main == "worker.js");
  folder.write("index.js", kScript);
  CHECK(must_load(folder.string()).bundle.main == "index.js");
  CHECK(must_load(folder.at("other.js")).bundle.main == "other.js");
  has(error_of(folder.string(), "staging"), "--env staging needs a Wrangler file");
}

TEST_CASE("spec/config.md 5.1: a Wrangler file above a built output belongs to it") {
  Folder folder;
  folder.write("wrangler.toml", "name = \"up\"\nmain = \"src/app.ts\"\n"
                                "compatibility_date = \"2026-06-01\"\n[vars]\nV = \"1\"\n")
      .write("src/app.ts", "export default {}")
      .write("dist/app.js", kScript)
      .write("other/index.js", kScript);
  Project project = must_load(folder.at("dist"));
  CHECK(project.worker.name == "up");
  CHECK(project.bundle.main == "app.js");
  CHECK(project.directory == folder.string());
  CHECK(must_load(folder.at("dist/")).worker.name == "up");
  CHECK(must_load(folder.at("dist/app.js")).worker.name == "up");
  CHECK(must_load(folder.at("other")).worker.name == "worker");
  folder.write("a/b/dist/app.js", kScript).write("a/b/c/d/app.js", kScript);
  CHECK(must_load(folder.at("a/b/dist")).worker.name == "up");
  CHECK(must_load(folder.at("a/b/c/d")).worker.name == "worker");
  CHECK(must_load(folder.at("a/b/c/d"), "", folder.at("wrangler.toml")).worker.name == "up");
  const fs::path before = fs::current_path();
  fs::current_path(folder.string());
  CHECK(must_load("dist").worker.name == "up");
  fs::current_path(folder.at("dist"));
  project = must_load(".");
  CHECK(project.worker.name == "up");
  CHECK(project.directory == folder.string());
  CHECK(must_load("app.js").bundle.main == "app.js");
  fs::current_path(before);
}

TEST_CASE("a module alone: the configuration beside it counts when that is its main") {
  const Folder folder = one("");
  folder.write("other.js", kScript);
  CHECK(must_load(folder.at("index.js")).worker.name == "w");
  CHECK(must_load(folder.at("other.js")).worker.name == "worker");
  const Project project = must_load(folder.at("other.js"), "", folder.at("wrangler.json"));
  CHECK(project.worker.name == "w");
  CHECK(project.bundle.main == "other.js");
  folder.write("notes.md", "");
  has(error_of(folder.at("notes.md")), "is neither a folder");
}

TEST_CASE("what has to be built first says how") {
  Folder folder;
  folder.write("wrangler.toml", "name = \"w\"\n");
  has(error_of(folder.string()), "main: is missing");
  folder.write("wrangler.toml", "name = \"w\"\nmain = \"src/index.ts\"\n")
      .write("src/index.ts", "export default {}");
  const std::string source = error_of(folder.string());
  has(source, "wrangler.toml:2:");
  has(source, "src/index.ts is not JavaScript yet");
  has(source, "npx wrangler deploy --dry-run --outdir dist");
  has(source, "npx esbuild src/index.ts --bundle --format=esm");
  has(source, "`offing dev " + folder.at("dist") + "`");
  has(error_of(folder.at("src/index.ts")), "is not JavaScript yet");
  folder.write("wrangler.toml",
               "main = \"dist/index.js\"\n[build]\ncommand = \"npm run build\"\n");
  has(error_of(folder.string()), "dist/index.js does not exist. offing does not run build.command "
                                 "(`npm run build`)");
  folder.write("wrangler.toml", "main = \"src\"\n");
  has(error_of(folder.string()), "src is not a file");
  folder.write("wrangler.toml", "[assets]\ndirectory = \"public\"\n");
  has(error_of(folder.string()), "static assets alone is not supported");
}

TEST_CASE("spec/config.md 4: service-worker format is refused with a reason") {
  using enum WorkerFormat;
  CHECK(worker_format("export default {};") == kModule);
  CHECK(worker_format("var a={};export{a as default,b};") == kModule);
  CHECK(worker_format("export { default } from './x.js'") == kModule);
  CHECK(worker_format("const r = /[/`]export/; `${`a${1}`}`; export default r") == kModule);
  CHECK(worker_format("export class A {}\nexport {b as c}") == kNamedOnly);
  CHECK(worker_format("export * from './x.js'") == kNamedOnly);
  CHECK(worker_format("// export default\n'export default'; `export default ${1} export`; "
                      "x.export; a = 4 / 2 / export_") == kServiceWorker);
  CHECK(worker_format("/* export default") == kModule);
  const Folder folder = one("");
  folder.write("index.js", "addEventListener(\"fetch\", (e) => e.respondWith(1));\n");
  const std::string error = error_of(folder.string());
  has(error, "the service-worker format is not supported by this version of offing");
  has(error, "export default { fetch(request, env, ctx)");
  folder.write("index.js", "export const a = 1;");
  has(warnings_of(must_load(folder.string())), "has exports like an ES Module");
}

TEST_CASE("spec/config.md 2: TOML, JSON and JSONC give the same Worker") {
  const std::string json =
      R"({"name": "w", "main": "index.js", "compatibility_date": "2026-06-01",
          "vars": {"S": "a\"b", "N": 1.5, "O": {"x": [1, true, "z"]}},
          "kv_namespaces": [{"binding": "A", "id": "1"}, {"binding": "B"}],
          "services": [{"binding": "SELF", "service": "w"}],
          "limits": {"cpu_ms": 50}, "dev": {"port": 9000, "ip": "localhost"},
          "triggers": {"crons": []}})";
  const std::string toml =
      "name = \"w\"\nmain = \"index.js\"\ncompatibility_date = \"2026-06-01\"\n"
      "[vars]\nS = 'a\"b'\nN = 1.5\nO = { x = [1, true, \"z\"] }\n"
      "[[kv_namespaces]]\nbinding = \"A\"\nid = \"1\"\n[[kv_namespaces]]\nbinding = \"B\"\n"
      "[[services]]\nbinding = \"SELF\"\nservice = \"w\"\n"
      "[limits]\ncpu_ms = 50\n[dev]\nport = 9000\nip = \"localhost\"\n[triggers]\ncrons = []\n";
  Folder folder;
  folder.write("index.js", kScript).write("a.toml", toml).write("a.json", json)
      .write("a.jsonc", "// c\n" + json);
  for (const char* file : {"a.toml", "a.json", "a.jsonc"}) {
    CAPTURE(file);
    const Project project = must_load(folder.at(file));
    CHECK(project.warnings.empty());
    CHECK(var(project, "S") == "\"a\\\"b\"");
    CHECK(var(project, "N") == "1.5");
    CHECK(var(project, "O") == "{\"x\":[1,true,\"z\"]}");
    REQUIRE(project.worker.kv_bindings.size() == 2);
    CHECK(project.worker.kv_bindings[0].namespace_id == "1");
    CHECK(project.worker.kv_bindings[1].namespace_id == "B");
    REQUIRE(project.worker.service_bindings.size() == 1);
    CHECK(project.worker.service_bindings[0].name == "SELF");
    CHECK(project.worker.service_bindings[0].entrypoint == "default");
    CHECK(project.limits.cpu_ms == 50);
    CHECK(project.dev.port == 9000);
    CHECK(project.dev.ip == "127.0.0.1");
    CHECK(project.worker.flags.contains("url_standard"));
  }
}

TEST_CASE("spec/config.md 2: a wrong value names file, line, key and value") {
  auto error = [](const std::string& members) { return error_of(one(members).string()); };
  has(error("\"kv_namespaces\": [{\"binding\": 7}]"),
      "wrangler.json:3:31: kv_namespaces[0].binding: Expected \"kv_namespaces[0].binding\" to be "
      "of type string but got 7.");
  has(error("\"kv_namespaces\": [{\"id\": \"x\"}]"), "kv_namespaces[0].binding\" is required");
  has(error("\"kv_namespaces\": {}"), "to be of type array but got {}");
  has(error("\"durable_objects\": {\"bindings\": [{\"name\": \"D\"}]}"),
      "durable_objects.bindings[0].class_name: ");
  has(error("\"dev\": {\"port\": 70000}"), "dev.port: 70000 is out of range");
  has(error("\"limits\": {\"cpu_ms\": 0}"), "limits.cpu_ms: 0 is out of range. It must be from 1");
  has(error("\"rules\": [{\"type\": \"Txt\", \"globs\": []}]"), "Did you mean \"Text\"?");
  has(error("\"triggers\": {\"crons\": [1]}"), "triggers.crons[0]: ");
  has(error("\"triggers\": {\"crons\": [\"0 2 * * SUN\", \"0 25 * * *\"]}"),
      "triggers.crons[1]: \"0 25 * * *\": hour: \"25\" is not allowed; it may be *, 0 to 23");
  has(error("\"compatibility_flags\": [\"rpc\", \"nodejs_compt\"]"),
      "compatibility_flags[1]: No such compatibility flag: nodejs_compt. Did you mean");
  has(error("\"vars\": {\"A\": 1}, \"kv_namespaces\": [{\"binding\": \"A\"}]"),
      "kv_namespaces[0]: \"A\" is also the name of vars.A. Bindings must have unique names");
  has(error("\"env\": {\"a\": {\"kv_namespaces\": [{\"binding\": 7}]}}, \"kv_namespaces\": 1"),
      "kv_namespaces: Expected");
  has(error_of(one("\"env\": {\"a\": {\"kv_namespaces\": [{\"binding\": 7}]}}").string(), "a"),
      "env.a.kv_namespaces[0].binding: Expected");
  Folder folder;
  folder.write("index.js", kScript).write("wrangler.toml", "main = \"index.js\"\nname = \n");
  has(error_of(folder.string()), "wrangler.toml:2:");
}

TEST_CASE("JSON values know the line and column they begin at") {
  for (const char* value : {"null", "true", "false", "12.5", "[ 1 ]", "{ }"}) {
    CAPTURE(value);
    const std::string error = error_of(one("\"main\":  " + std::string(value)).string());
    has(error, "wrangler.json:3:10: main: ");
  }
  has(error_of(one("\"vars\": \"text\"").string()), "wrangler.json:3:9: vars: ");
}

TEST_CASE("what is unknown, or not emulated, is a warning and not silence") {
  const Project project = must_load(
      one("\"compatability_flags\": [], \"kv_namespaces\": [{\"binding\": \"K\", \"idd\": \"\"}],"
          "\"ai\": {\"binding\": \"AI\"},"
          "\"services\": [{\"binding\": \"S\", \"service\": \"auth\"}],"
          "\"queues\": {\"producers\": [{\"binding\": \"Q\", \"queue\": \"q\"}], \"consumers\": "
          "[{\"queue\": \"q\"}]}, \"vpc_services\": [{\"binding\": \"V\"}], \"containers\": [],"
          "\"triggers\": {\"crons\": [\"* * * * *\", \"0 0 30 2 *\", \"* * * * *\"]}").string());
  const std::string text = warnings_of(project);
  has(text, "Unexpected field \"compatability_flags\". Did you mean \"compatibility_flags\"?");
  has(text, "kv_namespaces[0].idd: Unexpected field \"idd\"");
  has(text, "queues.consumers: not emulated");
  has(text, "containers: not emulated");
  has(text, "triggers.crons[1]: \"0 0 30 2 *\" never comes");
  has(text, "triggers.crons[2]: \"* * * * *\" is listed twice; it runs once.");
  std::vector<std::string> names;
  for (const auto& [name, what] : project.worker.unsupported_bindings) names.push_back(name);
  std::ranges::sort(names);
  CHECK(names == std::vector<std::string>{"AI", "Q", "S", "V"});
  CHECK(project.crons == std::vector<std::string>{"* * * * *", "0 0 30 2 *"});
}

TEST_CASE("spec/config.md 1.1: an environment's values") {
  const Folder folder = one(
      "\"vars\": {\"A\": \"top\", \"B\": \"top\"}, \"env\": {\"staging\": {\"main\": \"s.js\", "
      "\"vars\": {\"A\": \"st\"}, \"services\": [{\"binding\": \"ME\", \"service\": \"w-staging\"}]"
      "}}");
  folder.write("s.js", kScript);
  const Project project = must_load(folder.string(), "staging");
  CHECK(project.worker.name == "w-staging");
  CHECK(project.bundle.main == "s.js");
  CHECK(var(project, "A") == "\"st\"");
  CHECK(var(project, "B") == "(none)");
  CHECK(project.worker.service_bindings.size() == 1);
  CHECK(var(must_load(folder.string()), "B") == "\"top\"");
  has(error_of(folder.string(), "prod"),
      "No environment found in configuration with name \"prod\"");
}

TEST_CASE("spec/config.md 3: secrets, and which file wins") {
  const Folder folder = one("\"vars\": {\"A\": \"var\"}, \"env\": {\"e\": {\"vars\": {}}}");
  folder.write(".env", "A=env\nX=env\n").write(".env.local", "X=local\n")
      .write(".env.e", "X=e\n").write(".env.e.local", "Y=el\n");
  Project project = must_load(folder.string());
  CHECK(var(project, "A") == "\"env\"");
  CHECK(var(project, "X") == "\"local\"");
  CHECK(var(must_load(folder.string(), "e"), "X") == "\"e\"");
  CHECK(var(must_load(folder.string(), "e"), "Y") == "\"el\"");
  folder.write(".dev.vars", "X=dev\nnonsense\n");
  project = must_load(folder.string());
  CHECK(var(project, "A") == "\"var\"");
  CHECK(var(project, "X") == "\"dev\"");
  has(warnings_of(project), ".dev.vars:2: is not KEY=VALUE");
  folder.write(".dev.vars.e", "Z=e\n");
  project = must_load(folder.string(), "e");
  CHECK(var(project, "Z") == "\"e\"");
  CHECK(var(project, "X") == "(none)");
}

TEST_CASE("spec/config.md 3: secrets.required takes those names only, and misses the others") {
  const Folder folder =
      one("\"vars\": {\"A\": \"var\"}, \"secrets\": {\"required\": [\"KEY\", \"GONE\"]}");
  folder.write(".dev.vars", "KEY=k\nA=a\nOTHER=o\n");
  const Project project = must_load(folder.string());
  CHECK(var(project, "KEY") == "\"k\"");
  CHECK(var(project, "A") == "\"a\"");
  CHECK(var(project, "OTHER") == "(none)");
  has(warnings_of(project), "secrets.required: Missing required secrets: GONE");
}

TEST_CASE("spec/limits.md 4: text bindings' size and count (10054, 10055)") {
  auto vars = [](int count, size_t bytes) {
    std::string text = "\"vars\": {";
    for (int i = 0; i < count; ++i) {
      text += (i > 0 ? ", \"V" : "\"V") + std::to_string(i) + "\": \"" + std::string(bytes, 'x') +
              "\"";
    }
    return warnings_of(must_load(one(text + "}").string()));
  };
  CHECK(vars(64, 5120).empty());
  has(vars(65, 1), "Too many text bindings (65). The limit is 64 on the free plan");
  has(vars(129, 1), "The limit is 128 on the paid plan");
  has(vars(1, 5121), "Text binding V0 is too large (5121 bytes). The limit is 5120 bytes.");
}

TEST_CASE("spec/config.md 4: a bundle's modules, by rules, with their source maps") {
  Folder folder;
  folder.write("wrangler.toml", "name = \"w\"\nmain = \"dist/index.js\"\n"
                                "compatibility_date = \"2026-06-01\"\n"
                                "[[rules]]\ntype = \"Text\"\nglobs = [\"**/*.md\"]\n"
                                "[[rules]]\ntype = \"Data\"\nglobs = [\"**/*.dat\"]\n"
                                "fallthrough = true\n")
      .write("outside.js", kScript)
      .write("dist/index.js", std::string(kScript) + "//# sourceMappingURL=index.js.map\n")
      .write("dist/index.js.map", "{\"version\":3}")
      .write("dist/lib/part.mjs", "export const a = 1;\n//# sourceMappingURL=data:application/json;"
                                  "base64,eyJ2ZXJzaW9uIjozfQ==")
      .write("dist/old.cjs", "module.exports = 1;")
      .write("dist/0a1b2c-x.wasm", std::string("\0asm", 4))
      .write("dist/README.md", "text").write("dist/hidden.txt", "text")
      .write("dist/a.dat", "d").write("dist/b.bin", "d").write("dist/c.json", "{}")
      .write("dist/node_modules/x/index.js", kScript).write("dist/.cache/y.js", kScript)
      .write("dist/nested/wrangler.json", "{}").write("dist/nested/z.js", kScript);
  const Project project = must_load(folder.string());
  std::string names;
  for (const Module& module : project.bundle.modules) names += module.name + " ";
  CHECK(names == "0a1b2c-x.wasm README.md a.dat b.bin index.js lib/part.mjs old.cjs ");
  CHECK(project.bundle.main == "index.js");
  CHECK(project.bundle.find("index.js")->source_map == "{\"version\":3}");
  CHECK(project.bundle.find("lib/part.mjs")->source_map == "{\"version\":3}");
  CHECK(project.bundle.find("old.cjs")->kind == Module::Kind::kCommonJs);
  CHECK(project.bundle.find("0a1b2c-x.wasm")->kind == Module::Kind::kWasm);
  CHECK(project.bundle.find("0a1b2c-x.wasm")->bytes.size() == 4);
  CHECK(project.bundle.find("README.md")->kind == Module::Kind::kText);
  CHECK(project.bundle.find("b.bin")->kind == Module::Kind::kData);
  const std::string warnings = warnings_of(project);
  has(warnings, "rules[0]: The module rule");
  has(warnings, "does not have a fallback, the following rules will be ignored:\n"
                "- the default rule: **/*.txt");
  CHECK(warnings.find("rules[1]") == warnings.npos);
}

TEST_CASE("spec/config.md 4: base_dir is the bundle's root, and holds main") {
  const std::string base = "main = \"out/server/index.js\"\nname = \"w\"\n"
                           "compatibility_date = \"2026-06-01\"\nbase_dir = ";
  Folder folder;
  folder.write("out/server/index.js", kScript).write("out/shared.js", kScript)
      .write("wrangler.toml", base + "\"out\"\n");
  Project project = must_load(folder.string());
  CHECK(project.bundle.main == "server/index.js");
  CHECK(project.bundle.find("shared.js") != nullptr);
  folder.write("wrangler.toml", base + "\"none\"\n");
  has(error_of(folder.string()), "base_dir: ");
  fs::create_directories(folder.at("other"));
  folder.write("wrangler.toml", base + "\"other\"\n");
  has(error_of(folder.string()), "does not contain main");
}

TEST_CASE("paths in messages are those the user gave") {
  const Folder folder = one("\"kv_namespaces\": [{\"binding\": 7}]");
  const fs::path before = fs::current_path();
  fs::current_path(fs::path(folder.string()).parent_path());
  const std::string name = fs::path(folder.string()).filename().string();
  CHECK(error_of(name).starts_with(name + "/wrangler.json:3:"));
  fs::current_path(folder.string());
  CHECK(error_of(".").starts_with("wrangler.json:3:"));
  fs::current_path(before);
}

TEST_CASE("spec/config.md 1.2, spec/r2.md 1.12: R2 buckets") {
  const Project project = must_load(
      one("\"r2_buckets\": [{\"binding\": \"LOGS\", \"bucket_name\": \"audit-logs\", "
          "\"preview_bucket_name\": \"audit-preview\", \"jurisdiction\": \"eu\"}, "
          "{\"binding\": \"MY_FILES\", \"remote\": true}, "
          "{\"binding\": \"AGAIN\", \"bucket_name\": \"audit-logs\"}]").string());
  const auto& buckets = project.worker.r2_bindings;
  REQUIRE(buckets.size() == 3);
  CHECK(buckets[0].name == "LOGS");
  CHECK(buckets[0].bucket_name == "audit-logs");
  CHECK(buckets[0].jurisdiction == "eu");
  CHECK(buckets[1].bucket_name == project.worker.name + "-my-files");
  CHECK(buckets[1].jurisdiction.empty());
  CHECK(buckets[2].bucket_name == "audit-logs");
  CHECK(project.worker.unsupported_bindings.empty());
  const std::string text = warnings_of(project);
  has(text, "r2_buckets[1].remote: is ignored: offing runs offline, and keeps the bucket itself.");
  CHECK(text.find("preview") == std::string::npos);

  auto error = [](const std::string& entry) {
    return error_of(one("\"vars\": {\"A\": 1}, \"r2_buckets\": [" + entry + "]").string());
  };
  has(error("{}"), "r2_buckets[0].binding: ");
  has(error("{\"binding\": \"B\", \"bucket_name\": 7}"), "r2_buckets[0].bucket_name: ");
  has(error("{\"binding\": \"B\", \"bucket_name\": \"My_Files\"}"),
      "r2_buckets[0].bucket_name: \"My_Files\" is invalid. Bucket names must begin and end with an "
      "alphanumeric character, only contain lowercase letters, numbers, and hyphens, and be between "
      "3 and 63 characters long.");
  has(error("{\"binding\": \"B\", \"preview_bucket_name\": \"x\"}"),
      "r2_buckets[0].preview_bucket_name: \"x\" is invalid. Bucket names must");
  has(error("{\"binding\": \"B\", \"jurisdiction\": \"mars\"}"),
      "r2_buckets[0].jurisdiction: There is no jurisdiction \"mars\". There are \"eu\"");
  has(error("{\"binding\": \"A\"}"), "r2_buckets[0]: \"A\" is also the name of vars.A");
}
