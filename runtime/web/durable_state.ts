// DurableObjectState, the `ctx` of an object (spec/durable-objects.md 1.5).

import { type ActorIo, currentActor } from "./actor";
import { contextExports, waitUntil } from "./context";
import { DurableObjectId } from "./durable_id";
import {
  exposeState, isOptions, PRIVATE, requireActor, requirePrivate, STORAGE_TYPE,
} from "./durable_owner";
import { blockConcurrencyWhile } from "./durable_section";
import { DurableObjectStorage } from "./durable_storage";
import { badArgument } from "./errors";
import * as sockets from "./durable_sockets";
import { illegalInvocation, requireRequest } from "./io";
import { unsupported } from "./unsupported";
import type { WebSocket } from "./websocket";

export { forgetSections, startSection } from "./durable_section";

const CLASS = "DurableObjectState";
const NAME_BYTES_MAX = 1024;   // of ctx.id.name
const ABORT_TEXT = "Application called abort() to reset Durable Object.";

class DurableObjectFacets {
  constructor(key: unknown) {
    requirePrivate(key);
  }
  get(): never {
    throw unsupported("ctx.facets");
  }
  abort(): never {
    throw unsupported("ctx.facets");
  }
  delete(): never {
    throw unsupported("ctx.facets");
  }
  clone(): never {
    throw unsupported("ctx.facets");
  }
}
exposeState("DurableObjectFacets", DurableObjectFacets);

// The object's own id: as the one it was reached by, without a very long name.
function ownId(io: ActorIo): DurableObjectId {
  const { name } = io;
  const visible = name === undefined || native.utf8Encode(name).length > NAME_BYTES_MAX ? undefined
                                                                                        : name;
  return new DurableObjectId(PRIVATE, io.objectId, visible,
                             native.actorIdCheck(io.space, io.objectId) ?? "");
}

let isState: (value: unknown) => value is DurableObjectState;

export class DurableObjectState {
  #io: ActorIo;
  facets: any = new DurableObjectFacets(PRIVATE);
  container: undefined = undefined;
  storage: DurableObjectStorage;
  id: DurableObjectId;
  props: any = {};
  exports: any = contextExports();

  constructor(key: unknown, io: unknown) {
    requirePrivate(key);
    this.#io = io as ActorIo;
    this.storage = new DurableObjectStorage(PRIVATE, io);
    this.id = ownId(this.#io);
  }

  waitUntil(promise: Promise<unknown>): void {
    if (!isState(this)) throw illegalInvocation();
    if (arguments.length === 0) throw badArgument("waitUntil", CLASS, 1, "Promise");
    waitUntil(requireRequest("waitUntil()"), promise);
  }

  blockConcurrencyWhile<T>(callback: () => Promise<T>): Promise<T> {
    if (!isState(this)) throw illegalInvocation();
    try {
      if (typeof callback !== "function") {
        throw badArgument("blockConcurrencyWhile", CLASS, 1, "function");
      }
      const io = currentActor();
      if (io === undefined) requireActor(this.#io, "Actor");
      return blockConcurrencyWhile(io ?? this.#io, callback);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  abort(reason?: unknown, options?: unknown): void {
    if (!isState(this)) throw illegalInvocation();
    const message = reason === undefined ? ABORT_TEXT : `${reason as string}`;
    if (!isOptions(options)) throw badArgument("abort", CLASS, 2, "DurableObjectAbortOptions");
    const retryAlarm = (options as { retryAlarm?: unknown } | undefined)?.retryAlarm;
    requireActor(this.#io, STORAGE_TYPE);
    native.actorBreak(this.#io.request, {
      name: "Error", message, remote: false, retryable: false, overloaded: false,
      objectReset: true, objectId: "",
    }, true, retryAlarm === undefined || Boolean(retryAlarm));
  }

  // ---- WebSockets that outlive the instance (spec/durable-objects.md 4)
  acceptWebSocket(socket: unknown, tags?: unknown): void {
    sockets.acceptWebSocket(this.#own(), socket, tags);
  }
  getWebSockets(tag?: unknown): WebSocket[] {
    return sockets.getWebSockets(this.#own(), tag);
  }
  setWebSocketAutoResponse(pair?: unknown): void {
    sockets.setWebSocketAutoResponse(this.#own(), pair);
  }
  getWebSocketAutoResponse(): sockets.WebSocketRequestResponsePair | null {
    return sockets.getWebSocketAutoResponse(this.#own());
  }
  getWebSocketAutoResponseTimestamp(socket: unknown): Date | null {
    return sockets.getWebSocketAutoResponseTimestamp(this.#own(), socket);
  }
  setHibernatableWebSocketEventTimeout(timeoutMs?: unknown): void {
    sockets.setHibernatableWebSocketEventTimeout(this.#own(), timeoutMs);
  }
  getHibernatableWebSocketEventTimeout(): number | null {
    return sockets.getHibernatableWebSocketEventTimeout(this.#own());
  }
  getTags(socket: unknown): string[] {
    return sockets.getTags(this.#own(), socket);
  }

  #own(): ActorIo {
    if (!isState(this)) throw illegalInvocation();
    requireActor(this.#io, STORAGE_TYPE);
    return this.#io;
  }

  static {
    isState = (value): value is DurableObjectState =>
      typeof value === "object" && value !== null && #io in value;
  }
}
exposeState(CLASS, DurableObjectState);

// For an instance that is about to be constructed.
export function makeState(io: ActorIo): DurableObjectState {
  return new DurableObjectState(PRIVATE, io);
}
