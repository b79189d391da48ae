// Durable Object stubs as their callers see them: spec/durable-objects.md sections 1.3 and 1.4.
import { DurableObject } from "cloudflare:workers";
import { eq, same, ok, throws, rejects } from "./assert.js";

const built = new Map(); // constructions by object's name

export class Actor extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    const name = ctx.id.name ?? "";
    built.set(name, (built.get(name) ?? 0) + 1);
    this.seen = [];
  }
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/throw") throw new RangeError("from fetch");
    if (pathname === "/text") return new Response("plain");
    if (pathname === "/hop") return Response.redirect("http://object/text");
    if (pathname === "/nothing") return "not a Response";
    if (pathname === "/status") return new Response(null, { status: 404, headers: { "x-a": "1" } });
    if (pathname === "/slow") await scheduler.wait(20);
    const headers = [...request.headers].filter(([k]) => k.startsWith("x-"));
    return Response.json({ url: request.url, method: request.method, headers, body: await request.text() });
  }
  built(name) { return built.get(name) ?? 0; }
  note(value) { this.seen.push(value); return this.seen.length; }
  notes() { return this.seen; }
  fail(text) { throw new TypeError(text); }
  async pause(ms) { await scheduler.wait(ms); return "rested"; }
  idText() { return this.ctx.id.toString(); }
  idName() { return this.ctx.id.name; }
  async putThenThrow() {
    this.ctx.storage.kv.put("put", 1);
    throw new Error("after a put");
  }
  get(key) { return this.ctx.storage.kv.get(key) ?? null; }
  async otherName(stub) { return `${typeof stub.fetch} ${await stub.idName()}`; }
  idOf() { return this.ctx.id; }
}
export class Plain {
  constructor(ctx, env) { this.ctx = ctx; this.hasEnv = typeof env.ACTOR === "object"; }
  async fetch() { return new Response(`plain ${this.hasEnv} ${typeof this.ctx.storage}`); }
  method() { return 1; }
}
export class Mute extends DurableObject {
  hello() { return "hi"; }
}

const at = (env, name) => env.ACTOR.get(env.ACTOR.idFromName(name));

