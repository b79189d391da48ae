// Rules of RPC before their compatibility dates; this area's date is 2025-06-01: spec/durable-objects.md section 1.3.
import { DurableObject, RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
import { eq, same, rejects } from "./assert.js";

class Counter extends RpcTarget {
  #n = 0;
  next() { return ++this.#n; }
}
export class Actor extends DurableObject {
  counter() { return new Counter(); }
  async use(counter) { return await counter.next(); }
  fail() { throw Object.assign(new RangeError("plainly"), { code: 7 }); }
  failCustom() { throw new (class MyError extends Error { name = "MyError"; })("of my class"); }
  hasExports() { return this.ctx.exports === undefined; }
  throwObject() { throw { plain: 1 }; }
  throwCause() { throw new Error("outer", { cause: new Error("inner") }); }
}
export class Named extends WorkerEntrypoint {
  hello() { return "hello"; }
}
const at = (env) => env.ACTOR.getByName("old");

export const rpc_compat_caller_loses_its_parameter = {
  async test(_, env) {
    const counter = await at(env).counter();
    eq(await at(env).use(counter), 1);
    await rejects(counter.next(), "Error", "RPC stub used after being disposed.");
  },
};
export const rpc_compat_duplicate_as_parameter = {
  async test(_, env) {
    const counter = await at(env).counter();
    eq(await at(env).use(counter.dup()), 1);
    eq(await counter.next(), 2);
  },
};
export const rpc_compat_errors_lose_own_properties = {
  async test(_, env) {
    const e = await rejects(at(env).fail(), "RangeError", "plainly");
    eq(e.code, undefined);
    eq(e.remote, true);
  },
};
export const rpc_compat_error_of_a_subclass = {
  async test(_, env) { await rejects(at(env).failCustom(), "Error", "MyError: of my class"); },
};
export const rpc_compat_errors_lose_their_cause = {
  async test(_, env) { eq((await rejects(at(env).throwCause(), "Error", "outer")).cause, undefined); },
};
export const rpc_compat_no_exports = {
  async test(_, env, ctx) {
    eq(ctx.exports, undefined);
    eq(await at(env).hasExports(), true);
  },
};
export const rpc_compat_methods = {
  async test(_, env) { eq(await env.NAMED.hello(), "hello"); },
};
