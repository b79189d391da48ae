// Stubs of entrypoints and of objects (spec/runtime-api.md 1.1, 9; spec/durable-objects.md 1.3):
// service bindings, ctx.exports, and what the stub of a Durable Object is made of.

import { exposeClass } from "./errors";
import { fetchTarget } from "./fetch";
import { illegalInvocation } from "./io";
import type { RequestInit } from "./request";
import { handlerOf, proxyOf, TargetHandler, targetStub } from "./rpc";

export class Fetcher {
  constructor() {
    throw new TypeError("Illegal constructor");
  }
  fetch(input: unknown, init?: RequestInit | null): Promise<unknown> {
    const handler = handlerOf(this);
    if (!(handler instanceof TargetHandler)) return Promise.reject(illegalInvocation());
    return fetchTarget(handler.target, input, init);
  }
}

// The platform's class has this name; so has the base class of a guest's own (cloudflare:workers).
const DurableObjectStub = { DurableObject: class extends Fetcher {} }.DurableObject;

exposeClass({}, "Fetcher", Fetcher);
exposeClass({}, "DurableObject", DurableObjectStub);

// A stub of what `target` addresses. `own`: its own, read-only properties.
export function makeStub(target: NativeTarget, own?: Record<string, unknown>): object {
  const { prototype } = target[0] === 1 && own !== undefined ? DurableObjectStub : Fetcher;
  return targetStub(new TargetHandler(prototype as object, target, own));
}

// One that came in a message: calls through it keep an order of their own.
export function makeReceivedStub(target: NativeTarget): object {
  const [kind, index, id, name, hint, jurisdiction] = target;
  return makeStub([kind, index, id, name, hint, jurisdiction, native.newNumber()]);
}

function entrypointTarget(entrypoint: string, props: string | Uint8Array): NativeTarget {
  return [0, 0, "", entrypoint, props, "", 0];
}

// env.NAME of a service binding; `propsJson` "" is none.
export function makeService(entrypoint: string, propsJson: string): object {
  return makeStub(entrypointTarget(entrypoint, propsJson));
}

// ctx.exports.NAME: a stub without props, and a function that makes stubs with props.
export function makeLoopback(entrypoint: string): object {
  const target = entrypointTarget(entrypoint, "");
  return proxyOf(new TargetHandler(Fetcher.prototype, target, undefined, ([options]) => {
    const props = (options as { props?: unknown } | undefined)?.props;
    return makeStub(entrypointTarget(entrypoint,
                                     props === undefined ? "" : native.rpcPack(props)));
  }));
}
