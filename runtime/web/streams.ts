// Web streams: the library's implementation (web-streams-polyfill) with the platform's texts and
// additions (spec/runtime-api.md 4), and byte streams whose bytes the runtime provides.
//
// An *origin* is where such a stream's bytes come from. As long as nobody touched the stream, the
// runtime reads the origin directly and the stream machinery costs nothing.

import type * as official from "@cloudflare/workers-types";
import * as lib from "web-streams-polyfill";
import { badArgument, enumerateMembers } from "./errors";
import { illegalInvocation } from "./io";
import { limits } from "./limits";

export const LOCKED_TEXT = "This ReadableStream is currently locked to a reader.";
const LOCKED_COMMA_TEXT = "This ReadableStream is currently locked to a reader,";  // sic
const NO_BYTES_TEXT = "This ReadableStream did not return bytes.";
const RELEASED_TEXT = "This ReadableStream reader has been released.";
const ONE_READ_TEXT =
  "This ReadableStream only supports a single pending read request at a time.";
const WRITER_LOCKED_TEXT = "This WritableStream is currently locked to a writer.";
const WRITABLE_CLOSED_TEXT = "This WritableStream has been closed.";
const WRITER_RELEASED_TEXT = "This WritableStream writer has been released.";

// What the library keeps in its objects; the version is pinned.
interface Insides {
  _state: "readable" | "closed" | "errored";
  _storedError: unknown;
  _disturbed: boolean;
  _reader: { _readRequests?: { length: number }; _readIntoRequests?: { length: number } } | undefined;
  _readableStreamController: object;
  [ORIGIN]?: Origin;
  [LENGTH]?: number;
}
interface WritableInsides {
  _state: string;
  _writer: unknown;
  _closeRequest: unknown;
  _inFlightCloseRequest: unknown;
}

export interface Origin {
  // The next bytes; undefined at the end. Never an empty chunk.
  read(): Promise<Uint8Array | undefined>;
  cancel(reason: unknown): void;
  // Everything, when it is at hand already.
  readonly bytes?: Uint8Array | undefined;
  readonly length: number;   // bytes in all, -1 when not known
}

const ORIGIN = Symbol("origin");
const LENGTH = Symbol("length");

export const {
  ByteLengthQueuingStrategy, CountQueuingStrategy, ReadableByteStreamController,
  ReadableStreamBYOBReader, ReadableStreamBYOBRequest, ReadableStreamDefaultController,
  ReadableStreamDefaultReader, TransformStreamDefaultController, WritableStream,
  WritableStreamDefaultController, WritableStreamDefaultWriter,
} = lib;
// Casts: the library types the result of a BYOB read that is done with a view, as the platform gives
// from 2024-05-13; the official types still leave it out. And `readAtLeast` is added below.
export const ReadableStream = lib.ReadableStream as unknown as typeof official.ReadableStream & {
  from(iterable: Iterable<unknown> | AsyncIterable<unknown>): official.ReadableStream;
};
export const TransformStream =
  lib.TransformStream as unknown as typeof official.TransformStream;
export type ReadableStream<R = any> = official.ReadableStream<R>;
export type WritableStream<W = any> = lib.WritableStream<W>;
export type TransformStream<I = any, O = any> = official.TransformStream<I, O>;

const inside = (stream: object): Insides => stream as Insides;
const own = Object.prototype.hasOwnProperty;
const then = Promise.prototype.then;

export function isReadableStream(value: unknown): value is ReadableStream {
  return typeof value === "object" && value !== null &&
         own.call(value, "_readableStreamController") && value instanceof ReadableStream;
}
export function isWritableStream(value: unknown): value is WritableStream {
  return typeof value === "object" && value !== null &&
         own.call(value, "_writableStreamController") && value instanceof WritableStream;
}
export function isLocked(stream: object): boolean {
  return inside(stream)._reader !== undefined;
}
export function isDisturbed(stream: object): boolean {
  return inside(stream)._disturbed;
}
export function knownLength(stream: object): number {
  return inside(stream)[LENGTH] ?? inside(stream)[ORIGIN]?.length ?? -1;
}
export function setKnownLength(stream: object, length: number): void {
  Object.defineProperty(stream, LENGTH, { value: length });
}

export function chunkBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  if (ArrayBuffer.isView(chunk)) {
    return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
  throw new TypeError(NO_BYTES_TEXT);
}

