// The callee's side of RPC (spec/durable-objects.md 1.3; spec/runtime-api.md 9.1): finds what a path
// names, calls it, answers. Only members that a class declares can be reached, never what an instance
// happens to hold; plain objects and functions show their own properties.

import { findActor } from "./actor";
import { ExecutionContext } from "./context";
import { currentEnv, entrypointObject, fail, mainExport } from "./dispatch";
import { HUNG_TEXT, invocationOver, type IoContext, openContext } from "./io";
import {
  handlerOf, lacksMember, NO_OBJECT_TEXT, notFunction, type Path, rpcFlags, RpcTarget,
} from "./rpc";
import { addHost, exportedObject, findHost, forgetExports, hold, unhold } from "./rpc_stub";
import { closeReading, disposeAll, openReading, sending, toSend, type Reading } from "./rpc_values";
import { DurableObject, WorkerEntrypoint } from "./workers_module";

type Callable = (this: unknown, ...args: unknown[]) => unknown;

const then = Promise.prototype.then;
const getPrototypeOf = Reflect.getPrototypeOf;
const hasOwn = Object.prototype.hasOwnProperty;
const resolve = Promise.resolve.bind(Promise) as (value: unknown) => Promise<unknown>;

const NOT_RPC_TEXT =
  "The receiving Durable Object does not support RPC, because its class was not declared with " +
  "`extends DurableObject`. In order to enable RPC, make sure your class extends the special class " +
  '`DurableObject`, which can be imported from the module "cloudflare:workers".';
const CALLEE_GONE_TEXT = "The execution context which hosts this callback is no longer running.";

const RESERVED = new Set(["dup", "constructor"]);
const RESERVED_ON_ENTRYPOINTS = new Set([
  ...RESERVED, "fetch", "connect", "alarm", "webSocketMessage", "webSocketClose", "webSocketError",
]);

const ENTRYPOINT = 0, ACTOR = 1, EXPORT = 2;   // call.h: CallTarget::Kind; 3 is a result

// ---- members

function reserved(name: string): TypeError {
  return new TypeError(`'${name}' is a reserved method and cannot be called over RPC.`);
}

// Of an instance of a class.
function classMember(object: object, name: string, closed: ReadonlySet<string>): unknown {
  if (closed.has(name)) throw reserved(name);
  if (!(name in object) || hasOwn.call(object, name)) throw lacksMember(name);
  if (name in Object.prototype) {
    let at = getPrototypeOf(object);
    while (at !== null && at !== Object.prototype && !hasOwn.call(at, name)) at = getPrototypeOf(at);
    if (at === null || at === Object.prototype) throw lacksMember(name);
  }
  return (object as Record<string, unknown>)[name];
}

// Whether a path may go on from there: to an RpcTarget, a plain object, a function.
function hasMembers(value: unknown): value is object {
  if (typeof value === "function") return true;
  return typeof value === "object" && value !== null &&
         (value instanceof RpcTarget || getPrototypeOf(value) === Object.prototype);
}

function member(object: object, name: string): unknown {
  if (object instanceof RpcTarget) return classMember(object, name, RESERVED);
  if (!hasOwn.call(object, name)) throw lacksMember(name);
  return (object as Record<string, unknown>)[name];
}

// ---- calls

// What a call is made to, and how its first member is found.
interface Receiver {
  readonly object: unknown;
  readonly closed: ReadonlySet<string> | undefined;   // an instance of an entrypoint or actor class
  readonly handlerContext: ExecutionContext | undefined;  // a plain object of handlers
}

function apply(receiver: Receiver, path: Path, isGet: boolean, args: unknown[]): unknown {
  let owner: unknown = undefined, at = receiver.object;
  for (let i = 0; i < path.length; i++) {
    const stub = handlerOf(at);
    if (stub !== undefined) return stub.begin(path.slice(i), isGet, args).inner;
    owner = at;
    if (i === 0 && receiver.closed !== undefined) {
      at = classMember(at as object, path[0]!, receiver.closed);
    } else {
      if (!hasMembers(at)) throw lacksMember(path[Math.max(i - 1, 0)]!);
      at = member(at, path[i]!);
    }
  }
  if (isGet) return at;
  const name = path.length === 0 ? "" : path[path.length - 1]!;
  if (typeof at !== "function") throw notFunction(name);
  const stub = handlerOf(at);
  if (stub !== undefined) return stub.begin([], false, args).inner;
  if (receiver.handlerContext !== undefined && path.length === 1) {
    if (args.length !== 1) {
      throw new TypeError(
        `Attempted to call RPC function "${name}" with the wrong number of arguments. When ` +
        "calling a top-level handler function that is not declared as part of a class, you must " +
        "always send exactly one argument. In order to support variable numbers of arguments, the " +
        "server must use class-based syntax (extending WorkerEntrypoint) instead.");
    }
    return (at as Callable).call(owner, args[0], currentEnv(), receiver.handlerContext);
  }
  return Reflect.apply(at, owner, args);
}

function entrypointReceiver(entrypoint: string, io: IoContext): Receiver {
  const exported = mainExport(entrypoint);
  const ctx = new ExecutionContext(io);
  const object = entrypointObject(entrypoint, ctx);
  if (typeof exported !== "function") return { object, closed: undefined, handlerContext: ctx };
  if (!(object instanceof WorkerEntrypoint) && !rpcFlags.allClasses) {
    throw new TypeError(NOT_RPC_TEXT);
  }
  return { object, closed: RESERVED_ON_ENTRYPOINTS, handlerContext: undefined };
}

