// Constructor, instance and reset of Durable Objects: spec/durable-objects.md sections 1.4 and 1.5.
import { eq, same, ok, rejects } from "./assert.js";
import { Actor, within, fresh, again } from "./actor.js";

export { Actor };
/** Does what takes time in its constructor. */
export class Prepared extends Actor {
  constructor(ctx, env) {
    super(ctx, env);
    this.log.push("constructor");
    ctx.blockConcurrencyWhile(async () => {
      await scheduler.wait(2);
      this.log.push((await ctx.storage.get("starts")) ?? 0);
      await ctx.storage.put("starts", ((await ctx.storage.get("starts")) ?? 0) + 1);
    });
  }
}
/** Its first instance cannot be made. */
let attempts = 0;
export class Fragile extends Actor {
  constructor(ctx, env) {
    super(ctx, env);
    if (++attempts === 1) throw new RangeError("not the first time");
  }
}
/** Its constructor's section fails at the first start. */
export class Unprepared extends Actor {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.blockConcurrencyWhile(async () => {
      await scheduler.wait(1);
      if (++starts === 1) throw new RangeError("section of the constructor");
    });
  }
}
let starts = 0;

const DEFAULT = "Application called abort() to reset Durable Object.";
const log = within((_, self) => self.log);
const note = within((_, self, name) => { self.log.push(name); });
const names = within((s) => [...s.kv.list()].map(([k]) => k).join());
const throwing = within((_, self, what) => { throw errors[what](); });
const errors = {
  Error: () => new Error("of the handler"),
  TypeError: () => new TypeError("of the handler"),
  RangeError: () => new RangeError("of the handler"),
  SyntaxError: () => new SyntaxError("of the handler"),
  ReferenceError: () => new ReferenceError("of the handler"),
  AbortError: () => new DOMException("of the handler", "AbortError"),
};

export const do_lifecycle_instance_keeps_its_fields = {
  async test(_, env) {
    const stub = fresh(env);
    await note(stub, "one");
    await note(again(env, stub), "two");
    same(await log(stub), ["one", "two"]);
    same(await log(fresh(env)), []);
  },
};
export const do_lifecycle_1_constructor_runs_once_before_the_first_event = {
  async test(_, env) {
    const stub = fresh(env, "PREPARED");
    await Promise.all([note(stub, "a"), note(stub, "b")]);
    same(await log(stub), ["constructor", 0, "a", "b"]);
  },
};
export const do_lifecycle_1_constructor_runs_again_after_a_reset = {
  async test(_, env) {
    const stub = fresh(env, "PREPARED");
    await note(stub, "lost");
    await rejects(abort.raw(stub), "Error", DEFAULT);
    same(await log(again(env, stub, "PREPARED")), ["constructor", 1]);
  },
};
export const do_lifecycle_2_constructor_that_throws = {
  async test(_, env) {
    const stub = fresh(env, "FRAGILE");
    const e = await rejects(log(stub), "RangeError", "not the first time");
    eq(e.remote, true);
    eq(e.durableObjectReset, true);
    await rejects(log(stub), "RangeError", "not the first time");
    same(await log(again(env, stub, "FRAGILE")), []);
  },
};
export const do_lifecycle_2_section_of_the_constructor_that_throws = {
  async test(_, env) {
    const stub = fresh(env, "UNPREPARED");
    const e = await rejects(log(stub), "RangeError", "section of the constructor");
    eq(e.durableObjectReset, true);
    same(await log(again(env, stub, "UNPREPARED")), []);
  },
};
export const do_lifecycle_4_rejected_wait_until_does_no_harm = {
  async test(_, env) {
    const stub = fresh(env);
    await fails(stub);
    await scheduler.wait(5);
    same(await log(stub), ["still here"]);
  },
};
const fails = within((_, self) => {
  self.log.push("still here");
  self.ctx.waitUntil(Promise.reject(new Error("in waitUntil")));
});
const abort = within((s, self, reason) => {
  if (reason === null) self.ctx.abort();
  else self.ctx.abort(reason);
});
export const do_lifecycle_5_abort_reason = {
  async test(_, env) {
    const e = await rejects(abort.raw(fresh(env), "because"), "Error", "because");
    eq(e.durableObjectReset, true);
    eq(e.retryable, undefined);
    eq(e.overloaded, undefined);
  },
};
export const do_lifecycle_5_abort_loses_memory_but_not_storage = {
  async test(_, env) {
    const stub = fresh(env);
    await note(stub, "memory");
    await put(stub, "disk");
    await rejects(abort.raw(stub, "because"), "Error", "because");
    const next = again(env, stub);
    same(await log(next), []);
    eq(await names(next), "disk");
  },
};
const put = within(async (s, _, key) => { await s.put(key, 1); });
export const do_lifecycle_5_abort_discards_what_is_not_committed = {
  async test(_, env) {
    const stub = fresh(env);
    await rejects(putAndAbort.raw(stub), "Error", DEFAULT);
    eq(await names(again(env, stub)), "");
  },
};
const putAndAbort = within(async (s, self) => {
  await s.put("a", 1);
  s.sql.exec("CREATE TABLE t(a)");
  self.ctx.abort();
});
export const do_lifecycle_5_abort_fails_requests_in_flight = {
  async test(_, env) {
    const stub = fresh(env);
    const waiting = rejects(hang.raw(stub), "Error", "because");
    const other = rejects(hang.raw(again(env, stub)), "Error", "because");
    await log(stub);
    await rejects(abort.raw(stub, "because"), "Error", "because");
    eq((await waiting).durableObjectReset, true);
    await other;
  },
};
const hang = within(async () => { await scheduler.wait(50); });
export const do_lifecycle_errors_keep_class_and_message = {
  async test(_, env) {
    const stub = fresh(env);
    for (const name of Object.keys(errors)) {
      const e = await rejects(throwing.raw(stub, name), name, "of the handler");
      eq(e.remote, true, name);
    }
  },
};
export const do_lifecycle_errors_leave_the_object_as_it_is = {
  async test(_, env) {
    const stub = fresh(env);
    await note(stub, "memory");
    const e = await rejects(throwing.raw(stub, "Error"), "Error");
    eq(e.durableObjectReset, undefined);
    eq(e.retryable, undefined);
    eq(e.overloaded, undefined);
    same(await log(stub), ["memory"]);
  },
};
export const do_lifecycle_errors_are_of_the_callers_realm = {
  async test(_, env) {
    const e = await rejects(throwing.raw(fresh(env), "RangeError"), "RangeError");
    ok(e instanceof RangeError);
  },
};
