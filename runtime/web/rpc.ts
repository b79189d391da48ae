// The caller's side of RPC (spec/durable-objects.md 1.3): stubs, properties of stubs, promises of
// results, and calls on results that have not come yet.
//
// Each of them is a Proxy over one shared, empty target; what it is stands in its handler. A handler
// begins calls: a stub's sends them to its target, a property's puts its name before the path and asks
// the one it is a property of, a promise's sends them after its own call or, when the result is here,
// makes them on the result.

import { exposeClass } from "./errors";
import { illegalInvocation } from "./io";

export { makeStub } from "./service";

export const NO_OBJECT_TEXT = "Can't pipeline on RPC that did not return an object.";
const PROMISE_DISPOSED_TEXT = "RPC promise used after being disposed.";

export type Path = readonly string[];
const NO_PATH: Path = [];

const then = Promise.prototype.then;
const getPrototypeOf = Reflect.getPrototypeOf;
const hasOwn = Object.prototype.hasOwnProperty;
const INDEX = /^(0|[1-9][0-9]*)$/;

// Compatibility flags that change RPC; entry.init sets them.
export const rpcFlags = { enabled: true, allClasses: false, dupParameters: true };

export function lacksMember(name: string): TypeError {
  return new TypeError(`The RPC receiver does not implement the method "${name}".`);
}
export function notFunction(name: string): TypeError {
  return new TypeError(`"${name}" is not a function.`);
}

const CALLABLE = (): void => {};   // an arrow function: no stub can be constructed
const PLAIN = {};

// How a proxy of ours is told from everything else: its getPrototypeOf trap leaves its handler here.
// A guest's own proxy that forwards the question stands for what it forwards to.
let asked: Handler | undefined;

export function handlerOf(value: unknown): Handler | undefined {
  if (typeof value !== "function" && (typeof value !== "object" || value === null)) return undefined;
  asked = undefined;
  try {
    getPrototypeOf(value);
  } catch {
    // A guest's proxy that will not be looked at is none of ours.
  }
  const found = asked;
  asked = undefined;
  return found;
}

export abstract class Handler implements ProxyHandler<object> {
  readonly prototype: object;
  readonly fields: Record<string, unknown> | undefined;   // own, read-only properties

  constructor(prototype: object, fields?: Record<string, unknown>) {
    this.prototype = prototype;
    this.fields = fields;
  }

  abstract begin(path: Path, isGet: boolean, args: unknown[]): CallHandler;

  get(_target: object, key: PropertyKey, receiver: unknown): unknown {
    if (typeof key === "symbol") return Reflect.get(this.prototype, key, receiver);
    const name = key as string;
    if (this.fields !== undefined && hasOwn.call(this.fields, name)) return this.fields[name];
    if (name in this.prototype) return Reflect.get(this.prototype, name, receiver);
    if (!rpcFlags.enabled || name === "then" || INDEX.test(name)) return undefined;
    return new Proxy(CALLABLE, new PropertyHandler(this, name));
  }
  apply(_target: object, _this: unknown, args: unknown[]): unknown {
    return proxyOf(this.begin(NO_PATH, false, args));
  }
  has(_target: object, key: PropertyKey): boolean {
    return (this.fields !== undefined && hasOwn.call(this.fields, key)) || key in this.prototype;
  }
  getPrototypeOf(): object {
    asked = this;
    return this.prototype;
  }
  getOwnPropertyDescriptor(_target: object, key: PropertyKey): PropertyDescriptor | undefined {
    if (this.fields === undefined || !hasOwn.call(this.fields, key)) return undefined;
    return { value: this.fields[key as string], writable: false, enumerable: true,
             configurable: true };
  }
  ownKeys(): string[] {
    return this.fields === undefined ? [] : Object.keys(this.fields);
  }
  set(): boolean {
    return false;
  }
  defineProperty(): boolean {
    return false;
  }
  deleteProperty(): boolean {
    return false;
  }
  setPrototypeOf(): boolean {
    return false;
  }
  preventExtensions(): boolean {
    return false;
  }
}

export function proxyOf(handler: Handler): object {
  return new Proxy(CALLABLE, handler);
}

class PropertyHandler extends Handler {
  readonly #parent: Handler;
  readonly #name: string;

  constructor(parent: Handler, name: string) {
    super(RpcProperty.prototype);
    this.#parent = parent;
    this.#name = name;
  }
  begin(path: Path, isGet: boolean, args: unknown[]): CallHandler {
    return this.#parent.begin(path.length === 0 ? [this.#name] : [this.#name, ...path], isGet, args);
  }
}

// A call that was made. `number` is 0 when nobody else knows of it.
export class CallHandler extends Handler {
  readonly inner: Promise<unknown>;
  readonly #number: number;
  #disposed = false;

  constructor(inner: Promise<unknown>, number: number) {
    super(RpcPromise.prototype);
    this.inner = inner;
    this.#number = number;
  }

