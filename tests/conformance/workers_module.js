// The module "cloudflare:workers": spec/runtime-api.md section 9.
import * as workers from "cloudflare:workers";
import { env as importedEnv, WorkerEntrypoint, DurableObject, RpcTarget, waitUntil } from "cloudflare:workers";
import { eq, same, ok, throws } from "./assert.js";

const topLevelText = importedEnv.TEXT;

export const workers_exports = {
  test() {
    for (const n of ["DurableObject", "RpcTarget", "WorkerEntrypoint", "WorkflowEntrypoint", "waitUntil", "withEnv"]) {
      eq(typeof workers[n], "function", n);
    }
    eq(typeof workers.env, "object");
    eq(typeof workers.exports, "object");
  },
};
export const workers_env_at_top_level = {
  test() { eq(topLevelText, "hello"); },
};
export const workers_env_is_the_handlers = {
  test(_, env) {
    eq(importedEnv.TEXT, env.TEXT);
    same(importedEnv.OBJECT, { a: [1] });
  },
};
export const workers_var_text_and_json = {
  test(_, env) {
    eq(env.TEXT, "hello");
    same(env.OBJECT, { a: [1] });
    eq(env.ABSENT, undefined);
    same(Object.keys(env).sort(), ["OBJECT", "TEXT"]);
  },
};
export const workers_with_env = {
  async test() {
    eq(workers.withEnv({ TEXT: "other" }, () => importedEnv.TEXT), "other");
    eq(importedEnv.TEXT, "hello");
  },
};
export const workers_wait_until = {
  async test() { eq(waitUntil(Promise.resolve()), undefined); },
};
export class ClassTest extends WorkerEntrypoint {
  async test() {
    eq(this.env.TEXT, "hello");
    eq(typeof this.ctx.waitUntil, "function");
  }
}
export const workers_entrypoint_is_a_class = {
  test() {
    class E extends WorkerEntrypoint { hi() { return this.env.x + this.ctx.y; } }
    ok(E.prototype instanceof WorkerEntrypoint);
    ok(class extends DurableObject {}.prototype instanceof DurableObject);
    ok(new (class extends RpcTarget {})() instanceof RpcTarget);
  },
};
export const context_shape = {
  test(_, env, ctx) {
    eq(Object.prototype.toString.call(ctx), "[object ExecutionContext]");
    eq(typeof ctx.waitUntil, "function");
    eq(typeof ctx.passThroughOnException, "function");
    same(ctx.props, {});
  },
};
export const context_wait_until_of_value = {
  test(_, env, ctx) { eq(ctx.waitUntil(1), undefined); },
};
export const context_destructured_call = {
  test(_, env, ctx) {
    const { waitUntil: detached } = ctx;
    throws(() => detached(Promise.resolve()), "TypeError",
      "Illegal invocation: function called with incorrect `this` reference. See " +
      "https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors for details.");
  },
};
