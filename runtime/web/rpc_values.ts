// What travels by RPC besides plain data (spec/durable-objects.md 1.3, "By stub", "Special types").
//
// Stubs, streams and bodies are *attachments*: while a value is written only their places are, and
// when all of it is written each is taken, in order, by `attach`. A value that cannot be written has
// used nothing up. Functions, RpcTargets and stubs stop the engine's serializer: they are replaced by
// a StubRef beforehand, at the top at once, deeper inside when the serializer has found one.

import { isAbortSignal } from "./abort";
import { type Blob, blobBytes, isBlob, isFile, makeBlob } from "./blob";
import { flatHeaders, hasBody, isUsed, takeForSending, type SendableBody } from "./body";
import { domException } from "./dom_exception";
import { isHeaders, listOf, makeHeaders } from "./headers";
import type { IoContext } from "./io";
import { sendStream } from "./outgoing";
import { cacheOf, isRequest, methodOf, redirectOf, Request, urlOf } from "./request";
import { isResponse, Response, statusOf, statusTextOf } from "./response";
import { CallHandler, handlerOf, proxyOf, RpcTarget, TargetHandler } from "./rpc";
import { exportObject, hold, ImportHandler, unhold } from "./rpc_stub";
import { makeReceivedStub } from "./service";
import { SourceOrigin } from "./source";
import {
  chunkBytes, isDisturbed, isLocked, isReadableStream, isWritableStream, type Origin, originStream,
  ReadableStream, takeStream, WritableStream,
} from "./streams";
import { registerAttachment, registerRefusal } from "./structured_clone";

const then = Promise.prototype.then;
const getPrototypeOf = Reflect.getPrototypeOf;
const defineProperty = Object.defineProperty;
const EXPORT = 1, STREAM = 2, TARGET = 3;   // serializer.h: AttachmentKind

// ---- on the way out: replacing

class StubRef {
  readonly what: object;   // a function, an RpcTarget, or a stub's handler
  constructor(what: object) {
    this.what = what;
  }
}

function refuse(what: string): never {
  throw domException("DataCloneError", `Could not serialize object of type "${what}". This type ` +
                     "does not support serialization.");
}

// `refs`: those of the same message, for what is given twice is one stub.
function replaceOne(value: unknown, refs: Map<object, object>): unknown {
  if (typeof value !== "function" && (typeof value !== "object" || value === null)) return value;
  const handler = handlerOf(value);
  if (handler !== undefined) {
    if (handler instanceof ImportHandler) handler.live();
    else if (handler instanceof CallHandler) refuse("RpcPromise");
    else if (!(handler instanceof TargetHandler)) refuse("RpcProperty");
    return refTo(value, handler, refs);
  }
  return typeof value === "function" || value instanceof RpcTarget ? refTo(value, value, refs)
                                                                   : value;
}

function refTo(given: object, what: object, refs: Map<object, object>): object {
  let ref = refs.get(given);
  if (ref === undefined) refs.set(given, ref = new StubRef(what));
  return ref;
}

export function toSend(values: unknown[]): unknown[] {
  const refs = new Map<object, object>();
  return values.map((value) => replaceOne(value, refs));
}

// A copy of plain objects, arrays, Maps and Sets in which every stub is replaced. Keeps identity and
// cycles; everything else stays what it is.
export function replaceDeep(value: unknown): unknown {
  const copies = new Map<object, object>();
  const copy = (at: unknown): unknown => {
    const replaced = replaceOne(at, copies);
    if (replaced !== at || typeof at !== "object" || at === null) return replaced;
    const known = copies.get(at);
    if (known !== undefined) return known;
    if (Array.isArray(at)) {
      const made: unknown[] = [];
      made.length = at.length;
      copies.set(at, made);
      for (const key of Object.keys(at)) made[key as never] = copy(at[key as never]) as never;
      return made;
    }
    if (at instanceof Map) {
      const made = new Map<unknown, unknown>();
      copies.set(at, made);
      for (const [key, item] of at) made.set(copy(key), copy(item));
      return made;
    }
    if (at instanceof Set) {
      const made = new Set<unknown>();
      copies.set(at, made);
      for (const item of at) made.add(copy(item));
      return made;
    }
    if (getPrototypeOf(at) !== Object.prototype) return at;
    const made: Record<string, unknown> = {};
    copies.set(at, made);
    for (const key of Object.keys(at)) {
      defineProperty(made, key, { value: copy((at as Record<string, unknown>)[key]), writable: true,
                                  enumerable: true, configurable: true });
    }
    return made;
  };
  return copy(value);
}

