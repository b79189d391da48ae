// The `ctx` of an event (spec/runtime-api.md 1.1): a fresh object for each invocation.

import { badArgument, exposeClass } from "./errors";
import { addWaitUntil, illegalInvocation, type IoContext } from "./io";

function toPromise(value: unknown): Promise<unknown> {
  return value instanceof Promise ? value : Promise.resolve(value);
}

// What ctx.exports is; undefined without the compatibility flag. main.ts sets it.
let exported: () => object | undefined = () => undefined;
export function setContextExports(get: () => object | undefined): void {
  exported = get;
}
export function contextExports(): any {
  return exported();
}

let isContext: (value: unknown) => value is ExecutionContext;

export class ExecutionContext {
  #io: IoContext;
  #props: object | undefined = undefined;

  constructor(io: IoContext) {
    this.#io = io;
  }

  waitUntil(promise: Promise<unknown>): void {
    if (!isContext(this)) throw illegalInvocation();
    if (arguments.length === 0) throw badArgument("waitUntil", "ExecutionContext", 1, "Promise");
    waitUntil(this.#io, promise);
  }

  passThroughOnException(): void {
    if (!isContext(this)) throw illegalInvocation();
    this.#io.passThrough = true;
  }

  get props(): object {
    if (!isContext(this)) throw illegalInvocation();
    return this.#props ??= (native.eventProps(this.#io.request) as object | undefined) ?? {};
  }

  get exports(): any {
    if (!isContext(this)) throw illegalInvocation();
    return contextExports();
  }

  abort(_reason?: unknown): void {
    throw new Error("ctx.abort() is not supported by this version of offing.");
  }

  static {
    isContext = (value): value is ExecutionContext =>
      typeof value === "object" && value !== null && #io in value;
  }
}
exposeClass({}, "ExecutionContext", ExecutionContext);

export function waitUntil(io: IoContext, value: unknown): void {
  const promise = toPromise(value);
  if (io.ended) {
    promise.then(undefined, () => {});
    return;
  }
  addWaitUntil(io, promise);
}
