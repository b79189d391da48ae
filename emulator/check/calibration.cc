#include "emulator/check/calibration.h"

#include <initializer_list>

#include "emulator/check/startup.h"

namespace offing::check {

namespace {

constexpr int kScriptFunctions = 1500;
constexpr int kWasmFunctions = 300;

// ---- WebAssembly, written byte by byte: functions (i32) -> i32 that each run a loop of shifts and
// exclusive ors, and `run`, which adds up what they give.
void append_unsigned(std::string& out, uint32_t value) {
  do {
    const auto low = static_cast<unsigned char>(value & 0x7f);
    value >>= 7;
    out += static_cast<char>(value != 0 ? low | 0x80 : low);
  } while (value != 0);
}

// A positive number as signed LEB128.
void append_signed(std::string& out, uint32_t value) {
  while (value >= 0x40) {
    out += static_cast<char>((value & 0x7f) | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

void append_bytes(std::string& out, std::initializer_list<int> bytes) {
  for (const int byte : bytes) out += static_cast<char>(byte);
}

void append_section(std::string& out, int id, const std::string& body) {
  out += static_cast<char>(id);
  append_unsigned(out, static_cast<uint32_t>(body.size()));
  out += body;
}

std::string wasm_loop(uint32_t seed) {
  std::string code;
  append_bytes(code, {0x01, 0x01, 0x7f, 0x41});  // one local i32; i32.const seed
  append_signed(code, seed);
  append_bytes(code, {0x21, 0x01, 0x03, 0x40});  // local.set 1; loop
  for (const auto& [bits, shift] : {std::pair{13, 0x74}, {17, 0x76}, {5, 0x74}})
    append_bytes(code, {0x20, 0x01, 0x20, 0x01, 0x41, bits, shift, 0x73, 0x21, 0x01});
  append_bytes(code, {0x20, 0x00, 0x41, 0x01, 0x6b, 0x22, 0x00, 0x0d, 0x00, 0x0b});  // until n is 0
  append_bytes(code, {0x20, 0x01, 0x0b});
  return code;
}

std::string wasm_module() {
  std::string types, functions, exports, codes;
  append_bytes(types, {0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f});
  append_unsigned(functions, kWasmFunctions + 1);
  functions.append(kWasmFunctions + 1, '\0');
  append_bytes(exports, {0x01, 0x03, 'r', 'u', 'n', 0x00});
  append_unsigned(exports, kWasmFunctions);
  append_unsigned(codes, kWasmFunctions + 1);
  std::string run;
  append_bytes(run, {0x00, 0x41, 0x00});
  for (uint32_t i = 0; i < kWasmFunctions; ++i) {
    const std::string code = wasm_loop(i * 7919 + 1);
    append_unsigned(codes, static_cast<uint32_t>(code.size()));
    codes += code;
    append_bytes(run, {0x20, 0x00, 0x10});  // call i
    append_unsigned(run, i);
    append_bytes(run, {0x6a});
  }
  append_bytes(run, {0x0b});
  append_unsigned(codes, static_cast<uint32_t>(run.size()));
  codes += run;
  std::string out("\0asm\1\0\0\0", 8);
  append_section(out, 1, types);
  append_section(out, 3, functions);
  append_section(out, 7, exports);
  append_section(out, 10, codes);
  return out;
}

// ---- JavaScript: many functions that run once, as those of a bundle do, then some warm work.
std::string script() {
  std::string text = "import wasm from \"./calibration.wasm\";\nlet sum = 0;\nconst all = [];\n";
  for (int i = 0; i < kScriptFunctions; ++i) {
    const std::string n = std::to_string(i);
    text += "class Thing" + n + " {\n  constructor(value) { this.value = value; this.name = `thing " +
            n + "`; }\n  get size() { return this.name.length + this.value % " +
            std::to_string(i % 13 + 2) + "; }\n  toString() { return this.name + this.size; }\n}\n" +
            "function make" + n + "(options = {}) {\n  const { depth = " + std::to_string(i % 7) +
            ", label = \"l" + n + "\" } = options;\n" +
            "  const list = [depth, label.length, " + n + "].map((x) => x * 2 + " + n +
            ");\n  for (const item of list) sum = (sum + item) | 0;\n" +
            "  return { thing: new Thing" + n + "(depth + " + n + "), list, label };\n}\n" +
            "all.push(make" + n + "());\n";
  }
  text += R"js(
for (const { thing, list } of all) sum = (sum + thing.size + list[0] + thing.toString().length) | 0;
const map = new Map();
for (let i = 0; i < 20000; ++i) map.set("key" + (i * 7919) % 20011, i);
for (const [key, value] of map) sum = (sum + key.length + value) | 0;
const json = JSON.stringify(all.map(({ list, label }) => ({ list, label, nested: { list } })));
sum = (sum + JSON.parse(json).length) | 0;
for (const match of json.matchAll(/"l(\d+)"|\[(\d+),/g)) sum = (sum + match[0].length) | 0;
const numbers = [];
for (let i = 0, x = 1; i < 20000; ++i) numbers.push(x = (x * 48271) % 2147483647);
numbers.sort((a, b) => a - b);
let hash = 1;
for (let i = 0; i < 400000; ++i) hash = Math.imul(hash ^ numbers[i % 20000], 16777619);
sum = (sum + hash) | 0;
sum = (sum + new WebAssembly.Instance(wasm).exports.run(2000)) | 0;
export default { fetch() { return new Response(String(sum)); } };
)js";
  return text;
}

}  // namespace

Bundle calibration_bundle() {
  Bundle bundle;
  bundle.main = "calibration.js";
  bundle.modules.push_back({"calibration.js", Module::Kind::kEsModule, script(), ""});
  bundle.modules.push_back({"calibration.wasm", Module::Kind::kWasm, wasm_module(), ""});
  return bundle;
}

std::string calibrate(Engine& engine, Calibration& out) {
  WorkerOptions worker;
  worker.name = "calibration";
  worker.compatibility_date = "2026-01-01";
  StartupOptions options;
  options.runs = 5;
  options.profile_interval_us = 0;
  const StartupResult result = measure_startup(engine, calibration_bundle(), worker, options);
  out.median_us = result.median_us;
  out.factor = static_cast<double>(result.median_us) / static_cast<double>(kReferenceUs);
  return result.error;
}

}  // namespace offing::check