export const do_stub_id_and_name = {
  test(_, env) {
    const id = env.ACTOR.idFromName("named");
    const stub = env.ACTOR.get(id);
    ok(stub.id.equals(id));
    eq(stub.id.toString(), id.toString());
    eq(stub.name, "named");
    eq("id" in stub, true);
  },
};
export const do_stub_without_name = {
  test(_, env) {
    eq(env.ACTOR.get(env.ACTOR.newUniqueId()).name, undefined);
    const hex = env.ACTOR.idFromName("named").toString();
    eq(env.ACTOR.get(env.ACTOR.idFromString(hex)).name, undefined);
  },
};
export const do_stub_id_is_read_only = {
  test(_, env) {
    const stub = at(env, "read-only");
    throws(() => { stub.id = 1; }, "TypeError");
    ok(stub.id.equals(env.ACTOR.idFromName("read-only")));
  },
};
export const do_stub_class = {
  test(_, env) { eq(Object.prototype.toString.call(at(env, "class")), "[object DurableObject]"); },
};
export const do_stub_get_by_name = {
  async test(_, env) {
    const stub = env.ACTOR.getByName("by-name");
    eq(stub.name, "by-name");
    eq(await stub.idText(), env.ACTOR.idFromName("by-name").toString());
  },
};
export const do_stub_is_no_promise = {
  async test(_, env) {
    const stub = at(env, "no-promise");
    eq(await stub === stub, true);
  },
};
export const do_stub_get_sends_nothing = {
  async test(_, env) {
    at(env, "never-called");
    await scheduler.wait(2);
    eq(await at(env, "observer").built("never-called"), 0);
  },
};
export const do_stub_one_instance_for_two_stubs = {
  async test(_, env) {
    eq(await at(env, "shared").note("a"), 1);
    eq(await at(env, "shared").note("b"), 2);
    eq(await at(env, "shared").built("shared"), 1);
  },
};
export const do_stub_objects_are_apart = {
  async test(_, env) {
    eq(await at(env, "apart-1").note("a"), 1);
    eq(await at(env, "apart-2").note("a"), 1);
  },
};
export const do_stub_namespaces_are_apart = {
  test(_, env) {
    eq(env.ACTOR.idFromName("x").toString() === env.MUTE.idFromName("x").toString(), false);
  },
};
export const do_stub_fetch_carries_the_request = {
  async test(_, env) {
    const r = await at(env, "fetch").fetch("http://object/a?b=c", { method: "PUT", headers: { "X-A": "1" }, body: "é" });
    same(await r.json(), { url: "http://object/a?b=c", method: "PUT", headers: [["x-a", "1"]], body: "é" });
  },
};
export const do_stub_fetch_of_a_request = {
  async test(_, env) {
    const r = await at(env, "fetch").fetch(new Request("https://object/r", { method: "POST", body: "b" }));
    same(await r.json(), { url: "https://object/r", method: "POST", headers: [], body: "b" });
  },
};
export const do_stub_fetch_gives_the_response = {
  async test(_, env) {
    const r = await at(env, "fetch").fetch("http://object/status");
    eq(r.status, 404);
    eq(r.headers.get("x-a"), "1");
    eq(await r.text(), "");
  },
};
export const do_stub_fetch_needs_a_whole_url = {
  async test(_, env) { await rejects(at(env, "fetch").fetch("/text"), "TypeError", "Invalid URL: /text"); },
};
export const do_stub_fetch_follows_redirects = {
  async test(_, env) {
    const r = await at(env, "fetch").fetch("http://object/hop");
    eq(await r.text(), "plain");
    eq((await at(env, "fetch").fetch("http://object/hop", { redirect: "manual" })).status, 302);
  },
};
export const do_stub_fetch_result_must_be_a_response = {
  async test(_, env) { await rejects(at(env, "fetch").fetch("http://object/nothing"), "TypeError"); },
};
export const do_stub_fetch_missing_handler = {
  async test(_, env) {
    await rejects(env.MUTE.getByName("m").fetch("http://object/"), "Error", "Handler does not export a fetch() function.");
  },
};
export const do_stub_fetch_error = {
  async test(_, env) {
    const e = await rejects(at(env, "errors").fetch("http://object/throw"), "RangeError", "from fetch");
    eq(e.remote, true);
    eq(e.durableObjectReset, undefined);
    eq(e.overloaded, undefined);
    eq(e.retryable, undefined);
  },
};
export const do_stub_rpc_error = {
  async test(_, env) {
    const e = await rejects(at(env, "errors").fail("from a method"), "TypeError", "from a method");
    eq(e.remote, true);
    eq(e.durableObjectReset, undefined);
    eq(e.overloaded, undefined);
    eq(e.retryable, undefined);
  },
};
export const do_stub_stays_usable_after_an_error = {
  async test(_, env) {
    const stub = at(env, "usable");
    await stub.note("before");
    await rejects(stub.fail("once"), "TypeError", "once");
    await rejects(stub.fetch("http://object/throw"), "RangeError", "from fetch");
    eq(await stub.note("after"), 2);
  },
};
export const do_stub_throw_after_a_put_keeps_it = {
  async test(_, env) {
    const stub = at(env, "put-throw");
    await rejects(stub.putThenThrow(), "Error", "after a put");
    eq(await stub.get("put"), 1);
  },
};
export const do_stub_calls_keep_their_order = {
  async test(_, env) {
    const stub = at(env, "order");
    const calls = Array.from({ length: 20 }, (_, i) => stub.note(i));
    same(await Promise.all(calls), Array.from({ length: 20 }, (_, i) => i + 1));
    same(await stub.notes(), Array.from({ length: 20 }, (_, i) => i));
  },
};
export const do_stub_calls_interleave = {
  async test(_, env) {
    const stub = at(env, "interleave");
    const slow = stub.pause(10);
    eq(await stub.note("meanwhile"), 1);
    eq(await slow, "rested");
  },
};
export const do_stub_travels = {
  async test(_, env) {
    eq(await at(env, "host").otherName(at(env, "guest")), "function guest");
  },
};
export const do_id_does_not_travel = {
  async test(_, env) {
    await rejects(at(env, "id-travels").idOf(), "DataCloneError",
      "Could not serialize object of type \"DurableObjectId\". This type does not support serialization.");
  },
};
export const do_stub_fetch_aborted_by_its_signal = {
  async test(_, env) {
    const controller = new AbortController();
    const call = at(env, "signal").fetch("http://object/slow", { signal: controller.signal });
    await scheduler.wait(1);
    controller.abort();
    await rejects(call, "AbortError", "The operation was aborted");
  },
};
export const do_class_without_base = {
  async test(_, env) {
    eq(await (await env.PLAIN.getByName("p").fetch("http://object/")).text(), "plain true object");
  },
};
export const do_class_without_base_has_no_rpc = {
  async test(_, env) {
    await rejects(env.PLAIN.getByName("p").method(), "TypeError", "The receiving Durable Object does not support RPC, " +
      "because its class was not declared with `extends DurableObject`. In order to enable RPC, make sure your class " +
      "extends the special class `DurableObject`, which can be imported from the module \"cloudflare:workers\".");
  },
};
