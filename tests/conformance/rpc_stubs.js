// Functions and RpcTargets as stubs, and how long they live: spec/durable-objects.md section 1.3.
import { DurableObject, WorkerEntrypoint, RpcTarget, RpcStub } from "cloudflare:workers";
import { eq, same, ok, throws, rejects, until } from "./assert.js";

const DISPOSED = "RPC stub used after being disposed.";

class Counter extends RpcTarget {
  own = "own";
  #n = 0;
  constructor(onDispose) {
    super();
    this.onDispose = onDispose;
  }
  next() { return ++this.#n; }
  async nextLater() { await scheduler.wait(1); return ++this.#n; }
  get value() { return this.#n; }
  get child() { return new Counter(); }
  fail() { throw new RangeError("from a target"); }
  [Symbol.dispose]() { this.onDispose?.(); }
}
class Derived extends Counter {
  twice() { return [this.next(), this.next()]; }
}
class FaultyDisposer extends RpcTarget {
  hello() { return "hello"; }
  [Symbol.dispose]() { throw new Error("disposer"); }
}
class Forbidden {
  method() {}
}
export class Actor extends DurableObject {
  disposals = 0;
  counter() { return new Counter(() => { this.disposals++; }); }
  counters() {
    const c = new Counter();
    return { a: c, b: c };
  }
  sharedCounter() { return (this.shared ??= new Counter(() => { this.disposals++; })); }
  countDisposals() { return this.disposals; }
  derived() { return new Derived(); }
  faulty() { return new FaultyDisposer(); }
  forbidden() { return { f: new Forbidden() }; }
  adder(n) { return (x) => n + x; }
  adderWithProperty() { return Object.assign((x) => x, { label: "a property" }); }
  nest() { return { list: [new Counter()], map: new Map([["c", new Counter()]]), text: "t" }; }
  async call(f, ...args) { return await f(...args); }
  async callTwice(f) { return [await f(1), await f(2)]; }
  async callThrice(f) { f(1); f(2); return await f(3); }
  callAndForget(f) { f("late"); }
  async callMethod(target) { return await target.next(); }
  async catchFrom(f) {
    try {
      await f();
    } catch (e) {
      return `${e.name}: ${e.message} ${e.remote}`;
    }
    return "no error";
  }
  keep(f) { this.kept = f; }
  keepDuplicate(f) { this.kept = f.dup(); }
  async useKept(...args) { return await this.kept(...args); }
  giveBack(f) { return f; }
  async pass(env, f) { return await this.env.ACTOR.getByName("third").call(f, "passed on"); }
  async recurse(f, n) { return n === 0 ? "end" : await f(n - 1); }
}
let keptCounter; // of an event that is over

export class Named extends WorkerEntrypoint {
  counter() { return new Counter(); }
  later() { return async () => { await scheduler.wait(2); return "after the call"; }; }
  async keepCounter(name) { keptCounter = await this.env.ACTOR.getByName(name).counter(); }
  async useCounter() { return await keptCounter.next(); }
  async useAnother(name) {
    const counter = await this.env.ACTOR.getByName(name).counter();
    return await counter.next();
  }
  kind(f) { return `${typeof f} ${f instanceof RpcStub}`; }
}
const at = (env, name) => env.ACTOR.getByName(name);
const lacks = (promise, name) =>
  rejects(promise, "TypeError", `The RPC receiver does not implement the method "${name}".`);

export const rpc_stub_function_as_argument = {
  async test(_, env) {
    eq(await at(env, "f").call((a, b) => a + b, 1, 2), 3);
    eq(await at(env, "f").call(async (a) => { await scheduler.wait(1); return a; }, "async"), "async");
    same(await at(env, "f").callTwice((x) => x * 10), [10, 20]);
  },
};
export const rpc_stub_function_is_a_stub = {
  async test(_, env) {
    eq(await env.NAMED.kind(() => 1), "function true");
    const add = await at(env, "f").adder(1);
    ok(add instanceof RpcStub);
    eq(typeof add, "function");
  },
};
export const rpc_stub_function_as_result = {
  async test(_, env) {
    const add = await at(env, "f").adder(10);
    eq(await add(1), 11);
    eq(await add(2), 12);
  },
};
export const rpc_stub_function_calls_keep_their_order = {
  async test(_, env) {
    const seen = [];
    eq(await at(env, "order").callThrice((x) => { seen.push(x); return seen.join(); }), "1,2,3");
  },
};
export const rpc_stub_function_need_not_be_awaited = {
  async test(_, env) {
    const seen = [];
    await at(env, "unawaited").callAndForget((x) => { seen.push(x); });
    await until(() => seen.length);
    same(seen, ["late"]);
  },
};
export const rpc_stub_function_properties = {
  async test(_, env) {
    const f = await at(env, "f").adderWithProperty();
    eq(await f(1), 1);
    eq(await f.label, "a property");
  },
};
export const rpc_stub_function_error_reaches_the_callee = {
  async test(_, env) {
    eq(await at(env, "f").catchFrom(() => { throw new RangeError("of the caller"); }), "RangeError: of the caller true");
  },
};
export const rpc_stub_function_error_comes_back = {
  async test(_, env) {
    await rejects(at(env, "f").call(() => { throw new TypeError("there and back"); }), "TypeError", "there and back");
  },
};
export const rpc_stub_calls_back_and_forth = {
  async test(_, env) {
    const stub = at(env, "recurse");
    let depth = 0;
    const f = async (n) => { depth++; return await stub.recurse(f, n); };
    eq(await f(5), "end");
    eq(depth, 6);
  },
};
export const rpc_stub_target_as_result = {
  async test(_, env) {
    const counter = await at(env, "t").counter();
    ok(counter instanceof RpcStub);
    eq(await counter.next(), 1);
    eq(await counter.nextLater(), 2);
    eq(await counter.value, 2);
  },
};
export const rpc_stub_target_as_argument = {
  async test(_, env) {
    const counter = new Counter();
    eq(await at(env, "t").callMethod(counter), 1);
    eq(await at(env, "t").callMethod(counter), 2);
    eq(counter.value, 2);
  },
};
export const rpc_stub_target_inherits = {
  async test(_, env) { same(await (await at(env, "t").derived()).twice(), [1, 2]); },
};
export const rpc_stub_target_hides_own_properties = {
  async test(_, env) {
    const counter = await at(env, "t").counter();
    await lacks((async () => await counter.own)(), "own");
    await lacks(counter.onDispose(), "onDispose");
  },
};
export const rpc_stub_target_getter_gives_a_stub = {
  async test(_, env) {
    const child = await (await at(env, "t").counter()).child;
    eq(await child.next(), 1);
  },
};
export const rpc_stub_target_error = {
  async test(_, env) {
    const counter = await at(env, "t").counter();
    const e = await rejects(counter.fail(), "RangeError", "from a target");
    eq(e.remote, true);
    eq(await counter.next(), 1);
  },
};
export const rpc_stub_plain_class_is_refused = {
  async test(_, env) {
    await rejects(at(env, "t").forbidden(), "DataCloneError",
      "Could not serialize object of type \"Forbidden\". This type does not support serialization.");
  },
};
export const rpc_stub_inside_values = {
  async test(_, env) {
    const r = await at(env, "nest").nest();
    eq(r.text, "t");
    eq(await r.list[0].next(), 1);
    eq(await r.map.get("c").next(), 1);
  },
};
export const rpc_stub_given_twice_is_one_stub = {
  async test(_, env) {
    const r = await at(env, "twice").counters();
    eq(r.a === r.b, true);
    eq(await r.a.next(), 1);
    eq(await r.b.next(), 2);
  },
};
export const rpc_stub_comes_back_to_its_owner = {
  async test(_, env) {
    let calls = 0;
    const back = await at(env, "back").giveBack(() => ++calls);
    eq(await back(), 1);
    eq(await back(), 2);
  },
};
export const rpc_stub_through_a_third = {
  async test(_, env) {
    eq(await at(env, "second").pass(null, (x) => `got ${x}`), "got passed on");
  },
};
export const rpc_stub_outlives_the_call = {
  async test(_, env) {
    const later = await env.NAMED.later();
    await scheduler.wait(2);
    eq(await later(), "after the call");
  },
};
export const rpc_stub_dispose_then_use = {
  async test(_, env) {
    const counter = await at(env, "d").counter();
    counter[Symbol.dispose]();
    await rejects(counter.next(), "Error", DISPOSED);
    await rejects((async () => await counter.value)(), "Error", DISPOSED);
  },
};
export const rpc_stub_dispose_twice = {
  async test(_, env) {
    const counter = await at(env, "d").counter();
    eq(counter[Symbol.dispose](), undefined);
    eq(counter[Symbol.dispose](), undefined);
  },
};
export const rpc_stub_disposed_is_no_argument = {
  async test(_, env) {
    const counter = await at(env, "d").counter();
    counter[Symbol.dispose]();
    await rejects(at(env, "d").callMethod(counter), "Error", DISPOSED);
  },
};
export const rpc_stub_dispose_ends_the_target = {
  async test(_, env) {
    const actor = at(env, "end");
    const counter = await actor.counter();
    eq(await actor.countDisposals(), 0);
    counter[Symbol.dispose]();
    await until(() => actor.countDisposals());
    eq(await actor.countDisposals(), 1);
  },
};
export const rpc_stub_dup_is_independent = {
  async test(_, env) {
    const actor = at(env, "dup");
    const counter = await actor.counter();
    const copy = counter.dup();
    ok(copy instanceof RpcStub);
    counter[Symbol.dispose]();
    eq(await copy.next(), 1);
    await scheduler.wait(2);
    eq(await actor.countDisposals(), 0);
    copy[Symbol.dispose]();
    await until(() => actor.countDisposals());
  },
};
export const rpc_stub_dup_of_a_disposed = {
  async test(_, env) {
    const counter = await at(env, "dup-2").counter();
    counter[Symbol.dispose]();
    throws(() => counter.dup(), "Error");
  },
};
export const rpc_stub_disposer_runs_for_each_giving = {
  async test(_, env) {
    const actor = at(env, "last");
    const a = await actor.sharedCounter();
    const b = await actor.sharedCounter();
    eq(await a.next(), 1);
    a[Symbol.dispose]();
    await until(() => actor.countDisposals());
    eq(await b.next(), 2);
    b[Symbol.dispose]();
    await until(async () => await actor.countDisposals() === 2);
  },
};
export const rpc_stub_result_dispose_covers_its_stubs = {
  async test(_, env) {
    const r = await at(env, "result").nest();
    eq(typeof r[Symbol.dispose], "function");
    r[Symbol.dispose]();
    await rejects(r.list[0].next(), "Error", DISPOSED);
  },
};
export const rpc_stub_plain_result_can_be_disposed = {
  async test(_, env) {
    const r = await env.NAMED.kind(() => 1);
    eq(typeof r, "string");
    const o = await at(env, "result").giveBack({ a: 1 });
    eq(typeof o[Symbol.dispose], "function");
    eq(Object.keys(o).join(), "a");
    o[Symbol.dispose]();
    eq(o.a, 1);
  },
};
export const rpc_stub_promise_dispose = {
  async test(_, env) {
    const p = at(env, "promise").counter();
    p[Symbol.dispose]();
    await rejects((async () => await p.next())(), "Error", "RPC promise used after being disposed.");
  },
};
export const rpc_stub_promise_dispose_keeps_the_value = {
  async test(_, env) {
    const p = at(env, "promise-3").call(() => scheduler.wait(2).then(() => "came"));
    p[Symbol.dispose]();
    eq(await p, "came");
  },
};
export const rpc_stub_promise_dispose_after_use = {
  async test(_, env) {
    const actor = at(env, "promise-2");
    const p = actor.counter();
    eq(await p.next(), 1);
    p[Symbol.dispose]();
    await until(() => actor.countDisposals());
  },
};
export const rpc_stub_disposer_errors_go_nowhere = {
  async test(_, env) {
    const faulty = await at(env, "faulty").faulty();
    eq(await faulty.hello(), "hello");
    faulty[Symbol.dispose]();
    await scheduler.wait(2);
    eq(await at(env, "faulty").countDisposals(), 0);
  },
};
export const rpc_stub_parameter_ends_with_the_call = {
  async test(_, env) {
    const actor = at(env, "kept-1");
    await actor.keep(() => "called");
    await rejects(actor.useKept(), "Error", DISPOSED);
  },
};
export const rpc_stub_parameter_duplicate_is_kept = {
  async test(_, env) {
    const actor = at(env, "kept-2");
    await actor.keepDuplicate((x) => `called ${x}`);
    eq(await actor.useKept("later"), "called later");
  },
};
export const rpc_stub_caller_keeps_its_parameter = {
  async test(_, env) {
    const counter = await at(env, "kept-3").counter();
    eq(await at(env, "kept-4").callMethod(counter), 1);
    eq(await counter.next(), 2);
  },
};
export const rpc_stub_belongs_to_its_event = {
  async test(_, env) {
    await env.NAMED.keepCounter("of an event");
    await rejects(env.NAMED.useCounter(), "Error", /^Cannot perform I\/O on behalf of a different request\./);
  },
};
export const rpc_stub_caller_context_ends = {
  async test(_, env) {
    eq(await env.NAMED.useAnother("used"), 1);
    await until(() => at(env, "used").countDisposals());
  },
};
