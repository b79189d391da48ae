// RpcStub, and what stubs point at (spec/durable-objects.md 1.3). Functions and RpcTargets that a
// context hands out are its *exports*: numbered, a number for each giving, until nobody outside holds
// them (C++ counts). A stub elsewhere has an *import*, a number of C++'s, and gives it back when it is
// disposed.

import { exposeClass } from "./errors";
import { finishIfIdle, illegalInvocation, requireOwner, requireRequest, type IoContext } from "./io";
import {
  type CallHandler, failedCall, Handler, handlerOf, type Path, proxyOf, RpcTarget, send,
} from "./rpc";

export const STUB_DISPOSED_TEXT = "RPC stub used after being disposed.";

// ---- the holder's side

export class ImportHandler extends Handler {
  readonly #io: IoContext;
  readonly #target: NativeTarget;
  #disposed = false;

  constructor(id: number, io: IoContext) {
    super(RpcStub.prototype);
    this.#io = io;
    this.#target = [2, id, "", "", "", "", 0];
  }

  // The import's number; throws when there is none any more.
  live(): number {
    if (this.#disposed) throw new Error(STUB_DISPOSED_TEXT);
    requireOwner(this.#io, "Client");
    return this.#target[1];
  }
  begin(path: Path, isGet: boolean, args: unknown[]): CallHandler {
    try {
      this.live();
    } catch (error) {
      return failedCall(error);
    }
    return send(this.#target, path, isGet, args);
  }
  dup(): object {
    return proxyOf(new ImportHandler(native.rpcDup(this.live()), this.#io));
  }
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    native.rpcDrop(this.#target[1]);
  }
}

function importOf(stub: unknown): ImportHandler {
  const handler = handlerOf(stub);
  if (!(handler instanceof ImportHandler)) throw illegalInvocation();
  return handler;
}

export class RpcStub {
  constructor(target: unknown) {
    if (!isExportable(target) && !isPlainObject(target)) {
      throw new TypeError("Failed to construct 'RpcStub': constructor parameter 1 is not of type " +
                          "'RpcTarget'.");
    }
    const io = requireRequest("RpcStub").io;
    const id = native.rpcLoopback(io.request, exportObject(io, target));
    return proxyOf(new ImportHandler(id, io)) as RpcStub;
  }
  dup(): object {
    return importOf(this).dup();
  }
  [Symbol.dispose](): void {
    importOf(this).dispose();
  }
}

exposeClass({}, "RpcStub", RpcStub);

// ---- the exporter's side

// `new RpcStub({…})`: its own members can be called.
function isPlainObject(value: unknown): value is object {
  return typeof value === "object" && value !== null &&
         Reflect.getPrototypeOf(value) === Object.prototype;
}

export function isExportable(value: unknown): value is object {
  return (typeof value === "function" || value instanceof RpcTarget) &&
         handlerOf(value) === undefined;
}

// By context and number. Per isolate; empty in the snapshot.
const tables = new Map<RequestId, Map<number, object>>();
// Contexts that others may call into: those with exports, and those serving calls (rpc_serve.ts).
const hosts = new Map<RequestId, IoContext>();
let lastNumber = 0;

export function addHost(io: IoContext): void {
  hosts.set(io.request, io);
}
export function findHost(context: RequestId): IoContext | undefined {
  return hosts.get(context);
}

// A context that serves RPC lives on while others hold something of it; other contexts end in their
// time, and what they have handed out ends with them.
export function hold(io: IoContext): void {
  if (!io.session) return;
  io.holds++;
  native.rpcHold(io.request, 1);
}
export function unhold(io: IoContext): void {
  if (!io.session || io.ended) return;
  io.holds--;
  native.rpcHold(io.request, -1);
  finishIfIdle(io);
}

export function exportObject(io: IoContext, object: object): number {
  let table = tables.get(io.request);
  if (table === undefined) {
    table = new Map();
    tables.set(io.request, table);
    addHost(io);
  }
  const number = ++lastNumber;
  table.set(number, object);
  hold(io);
  return number;
}

export function exportedObject(context: RequestId, number: number): object | undefined {
  return tables.get(context)?.get(number);
}

// Nobody holds it any more: its disposer runs, and its errors go nowhere.
export function rpcRelease(context: RequestId, number: number): void {
  const table = tables.get(context), io = hosts.get(context);
  const object = table?.get(number);
  if (table === undefined || object === undefined || io === undefined) return;
  table.delete(number);
  native.setFrame(io);
  try {
    const dispose = (object as { [Symbol.dispose]?: unknown })[Symbol.dispose];
    if (typeof dispose === "function") Reflect.apply(dispose, object, []);
  } catch {
    // Nobody is left to be told.
  } finally {
    unhold(io);
    native.setFrame(undefined);
  }
}

// An actor's contexts end with `actorClose`, the others when nothing of theirs is held.
export function forgetExports(context: RequestId): void {
  tables.delete(context);
  hosts.delete(context);
}
