// Bindings to named entrypoints, ctx.props and ctx.exports: spec/runtime-api.md sections 1, 1.1 and 9.
import { DurableObject, WorkerEntrypoint, RpcTarget, exports as importedExports } from "cloudflare:workers";
import { eq, same, ok, throws, rejects, until } from "./assert.js";

let constructed = 0;
let waited = false;

export class Named extends WorkerEntrypoint {
  constructor(ctx, env) {
    super(ctx, env);
    constructed++;
    this.given = this.ctx === ctx && this.env === env;
    this.count = 0;
  }
  fetch(request) { return new Response(`named ${request.method} ${new URL(request.url).pathname}`); }
  hello(who) { return `hello ${who}`; }
  fields() { return this.given; }
  increment() { return ++this.count; }
  constructed() { return constructed; }
  props() { return this.ctx.props; }
  envNames() { return Object.keys(this.env).sort(); }
  contextTypes() {
    return ["waitUntil", "passThroughOnException", "props", "exports"].map((n) => `${n} ${typeof this.ctx[n]}`);
  }
  later() { this.ctx.waitUntil(scheduler.wait(2).then(() => { waited = true; })); }
  waited() { return waited; }
  async callObject(name) { return await this.env.ACTOR.getByName(name).increment(); }
  async viaExports(who) { return await this.ctx.exports.Other.hello(who); }
  async useStub(stub) { return await stub.hello("from the callee"); }
  async fetchStub(stub) { return await (await stub.fetch("http://a/path")).text(); }
  giveStub() { return this.env.OTHER; }
  giveBundle() { return { service: this.env.OTHER, object: this.env.ACTOR.getByName("given") }; }
}
export class Other extends WorkerEntrypoint {
  hello(who) { return `other ${who}`; }
  props() { return this.ctx.props; }
}
export class Broken extends WorkerEntrypoint {
  constructor(ctx, env) {
    super(ctx, env);
    throw new RangeError("cannot build");
  }
  hello() { return "never"; }
}
export const PlainNamed = ({
  fetch(request, env, ctx) { return new Response(`plain ${typeof env.NAMED} ${typeof ctx.waitUntil}`); },
});
export class Actor extends DurableObject {
  count = 0;
  increment() { return ++this.count; }
  async viaExports() { return await this.ctx.exports.Named.hello("the object"); }
  props() { return this.ctx.props; }
}
export default class extends WorkerEntrypoint {
  fetch() { return new Response("default"); }
  hello(who) { return `default ${who}`; }
}

