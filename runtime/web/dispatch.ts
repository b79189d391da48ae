// From an event to the guest's handler and back (spec/runtime-api.md 1). A handler is a property of
// an exported object, or a method of an exported WorkerEntrypoint class, of which each event gets a
// new instance.

import { flatHeaders, takeForSending } from "./body";
import { ExecutionContext } from "./context";
import { toWire } from "./headers";
import {
  contextOf, HUNG_TEXT, invocationOver, type IoContext, openContext,
} from "./io";
import { cancelStream, failStream, sendStream } from "./outgoing";
import { abortIncoming, makeIncoming, type Request, requestFlags } from "./request";
import {
  isEncodedByGuest, isErrorResponse, isResponse, type Response, statusOf, statusTextOf, webSocketOf,
} from "./response";
import { domException } from "./dom_exception";
import { SourceOrigin } from "./source";
import { giveSocketAway, type WebSocket } from "./websocket";
import { WorkerEntrypoint } from "./workers_module";

type Handler = (this: unknown, ...args: unknown[]) => unknown;
type Exported = Record<string, unknown>;
type EntrypointClass = new (ctx: unknown, env: unknown) => Exported;

const NO_FETCH_TEXT = "Handler does not export a fetch() function.";
const NOT_RESPONSE_TEXT = "Incorrect type for Promise: the Promise did not resolve to 'Response'.";
const NO_UPGRADE_TEXT =
  "Worker tried to return a WebSocket in a response to a request which did not contain the " +
  'header "Upgrade: websocket".';
const ERROR_RESPONSE_TEXT =
  "Return value from serve handler must not be an error response (like Response.error())";

const then = Promise.prototype.then;
const resolve = Promise.resolve.bind(Promise) as (value: unknown) => Promise<unknown>;

// Per isolate, set after the snapshot was loaded.
let main: Record<string, unknown> = {};
let env: Record<string, unknown> = {};

export function setEnv(made: Record<string, unknown>): void {
  env = made;
}
export function setMain(namespace: Record<string, unknown>): void {
  main = namespace;
}

export function mainExport(name: string): unknown {
  return main[name];
}
export function mainNames(): string[] {
  return Object.keys(main);
}
export function currentEnv(): Record<string, unknown> {
  return env;
}

function isEntrypointClass(value: unknown): value is EntrypointClass {
  return typeof value === "function" && value.prototype instanceof WorkerEntrypoint;
}

// The object whose methods serve this event. An exported class is instantiated also without the
// platform's base.
export function entrypointObject(entrypoint: string, ctx: ExecutionContext,
                                 lacking = NO_FETCH_TEXT): Exported {
  const exported = main[entrypoint];
  if (typeof exported === "function" && typeof exported.prototype === "object") {
    return new (exported as EntrypointClass)(ctx, env);
  }
  if (exported === undefined || exported === null) {
    throw new Error(entrypoint === "default" ? lacking
                    : `The Worker has no entrypoint named "${entrypoint}".`);
  }
  return exported as Exported;
}

function callFetch(entrypoint: string, io: IoContext, request: Request): unknown {
  const ctx = new ExecutionContext(io);
  const target = entrypointObject(entrypoint, ctx);
  const handler = target.fetch as Handler | undefined;
  if (typeof handler !== "function") throw new Error(NO_FETCH_TEXT);
  return handler.call(target, request, env, ctx);
}

export function dispatchFetch(request: RequestId, method: string, url: string, body: boolean,
                              entrypoint: string): void {
  const io = openContext(request);
  native.setFrame(io);
  try {
    const incoming = makeIncoming(io, method, url, body);
    if (requestFlags.incomingSignal) io.incoming = incoming;
    answerWith(io, callFetch(entrypoint, io, incoming));
  } catch (error) {
    fail(io, error);
  } finally {
    native.setFrame(undefined);
  }
}

// `result`: what a fetch handler returned, or its promise.
export function answerWith(io: IoContext, result: unknown): void {
  if (isResponse(result)) return answer(io, result);
  then.call(result instanceof Promise ? result : resolve(result),
            (value: unknown) => answer(io, value), (error: unknown) => fail(io, error));
}

