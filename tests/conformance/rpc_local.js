// RpcTargets and stubs within one event, without a call to anyone: spec/runtime-api.md section 9.1.
import { RpcTarget, RpcStub, RpcPromise } from "cloudflare:workers";
import { eq, ok, throws, rejects, until } from "./assert.js";

class Counter extends RpcTarget {
  own = "own";
  #n = 0;
  constructor(onDispose) {
    super();
    this.onDispose = onDispose;
  }
  next() { return ++this.#n; }
  get value() { return this.#n; }
  [Symbol.dispose]() { this.onDispose?.(); }
}
const lacks = (promise, name) =>
  rejects(promise, "TypeError", `The RPC receiver does not implement the method "${name}".`);

export const rpc_stub_of_a_local_target = {
  async test() {
    let disposals = 0;
    const stub = new RpcStub(new Counter(() => { disposals++; }));
    eq(await stub.next(), 1);
    eq(await stub.value, 1);
    await lacks((async () => await stub.own)(), "own");
    stub[Symbol.dispose]();
    await until(() => disposals);
    eq(disposals, 1);
  },
};
export const rpc_stub_of_a_local_function = {
  async test() { eq(await new RpcStub((x) => x + 1)(1), 2); },
};
export const rpc_stub_of_a_local_object = {
  async test() {
    eq(await new RpcStub({ a: 1, f: (x) => x * 2 }).f(4), 8);
    throws(() => new RpcStub(5), "TypeError");
  },
};
export const rpc_stub_is_cloned_by_rpc_alone = {
  test() {
    throws(() => structuredClone(new Counter()), "DataCloneError",
      "Remote RPC references can only be serialized for RPC.");
  },
};
export const rpc_stub_local_copies_its_arguments = {
  async test() {
    const given = { a: 1 };
    const stub = new RpcStub((o) => { o.a = 2; return o; });
    const got = await stub(given);
    eq(got.a, 2);
    eq(given.a, 1);
  },
};
export const rpc_target_is_constructed_plainly = {
  test() {
    ok(new RpcTarget() instanceof RpcTarget);
    ok(new Counter() instanceof RpcTarget);
    throws(() => new RpcPromise(), "TypeError", "Illegal constructor");
  },
};
