#include <doctest/doctest.h>

#include "runtime/modules/registry.h"
#include "tests/unit/guest_bench.h"

namespace offing::test {

using Kind = Module::Kind;

static Module module(std::string name, Kind kind, std::string bytes) {
  return {std::move(name), kind, std::move(bytes), ""};
}

// (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))
static std::string add_wasm() {
  static constexpr unsigned char kBytes[] = {
      0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x07, 0x01, 0x60, 0x02, 0x7f,
      0x7f, 0x01, 0x7f, 0x03, 0x02, 0x01, 0x00, 0x07, 0x07, 0x01, 0x03, 0x61, 0x64, 0x64,
      0x00, 0x00, 0x0a, 0x09, 0x01, 0x07, 0x00, 0x20, 0x00, 0x20, 0x01, 0x6a, 0x0b};
  return {reinterpret_cast<const char*>(kBytes), sizeof(kBytes)};
}

// A handler whose answer is the value of `expression`.
static std::string answering(const std::string& head, const std::string& expression) {
  return head + "\nexport default { async fetch(request, env, ctx) { let value; try { value = " +
         expression + " } catch (e) { value = String(e) } return new Response(String(value)) } }";
}

static std::string run(std::string main, std::vector<Module> more = {},
                       const WorkerOptions& options = {}) {
  Guest guest(Guest::bundle_of(std::move(main), std::move(more)), options);
  return guest.text();
}

TEST_CASE("a specifier is relative to the importing module") {
  CHECK(ModuleRegistry::resolve_path("main.js", "./a.js") == "a.js");
  CHECK(ModuleRegistry::resolve_path("lib/a.js", "./b.js") == "lib/b.js");
  CHECK(ModuleRegistry::resolve_path("lib/a.js", "../b.js") == "b.js");
  CHECK(ModuleRegistry::resolve_path("lib/a.js", "b.js") == "lib/b.js");
  CHECK(ModuleRegistry::resolve_path("lib/a.js", "/b.js") == "b.js");
  CHECK(ModuleRegistry::resolve_path("a.js", "../b.js") == "");
}

TEST_CASE("module kinds give what the platform gives (spec/config.md 4)") {
  CHECK(run(answering("import t from './a.txt'", "t + typeof t"),
            {module("a.txt", Kind::kText, "h\xc3\xa9")}) == "h\xc3\xa9string");
  CHECK(run(answering("import d from './a.bin'",
                      "d instanceof ArrayBuffer && new Uint8Array(d).join()"),
            {module("a.bin", Kind::kData, std::string("\x01\x00\xff", 3))}) == "1,0,255");
  CHECK(run(answering("import j from './a.json'", "j.x[1]"),
            {module("a.json", Kind::kJson, "{\"x\":[1,2]}")}) == "2");
  CHECK(run(answering("import w from './a.wasm'",
                      "(w instanceof WebAssembly.Module) + ':' + "
                      "new WebAssembly.Instance(w).exports.add(20, 22) + ':' + "
                      "(await WebAssembly.instantiate(w)).exports.add(1, 2)"),
            {module("a.wasm", Kind::kWasm, add_wasm())}) == "true:42:3");
}

TEST_CASE("modules import each other, in folders and in cycles") {
  CHECK(run(answering("import { a } from './lib/a.js'", "a()"),
            {module("lib/a.js", Kind::kEsModule,
                    "import { b } from 'b.js'; export const x = 3; export function a() { return b() }"),
             module("lib/b.js", Kind::kEsModule,
                    "import { x } from './a.js'; export function b() { return x + 1 }")}) == "4");
}

TEST_CASE("CommonJS modules run once, require each other and are the default export") {
  const std::vector<Module> more = {
      module("a.cjs", Kind::kCommonJs,
             "globalThis.runs = (globalThis.runs || 0) + 1; exports.first = 1;"
             "module.exports.b = require('./b.cjs'); exports.text = require('./t.txt')"),
      module("b.cjs", Kind::kCommonJs, "const a = require('./a.cjs'); exports.seen = a.first"),
      module("t.txt", Kind::kText, "T")};
  CHECK(run(answering("import a from './a.cjs'",
                      "a.b.seen + a.text + (await import('./a.cjs')).default.first + runs"),
            more) == "1T11");
}

TEST_CASE("import() works among the bundle's modules, later too") {
  const std::vector<Module> more = {
      module("late.js", Kind::kEsModule, "await null; export const x = 'late'")};
  CHECK(run(answering("", "(await import('./late.js')).x"), more) == "late");
  CHECK(run(answering("", "await import('./none.js')"), more) ==
        "Error: No such module \"none.js\".");
}

TEST_CASE("top-level await of what settles at once is allowed, of anything else it is an error") {
  CHECK(run(answering("const x = await Promise.resolve(5)", "x")) == "5");
  CHECK(Guest::start_error(Guest::bundle_of("await new Promise(() => {}); export default {}"))
            .starts_with("Uncaught Error: Top-level await in module is unsettled."));
}

TEST_CASE("startup errors are the platform's texts (spec/limits.md 4, spec/runtime-api.md 11)") {
  auto error = [](std::string main, std::vector<Module> more = {}) {
    return Guest::start_error(Guest::bundle_of(std::move(main), std::move(more)));
  };
  CHECK(error("export default {").starts_with("Uncaught SyntaxError: Unexpected end of input"));
  CHECK(error("import './x.js'; export default {}") ==
        "No such module \"x.js\".\n  imported from \"main.js\"");
  const std::string node = error("import 'node:fs'; export default {}");
  CHECK(node.starts_with("No such module \"node:fs\"."));
  CHECK(node.ends_with("\n  imported from \"main.js\""));
  CHECK(error("import './a.js'", {module("a.js", Kind::kEsModule, "import 'y'")}) ==
        "No such module \"y\".\n  imported from \"a.js\"");
  const std::string thrown = error("throw new TypeError('bad')");
  CHECK(thrown.starts_with("Uncaught TypeError: bad"));
  CHECK(thrown.find("main.js:1:7") != std::string::npos);
  CHECK(error("import { nothing } from './a.js'", {module("a.js", Kind::kEsModule, "")})
            .starts_with("Uncaught SyntaxError: "));
  CHECK(Guest::start_error({"other.js", {module("main.js", Kind::kEsModule, "")}})
            .find("Main module name is not present in bundle.") != std::string::npos);
  CHECK(Guest::start_error({"a.txt", {module("a.txt", Kind::kText, "")}})
            .find("Main module must be an ES module.") != std::string::npos);
}

TEST_CASE("a guest makes no code from strings or bytes (spec/limits.md 6.2)") {
  const std::string refused =
      "EvalError: Code generation from strings disallowed for this context";
  CHECK(run(answering("", "eval('1')")) == refused);
  CHECK(run(answering("", "new Function('return 1')()")) == refused);
  CHECK(run(answering("", "new Function('a', 'b', undefined)")) == refused);
  CHECK(run(answering("", "eval()")) == "undefined");
  CHECK(run(answering("", "eval(7)")) == refused);  // as workerd does; the page says otherwise
  CHECK(run(answering("", "typeof new Function()")) == "function");
  CHECK(run(answering("class X extends Function {}", "typeof new X()")) == "function");
  CHECK(run(answering("", "new WebAssembly.Module(new Uint8Array([0,97,115,109,1,0,0,0]))")) ==
        "CompileError: WebAssembly.Module(): Wasm code generation disallowed by embedder");
  CHECK(run(answering("", "await WebAssembly.compile(new Uint8Array([0,97,115,109,1,0,0,0]))")) ==
        "CompileError: WebAssembly.compile(): Wasm code generation disallowed by embedder");
}

TEST_CASE("startup may make code when the flag says so (spec/limits.md 6)") {
  const std::string main = answering("const f = new Function('return 6')", "f() + eval('1')");
  WorkerOptions options;
  CHECK(Guest::start_error(Guest::bundle_of(main), options)
            .starts_with("Uncaught EvalError: Code generation from strings disallowed"));
  options.flags.insert("allow_eval_during_startup");
  CHECK(run(main, {}, options) ==
        "EvalError: Code generation from strings disallowed for this context");
  CHECK(run(answering("const f = new Function('return 6')", "f()"), {}, options) == "6");
}

TEST_CASE("global scope does no I/O (spec/limits.md 6)") {
  CHECK(Guest::start_error(Guest::bundle_of("setTimeout(() => {}, 1)"))
            .starts_with("Uncaught Error: Disallowed operation called within global scope."));
  CHECK(run(answering("const t = Date.now()", "t")) == "0");
}

}  // namespace offing::test