function answer(io: IoContext, value: unknown): void {
  if (io.answered) return;
  try {
    if (!isResponse(value)) throw new TypeError(NOT_RESPONSE_TEXT);
    if (isErrorResponse(value)) throw new TypeError(ERROR_RESPONSE_TEXT);
    respond(io, value);
  } catch (error) {
    fail(io, error);
  }
}

function respond(io: IoContext, response: Response): void {
  const socket = webSocketOf(response);
  if (socket !== null) return respondWithSocket(io, response, socket);
  let body: ReturnType<typeof takeForSending> | number = takeForSending(response);
  if (body instanceof SourceOrigin && body.ownLife) body = -body.passOn() || body;
  const status = statusOf(response), text = statusTextOf(response);
  const headers = toWire(flatHeaders(response)), encoded = isEncodedByGuest(response);
  io.answered = true;
  if (typeof body !== "object" || body instanceof Uint8Array) {
    native.respond(io.request, status, text, headers, body,
                   body instanceof Uint8Array ? body.length : -1, encoded);
    io.bodyEnd ??= "after response has been sent";
    invocationOver(io);
    return;
  }
  const id = sendStream(io, body, (how, error) => {
    if (how === "error") native.uncaught(io.request, "fetch", error);
    io.streaming = 0;
    io.bodyEnd ??= "after response has been sent";
    invocationOver(io);
  });
  io.streaming = id;
  native.respond(io.request, status, text, headers, id, body.length, encoded);
}

function respondWithSocket(io: IoContext, response: Response, socket: WebSocket): void {
  if (!native.requestUpgrades(io.request)) throw new TypeError(NO_UPGRADE_TEXT);
  const id = giveSocketAway(socket);
  io.answered = true;
  native.respond(io.request, statusOf(response), statusTextOf(response),
                 toWire(flatHeaders(response)), undefined, -1, false, id);
  io.bodyEnd ??= "after response has been sent";
  invocationOver(io);
}

export function fail(io: IoContext, error: unknown): void {
  if (io.answered) return;
  io.answered = true;
  native.respondError(io.request, error, io.passThrough);
  io.bodyEnd ??= "after responding with an exception";
  invocationOver(io);
}

export function clientGone(request: RequestId): void {
  const io = contextOf(request);
  if (io === undefined) return;
  io.bodyEnd = "because client disconnected";
  if (io.incoming !== undefined) {
    native.setFrame(io);
    try {
      abortIncoming(io.incoming as Request,
                    domException("AbortError", "The client has disconnected"));
    } finally {
      native.setFrame(undefined);
    }
  }
  io.answered = true;
  if (io.streaming !== 0) cancelStream(io.streaming, io.bodyEnd);
  invocationOver(io);
}

// Nothing can settle this event any more.
export function hung(request: RequestId): void {
  const io = contextOf(request);
  if (io === undefined) return;
  const error = new Error(HUNG_TEXT);
  if (!io.answered) fail(io, error);
  else if (io.streaming !== 0) failStream(io.streaming, error);
}

// ---- `workerd test` style tests: exports that have test(controller, env, ctx).

function hasTest(value: unknown): boolean {
  if (isEntrypointClass(value)) return typeof (value.prototype as Exported).test === "function";
  return typeof value === "object" && value !== null &&
         typeof (value as Exported).test === "function";
}

export function testNames(): string[] {
  return Object.keys(main).filter((name) => hasTest(main[name]));
}

// Answers its request like an event: respond when the test passed, respondError when not.
export function runTest(name: string, request: RequestId): void {
  const io = openContext(request);
  native.setFrame(io);
  try {
    const ctx = new ExecutionContext(io);
    const target = entrypointObject(name, ctx);
    if (typeof target.test !== "function") {
      throw new Error("Entrypoint does not export a test() function.");
    }
    then.call(resolve((target.test as Handler).call(target, {}, env, ctx)),
              () => passed(io), (error: unknown) => fail(io, error));
  } catch (error) {
    fail(io, error);
  } finally {
    native.setFrame(undefined);
  }
}

export function passed(io: IoContext): void {
  if (io.answered) return;
  io.answered = true;
  native.respond(io.request, 200, "", [], undefined, -1, false);
  invocationOver(io);
}