export const entrypoint_fetch = {
  async test(_, env) {
    eq(await (await env.NAMED.fetch("http://a/path", { method: "PUT" })).text(), "named PUT /path");
  },
};
export const entrypoint_method = {
  async test(_, env) { eq(await env.NAMED.hello("you"), "hello you"); },
};
export const entrypoint_default_class = {
  async test(_, env) {
    eq(await (await env.SELF.fetch("http://a/")).text(), "default");
    eq(await env.SELF.hello("you"), "default you");
  },
};
export const entrypoint_gets_ctx_and_env = {
  async test(_, env) {
    eq(await env.NAMED.fields(), true);
    same((await env.NAMED.envNames()).filter((n) => n === "NAMED" || n === "ACTOR"), ["ACTOR", "NAMED"]);
    same(await env.NAMED.contextTypes(), ["waitUntil function", "passThroughOnException function", "props object",
      "exports object"]);
  },
};
export const entrypoint_is_built_for_each_call = {
  async test(_, env) {
    eq(await env.NAMED.increment(), 1);
    eq(await env.NAMED.increment(), 1);
    const before = await env.NAMED.constructed();
    eq(await env.NAMED.constructed(), before + 1);
  },
};
export const entrypoint_without_fetch = {
  async test(_, env) {
    await rejects(env.OTHER.fetch("http://a/"), "Error", "Handler does not export a fetch() function.");
  },
};
export const entrypoint_constructor_throws = {
  async test(_, env) {
    const e = await rejects(env.BROKEN.hello(), "RangeError", "cannot build");
    eq(e.durableObjectReset, undefined);
  },
};
export const entrypoint_plain_object_fetch = {
  async test(_, env) { eq(await (await env.PLAIN.fetch("http://a/")).text(), "plain object function"); },
};
export const entrypoint_stub_class = {
  test(_, env) { eq(Object.prototype.toString.call(env.NAMED), "[object Fetcher]"); },
};
export const entrypoint_wait_until = {
  async test(_, env) {
    await env.NAMED.later();
    await until(() => env.NAMED.waited());
  },
};
export const entrypoint_calls_an_object = {
  async test(_, env) {
    eq(await env.NAMED.callObject("shared"), 1);
    eq(await env.NAMED.callObject("shared"), 2);
  },
};
export const entrypoint_stub_as_argument = {
  async test(_, env) {
    eq(await env.NAMED.useStub(env.OTHER), "other from the callee");
    eq(await env.NAMED.fetchStub(env.PLAIN), "plain object function");
  },
};
export const entrypoint_stub_as_result = {
  async test(_, env) {
    const other = await env.NAMED.giveStub();
    eq(await other.hello("me"), "other me");
  },
};
export const entrypoint_stubs_inside_a_result = {
  async test(_, env) {
    const r = await env.NAMED.giveBundle();
    eq(await r.service.hello("me"), "other me");
    eq(await r.object.increment(), 1);
    eq(typeof r.object.fetch, "function");
  },
};
export const entrypoint_props_of_the_binding = {
  async test(_, env) {
    same(await env.WITH_PROPS.props(), { user: "ada", list: [1, 2] });
    same(await env.NAMED.props(), {});
  },
};
export const entrypoint_exports_service = {
  async test(_, env, ctx) {
    eq(await ctx.exports.Named.hello("loopback"), "hello loopback");
    eq(await (await ctx.exports.Named.fetch("http://a/x")).text(), "named GET /x");
    eq(await ctx.exports.default.hello("loopback"), "default loopback");
    eq(await (await ctx.exports.PlainNamed.fetch("http://a/")).text(), "plain object function");
  },
};
export const entrypoint_exports_props = {
  async test(_, env, ctx) {
    same(await ctx.exports.Other({ props: { a: [1], when: new Date(0) } }).props(), { a: [1], when: new Date(0) });
    same(await ctx.exports.Other({}).props(), {});
    same(await ctx.exports.Other.props(), {});
  },
};
export const entrypoint_exports_namespace = {
  async test(_, env, ctx) {
    const ns = ctx.exports.Actor;
    eq(ns.idFromName("x").toString(), env.ACTOR.idFromName("x").toString());
    eq(await ns.getByName("exported").increment(), 1);
    eq(await env.ACTOR.getByName("exported").increment(), 2);
  },
};
export const entrypoint_exports_in_a_callee = {
  async test(_, env) {
    eq(await env.NAMED.viaExports("you"), "other you");
    eq(await env.ACTOR.getByName("e").viaExports(), "hello the object");
  },
};
export const entrypoint_exports_of_the_module = {
  async test(_, env, ctx) {
    eq(await importedExports.Named.hello("import"), "hello import");
    eq(typeof importedExports.Actor.idFromName, "function");
  },
};
export const entrypoint_exports_of_nothing = {
  test(_, env, ctx) {
    eq(ctx.exports.Absent, undefined);
    eq("Absent" in ctx.exports, false);
  },
};
export const entrypoint_exports_stub_travels = {
  async test(_, env, ctx) { eq(await env.NAMED.useStub(ctx.exports.Other({})), "other from the callee"); },
};
export const entrypoint_base_classes = {
  test() {
    throws(() => WorkerEntrypoint(), "TypeError");
    throws(() => DurableObject(), "TypeError");
    throws(() => RpcTarget(), "TypeError");
  },
};
