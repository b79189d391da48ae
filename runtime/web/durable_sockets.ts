// Hibernatable WebSockets as an instance sees them (spec/durable-objects.md 4). They live in C++
// (runtime/actor/actor_sockets.h) and outlive the instance; here are the objects that stand for
// them, one for each while the instance lives, and the events that the class is given.

import { asEvent } from "./actor";
import { fail, passed } from "./dispatch";
import { badArgument, badConstruction, exposeClass } from "./errors";
import { illegalInvocation, type IoContext } from "./io";
import {
  forgetHibernated, hibernatedNumber, hibernateSocket, isWebSocket, peerHasClosed,
  protocolErrorText, reviveSocket, tagsOfSocket, type WebSocket,
} from "./websocket";

const OWNER = "DurableObjectState";
const TAGS_MAX = 10;
const TAG_CHARACTERS_MAX = 256;
const AUTO_RESPONSE_BYTES_MAX = 2_048;
const EVENT_TIMEOUT_MS_MAX = 604_800_000;
// By runtime/actor/actor_sockets.h: SocketEvent::Kind.
const HANDLERS = ["webSocketMessage", "webSocketClose", "webSocketError"] as const;
const enum Kind { Message, Close, Error }

type Handler = (this: unknown, ...args: unknown[]) => unknown;
const then = Promise.prototype.then;
const resolve = Promise.resolve.bind(Promise) as (value: unknown) => Promise<unknown>;

const known = new WeakMap<IoContext, Map<number, WebSocket>>();

function socketsOf(io: IoContext): Map<number, WebSocket> {
  let sockets = known.get(io);
  if (sockets === undefined) known.set(io, sockets = new Map());
  return sockets;
}

// Undefined when it is gone.
function socketOf(io: IoContext, number: number): WebSocket | undefined {
  const sockets = socketsOf(io);
  const found = sockets.get(number);
  if (found !== undefined) return found;
  const look = native.hibernatedLook(io.request, number);
  if (look === undefined) return undefined;
  const made = reviveSocket(io, number, ...look);
  sockets.set(number, made);
  return made;
}

function requireSocket(method: string, socket: unknown): WebSocket {
  if (!isWebSocket(socket)) throw badArgument(method, OWNER, 1, "WebSocket");
  return socket;
}

function checkTags(tags: unknown): string[] {
  if (tags === undefined) return [];
  if (!Array.isArray(tags)) throw badArgument("acceptWebSocket", OWNER, 2, "Array");
  const distinct = [...new Set(tags.map((tag) => `${tag as string}`))];
  if (distinct.length > TAGS_MAX) {
    throw new Error(`a Hibernatable WebSocket cannot have more than ${TAGS_MAX} tags`);
  }
  const long = distinct.find((tag) => tag.length > TAG_CHARACTERS_MAX);
  if (long !== undefined) {
    throw new Error(`"${long}" is longer than the max tag length (${TAG_CHARACTERS_MAX} ` +
                    "characters).");
  }
  return distinct;
}

// ---- Methods of ctx. `io`: the instance's.

export function acceptWebSocket(io: IoContext, socket: unknown, tags?: unknown): void {
  const accepted = requireSocket("acceptWebSocket", socket);
  socketsOf(io).set(hibernateSocket(accepted, checkTags(tags)), accepted);
}

export function getWebSockets(io: IoContext, tag?: unknown): WebSocket[] {
  const numbers = native.hibernatedList(io.request,
                                        tag === undefined ? undefined : `${tag as string}`);
  return numbers.map((number) => socketOf(io, number)!);
}

export function getTags(_io: IoContext, socket: unknown): string[] {
  return tagsOfSocket(requireSocket("getTags", socket));
}

let isPair: (value: unknown) => value is WebSocketRequestResponsePair;

export class WebSocketRequestResponsePair {
  readonly #request: string;
  readonly #response: string;