export function originStream(origin: Origin): ReadableStream<Uint8Array> {
  const stream = new ReadableStream({
    type: "bytes",
    pull(controller): Promise<void> {
      return then.call(origin.read(), (chunk: unknown) => {
        if (chunk !== undefined) {
          controller.enqueue(chunk as Uint8Array<ArrayBuffer>);
          return;
        }
        controller.close();
        controller.byobRequest?.respond(0);
      }) as Promise<void>;
    },
    cancel(reason): void {
      origin.cancel(reason);
    },
  });
  Object.defineProperty(stream, ORIGIN, { value: origin });
  return stream as ReadableStream<Uint8Array>;
}

export function bytesStream(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let left: Uint8Array | undefined = bytes.length === 0 ? undefined : bytes;
  return originStream({
    bytes,
    length: bytes.length,
    read(): Promise<Uint8Array | undefined> {
      const chunk = left;
      left = undefined;
      return Promise.resolve(chunk);
    },
    cancel(): void {
      left = undefined;
    },
  });
}

// A stream that was read to its end already.
export function spentStream(): ReadableStream<Uint8Array> {
  const stream = bytesStream(new Uint8Array(0));
  void rawGetReader.call(stream);
  inside(stream)._disturbed = true;
  return stream;
}

// Locks the stream for good and gives what to read it by: the origin itself when the stream is
// untouched. The caller has checked that it is not locked. `toBytes` says what a chunk is worth.
export function takeStream(stream: ReadableStream, toBytes = chunkBytes): Origin {
  const it = inside(stream);
  const origin = it[ORIGIN];
  const untouched = origin !== undefined && !it._disturbed && it._state === "readable";
  const reader = rawGetReader.call(stream) as lib.ReadableStreamDefaultReader<unknown>;
  it._disturbed = true;
  if (untouched) return origin;
  const length = it[LENGTH] ?? -1;
  const accept = (result: { done: boolean; value?: unknown }): unknown => {
    if (result.done) return undefined;
    const bytes = toBytes(result.value);
    return bytes.length === 0 ? next() : bytes;
  };
  const next = (): Promise<Uint8Array | undefined> =>
    then.call(rawRead.call(reader), accept as never) as Promise<Uint8Array | undefined>;
  return {
    length,
    read: next,
    cancel: (reason) => void then.call(rawReaderCancel.call(reader, reason), undefined, () => {}),
  };
}

function tooLarge(origin: Origin, text: string): TypeError {
  const error = new TypeError(text);
  origin.cancel(error);
  return error;
}

