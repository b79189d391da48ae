// Kinds of modules, dynamic import, WebAssembly from modules: sections 5, 9 and config.md section 4.
import { eq, same, ok, rejects } from "./assert.js";
import text from "./modules/hello.txt";
import data from "./modules/raw.bin";
import common from "./modules/common.cjs";
import adder from "./modules/add.wasm";
import importer from "./modules/import.wasm";
import { both } from "./modules/cycle_a.js";
import * as self from "./modules.js";

export const module_text_is_a_string = {
  test() { eq(text, "héllo text\n"); },
};
export const module_data_is_an_array_buffer = {
  test() {
    ok(data instanceof ArrayBuffer);
    same(new Uint8Array(data), new Uint8Array([0, 1, 254, 255]));
  },
};
export const module_common_js_default = {
  test() {
    eq(common.answer, 42);
    eq(common.twice(4), 8);
    same(common.has, ["function", "object"]);
  },
};
export const module_cycle = {
  test() { eq(both(), "ab(a)"); },
};
export const module_imports_itself = {
  test() { ok(self.module_cycle === module_cycle); },
};
export const module_dynamic_import = {
  async test() {
    const m = await import("./modules/dynamic.js");
    eq(m.loaded, "yes");
    eq(m.default, 7);
  },
};
export const module_dynamic_import_evaluates_once = {
  async test() {
    const a = await import("./modules/dynamic.js");
    const b = await import("./modules/dynamic.js");
    ok(a === b);
    eq(globalThis.dynamicLoads, 1);
  },
};
export const module_dynamic_import_of_text = {
  async test() { eq((await import("./modules/hello.txt")).default, text); },
};
export const module_missing = {
  async test() { await rejects(import("./absent.js"), "Error", /^No such module "absent\.js"\./); },
};
export const module_node_without_flag = {
  async test() { await rejects(import("node:fs"), "Error", /^No such module "node:fs"\./); },
};
export const module_cloudflare_test_is_missing = {
  async test() { await rejects(import("cloudflare:test"), "Error", /^No such module "cloudflare:test"\./); },
};
export const module_namespace_shape = {
  async test() {
    const m = await import("./modules/dynamic.js");
    eq(Object.prototype.toString.call(m), "[object Module]");
    same(Object.keys(m), ["default", "loaded"]);
  },
};
export const wasm_module_import = {
  test() { ok(adder instanceof WebAssembly.Module); },
};
export const wasm_instance = {
  test() { eq(new WebAssembly.Instance(adder).exports.add(2, 40), 42); },
};
export const wasm_instantiate_module = {
  async test() {
    const instance = await WebAssembly.instantiate(adder, {});
    eq(instance.exports.add(-1, 1), 0);
  },
};
export const wasm_memory = {
  test() {
    const { mem } = new WebAssembly.Instance(adder).exports;
    eq(mem.buffer.byteLength, 65536);
    mem.grow(1);
    eq(mem.buffer.byteLength, 131072);
  },
};
export const wasm_imports = {
  test() {
    const { exports } = new WebAssembly.Instance(importer, { env: { get: () => 41 } });
    eq(exports.run(), 42);
    same(WebAssembly.Module.imports(importer), [{ module: "env", name: "get", kind: "function" }]);
  },
};
export const wasm_missing_import = {
  async test() { await rejects(async () => new WebAssembly.Instance(importer, { env: {} }), "LinkError"); },
};
export const wasm_import_throws_through = {
  async test() {
    const { exports } = new WebAssembly.Instance(importer, { env: { get() { throw new RangeError("js"); } } });
    await rejects(async () => exports.run(), "RangeError", "js");
  },
};