// ---- on the way out: attaching

// Whether stubs of other contexts' objects move with the message instead of being duplicated.
let moving = false;

export function sending<T>(move: boolean, write: () => T): T {
  const before = moving;
  moving = move;
  try {
    return write();
  } finally {
    moving = before;
  }
}

class BodyOf {
  readonly message: Request | Response;
  constructor(message: Request | Response) {
    this.message = message;
  }
}

// The writer of a WritableStream that was sent away.
class Sink extends RpcTarget {
  readonly #writer: ReturnType<WritableStream["getWriter"]>;
  constructor(stream: WritableStream) {
    super();
    this.#writer = stream.getWriter();
  }
  write(chunk: Uint8Array): Promise<void> {
    return this.#writer.write(chunk);
  }
  close(): Promise<void> {
    return this.#writer.close();
  }
  abort(reason: unknown): Promise<void> {
    return this.#writer.abort(reason);
  }
}

function attachBody(io: IoContext, body: SendableBody): void {
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) {
    native.attachStream(io.request, body ?? "", -1);
    return;
  }
  hold(io);
  const id = sendStream(io, body, () => unhold(io));
  native.attachStream(io.request, id, body.length);
}

const LOST_TEXT = "ReadableStream received over RPC disconnected prematurely.";

function sentChunk(chunk: unknown): Uint8Array {
  return typeof chunk === "string" ? native.utf8Encode(chunk) : chunkBytes(chunk);
}

// Bytes travel, and text as bytes.
function sentStream(stream: ReadableStream): Origin {
  return losing(takeStream(stream, sentChunk));
}

// Why a stream failed does not travel.
function losing(origin: Origin): Origin {
  return {
    bytes: origin.bytes,
    length: origin.length,
    read: () => then.call(origin.read(), undefined, () => {
      throw new Error(LOST_TEXT);
    }) as Promise<Uint8Array | undefined>,
    cancel: (reason: unknown) => origin.cancel(reason),
  };
}

// `things`: [kind, thing, ...] in the order they were written.
export function attach(things: unknown[]): void {
  const io = native.getFrame()!.io as IoContext;
  for (let i = 1; i < things.length; i += 2) {
    const thing = things[i];
    if (thing instanceof ImportHandler) {
      native.attachImport(thing.live());
      if (moving) thing.dispose();
    } else if (thing instanceof TargetHandler) {
      native.attachTarget(thing.target);
    } else if (thing instanceof BodyOf) {
      attachBody(io, takeForSending(thing.message));
    } else if (isReadableStream(thing)) {
      attachBody(io, sentStream(thing));
    } else {
      const object = isWritableStream(thing) ? new Sink(thing) : thing as object;
      native.attachExport(io.request, exportObject(io, object));
    }
  }
}

// ---- on the way in

// The stubs a message brought, which end together.
export interface Reading {
  readonly io: IoContext;
  readonly around: Reading | undefined;
  stubs: ImportHandler[] | undefined;
}
let reading: Reading | undefined;

export function openReading(io: IoContext): Reading {
  return reading = { io, around: reading, stubs: undefined };
}
export function closeReading(opened: Reading): void {
  reading = opened.around;
}

function readStub(importId: number): ImportHandler {
  const handler = new ImportHandler(importId, reading!.io);
  (reading!.stubs ??= []).push(handler);
  return handler;
}

export function disposeAll(from: Reading): void {
  if (from.stubs !== undefined) for (const stub of from.stubs) stub.dispose();
}

function nothingToDispose(): void {}

// A result: disposing it disposes the stubs in it. A stub has its own disposer.
export function sealResult(value: unknown, from: Reading): unknown {
  if (typeof value !== "object" || value === null || handlerOf(value) !== undefined) return value;
  const dispose = from.stubs === undefined ? nothingToDispose : () => disposeAll(from);
  defineProperty(value, Symbol.dispose, { value: dispose, writable: true, configurable: true });
  return value;
}

