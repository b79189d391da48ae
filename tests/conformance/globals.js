// What is there, what is not, cloning, reporting, code generation: section 5 and limits.md 6.2.
import { eq, same, ok, throws, rejects } from "./assert.js";

const EVAL = "Code generation from strings disallowed for this context";

export const globals_that_exist = {
  test() {
    const names = `AbortController AbortSignal Blob ByteLengthQueuingStrategy Cache CacheStorage
      CompressionStream CountQueuingStrategy Crypto CryptoKey CustomEvent DOMException DecompressionStream
      Event EventTarget File FixedLengthStream FormData HTMLRewriter Headers IdentityTransformStream
      MessageChannel MessagePort ReadableStream ReadableStreamBYOBReader ReadableStreamDefaultReader
      ReadableStreamDefaultController ReadableByteStreamController Request Response SubtleCrypto TextDecoder
      TextDecoderStream TextEncoder TextEncoderStream TransformStream URL URLPattern URLSearchParams WebSocket
      WebSocketPair WritableStream WritableStreamDefaultWriter addEventListener atob btoa caches clearInterval
      clearTimeout console crypto dispatchEvent fetch navigator performance queueMicrotask removeEventListener
      reportError scheduler self setInterval setTimeout structuredClone WebAssembly WeakRef
      FinalizationRegistry Intl Iterator`.split(/\s+/);
    same(names.filter((n) => globalThis[n] === undefined), []);
  },
};
export const globals_that_do_not_exist = {
  test() {
    const names = `window document location localStorage sessionStorage XMLHttpRequest Worker SharedWorker
      importScripts alert process Buffer require global setImmediate clearImmediate postMessage indexedDB
      FileReader Image Deno Bun`.split(/\s+/);
    same(names.filter((n) => globalThis[n] !== undefined), []);
  },
};
export const globals_self_and_origin = {
  test() {
    ok(self === globalThis);
    eq(origin, "null");
    eq(Object.prototype.toString.call(globalThis), "[object ServiceWorkerGlobalScope]");
  },
};
export const globals_navigator = {
  test() {
    eq(navigator.userAgent, "Cloudflare-Workers");
    eq(navigator.hardwareConcurrency, 1);
    eq(navigator.platform, "");
    eq(navigator.language, "en");
    same(navigator.languages, ["en"]);
  },
};
export const globals_compatibility_flags = {
  test() {
    eq(Cloudflare.compatibilityFlags.nodejs_compat, false);
    eq(Cloudflare.compatibilityFlags.streams_enable_constructors, true);
  },
};
export const console_methods_exist = {
  test() {
    const names = `debug error info log warn dir dirxml table trace group groupCollapsed groupEnd clear count
      countReset assert time timeLog timeEnd timeStamp`.split(/\s+/);
    same(names.filter((n) => typeof console[n] !== "function"), []);
  },
};
export const console_accepts_anything = {
  test() {
    const cycle = {};
    cycle.self = cycle;
    eq(console.debug(cycle, Symbol("s"), 1n, null, undefined, () => {}, new Error("e"), new Map([[1, 2]])), undefined);
  },
};
export const clone_values = {
  test() {
    const c = structuredClone({ d: new Date(5), m: new Map([[1, new Set([2])]]), b: new Uint8Array([1]), u: undefined, r: /x/g });
    eq(c.d.getTime(), 5);
    ok(c.m.get(1).has(2));
    same(c.b, new Uint8Array([1]));
    ok("u" in c);
    eq(String(c.r), "/x/g");
  },
};
export const clone_cycles = {
  test() {
    const a = {};
    a.a = a;
    const b = structuredClone(a);
    ok(b !== a && b.a === b);
  },
};
export const clone_error = {
  test() {
    const e = structuredClone(new RangeError("x"));
    ok(e instanceof RangeError);
    eq(e.message, "x");
  },
};
export const clone_loses_prototype = {
  test() {
    class A { x = 1; }
    eq(structuredClone(new A()).constructor, Object);
  },
};
export const clone_function_is_refused = {
  test() {
    const f = () => 1;
    throws(() => structuredClone(f), "DataCloneError", "() => 1 could not be cloned.");
  },
};
export const clone_symbol_is_refused = {
  test() { throws(() => structuredClone(Symbol("s")), "DataCloneError", "Symbol(s) could not be cloned."); },
};
export const clone_transfers_buffer = {
  test() {
    const b = new ArrayBuffer(4);
    eq(structuredClone(b, { transfer: [b] }).byteLength, 4);
    eq(b.byteLength, 0);
  },
};
export const report_error_fires_event = {
  test() {
    let seen;
    addEventListener("error", (e) => { seen = e; e.preventDefault(); }, { once: true });
    const error = new Error("reported");
    reportError(error);
    eq(seen.error, error);
    eq(seen.message, "Uncaught Error: reported");
  },
};
export const dom_exception = {
  test() {
    const e = new DOMException("m", "AbortError");
    ok(e instanceof Error);
    eq(e.name, "AbortError");
    eq(e.code, 20);
    eq(new DOMException("m").name, "Error");
    eq(DOMException.DATA_CLONE_ERR, 25);
  },
};
export const codegen_eval_is_refused = {
  test() { throws(() => eval("1+1"), "EvalError", EVAL); },
};
export const codegen_indirect_eval_is_refused = {
  test() { throws(() => (0, eval)("1"), "EvalError", EVAL); },
};
export const codegen_eval_of_nothing = {
  test() {
    eq(eval(), undefined);
    eq(eval(undefined), undefined);
  },
};
export const codegen_eval_of_non_string_is_refused = {
  test() {
    throws(() => eval({}), "EvalError", EVAL);
    throws(() => eval(5), "EvalError", EVAL);
  },
};
export const codegen_function_is_refused = {
  test() {
    throws(() => new Function("return 1"), "EvalError", EVAL);
    throws(() => new Function("a", "b", undefined), "EvalError", EVAL);
  },
};
export const codegen_empty_function_is_allowed = {
  test() { eq(new Function()(), undefined); },
};
export const codegen_async_function_is_refused = {
  test() {
    const F = (async () => {}).constructor;
    throws(() => new F("return 1"), "EvalError", EVAL);
  },
};
const WASM = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
export const codegen_wasm_module_is_refused = {
  test() {
    throws(() => new WebAssembly.Module(WASM), "CompileError",
      "WebAssembly.Module(): Wasm code generation disallowed by embedder");
  },
};
export const codegen_wasm_compile_is_refused = {
  async test() {
    await rejects(WebAssembly.compile(WASM), "CompileError",
      "WebAssembly.compile(): Wasm code generation disallowed by embedder");
  },
};
export const codegen_wasm_instantiate_is_refused = {
  async test() {
    await rejects(WebAssembly.instantiate(WASM), "CompileError",
      "WebAssembly.instantiate(): Wasm code generation disallowed by embedder");
  },
};
export const wasm_has_no_streaming_compile = {
  test() {
    eq(WebAssembly.compileStreaming, undefined);
    eq(WebAssembly.instantiateStreaming, undefined);
    eq(WebAssembly.validate(WASM), true);
  },
};
