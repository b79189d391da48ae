// Calls on results that have not come yet: spec/durable-objects.md section 1.3, pipelining.
import { DurableObject, WorkerEntrypoint, RpcTarget, RpcPromise, RpcProperty } from "cloudflare:workers";
import { eq, same, ok, rejects, until } from "./assert.js";

class Node extends RpcTarget {
  #depth;
  constructor(depth, log) {
    super();
    this.#depth = depth;
    this.log = log;
  }
  child() { this.log?.push(`child of ${this.#depth}`); return new Node(this.#depth + 1, this.log); }
  depth() { this.log?.push(`depth ${this.#depth}`); return this.#depth; }
  get name() { return `node ${this.#depth}`; }
  add(n) { return this.#depth + n; }
  [Symbol.dispose]() { this.log?.push(`disposed ${this.#depth}`); }
}
export class Actor extends DurableObject {
  log = [];
  node() { this.log.push("node"); return new Node(1, this.log); }
  async slowNode() { await scheduler.wait(5); return new Node(1, this.log); }
  plain() { return { a: { b: "deep" }, f: (x) => x * 2, list: ["x", "y"], nothing: null, node: new Node(5) }; }
  adder(n) { return (x) => n + x; }
  text() { return "text"; }
  nothing() {}
  map() { return new Map([["k", "v"]]); }
  fail() { throw new RangeError("no result"); }
  failLater() { return scheduler.wait(2).then(() => { throw new RangeError("later"); }); }
  note(x) { this.log.push(x); return x; }
  entries() { return this.log; }
  get root() { return new Node(0, this.log); }
  respond() { return new Response("a body"); }
  same(x) { return x; }
}
export class Named extends WorkerEntrypoint {
  node() { return new Node(1); }
}
const at = (env, name) => env.ACTOR.getByName(name);

export const rpc_pipeline_call_on_a_call = {
  async test(_, env) {
    eq(await at(env, "call").node().depth(), 1);
    eq(await env.NAMED.node().depth(), 1);
  },
};
export const rpc_pipeline_deep = {
  async test(_, env) { eq(await at(env, "deep").node().child().child().child().depth(), 4); },
};
export const rpc_pipeline_property_of_a_call = {
  async test(_, env) {
    eq(await at(env, "property").node().name, "node 1");
    eq(await at(env, "property").plain().a.b, "deep");
    same(await at(env, "property").plain().a, { b: "deep" });
  },
};
export const rpc_pipeline_function_of_a_result = {
  async test(_, env) {
    eq(await at(env, "function").plain().f(4), 8);
    eq(await at(env, "function").plain().node.depth(), 5);
  },
};
export const rpc_pipeline_call_of_a_returned_function = {
  async test(_, env) { eq(await at(env, "adder").adder(5)(6), 11); },
};
export const rpc_pipeline_on_a_getter = {
  async test(_, env) { eq(await at(env, "getter").root.child().name, "node 1"); },
};
export const rpc_pipeline_waits_for_the_result = {
  async test(_, env) { eq(await at(env, "slow").slowNode().depth(), 1); },
};
export const rpc_pipeline_calls_are_in_order = {
  async test(_, env) {
    const stub = at(env, "ordered");
    const node = stub.node();
    await Promise.all([node.add(1), node.depth(), node.child(), node.depth()]);
    same((await stub.entries()).slice(0, 4), ["node", "depth 1", "child of 1", "depth 1"]);
  },
};
export const rpc_pipeline_several_on_one_result = {
  async test(_, env) {
    const node = at(env, "several").node();
    same(await Promise.all([node.add(1), node.add(2), node.name]), [2, 3, "node 1"]);
    same((await at(env, "several").entries()).filter((e) => e === "node"), ["node"]);
  },
};
export const rpc_pipeline_then_await_the_result = {
  async test(_, env) {
    const p = at(env, "await").node();
    eq(await p.depth(), 1);
    const node = await p;
    eq(await node.add(4), 5);
  },
};
export const rpc_pipeline_on_an_awaited_promise = {
  async test(_, env) {
    const p = at(env, "await-2").node();
    await p;
    eq(await p.depth(), 1);
  },
};
export const rpc_pipeline_types = {
  async test(_, env) {
    const p = at(env, "types").node();
    ok(p instanceof RpcPromise);
    ok(p.name instanceof RpcProperty);
    ok(p.depth() instanceof RpcPromise);
    await p;
  },
};
export const rpc_pipeline_after_a_failure = {
  async test(_, env) {
    const e = await rejects(at(env, "failure").fail().child().depth(), "RangeError", "no result");
    eq(e.remote, true);
    await rejects(at(env, "failure").failLater().child(), "RangeError", "later");
  },
};
export const rpc_pipeline_after_a_missing_method = {
  async test(_, env) {
    await rejects(at(env, "missing").absent().child(), "TypeError",
      "The RPC receiver does not implement the method \"absent\".");
  },
};
export const rpc_pipeline_on_text = {
  async test(_, env) {
    await rejects(at(env, "text").text().length(), "TypeError",
      "The RPC receiver does not implement the method \"length\".");
  },
};
export const rpc_pipeline_on_nothing = {
  async test(_, env) {
    const lacksX = "The RPC receiver does not implement the method \"x\".";
    await rejects(at(env, "nothing").nothing().x(), "TypeError", lacksX);
    await rejects((async () => await at(env, "nothing").nothing().x)(), "TypeError", lacksX);
  },
};
export const rpc_pipeline_on_a_missing_member = {
  async test(_, env) {
    await rejects(at(env, "member").plain().x(), "TypeError", "The RPC receiver does not implement the method \"x\".");
    await rejects(at(env, "member").node().x(), "TypeError", "The RPC receiver does not implement the method \"x\".");
  },
};
export const rpc_pipeline_on_a_null_member = {
  async test(_, env) {
    await rejects(at(env, "null").plain().nothing.x(), "TypeError",
      "The RPC receiver does not implement the method \"nothing\".");
  },
};
export const rpc_pipeline_on_a_value_that_is_no_function = {
  async test(_, env) { await rejects(at(env, "value").plain().a(), "TypeError", "\"a\" is not a function."); },
};
export const rpc_pipeline_does_not_enter_arrays = {
  async test(_, env) {
    await rejects(at(env, "own").plain().list.join(), "TypeError",
      "The RPC receiver does not implement the method \"list\".");
  },
};
export const rpc_pipeline_into_a_map = {
  async test(_, env) { await rejects(at(env, "map").map().get("k"), "TypeError"); },
};
export const rpc_pipeline_into_a_response = {
  async test(_, env) { await rejects(at(env, "response").respond().text(), "TypeError"); },
};
export const rpc_pipeline_stubs_end_with_the_promise = {
  async test(_, env) {
    const stub = at(env, "ends");
    const p = stub.node();
    await p.depth();
    p[Symbol.dispose]();
    await until(async () => (await stub.entries()).includes("disposed 1"));
  },
};
export const rpc_pipeline_promise_is_no_argument = {
  async test(_, env) {
    await rejects(at(env, "argument").same(at(env, "argument").node()), "DataCloneError",
      "Could not serialize object of type \"RpcPromise\". This type does not support serialization.");
  },
};
export const rpc_pipeline_errors_are_handled_once = {
  async test(_, env) {
    const p = at(env, "handled").fail();
    const q = p.child();
    await rejects(q, "RangeError", "no result");
    await rejects(p, "RangeError", "no result");
  },
};