function readBody(source: unknown): ReadableStream {
  return originStream(losing(new SourceOrigin(source as number, reading!.io, false)));
}

function readSink(importId: unknown): WritableStream {
  const stub = readStub(importId as number);
  const tell = (method: string, args: unknown[]): Promise<unknown> =>
    stub.begin([method], false, args).inner;
  return new WritableStream<unknown>({
    write: (chunk) => tell("write", [chunkBytes(chunk).slice()]) as Promise<void>,
    close: () => tell("close", []) as Promise<void>,
    abort: (reason: unknown) => tell("abort", [`${reason as string}`]) as Promise<void>,
  });
}

// ---- the registry (structured_clone.ts)

registerAttachment("RpcStub", (value) => value instanceof StubRef, ({ what }) =>
  what instanceof TargetHandler ? [undefined, TARGET, what] : [undefined, EXPORT, what],
  (_payload, thing) => typeof thing === "number" ? proxyOf(readStub(thing))
                                                 : makeReceivedStub(thing as NativeTarget));

registerAttachment("ReadableStream", isReadableStream, (stream) => {
  if (isLocked(stream)) throw new TypeError("The ReadableStream has been locked to a reader.");
  if (isDisturbed(stream)) {
    throw new TypeError("The ReadableStream has already been read from.");
  }
  return [undefined, STREAM, stream];
}, (_payload, source) => readBody(source));

registerAttachment("WritableStream", isWritableStream, (stream) => {
  if (stream.locked) throw new TypeError("The WritableStream has been locked to a writer.");
  return [undefined, EXPORT, stream];
}, (_payload, stub) => readSink(stub));

const USED_BODY_TEXT = "Body has already been used. It can only be used once. Use tee() first if " +
  "you need to read it twice.";

registerAttachment("Request", isRequest, (request) => {
  const body = hasBody(request);
  if (body && isUsed(request)) throw new TypeError(USED_BODY_TEXT);
  const payload = [methodOf(request), urlOf(request), flatHeaders(request).slice(),
                   redirectOf(request), request.cf, cacheOf(request)];
  return body ? [payload, STREAM, new BodyOf(request)] : [payload, 0, undefined];
}, (payload, source) => {
  const [method, url, headers, redirect, cf, cache] = payload as
    [string, string, string[], string, unknown, string | undefined];
  return new Request(url, {
    method, headers: makeHeaders(headers), redirect,
    ...(cf === undefined ? {} : { cf }), ...(cache === undefined ? {} : { cache }),
    ...(source === undefined ? {} : { body: readBody(source) }),
  });
});

registerAttachment("Response", isResponse, (response) => {
  const body = hasBody(response);
  if (body && isUsed(response)) throw new TypeError(USED_BODY_TEXT);
  const payload = [statusOf(response), statusTextOf(response), flatHeaders(response).slice(),
                   response.cf];
  return body ? [payload, STREAM, new BodyOf(response)] : [payload, 0, undefined];
}, (payload, source) => {
  const [status, statusText, headers, cf] = payload as [number, string, string[], unknown];
  return new Response(source === undefined ? null : readBody(source), {
    status, statusText, headers: makeHeaders(headers), ...(cf === undefined ? {} : { cf }),
  } as never);
});

registerAttachment("Headers", isHeaders, (headers) => [listOf(headers).slice(), 0, undefined],
                   (list) => makeHeaders(list as string[]));
// A File does not travel, as on the platform.
function isPlainBlob(value: unknown): value is Blob {
  return isBlob(value) && !isFile(value);
}
registerAttachment("Blob", isPlainBlob,
                   (blob) => [[blobBytes(blob).slice(), blob.type], 0, undefined],
                   (payload) => makeBlob(...(payload as [Uint8Array, string])));

registerRefusal(isAbortSignal, () => "AbortSignal serialization is not enabled.");
// Found deep inside: the value has to be copied with it replaced.
registerRefusal((value) => value instanceof RpcTarget, () => undefined);

