// What arguments and results of RPC become: spec/durable-objects.md section 1.3.
import { DurableObject, WorkerEntrypoint, RpcStub, RpcTarget } from "cloudflare:workers";
import { eq, same, ok, rejects, utf8, textOf } from "./assert.js";

export class Named extends WorkerEntrypoint {
  echo(v) { return v; }
  check(source, v) { return CHECKS[source](v); }
  change(o) { o.a = "changed"; o.list.push(2); return o; }
  make(what) { return MADE[what](); }
  length(v) { return v.length; }
  big(n) { return new Uint8Array(n); }
}
export class Actor extends DurableObject {}

class Custom {
  x = 1;
}
const CHECKS = {
  nan: (v) => Number.isNaN(v),
  negativeZero: (v) => Object.is(v, -0),
  undefined: (v) => v === undefined,
  date: (v) => v instanceof Date && v.getTime() === 86400000,
  map: (v) => v instanceof Map && v.get("k").get(1) === "deep",
  set: (v) => v instanceof Set && v.has(3),
  cycle: (v) => v.self === v && v.list[0] === v,
  shared: (v) => v[0] === v[1],
  hole: (v) => !(0 in v) && v.length === 3 && v[2] === 1,
  regexp: (v) => v instanceof RegExp && v.source === "a+" && v.flags === "gi",
  boxed: (v) => v instanceof Number && v == 5,
  error: (v) => v instanceof TypeError && v.message === "as a value",
  dom: (v) => v instanceof DOMException && v.name === "AbortError" && v.message === "dom" && v.code === 20,
  stub: (v) => v instanceof RpcStub && typeof v === "function",
  keys: (v) => Object.getOwnPropertyNames(v).join(),
  view: (v) => `${v.constructor.name} ${v.byteOffset} ${v.buffer.byteLength} ${v[0]}`,
  request: async (r) => `${r instanceof Request} ${r.method} ${r.url} ${r.headers.get("x-a")} ${await r.text()}`,
  response: async (r) => `${r instanceof Response} ${r.status} ${r.statusText} ${r.headers.get("x-a")} ${await r.text()}`,
  headers: (h) => `${h instanceof Headers} ${JSON.stringify([...h])}`,
  cookies: (h) => h.getSetCookie().join("|"),
  stream: async (s) => `${s instanceof ReadableStream} ${await textOf(s)}`,
  blob: async (b) => `${b instanceof Blob} ${b.type} ${b.size} ${await b.text()}`,
  write: async (w) => {
    const writer = w.getWriter();
    await writer.write(utf8("one,"));
    await writer.write(utf8("two"));
    await writer.close();
    return w instanceof WritableStream;
  },
};
const MADE = {
  custom: () => new Custom(),
  response: () => new Response("made", { status: 201, headers: { "x-a": "1" } }),
  stream: () => new Response("streamed").body,
  throwCustom: () => { throw Object.assign(new RangeError("with properties"), { code: 7, extra: { a: [1] } }); },
  throwSubclass: () => { throw new (class MyError extends Error { name = "MyError"; })("of my class"); },
  throwEach: () => { throw new SyntaxError("syntax"); },
  throwDom: () => { throw new DOMException("dom", "NotFoundError"); },
  throwCause: () => { throw new Error("outer", { cause: new TypeError("inner") }); },
  throwObject: () => { throw { plain: 1 }; },
};
const told = (env, name, v) => env.NAMED.check(name, v);
const echo = (env, v) => env.NAMED.echo(v);
const refused = (env, v, type) => rejects(echo(env, v), "DataCloneError",
  `Could not serialize object of type "${type}". This type does not support serialization.`);

