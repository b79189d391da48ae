// Durable Objects' constructors, contexts and abort(): spec/durable-objects.md sections 1.4 and 1.5.
import { DurableObject, RpcTarget } from "cloudflare:workers";
import { eq, same, rejects } from "./assert.js";

const built = new Map(); // constructions by object's name

export class Actor extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    const name = ctx.id.name ?? "";
    built.set(name, (built.get(name) ?? 0) + 1);
    this.seen = [];
    this.argumentsAreFields = this.ctx === ctx && this.env === env;
    if (name.startsWith("broken")) throw new RangeError(`cannot build ${name}`);
    if (name.startsWith("once") && built.get(name) === 1) throw new Error("first time only");
    if (name.startsWith("setup")) {
      ctx.blockConcurrencyWhile(async () => {
        await scheduler.wait(5);
        this.ready = true;
      });
    }
    if (name.startsWith("refused")) ctx.blockConcurrencyWhile(async () => { throw new TypeError("setup failed"); });
  }
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/text") return new Response("plain");
    if (pathname === "/stop") this.ctx.abort("stopped in fetch");
    if (pathname === "/slow") await scheduler.wait(20);
    return new Response("done");
  }
  built(name) { return built.get(name) ?? 0; }
  async pause(ms) { await scheduler.wait(ms); return "rested"; }
  note(value) { this.seen.push(value); return this.seen.length; }
  notes() { return this.seen; }
  fields() { return this.argumentsAreFields; }
  isReady() { return this.ready === true; }
  idText() { return this.ctx.id.toString(); }
  idName() { return this.ctx.id.name; }
  idEquals(hex) { return this.ctx.id.equals(this.env.ACTOR.idFromString(hex)); }
  contextTypes() {
    const names = ["id", "storage", "props", "exports", "waitUntil", "blockConcurrencyWhile", "acceptWebSocket",
      "getWebSockets", "getTags", "setWebSocketAutoResponse", "getWebSocketAutoResponse",
      "getWebSocketAutoResponseTimestamp", "setHibernatableWebSocketEventTimeout",
      "getHibernatableWebSocketEventTimeout", "abort", "facets"];
    return names.map((n) => `${n} ${typeof this.ctx[n]}`);
  }
  props() { return this.ctx.props; }
  exportNames() { return Object.keys(this.ctx.exports).filter((n) => n === "Actor" || n === "Plain"); }
  storageIsOne() { return this.ctx.storage === this.ctx.storage; }
  later() {
    return this.ctx.waitUntil(scheduler.wait(2).then(() => { this.seen.push("later"); }));
  }
  async section() { return await this.ctx.blockConcurrencyWhile(async () => "value of the section"); }
  async sectionFails() {
    await this.ctx.blockConcurrencyWhile(async () => { throw new RangeError("section failed"); });
  }
  stop(reason) { this.ctx.abort(reason); }
  stopWithNothing() { this.ctx.abort(); }
  stopWithError() { this.ctx.abort(new TypeError("an Error as the reason")); }
  async stopCaught() {
    try {
      this.ctx.abort("not catchable");
    } catch {
      return "caught";
    } finally {
      this.ctx.storage.kv.put("finally", true);
    }
    return "went on";
  }
  putThenStop() {
    this.ctx.storage.kv.put("put", 1);
    this.ctx.abort("after a put");
  }
  put(key, value) { this.ctx.storage.kv.put(key, value); }
  get(key) { return this.ctx.storage.kv.get(key) ?? null; }
  giveTarget() { return new Target(); }
}
class Target extends RpcTarget {
  hello() { return "hello"; }
}
export class Plain {}

const at = (env, name) => env.ACTOR.get(env.ACTOR.idFromName(name));