// All of it, if it fits into what may be buffered (spec/limits.md 5).
export async function readAll(origin: Origin): Promise<Uint8Array> {
  if (origin.bytes !== undefined) return origin.bytes;
  const most = limits.bufferedBytes;
  if (origin.length > most) {
    throw tooLarge(origin, "Memory limit would be exceeded before EOF.");
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    let chunk: Uint8Array | undefined;
    try {
      chunk = await origin.read();
    } catch (error) {
      if (error instanceof TypeError && error.message === NO_BYTES_TEXT) origin.cancel(error);
      throw error;
    }
    if (chunk === undefined) break;
    size += chunk.length;
    if (size > most) throw tooLarge(origin, "Memory limit exceeded before EOF.");
    chunks.push(chunk);
  }
  if (chunks.length === 1) return chunks[0]!;
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

// ---- The platform's texts around the library's methods.

const readable = ReadableStream.prototype;
const rawGetReader = readable.getReader as (options?: unknown) => unknown;
const rawRead = ReadableStreamDefaultReader.prototype.read;
const rawReaderCancel = ReadableStreamDefaultReader.prototype.cancel;
const rawReadInto = ReadableStreamBYOBReader.prototype.read as
  (view: ArrayBufferView, options?: { min: number }) => Promise<lib.ReadableStreamBYOBReadResult<never>>;

type Method = (this: unknown, ...args: never[]) => unknown;

// Replaces prototype[name] by a method that asks `check` first (an Error: refused).
function guard(prototype: object, name: string,
               check: (self: never, args: unknown[]) => Error | undefined, async: boolean): void {
  const methods = prototype as Record<string, Method>;
  const raw = methods[name]!;
  const method = {
    [name](this: unknown, ...args: unknown[]): unknown {
      const refused = check(this as never, args);
      if (refused === undefined) return raw.apply(this, args as never[]);
      if (async) return Promise.reject(refused);
      throw refused;
    },
  }[name]!;
  Object.defineProperty(prototype, name,
                        { value: method, writable: true, enumerable: true, configurable: true });
}

function guardGetter(prototype: object, name: string, is: (value: unknown) => boolean): void {
  const get = Object.getOwnPropertyDescriptor(prototype, name)!.get!;
  Object.defineProperty(prototype, name, {
    get(this: unknown): unknown {
      if (!is(this)) throw illegalInvocation();
      return get.call(this);
    },
    enumerable: true, configurable: true,
  });
}

function checkReadable(text: string) {
  return (self: unknown): Error | undefined =>
    !isReadableStream(self) ? illegalInvocation()
    : isLocked(self) ? new TypeError(text) : undefined;
}

function checkPipe(self: unknown, args: unknown[]): Error | undefined {
  const refused = checkReadable(LOCKED_TEXT)(self);
  if (refused !== undefined) return refused;
  const to = args[0];
  if (!isWritableStream(to)) return badArgument("pipeTo", "ReadableStream", 1, "WritableStream");
  return (to as unknown as WritableInsides)._writer !== undefined
    ? new TypeError(WRITER_LOCKED_TEXT.slice(0, -1)) : undefined;
}

guardGetter(readable, "locked", isReadableStream);
guard(readable, "cancel", checkReadable(LOCKED_TEXT), true);
guard(readable, "tee", checkReadable(LOCKED_COMMA_TEXT), false);
guard(readable, "values", checkReadable(LOCKED_TEXT), false);
Object.defineProperty(readable, Symbol.asyncIterator,
                      { value: readable.values, writable: true, configurable: true });
guard(readable, "pipeTo", checkPipe, true);
guard(readable, "pipeThrough", (self, args) => {
  const refused = checkReadable(LOCKED_TEXT)(self);
  if (refused !== undefined) return refused;
  const pair = args[0] as { writable?: unknown; readable?: unknown } | undefined;
  if (!isReadableStream(pair?.readable) || !isWritableStream(pair.writable)) {
    return badArgument("pipeThrough", "ReadableStream", 1, "Transform");
  }
  return checkPipe(self, [pair.writable]);
}, false);
guard(readable, "getReader", (self, args) => {
  const refused = checkReadable(LOCKED_TEXT)(self);
  if (refused !== undefined) return refused;
  const mode = (args[0] as { mode?: unknown } | undefined)?.mode;
  const bytes = inside(self)._readableStreamController instanceof ReadableByteStreamController;
  return mode !== undefined && `${mode as string}` === "byob" && !bytes
    ? new TypeError("This ReadableStream does not support BYOB reads.") : undefined;
}, false);
guard(ReadableStream, "from", (_self, args) => {
  const from = args[0] as { [Symbol.asyncIterator]?: unknown; [Symbol.iterator]?: unknown } | null;
  const fine = from !== undefined && from !== null &&
    (typeof from[Symbol.asyncIterator] === "function" || typeof from[Symbol.iterator] === "function");
  return fine ? undefined : badArgument("from", "ReadableStream", 1, "AsyncGenerator");
}, false);

type Reader = { _ownerReadableStream?: Insides };
// A stream fed by the runtime takes one read at a time, as the platform's do.
function checkRead(self: Reader): Error | undefined {
  if (!own.call(self, "_ownerReadableStream")) return illegalInvocation();
  const stream = self._ownerReadableStream;
  if (stream === undefined) return new TypeError(RELEASED_TEXT);
  if (stream[ORIGIN] === undefined) return undefined;
  const waiting = stream._reader?._readRequests ?? stream._reader?._readIntoRequests;
  return waiting !== undefined && waiting.length > 0 ? new TypeError(ONE_READ_TEXT) : undefined;
}
function checkReleased(self: Reader): Error | undefined {
  if (!own.call(self, "_ownerReadableStream")) return illegalInvocation();
  return self._ownerReadableStream === undefined ? new TypeError(RELEASED_TEXT) : undefined;
}
function checkView(view: unknown): Error | undefined {
  return ArrayBuffer.isView(view) && view.byteLength > 0 ? undefined : new TypeError(
    'You must call read() on a "byob" reader with a positive-sized TypedArray object.');
}

guard(ReadableStreamDefaultReader.prototype, "read", checkRead, true);
guard(ReadableStreamDefaultReader.prototype, "cancel", checkReleased, true);
guard(ReadableStreamBYOBReader.prototype, "read",
      (self: Reader, args) => checkRead(self) ?? checkView(args[0]), true);
guard(ReadableStreamBYOBReader.prototype, "cancel", checkReleased, true);

// The platform's own: at least `count` elements unless the stream ends before.
function readAtLeast<T extends ArrayBufferView>(
  this: Reader, count: number, view: T): Promise<{ done: boolean; value?: T }> {
  const refused = checkRead(this) ?? checkView(view);
  if (refused !== undefined) return Promise.reject(refused);
  const min = Math.trunc(Number(count));
  if (!(min > 0)) {
    return Promise.reject(
      new TypeError(`Requested invalid minimum number of bytes to read (${min || 0}).`));
  }
  const elements = (view as unknown as { length?: number }).length ?? view.byteLength;
  if (min > elements) {
    return Promise.reject(new TypeError(
      `Minimum bytes to read (${min}) exceeds size of buffer (${elements}).`));
  }
  // Bytes that came before the end are delivered first, the end with the next read.
  const split = (result: { done: boolean; value?: ArrayBufferView }): unknown =>
    result.done && result.value !== undefined && result.value.byteLength > 0
      ? { value: result.value, done: false } : result;
  return then.call(rawReadInto.call(this as never, view, { min }), split as never) as
    Promise<{ done: boolean; value?: T }>;
}
Object.defineProperty(ReadableStreamBYOBReader.prototype, "readAtLeast",
                      { value: readAtLeast, writable: true, enumerable: true, configurable: true });
Object.defineProperty(ReadableStreamBYOBRequest.prototype, "atLeast", {
  get(this: { _associatedReadableByteStreamController?: {
    _pendingPullIntos: { peek(): { minimumFill: number; bytesFilled: number } } } }): number | null {
    const first = this._associatedReadableByteStreamController?._pendingPullIntos.peek();
    return first === undefined ? null : Math.max(first.minimumFill - first.bytesFilled, 1);
  },
  enumerable: true, configurable: true,
});

const writable = WritableStream.prototype;
function checkWritable(self: unknown): Error | undefined {
  if (!isWritableStream(self)) return illegalInvocation();
  return (self as unknown as WritableInsides)._writer !== undefined
    ? new TypeError(WRITER_LOCKED_TEXT) : undefined;
}
function checkWriter(self: { _ownerWritableStream?: WritableInsides }): Error | undefined {
  if (!own.call(self, "_ownerWritableStream")) return illegalInvocation();
  const stream = self._ownerWritableStream;
  if (stream === undefined) return new TypeError(WRITER_RELEASED_TEXT);
  return stream._state === "closed" || stream._closeRequest !== undefined ||
         stream._inFlightCloseRequest !== undefined ? new TypeError(WRITABLE_CLOSED_TEXT) : undefined;
}
guardGetter(writable, "locked", isWritableStream);
guard(writable, "getWriter", checkWritable, false);
guard(writable, "close", checkWritable, true);
guard(writable, "abort", checkWritable, true);
guard(WritableStreamDefaultWriter.prototype, "write", checkWriter, true);
guard(WritableStreamDefaultWriter.prototype, "close", checkWriter, true);
guardGetter(TransformStream.prototype, "readable",
            (value) => own.call(value, "_transformStreamController"));
guardGetter(TransformStream.prototype, "writable",
            (value) => own.call(value, "_transformStreamController"));

export function installStreams(target: object): void {
  const classes = {
    ByteLengthQueuingStrategy, CountQueuingStrategy, ReadableByteStreamController, ReadableStream,
    ReadableStreamBYOBReader, ReadableStreamBYOBRequest, ReadableStreamDefaultController,
    ReadableStreamDefaultReader, TransformStream, TransformStreamDefaultController, WritableStream,
    WritableStreamDefaultController, WritableStreamDefaultWriter,
  };
  for (const [name, made] of Object.entries(classes)) {
    enumerateMembers(made.prototype);
    Object.defineProperty(target, name,
                          { value: made, writable: true, enumerable: true, configurable: true });
  }
}