  constructor(request: string, response: string) {
    const count = arguments.length;
    if (count < 2) throw badConstruction("WebSocketRequestResponsePair", count + 1, "string");
    this.#request = `${request}`;
    this.#response = `${response}`;
  }
  get request(): string {
    if (!isPair(this)) throw illegalInvocation();
    return this.#request;
  }
  get response(): string {
    if (!isPair(this)) throw illegalInvocation();
    return this.#response;
  }
  static {
    isPair = (value): value is WebSocketRequestResponsePair =>
      typeof value === "object" && value !== null && #request in value;
  }
}

function checkAutoResponse(what: "Request" | "Response", text: string): void {
  const size = native.utf8Encode(text).length;
  if (size <= AUTO_RESPONSE_BYTES_MAX) return;
  throw new RangeError(`${what} cannot be larger than ${AUTO_RESPONSE_BYTES_MAX} bytes. A ` +
                       `${what.toLowerCase()} of size ${size} was provided.`);
}

export function setWebSocketAutoResponse(io: IoContext, pair?: unknown): void {
  if (pair === undefined) {
    native.hibernatedSetAutoResponse(io.request, undefined, undefined);
    return;
  }
  if (!isPair(pair)) {
    throw badArgument("setWebSocketAutoResponse", OWNER, 1, "WebSocketRequestResponsePair");
  }
  checkAutoResponse("Request", pair.request);
  checkAutoResponse("Response", pair.response);
  native.hibernatedSetAutoResponse(io.request, pair.request, pair.response);
}

export function getWebSocketAutoResponse(io: IoContext): WebSocketRequestResponsePair | null {
  const pair = native.hibernatedAutoResponse(io.request);
  return pair === undefined ? null : new WebSocketRequestResponsePair(...pair);
}

export function getWebSocketAutoResponseTimestamp(io: IoContext, socket: unknown): Date | null {
  const number = hibernatedNumber(requireSocket("getWebSocketAutoResponseTimestamp", socket));
  const at = number === undefined ? undefined
                                  : native.hibernatedAutoResponseMs(io.request, number);
  return at === undefined ? null : new Date(at);
}

export function setHibernatableWebSocketEventTimeout(io: IoContext, timeoutMs?: unknown): void {
  const value = timeoutMs === undefined ? 0 : Number(timeoutMs);
  if (!Number.isFinite(value)) {
    throw new TypeError("The value cannot be converted because it is not an integer.");
  }
  if (value < 0) {
    throw new TypeError("The value cannot be converted because it is negative and this API " +
                        "expects a positive number.");
  }
  if (value > EVENT_TIMEOUT_MS_MAX) {
    throw new Error(`Event timeout should not exceed ${EVENT_TIMEOUT_MS_MAX} ms.`);
  }
  native.hibernatedSetTimeout(io.request, Math.trunc(value));
}

export function getHibernatableWebSocketEventTimeout(io: IoContext): number | null {
  return native.hibernatedTimeout(io.request) || null;
}

// ---- Events of the class. A missing method is tolerated.

export function actorSocketEvent(actor: RequestId, event: RequestId, number: number, kind: Kind,
                                 data: string | ArrayBuffer, code: number,
                                 clean: boolean): void {
  asEvent(actor, event, (io, instance) => {
    const owner = io.io;
    const socket = socketOf(owner, number);
    if (socket === undefined) return passed(io);
    const over = (): void => {
      if (kind === Kind.Message) return;
      socketsOf(owner).delete(number);
      forgetHibernated(socket);
    };
    if (kind !== Kind.Message) peerHasClosed(socket, clean ? code : undefined, data as string);
    const handler = instance[HANDLERS[kind]];
    if (typeof handler !== "function") {
      over();
      return passed(io);
    }
    const rest = kind === Kind.Message ? [data]
               : kind === Kind.Close ? [code, data, clean]
               : [new Error(protocolErrorText(code, data as string))];
    let result: unknown;
    try {
      result = (handler as Handler).call(instance, socket, ...rest);
    } catch (error) {
      over();
      throw error;
    }
    then.call(resolve(result), () => {
      over();
      passed(io);
    }, (error: unknown) => {
      over();
      fail(io, error);
    });
  });
}

export function installDurableSockets(target: object): void {
  exposeClass(target, "WebSocketRequestResponsePair", WebSocketRequestResponsePair);
}