  begin(path: Path, isGet: boolean, args: unknown[]): CallHandler {
    if (this.#disposed) return failedCall(new Error(PROMISE_DISPOSED_TEXT));
    then.call(this.inner, undefined, () => {});   // its failure is seen through the new call
    if (this.#number !== 0 && native.rpcPending(this.#number)) {
      return send([3, this.#number, "", "", "", "", 0], path, isGet, args);
    }
    const [state, result] = native.promiseState(this.inner);
    if (state === 1) return beginOn(result, path, isGet, args);
    if (state === 2) return failedCall(result);
    const given = args.slice();
    return new CallHandler(then.call(this.inner, (value: unknown) =>
      beginOn(value, path, isGet, given).inner), 0);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const [state, result] = native.promiseState(this.inner);
    if (state === 1) disposeResult(result);
    else if (state === 0) then.call(this.inner, disposeResult, () => {});
  }
}

function disposeResult(value: unknown): void {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return;
  const dispose = (value as { [Symbol.dispose]?: unknown })[Symbol.dispose];
  if (typeof dispose === "function") Reflect.apply(dispose, value, []);
}

export function failedCall(error: unknown): CallHandler {
  return new CallHandler(Promise.reject(error), 0);
}

// A call on a result that is here: a stub takes it over, plain objects are walked.
function beginOn(value: unknown, path: Path, isGet: boolean, args: unknown[]): CallHandler {
  let at = value;
  for (let i = 0; i < path.length; i++) {
    const stub = handlerOf(at);
    if (stub !== undefined) return stub.begin(path.slice(i), isGet, args);
    const name = path[i]!;
    if (typeof at !== "object" || at === null || getPrototypeOf(at) !== Object.prototype) {
      return failedCall(lacksMember(path[Math.max(i - 1, 0)]!));
    }
    if (!hasOwn.call(at, name)) return failedCall(lacksMember(name));
    at = (at as Record<string, unknown>)[name];
  }
  if (isGet) return new CallHandler(Promise.resolve(at), 0);
  const stub = handlerOf(at);
  if (stub !== undefined) return stub.begin(NO_PATH, false, args);
  return failedCall(path.length === 0 ? new TypeError(NO_OBJECT_TEXT)
                                      : notFunction(path[path.length - 1]!));
}

type Send = (target: NativeTarget, path: Path, isGet: boolean, args: unknown[]) => CallHandler;

// Never throws: what goes wrong is the call's rejection. rpc_call.ts gives it.
export let send: Send;
export function setSend(given: Send): void {
  send = given;
}

// A stub of something that has an address: an entrypoint or an object.
export class TargetHandler extends Handler {
  readonly target: NativeTarget;
  readonly #called: ((args: unknown[]) => unknown) | undefined;

  // `called`: what calling the stub itself does, if anything.
  constructor(prototype: object, target: NativeTarget, fields?: Record<string, unknown>,
              called?: (args: unknown[]) => unknown) {
    super(prototype, fields);
    this.target = target;
    this.#called = called;
  }
  begin(path: Path, isGet: boolean, args: unknown[]): CallHandler {
    return send(this.target, path, isGet, args);
  }
  override apply(target: object, self: unknown, args: unknown[]): unknown {
    return this.#called === undefined ? super.apply(target, self, args) : this.#called(args);
  }
}

export function targetStub(handler: TargetHandler): object {
  return new Proxy(PLAIN, handler);
}

// ---- the classes as guests see them

// Its instances are handed out as stubs.
export class RpcTarget {}

function promiseOf(value: unknown): Promise<unknown> {
  const handler = handlerOf(value);
  if (handler instanceof CallHandler) return handler.inner;
  if (handler instanceof PropertyHandler) return handler.begin(NO_PATH, true, []).inner;
  throw illegalInvocation();
}

type Then = Promise<unknown>["then"];

export class RpcPromise {
  constructor() {
    throw new TypeError("Illegal constructor");
  }
  then(...on: Parameters<Then>): Promise<unknown> {
    return then.apply(promiseOf(this), on);
  }
  catch(onRejected?: Parameters<Then>[1]): Promise<unknown> {
    return then.call(promiseOf(this), undefined, onRejected);
  }
  finally(onFinally?: (() => void) | null): Promise<unknown> {
    return promiseOf(this).finally(onFinally);
  }
  [Symbol.dispose](): void {
    const handler = handlerOf(this);
    if (!(handler instanceof CallHandler)) throw illegalInvocation();
    handler.dispose();
  }
}

// Awaiting one reads the property.
export class RpcProperty {
  constructor() {
    throw new TypeError("Illegal constructor");
  }
  then(...on: Parameters<Then>): Promise<unknown> {
    return then.apply(promiseOf(this), on);
  }
  catch(onRejected?: Parameters<Then>[1]): Promise<unknown> {
    return then.call(promiseOf(this), undefined, onRejected);
  }
  finally(onFinally?: (() => void) | null): Promise<unknown> {
    return promiseOf(this).finally(onFinally);
  }
}

exposeClass({}, "RpcPromise", RpcPromise);
exposeClass({}, "RpcProperty", RpcProperty);