export const do_constructor_gets_ctx_and_env = {
  async test(_, env) { eq(await at(env, "constructor").fields(), true); },
};
export const do_constructor_throws = {
  async test(_, env) {
    const e = await rejects(at(env, "broken-1").note("x"), "RangeError", "cannot build broken-1");
    eq(e.durableObjectReset, true);
  },
};
export const do_constructor_throws_in_fetch = {
  async test(_, env) {
    const e = await rejects(at(env, "broken-2").fetch("http://object/"), "RangeError", "cannot build broken-2");
    eq(e.remote, true);
    eq(e.durableObjectReset, true);
  },
};
export const do_constructor_is_tried_again = {
  async test(_, env) {
    await rejects(at(env, "once-1").note("x"), "Error", "first time only");
    eq(await at(env, "once-1").note("y"), 1);
    eq(await at(env, "once-1").built("once-1"), 2);
  },
};
export const do_constructor_section_holds_the_first_call = {
  async test(_, env) { eq(await at(env, "setup-1").isReady(), true); },
};
export const do_constructor_section_fails = {
  async test(_, env) {
    const e = await rejects(at(env, "refused-1").note("x"), "TypeError", "setup failed");
    eq(e.durableObjectReset, true);
  },
};
export const do_context_members = {
  async test(_, env) {
    same(await at(env, "context").contextTypes(), ["id object", "storage object", "props object", "exports object",
      "waitUntil function", "blockConcurrencyWhile function", "acceptWebSocket function", "getWebSockets function",
      "getTags function", "setWebSocketAutoResponse function", "getWebSocketAutoResponse function",
      "getWebSocketAutoResponseTimestamp function", "setHibernatableWebSocketEventTimeout function",
      "getHibernatableWebSocketEventTimeout function", "abort function", "facets object"]);
  },
};
export const do_context_id = {
  async test(_, env) {
    const stub = at(env, "context-id");
    eq(await stub.idText(), stub.id.toString());
    eq(await stub.idName(), "context-id");
    eq(await stub.idEquals(stub.id.toString()), true);
  },
};
export const do_context_id_of_unique = {
  async test(_, env) {
    const stub = env.ACTOR.get(env.ACTOR.newUniqueId());
    eq(await stub.idText(), stub.id.toString());
    eq(await stub.idName(), undefined);
  },
};
export const do_context_props_are_empty = {
  async test(_, env) { same(await at(env, "context").props(), {}); },
};
export const do_context_exports = {
  async test(_, env) { same((await at(env, "context").exportNames()).sort(), ["Actor", "Plain"]); },
};
export const do_context_storage_is_one_object = {
  async test(_, env) { eq(await at(env, "context").storageIsOne(), true); },
};
export const do_context_wait_until = {
  async test(_, env) {
    const stub = at(env, "wait-until");
    eq(await stub.later(), undefined);
    await scheduler.wait(20);
    same(await stub.notes(), ["later"]);
  },
};
export const do_context_section_gives_its_value = {
  async test(_, env) { eq(await at(env, "section").section(), "value of the section"); },
};
export const do_context_section_failure_resets = {
  async test(_, env) {
    const stub = at(env, "section-fails");
    await stub.note("memory");
    const e = await rejects(stub.sectionFails(), "RangeError", "section failed");
    eq(e.durableObjectReset, true);
    eq(await at(env, "section-fails").note("fresh"), 1);
  },
};
export const do_abort_gives_the_reason = {
  async test(_, env) {
    const e = await rejects(at(env, "abort-1").stop("a reason"), "Error", "a reason");
    eq(e.durableObjectReset, true);
    eq(e.retryable, undefined);
  },
};
export const do_abort_default_text = {
  async test(_, env) {
    await rejects(at(env, "abort-2").stopWithNothing(), "Error", "Application called abort() to reset Durable Object.");
  },
};
export const do_abort_with_an_error = {
  async test(_, env) {
    await rejects(at(env, "abort-3").stopWithError(), "Error", "TypeError: an Error as the reason");
  },
};
export const do_abort_in_fetch = {
  async test(_, env) {
    const e = await rejects(at(env, "abort-4").fetch("http://object/stop"), "Error", "stopped in fetch");
    eq(e.durableObjectReset, true);
  },
};
export const do_abort_cannot_be_caught = {
  async test(_, env) {
    await rejects(at(env, "abort-5").stopCaught(), "Error", "not catchable");
    eq(await at(env, "abort-5").get("finally"), null);
  },
};
export const do_abort_discards_uncommitted_writes = {
  async test(_, env) {
    await at(env, "abort-6").put("kept", 1);
    await rejects(at(env, "abort-6").putThenStop(), "Error", "after a put");
    eq(await at(env, "abort-6").get("put"), null);
    eq(await at(env, "abort-6").get("kept"), 1);
  },
};
export const do_abort_fails_calls_in_flight = {
  async test(_, env) {
    const stub = at(env, "abort-7");
    const rpc = stub.pause(1000);
    const http = stub.fetch("http://object/slow");
    await scheduler.wait(2);
    const ends = [rejects(rpc, "Error", "all must go"), rejects(http, "Error", "all must go")];
    await rejects(at(env, "abort-7").stop("all must go"), "Error", "all must go");
    for (const e of await Promise.all(ends)) eq(e.durableObjectReset, true);
  },
};
export const do_abort_loses_memory = {
  async test(_, env) {
    await at(env, "abort-8").note("memory");
    await rejects(at(env, "abort-8").stop("x"), "Error", "x");
    eq(await at(env, "abort-8").note("fresh"), 1);
    eq(await at(env, "abort-8").built("abort-8"), 2);
  },
};
export const do_abort_breaks_the_stub = {
  async test(_, env) {
    const stub = at(env, "abort-9");
    await rejects(stub.stop("for good"), "Error", "for good");
    await rejects(stub.note("x"), "Error", "for good");
    await rejects(stub.fetch("http://object/text"), "Error", "for good");
    eq(await at(env, "abort-9").note("x"), 1);
  },
};
export const do_abort_breaks_other_stubs_of_the_instance = {
  async test(_, env) {
    const bystander = at(env, "abort-10");
    await bystander.note("x");
    await rejects(at(env, "abort-10").stop("for all"), "Error", "for all");
    await rejects(bystander.note("y"), "Error", "for all");
  },
};
export const do_abort_breaks_stubs_into_the_object = {
  async test(_, env) {
    const target = await at(env, "abort-11").giveTarget();
    eq(await target.hello(), "hello");
    await rejects(at(env, "abort-11").stop("gone"), "Error", "gone");
    await rejects(target.hello(), "Error",
      "The execution context which hosts this callback is no longer running.");
  },
};
