// Which values an object can store and how they come back, and odd keys: spec/durable-objects.md 2.2 and 2.4.
import { RpcTarget } from "cloudflare:workers";
import { eq, same, ok, refuses } from "./assert.js";
import { inside } from "./actor.js";

export { Actor } from "./actor.js";

async function stored(s, value) {
  await s.put("v", value);
  return s.get("v");
}
const kind = (v) => Object.prototype.toString.call(v);
const keys = async (s, options) => [...(await s.list(options)).keys()];

export const do_values_primitives = {
  test: inside(async (s) => {
    for (const v of [0, -0, 1e300, -2147483649, NaN, Infinity, "", "é\u{1f600}", true, false, null]) {
      eq(await stored(s, v), v);
    }
  }),
};
export const do_values_bigint = {
  test: inside(async (s) => {
    for (const v of [0n, -5n, 123456789012345678901234567890n]) eq(await stored(s, v), v);
  }),
};
export const do_values_lone_surrogate_is_kept = {
  test: inside(async (s) => {
    const v = await stored(s, "é\ud800");
    eq(v.length, 2);
    eq(v.charCodeAt(1), 0xd800);
  }),
};
export const do_values_wrapper_objects = {
  test: inside(async (s) => {
    for (const v of [new Boolean(false), Object(5), Object("x"), Object(7n)]) {
      const got = await stored(s, v);
      eq(kind(got), kind(v));
      eq(typeof got, "object");
      eq(got.valueOf(), v.valueOf());
    }
  }),
};
export const do_values_sparse_array = {
  test: inside(async (s) => {
    const v = await stored(s, [1, , 3]);
    eq(v.length, 3);
    eq(1 in v, false);
  }),
};
export const do_values_array_with_properties = {
  test: inside(async (s) => {
    const v = await stored(s, Object.assign([1], { x: 2 }));
    eq(v.x, 2);
    ok(Array.isArray(v));
  }),
};
export const do_values_getters_are_read = {
  test: inside(async (s) => {
    same(Object.getOwnPropertyDescriptor(await stored(s, { get a() { return 5; } }), "a"),
      { value: 5, writable: true, enumerable: true, configurable: true });
  }),
};
export const do_values_getter_that_throws = {
  test: inside(async (s) => {
    await refuses(() => s.put("v", { get a() { throw new RangeError("getter"); } }), "RangeError", "getter");
  }),
};
export const do_values_hidden_and_symbol_properties_are_left_out = {
  test: inside(async (s) => {
    const v = await stored(s, Object.defineProperty({ a: 1, [Symbol("s")]: 2 }, "h", { value: 3 }));
    same(Reflect.ownKeys(v), ["a"]);
  }),
};
export const do_values_object_without_prototype = {
  test: inside(async (s) => {
    eq(Object.getPrototypeOf(await stored(s, Object.create(null))), Object.prototype);
  }),
};
export const do_values_typed_arrays = {
  test: inside(async (s) => {
    for (const v of [new Int8Array([-1]), new Uint8ClampedArray([300]), new Uint16Array([258]),
      new Int32Array([-5]), new Float32Array([0.5]), new Float64Array([1.5]), new BigInt64Array([-5n])]) {
      const got = await stored(s, v);
      eq(kind(got), kind(v));
      eq(got[0], v[0]);
    }
  }),
};
export const do_values_view_takes_its_whole_buffer_along = {
  test: inside(async (s) => {
    const v = await stored(s, new Uint8Array([1, 2, 3, 4]).subarray(1, 3));
    same(v, new Uint8Array([2, 3]));
    same([v.byteOffset, v.buffer.byteLength], [1, 4]);
    const d = await stored(s, new DataView(new ArrayBuffer(4), 1, 2));
    same([kind(d), d.byteLength], ["[object DataView]", 2]);
  }),
};
export const do_values_shared_buffer_stays_shared = {
  test: inside(async (s) => {
    const b = new ArrayBuffer(4);
    const [x, y] = await stored(s, [new Uint8Array(b), new Uint8Array(b, 2)]);
    eq(x.buffer, y.buffer);
  }),
};
export const do_values_resizable_buffer = {
  test: inside(async (s) => {
    const v = await stored(s, new ArrayBuffer(4, { maxByteLength: 8 }));
    same([v.byteLength, v.resizable, v.maxByteLength], [4, true, 8]);
  }),
};
export const do_values_detached_buffer = {
  test: inside(async (s) => {
    const b = new ArrayBuffer(4);
    structuredClone(b, { transfer: [b] });
    await refuses(() => s.put("v", b), "DataCloneError", "An ArrayBuffer is detached and could not be cloned.");
  }),
};
export const do_values_invalid_date = {
  test: inside(async (s) => {
    const v = await stored(s, new Date(NaN));
    ok(v instanceof Date && Number.isNaN(v.getTime()));
  }),
};
export const do_values_regexp_starts_anew = {
  test: inside(async (s) => {
    const re = /a/gy;
    re.lastIndex = 3;
    const v = await stored(s, re);
    same([v.source, v.flags, v.lastIndex], ["a", "gy", 0]);
  }),
};
export const do_values_map_and_set_cycles = {
  test: inside(async (s) => {
    const m = new Map();
    m.set("self", m).set("set", new Set([m]));
    const v = await stored(s, m);
    ok(v.get("self") === v && v.get("set").has(v));
  }),
};
export const do_values_error_with_cause_and_properties = {
  test: inside(async (s) => {
    const v = await stored(s, Object.assign(new TypeError("m", { cause: { a: 1 } }), { code: 5 }));
    ok(v instanceof TypeError);
    same([v.name, v.message, v.cause, v.code, typeof v.stack], ["TypeError", "m", { a: 1 }, 5, "string"]);
  }),
};
export const do_values_error_of_own_class = {
  test: inside(async (s) => {
    class Special extends Error { name = "Special"; }
    const v = await stored(s, new Special("m"));
    same([v.name, v.message, v.constructor.name], ["Special", "m", "Error"]);
  }),
};
export const do_values_dom_exception = {
  test: inside(async (s) => {
    const v = await stored(s, new DOMException("m", "AbortError"));
    ok(v instanceof DOMException);
    same([v.name, v.message, v.code], ["AbortError", "m", 20]);
  }),
};
export const do_values_headers = {
  test: inside(async (s) => {
    const v = await stored(s, new Headers({ a: "b" }));
    ok(v instanceof Headers);
    eq(v.get("a"), "b");
  }),
};
export const do_values_streams_are_for_rpc_only = {
  test: inside(async (s) => {
    const text = "ReadableStream can only be serialized for RPC.";
    await refuses(() => s.put("v", new Response("x").body), "DataCloneError", text);
  }),
};
export const do_values_rpc_targets_are_for_rpc_only = {
  test: inside(async (s) => {
    await refuses(() => s.put("v", new (class extends RpcTarget {})()), "DataCloneError",
      "Remote RPC references can only be serialized for RPC.");
  }),
};
export const do_values_objects_of_the_platform_are_refused = {
  test: inside(async (s, { env }) => {
    for (const v of [new URL("http://x"), new FormData(), env.ACTOR]) {
      await refuses(() => s.put("v", v), "DataCloneError",
        `Could not serialize object of type "${v.constructor.name}". This type does not support serialization.`);
    }
  }),
};
export const do_values_objects_of_the_language_that_are_refused = {
  test: inside(async (s) => {
    await refuses(() => s.put("v", new WeakMap()), "DataCloneError", "#<WeakMap> could not be cloned.");
    await refuses(() => s.put("v", new Proxy({}, {})), "DataCloneError", "#<Object> could not be cloned.");
    await refuses(() => s.put("v", { deep: [() => 1] }), "DataCloneError", "() => 1 could not be cloned.");
    eq(await s.get("v"), undefined);
  }),
};
export const do_values_nested_too_deep = {
  test: inside(async (s) => {
    let v = {};
    for (let i = 0; i < 100_000; i++) v = { v };
    await refuses(() => s.put("v", v), "RangeError", "Maximum call stack size exceeded");
    await s.put("v", 1);
  }),
};
export const do_keys_are_stringified = {
  test: inside(async (s) => {
    await s.put(null, 1);
    await s.put(undefined, 2);
    same(await keys(s), ["null", "undefined"]);
    eq(await s.get({ toString: () => "null" }), 1);
    await refuses(() => s.get(Symbol("x")), "TypeError", "Cannot convert a Symbol value to a string");
  }),
};
export const do_keys_of_entries_are_the_objects_own = {
  test: inside(async (s) => {
    await s.put(Object.assign(Object.create({ inherited: 1 }), { own: 2, [Symbol("s")]: 3 }));
    same(await keys(s), ["own"]);
    await s.put(new Map([["a", 1]]));
    same(await keys(s), ["own"]);
  }),
};
export const do_keys_with_nul_in_lists = {
  test: inside(async (s) => {
    await s.put({ "a": 1, "a\0": 2, "a\0b": 3, "b": 4 });
    same(await keys(s, { prefix: "a\0" }), ["a\0", "a\0b"]);
    same(await keys(s, { startAfter: "a", end: "b" }), ["a\0", "a\0b"]);
    eq(await s.get("a\0"), 2);
  }),
};
export const do_keys_empty_bounds = {
  test: inside(async (s) => {
    await s.put({ "": 1, "a": 2 });
    same(await keys(s, { start: "" }), ["", "a"]);
    same(await keys(s, { startAfter: "" }), ["a"]);
    same(await keys(s, { end: "" }), []);
  }),
};
export const do_keys_list_options_are_coerced = {
  test: inside(async (s) => {
    await s.put({ a: 1, b: 2, o: 3 });
    same(await keys(s, { limit: "1" }), ["a"]);
    same(await keys(s, { reverse: "yes", limit: 1 }), ["o"]);
    same(await keys(s, { start: null }), ["o"]);
    await refuses(() => s.list({ limit: 1e10 }), "TypeError",
      "Value out of range. Must be between -2147483648 and 2147483647 (inclusive).");
  }),
};