function actorReceiver(context: RequestId): Receiver {
  const object = findActor(context)!.instance!;
  if (!(object instanceof DurableObject) && !rpcFlags.allClasses) throw new TypeError(NOT_RPC_TEXT);
  return { object, closed: RESERVED_ON_ENTRYPOINTS, handlerContext: undefined };
}

function valueReceiver(object: unknown): Receiver {
  return { object, closed: undefined, handlerContext: undefined };
}

// On the result of an earlier call, as it is in here.
function pipelined(value: unknown, path: Path, isGet: boolean, args: unknown[]): unknown {
  if (path.length === 0 && !isObject(value)) throw new TypeError(NO_OBJECT_TEXT);
  return apply(valueReceiver(value), path, isGet, args);
}

// One call being served.
class Served {
  readonly #io: IoContext;
  readonly #number: number;
  readonly #parameters: Reading;
  #kept = false;

  constructor(io: IoContext, number: number, parameters: Reading) {
    this.#io = io;
    this.#number = number;
    this.#parameters = parameters;
  }

  // Answers now or when the promise settles. Gives what calls on the result are to find.
  answer(result: unknown): unknown {
    const waits = result instanceof Promise || isThenable(result);
    if (!waits) {
      const kept = this.#keep(isObject(result) ? result : undefined);
      const failure = this.#return(result);
      return kept === undefined || failure === undefined ? kept : handled(failure);
    }
    const promise = then.call(resolve(result), (value: unknown) => {
      const failure = this.#return(value);
      return failure ?? value;
    }, (error: unknown) => {
      this.#fail(error);
      throw error;
    });
    return this.#keep(handled(promise));
  }

  // Never got as far as a promise.
  failNow(error: unknown): unknown {
    const kept = this.#keep(handled(Promise.reject(error)));
    this.#fail(error);
    return kept;
  }

  #keep(value: unknown): unknown {
    if (value === undefined) return undefined;
    this.#kept = true;
    hold(this.#io.io);
    return value;
  }

  // A rejection when the value cannot be returned: calls on it fail with the same.
  #return(value: unknown): Promise<never> | undefined {
    const io = this.#io;
    if (io.answered) return undefined;
    try {
      const [prepared] = toSend([value]);
      sending(true, () => native.rpcReturn(io.request, prepared));
    } catch (error) {
      this.#fail(error);
      return Promise.reject(error);
    }
    disposeAll(this.#parameters);
    if (this.#kept && !isObject(value)) {
      native.rpcUnkeep(this.#number);
      unhold(io.io);
    }
    io.answered = true;
    served(io);
    return undefined;
  }

  #fail(error: unknown): void {
    disposeAll(this.#parameters);
    fail(this.#io, error);
    served(this.#io);
  }
}

// Nobody has to look at its failure.
function handled<T>(promise: Promise<T>): Promise<T> {
  then.call(promise, undefined, () => {});
  return promise;
}
function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
function isThenable(value: unknown): boolean {
  return isObject(value) && typeof (value as { then?: unknown }).then === "function";
}

// Calls into a context that belongs to another event, without an answer yet.
const inside = new Map<IoContext, Set<IoContext>>();

function served(io: IoContext): void {
  const others = inside.get(io.io);
  if (others !== undefined && others.delete(io) && others.size === 0) inside.delete(io.io);
  invocationOver(io);
}

export function rpcCall(context: RequestId, event: RequestId, kind: number, base: unknown,
                        path: Path, isGet: boolean, number: number): unknown {
  const owner = kind === ENTRYPOINT ? undefined : findActor(context) ?? findHost(context);
  const io = openContext(event, owner);
  if (kind === ENTRYPOINT) {
    io.session = true;
    addHost(io);
  } else if (owner !== undefined && kind !== ACTOR) {
    const others = inside.get(owner);
    if (others === undefined) inside.set(owner, new Set([io]));
    else others.add(io);
  }
  native.setFrame(io);
  const reading = openReading(io.io);
  const call = new Served(io, number, reading);
  try {
    let args: unknown[] = [];
    try {
      if (!isGet) args = native.rpcArguments(event, io.io.request) ?? args;
    } finally {
      closeReading(reading);
    }
    return call.answer(invoke(context, io, owner, kind, base, path, isGet, args));
  } catch (error) {
    return call.failNow(error);
  } finally {
    native.setFrame(undefined);
  }
}

function invoke(context: RequestId, io: IoContext, owner: IoContext | undefined, kind: number,
                base: unknown, path: Path, isGet: boolean, args: unknown[]): unknown {
  if (kind === ENTRYPOINT) {
    return apply(entrypointReceiver(base as string, io), path, isGet, args);
  }
  if (owner === undefined) throw new Error(CALLEE_GONE_TEXT);
  if (kind === ACTOR) return apply(actorReceiver(context), path, isGet, args);
  if (kind === EXPORT) {
    const object = exportedObject(context, base as number);
    if (object === undefined) throw new Error(CALLEE_GONE_TEXT);
    return apply(valueReceiver(object), path, isGet, args);
  }
  if (!(base instanceof Promise)) return pipelined(base, path, isGet, args);
  return then.call(base, (value: unknown) => pipelined(value, path, isGet, args));
}

// The caller has its result: a stateless context that only waited for calls on it may end.
export function rpcForget(context: RequestId): void {
  const io = findHost(context);
  if (io !== undefined) unhold(io);
}

// Nothing can settle the calls into this context any more.
export function rpcHung(context: RequestId): void {
  const io = findHost(context);
  const others = io === undefined ? undefined : inside.get(io);
  if (others === undefined) return;
  for (const event of [...others]) {
    fail(event, new Error(HUNG_TEXT));
    served(event);
  }
}

export function rpcContextEnded(io: IoContext): void {
  forgetExports(io.request);
  inside.delete(io);
}

export { rpcRelease } from "./rpc_stub";
