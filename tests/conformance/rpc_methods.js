// Which members of a receiver can be called: spec/durable-objects.md section 1.3, spec/runtime-api.md section 9.1.
import { DurableObject, WorkerEntrypoint, RpcTarget, RpcPromise, RpcStub, RpcProperty } from "cloudflare:workers";
import { eq, same, ok, rejects } from "./assert.js";

class Base extends DurableObject {
  inherited() { return "inherited"; }
  overridden() { return "base"; }
}
export class Actor extends Base {
  own = "own";
  ownFunction = () => "own function";
  #value = 7;
  static fixed() { return "static"; }
  add(a, b) { return a + b; }
  async addLater(a, b) { await scheduler.wait(1); return a + b; }
  overridden() { return `derived of ${super.overridden()}`; }
  get number() { return this.#value; }
  get promised() { return Promise.resolve("promised"); }
  get nested() { return { a: { b: [10, 20] }, f: (x) => x + 1 }; }
  get throwing() { throw new RangeError("from a getter"); }
  set number(v) { this.#value = v; }
  self() { return this.#value; }
  countArguments(...args) { return args.length; }
  kinds(...args) { return args.map((a) => String(a)); }
  nothing() {}
  nil() { return null; }
  throwText() { throw "a string"; }
  *generator() { yield 1; }
  "odd name"() { return "odd"; }
  delete(x) { return `delete ${x}`; }
  get(x) { return `get ${x}`; }
  put(x) { return `put ${x}`; }
  then(x) { return `then ${x}`; }
  alarm() {}
  webSocketMessage() {}
  webSocketClose() {}
  webSocketError() {}
  dup() { return "own dup"; }
  thenable() { return { then(done) { done("resolved by then"); } }; }
}
Actor.prototype.constant = 42;
Actor.prototype.viaPrototype = function () { return this.self(); };

class Counter extends RpcTarget {
  own = "own";
  #n = 0;
  next() { return ++this.#n; }
  get value() { return this.#n; }
  fetch() { return "a target's fetch is a method"; }
  alarm() { return "so is alarm"; }
}
export class Named extends WorkerEntrypoint {
  hidden = 1;
  add(a, b) { return a + b; }
  get label() { return "named"; }
  counter() { return new Counter(); }
  alarm() {}
}
export const PlainNamed = ({
  one(x) { return x + 1; },
  text: "text",
});

const at = (env) => env.ACTOR.getByName("methods");
const lacks = (promise, name) =>
  rejects(promise, "TypeError", `The RPC receiver does not implement the method "${name}".`);
const reserved = (promise, name) =>
  rejects(promise, "TypeError", `'${name}' is a reserved method and cannot be called over RPC.`);

export const rpc_method_of_an_object = {
  async test(_, env) { eq(await at(env).add(1, 2), 3); },
};
export const rpc_method_of_an_entrypoint = {
  async test(_, env) { eq(await env.NAMED.add("a", "b"), "ab"); },
};
export const rpc_method_async = {
  async test(_, env) { eq(await at(env).addLater(1, 2), 3); },
};
export const rpc_method_inherited = {
  async test(_, env) {
    eq(await at(env).inherited(), "inherited");
    eq(await at(env).overridden(), "derived of base");
  },
};
export const rpc_method_this_is_the_instance = {
  async test(_, env) {
    eq(await at(env).self(), 7);
    eq(await at(env).viaPrototype(), 7);
  },
};
export const rpc_method_arguments = {
  async test(_, env) {
    eq(await at(env).countArguments(), 0);
    eq(await at(env).countArguments(undefined, 2, null), 3);
    same(await at(env).kinds(undefined, null, 1n), ["undefined", "null", "1"]);
  },
};
export const rpc_method_returns_nothing = {
  async test(_, env) {
    eq(await at(env).nothing(), undefined);
    eq(await at(env).nil(), null);
  },
};
export const rpc_method_with_an_odd_name = {
  async test(_, env) { eq(await at(env)["odd name"](), "odd"); },
};
export const rpc_method_names_of_old_fetchers = {
  async test(_, env) {
    eq(await at(env).get("x"), "get x");
    eq(await at(env).put("x"), "put x");
    eq(await at(env).delete("x"), "delete x");
  },
};
export const rpc_method_kept_apart_from_its_stub = {
  async test(_, env) {
    const { add } = at(env);
    eq(await add(3, 4), 7);
  },
};
export const rpc_method_by_call_and_apply = {
  async test(_, env) {
    const stub = at(env);
    eq(await Reflect.apply(stub.add, stub, [1, 2]), 3);
  },
};
export const rpc_getter = {
  async test(_, env) {
    eq(await at(env).number, 7);
    eq(await env.NAMED.label, "named");
  },
};
export const rpc_getter_of_a_promise = {
  async test(_, env) { eq(await at(env).promised, "promised"); },
};
export const rpc_getter_throws = {
  async test(_, env) {
    const e = await rejects(async () => await at(env).throwing, "RangeError", "from a getter");
    eq(e.remote, true);
  },
};
export const rpc_getter_path = {
  async test(_, env) {
    same(await at(env).nested.a, { b: [10, 20] });
    eq(await at(env).nested.f(1), 2);
  },
};
export const rpc_getter_is_no_function = {
  async test(_, env) { await rejects(at(env).number(), "TypeError", "\"number\" is not a function."); },
};
export const rpc_prototype_value = {
  async test(_, env) { eq(await at(env).constant, 42); },
};
export const rpc_missing_method = {
  async test(_, env) {
    await lacks(at(env).absent(), "absent");
    await lacks(env.NAMED.absent(), "absent");
  },
};
export const rpc_missing_property = {
  async test(_, env) { await lacks((async () => await at(env).absent)(), "absent"); },
};
export const rpc_missing_part_of_a_path = {
  async test(_, env) {
    await lacks((async () => await at(env).nested.x.y)(), "x");
    await lacks(at(env).nested.a.c(), "c");
  },
};
export const rpc_instance_properties_are_hidden = {
  async test(_, env) {
    await lacks((async () => await at(env).own)(), "own");
    await lacks(at(env).ownFunction(), "ownFunction");
    await lacks((async () => await env.NAMED.hidden)(), "hidden");
  },
};
export const rpc_env_and_ctx_are_unreachable = {
  async test(_, env) {
    await lacks((async () => await at(env).env)(), "env");
    await lacks((async () => await at(env).ctx)(), "ctx");
    await lacks((async () => await env.NAMED.env)(), "env");
    await lacks((async () => await env.NAMED.ctx)(), "ctx");
  },
};
export const rpc_static_members_are_unreachable = {
  async test(_, env) { await lacks(at(env).fixed(), "fixed"); },
};
export const rpc_object_prototype_members_are_the_stubs = {
  test(_, env) {
    eq(at(env).hasOwnProperty("add"), false);
    eq(at(env).toString(), "[object DurableObject]");
    eq(at(env).nested.hasOwnProperty("a"), false);
  },
};
export const rpc_arrays_have_no_members = {
  async test(_, env) { await lacks((async () => await at(env).nested.a.b.length)(), "b"); },
};
export const rpc_indices_are_no_members = {
  test(_, env) { eq(at(env).nested.a.b[1], undefined); },
};
export const rpc_reserved_on_objects = {
  async test(_, env) {
    for (const n of ["alarm", "webSocketMessage", "webSocketClose", "webSocketError", "dup"]) {
      await reserved(at(env)[n](), n);
    }
  },
};
export const rpc_reserved_on_entrypoints = {
  async test(_, env) { await reserved(env.NAMED.alarm(), "alarm"); },
};
export const rpc_reserved_even_if_absent = {
  async test(_, env) { await reserved(env.NAMED.webSocketMessage(), "webSocketMessage"); },
};
export const rpc_target_has_other_reserved_names = {
  async test(_, env) {
    const counter = await env.NAMED.counter();
    eq(await counter.fetch(), "a target's fetch is a method");
    eq(await counter.alarm(), "so is alarm");
  },
};
export const rpc_target_members = {
  async test(_, env) {
    const counter = await env.NAMED.counter();
    eq(await counter.next(), 1);
    eq(await counter.next(), 2);
    eq(await counter.value, 2);
    await lacks((async () => await counter.own)(), "own");
    await lacks(counter.absent(), "absent");
  },
};
export const rpc_then_is_no_member_of_a_stub = {
  async test(_, env) {
    eq(at(env).then, undefined);
    eq(env.NAMED.then, undefined);
  },
};
export const rpc_symbols_are_no_members = {
  test(_, env) {
    eq(at(env)[Symbol("x")], undefined);
    eq(at(env)[Symbol.iterator], undefined);
  },
};
export const rpc_call_never_throws_synchronously = {
  async test(_, env) {
    await lacks(() => at(env).absent(), "absent");
    await rejects(() => at(env).add(Symbol("s")), "DataCloneError");
  },
};
export const rpc_call_gives_an_rpc_promise = {
  async test(_, env) {
    const p = at(env).add(1, 2);
    ok(p instanceof RpcPromise);
    eq(typeof p.then, "function");
    eq(typeof p.catch, "function");
    eq(typeof p.finally, "function");
    eq(await p, 3);
  },
};
export const rpc_promise_can_be_awaited_twice = {
  async test(_, env) {
    const p = at(env).add(1, 2);
    eq(await p, 3);
    eq(await p, 3);
  },
};
export const rpc_promise_then_catch_finally = {
  async test(_, env) {
    const seen = [];
    seen.push(await at(env).add(1, 2).then((x) => x + 1));
    seen.push(await at(env).absent().catch((e) => e.name));
    seen.push(await at(env).add(2, 2).finally(() => seen.push("finally")));
    same(seen, [4, "TypeError", "finally", 4]);
  },
};
export const rpc_property_is_no_value_yet = {
  async test(_, env) {
    const p = at(env).number;
    ok(p instanceof RpcProperty);
    eq(await p, 7);
  },
};
export const rpc_awaiting_a_method_gives_a_stub = {
  async test(_, env) {
    const add = await at(env).add;
    ok(add instanceof RpcStub);
    eq(await add(5, 6), 11);
  },
};
export const rpc_thrown_text_becomes_an_error = {
  async test(_, env) { await rejects(at(env).throwText(), "Error", "a string"); },
};
export const rpc_generator_does_not_travel = {
  async test(_, env) { await rejects(at(env).generator(), "DataCloneError"); },
};
export const rpc_thenable_result_is_resolved = {
  async test(_, env) { eq(await at(env).thenable(), "resolved by then"); },
};
export const rpc_plain_object_entrypoint = {
  async test(_, env) { eq(await env.PLAIN.one(1), 2); },
};
export const rpc_plain_object_own_value = {
  async test(_, env) { eq(await env.PLAIN.text, "text"); },
};
export const rpc_plain_object_wants_one_argument = {
  async test(_, env) {
    const text = /^Attempted to call RPC function "one" with the wrong number of arguments\. When calling a top-level/;
    await rejects(env.PLAIN.one(1, 2), "TypeError", text);
    await rejects(env.PLAIN.one(), "TypeError", text);
  },
};