export const rpc_value_primitives = {
  async test(_, env) {
    for (const v of [undefined, null, true, false, 0, -0, 1.5, NaN, Infinity, 2n ** 70n, "", "é😀", "\ud800"]) {
      eq(await echo(env, v), v);
    }
    eq(await told(env, "nan", NaN), true);
    eq(await told(env, "negativeZero", -0), true);
    eq(await told(env, "undefined", undefined), true);
  },
};
export const rpc_value_date = {
  async test(_, env) {
    eq(await told(env, "date", new Date(86400000)), true);
    const d = await echo(env, new Date(5));
    ok(d instanceof Date);
    eq(d.getTime(), 5);
  },
};
export const rpc_value_map_and_set = {
  async test(_, env) {
    eq(await told(env, "map", new Map([["k", new Map([[1, "deep"]])]])), true);
    eq(await told(env, "set", new Set([1, 2, 3])), true);
    const m = await echo(env, new Map([["a", 1]]));
    ok(m instanceof Map);
    eq(m.get("a"), 1);
  },
};
export const rpc_value_cycle = {
  async test(_, env) {
    const o = { list: [] };
    o.self = o;
    o.list.push(o);
    eq(await told(env, "cycle", o), true);
  },
};
export const rpc_value_shared_reference = {
  async test(_, env) {
    const o = {};
    eq(await told(env, "shared", [o, o]), true);
  },
};
export const rpc_value_sparse_array = {
  async test(_, env) { eq(await told(env, "hole", [, undefined, 1]), true); },
};
export const rpc_value_null_prototype_is_refused = {
  async test(_, env) { await refused(env, Object.assign(Object.create(null), { a: 1 }), "Object"); },
};
export const rpc_value_regexp_and_boxed = {
  async test(_, env) {
    eq(await told(env, "regexp", /a+/gi), true);
    eq(await told(env, "boxed", new Number(5)), true);
  },
};
export const rpc_value_only_enumerable_string_keys = {
  async test(_, env) {
    const o = { a: 1, get b() { return 2; }, [Symbol("s")]: 3 };
    Object.defineProperty(o, "hidden", { value: 4, enumerable: false });
    eq(await told(env, "keys", o), "a,b");
  },
};
export const rpc_value_array_buffer = {
  async test(_, env) {
    const given = new Uint8Array([1, 2, 255]).buffer;
    const b = await echo(env, given);
    ok(b instanceof ArrayBuffer);
    same(new Uint8Array(b), new Uint8Array([1, 2, 255]));
    eq(given.byteLength, 3);
  },
};
export const rpc_value_typed_arrays = {
  async test(_, env) {
    const kinds = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
      Float32Array, Float64Array];
    for (const K of kinds) same(await echo(env, new K([1, 2])), new K([1, 2]));
    same(await echo(env, new BigInt64Array([1n])), new BigInt64Array([1n]));
    eq((await echo(env, new DataView(new ArrayBuffer(4)))).byteLength, 4);
  },
};
export const rpc_value_is_a_copy = {
  async test(_, env) {
    const o = { a: "kept", list: [1] };
    same(await env.NAMED.change(o), { a: "changed", list: [1, 2] });
    same(o, { a: "kept", list: [1] });
  },
};
export const rpc_value_is_copied_at_the_call = {
  async test(_, env) {
    const o = { a: 1 };
    const p = echo(env, o);
    o.a = 2;
    same(await p, { a: 1 });
  },
};
export const rpc_value_error = {
  async test(_, env) {
    eq(await told(env, "error", new TypeError("as a value")), true);
    const e = await echo(env, new RangeError("back"));
    ok(e instanceof RangeError);
    eq(e.message, "back");
  },
};
export const rpc_value_dom_exception = {
  async test(_, env) { eq(await told(env, "dom", new DOMException("dom", "AbortError")), true); },
};
export const rpc_value_class_instance_is_refused = {
  async test(_, env) { await refused(env, new Custom(), "Custom"); },
};
export const rpc_value_nested_class_instance_is_refused = {
  async test(_, env) { await refused(env, { a: [new Custom()] }, "Custom"); },
};
export const rpc_value_class_instance_as_result_is_refused = {
  async test(_, env) {
    await rejects(env.NAMED.make("custom"), "DataCloneError",
      "Could not serialize object of type \"Custom\". This type does not support serialization.");
  },
};
export const rpc_value_platform_objects_are_refused = {
  async test(_, env) {
    await refused(env, new URL("http://a/"), "URL");
    await refused(env, new URLSearchParams("a=1"), "URLSearchParams");
    await refused(env, new FormData(), "FormData");
    await refused(env, new File(["x"], "name"), "File");
    await refused(env, new TextEncoder(), "TextEncoder");
    await refused(env, new WebSocketPair()[0], "WebSocket");
  },
};
export const rpc_value_symbol_is_refused = {
  async test(_, env) { await rejects(echo(env, Symbol("s")), "DataCloneError", "Symbol(s) could not be cloned."); },
};
export const rpc_value_promise_is_refused = {
  async test(_, env) {
    await rejects(echo(env, { p: Promise.resolve(1) }), "DataCloneError", "#<Promise> could not be cloned.");
  },
};
export const rpc_value_weak_map_is_refused = {
  async test(_, env) {
    await rejects(echo(env, new WeakMap()), "DataCloneError", "#<WeakMap> could not be cloned.");
  },
};
export const rpc_value_object_id_is_refused = {
  async test(_, env) { await refused(env, env.ACTOR.idFromName("x"), "DurableObjectId"); },
};
export const rpc_value_namespace_is_refused = {
  async test(_, env) { await refused(env, env.ACTOR, "DurableObjectNamespace"); },
};
export const rpc_value_request = {
  async test(_, env) {
    const r = new Request("http://a/b?c", { method: "POST", headers: { "X-A": "1" }, body: "body" });
    eq(await told(env, "request", r), "true POST http://a/b?c 1 body");
    eq(r.bodyUsed, true);
  },
};
export const rpc_value_request_without_body = {
  async test(_, env) {
    const r = await echo(env, new Request("http://a/", { redirect: "manual" }));
    eq(r.body, null);
    eq(r.redirect, "manual");
    eq(r.url, "http://a/");
  },
};
export const rpc_value_response = {
  async test(_, env) {
    const r = new Response("body", { status: 418, statusText: "Teapot", headers: { "x-a": "1" } });
    eq(await told(env, "response", r), "true 418 Teapot 1 body");
    const made = await env.NAMED.make("response");
    eq(made.status, 201);
    eq(made.headers.get("x-a"), "1");
    eq(await made.text(), "made");
  },
};
export const rpc_value_response_null_body = {
  async test(_, env) {
    const r = await echo(env, new Response(null, { status: 204 }));
    eq(r.status, 204);
    eq(r.body, null);
  },
};
export const rpc_value_headers = {
  async test(_, env) {
    eq(await told(env, "headers", new Headers([["b", "2"], ["A", "1"]])), 'true [["a","1"],["b","2"]]');
    eq(await told(env, "cookies", new Headers([["set-cookie", "a=1"], ["set-cookie", "b=2"]])), "a=1|b=2");
  },
};
export const rpc_value_readable_stream = {
  async test(_, env) {
    eq(await told(env, "stream", new Response("stream").body), "true stream");
    eq(await textOf(await env.NAMED.make("stream")), "streamed");
    eq(await textOf(await echo(env, new Response("both ways").body)), "both ways");
  },
};
export const rpc_value_readable_stream_is_taken = {
  async test(_, env) {
    const stream = new Response("x").body;
    await told(env, "stream", stream);
    eq(stream.locked, true);
  },
};
export const rpc_value_writable_stream = {
  async test(_, env) {
    const { readable, writable } = new TransformStream();
    const text = textOf(readable);
    eq(await told(env, "write", writable), true);
    eq(await text, "one,two");
  },
};
export const rpc_value_blob = {
  async test(_, env) { eq(await told(env, "blob", new Blob(["blob"], { type: "text/x" })), "true text/x 4 blob"); },
};
export const rpc_value_abort_signal_is_refused_by_default = {
  async test(_, env) {
    await rejects(echo(env, new AbortController().signal), "DataCloneError", "AbortSignal serialization is not enabled.");
  },
};
export const rpc_value_message_limit_of_arguments = {
  async test(_, env) {
    const e = await rejects(env.NAMED.length(new Uint8Array(32 * 1024 * 1024 + 1)), "Error",
      /^Serialized RPC arguments or return values are limited to 32MiB, but the size of this value was: \d+ bytes\.$/);
    eq(e.remote, undefined);
  },
};
export const rpc_value_message_limit_of_results = {
  async test(_, env) {
    await rejects(env.NAMED.big(32 * 1024 * 1024 + 1), "Error",
      /^Serialized RPC arguments or return values are limited to 32MiB, but the size of this value was: \d+ bytes\.$/);
  },
};
export const rpc_value_below_the_message_limit = {
  async test(_, env) { eq(await env.NAMED.length("x".repeat(4 * 1024 * 1024)), 4 * 1024 * 1024); },
};
export const rpc_thrown_error_keeps_own_properties = {
  async test(_, env) {
    const e = await rejects(env.NAMED.make("throwCustom"), "RangeError", "with properties");
    eq(e.code, 7);
    same(e.extra, { a: [1] });
    eq(e.remote, true);
  },
};
export const rpc_thrown_error_of_a_subclass = {
  async test(_, env) {
    const e = await rejects(env.NAMED.make("throwSubclass"), "MyError", "of my class");
    eq(Object.getPrototypeOf(e), Error.prototype);
  },
};
export const rpc_thrown_syntax_error = {
  async test(_, env) { ok(await rejects(env.NAMED.make("throwEach"), "SyntaxError", "syntax") instanceof SyntaxError); },
};
export const rpc_thrown_dom_exception = {
  async test(_, env) {
    const e = await rejects(env.NAMED.make("throwDom"), "NotFoundError", "dom");
    ok(e instanceof DOMException);
  },
};
export const rpc_thrown_error_keeps_its_cause = {
  async test(_, env) {
    const e = await rejects(env.NAMED.make("throwCause"), "Error", "outer");
    eq(e.cause?.message, "inner");
    ok(e.cause instanceof TypeError);
  },
};
export const rpc_thrown_plain_object = {
  async test(_, env) {
    let thrown;
    try {
      await env.NAMED.make("throwObject");
    } catch (e) {
      thrown = e;
    }
    eq(thrown.plain, 1);
    eq(thrown.remote, true);
  },
};
export const rpc_value_rpc_promise_is_refused = {
  async test(_, env) {
    await rejects(echo(env, { p: echo(env, 1) }), "DataCloneError",
      "Could not serialize object of type \"RpcPromise\". This type does not support serialization.");
  },
};
export const rpc_value_rpc_property_is_refused = {
  async test(_, env) {
    await rejects(echo(env, env.NAMED.x), "DataCloneError",
      "Could not serialize object of type \"RpcProperty\". This type does not support serialization.");
  },
};
export const rpc_value_target_arrives_as_a_stub = {
  async test(_, env) { eq(await told(env, "stub", new RpcTarget()), true); },
};
