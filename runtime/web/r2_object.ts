// R2 objects as a guest holds them (spec/r2.md 1.7), by their names on the platform: HeadResult is
// R2Object, GetResult is R2ObjectBody. C++ makes them (runtime/bindings/r2_objects.h), and their
// properties are own ones that it provides; here are their methods, and the body.

import type * as official from "@cloudflare/workers-types";
import { makeBlob, type Blob } from "./blob";
import { Body, bodyFlags, initMessage, moveBody } from "./body";
import { badArgument, exposeClass } from "./errors";
import { Headers, isHeaders } from "./headers";
import { illegalInvocation, type IoContext } from "./io";
import { SourceOrigin } from "./source";
import type { ReadableStream } from "./streams";

const NO_HEADERS: FlatHeaders = [];
const HTTP_NAMES = ["content-type", "content-language", "content-disposition", "content-encoding",
                    "cache-control"] as const;

const setHeader = Headers.prototype.set;
const toUTCString = Date.prototype.toUTCString;
const parseJson = JSON.parse as (text: string) => unknown;
const then = Promise.prototype.then;
const resolved = Promise.resolve.bind(Promise) as <T>(value: T) => Promise<T>;
const rejected = Promise.reject.bind(Promise) as (error: unknown) => Promise<never>;

export abstract class HeadResult {
  declare readonly key: string;
  declare readonly version: string;
  declare readonly size: number;
  declare readonly etag: string;
  declare readonly httpEtag: string;
  declare readonly checksums: Checksums;
  declare readonly uploaded: Date;
  declare readonly httpMetadata?: official.R2HTTPMetadata;
  declare readonly customMetadata?: Record<string, string>;
  declare readonly range?: official.R2Range;
  declare readonly storageClass: string;
  declare readonly ssecKeyMd5?: string;

  constructor() {
    throw new TypeError("Illegal constructor");
  }

  writeHttpMetadata(headers: official.Headers): void {
    const http = native.r2HttpMetadata(this);
    if (http === null) throw illegalInvocation();
    if (!isHeaders(headers)) throw badArgument("writeHttpMetadata", "HeadResult", 1, "Headers");
    if (http === undefined) {
      throw new TypeError(`HTTP metadata unknown for key \`${this.key}\`. Did you forget to add ` +
                          "'httpMetadata' to `include` when listing?");
    }
    HTTP_NAMES.forEach((name, at) => {
      const value = http[at] as string | undefined;
      if (value !== undefined) setHeader.call(headers, name, value);
    });
    const expiry = http[5];
    if (expiry !== undefined) {
      setHeader.call(headers, "expires", toUTCString.call(new Date(expiry)));
    }
  }
}

export abstract class Checksums {
  declare readonly md5?: ArrayBuffer;
  declare readonly sha1?: ArrayBuffer;
  declare readonly sha256?: ArrayBuffer;
  declare readonly sha384?: ArrayBuffer;
  declare readonly sha512?: ArrayBuffer;

  constructor() {
    throw new TypeError("Illegal constructor");
  }

  toJSON(): official.R2StringChecksums {
    const made = native.r2Checksums(this);
    if (made === undefined) throw illegalInvocation();
    return made;
  }
}

class StoredBody extends Body {}

// Adds what it declares to an object that C++ made.
class Returned {
  constructor(object: object) {
    return object;
  }
}

// What is known of a body. Bytes at hand that are read in one go never make a Body.
interface Stored {
  readonly io: IoContext;
  body: Body | undefined;   // once it has to be one
  used: boolean;            // without it
}
let storedOf: (object: object) => Stored;

class BodyState extends Returned {
  readonly #stored: Stored;

  constructor(object: object, io: IoContext) {
    super(object);
    this.#stored = { io, body: undefined, used: false };
  }

  static {
    storedOf = (object) => {
      if (!(#stored in object)) throw illegalInvocation();
      return object.#stored;
    };
  }
}

function makeBody(stored: Stored, content: Uint8Array | SourceId): Body {
  const body = stored.body = new StoredBody();
  initMessage(body, typeof content !== "number" ? content
                : new SourceOrigin(content, stored.io, false, true),
              stored.io, NO_HEADERS, undefined, false);
  return body;
}

function bodyOf(object: object): Body {
  const stored = storedOf(object);
  if (stored.body !== undefined) return stored.body;
  const body = makeBody(stored, native.r2TakeBody(object));
  if (stored.used) moveBody(body);
  return body;
}

// The text when its bytes are at hand: they never become an ArrayBuffer.
function takeText(object: object): string | undefined {
  const stored = storedOf(object);
  if (stored.body !== undefined || stored.used) return undefined;
  const text = native.r2TakeText(object);
  if (text === undefined) return undefined;
  stored.used = true;
  return bodyFlags.stripBom && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function readBytes(object: object): Promise<Uint8Array> {
  const stored = storedOf(object);
  if (stored.body !== undefined || stored.used) return bodyOf(object).bytes();
  const given = native.r2TakeBody(object);
  if (typeof given === "number") return makeBody(stored, given).bytes();
  stored.used = true;
  return resolved(given);
}

const bufferOf = (bytes: Uint8Array): unknown =>
  (bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice()).buffer;

export abstract class GetResult extends HeadResult {
  get body(): official.ReadableStream {
    return bodyOf(this).body as ReadableStream;
  }

  get bodyUsed(): boolean {
    const stored = storedOf(this);
    return stored.used || (stored.body?.bodyUsed ?? false);
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return then.call(readBytes(this), bufferOf as never) as Promise<ArrayBuffer>;
  }

  bytes(): Promise<Uint8Array> {
    return readBytes(this);
  }

  text(): Promise<string> {
    const text = takeText(this);
    return text === undefined ? bodyOf(this).text() : resolved(text);
  }

  json<T>(): Promise<T> {
    const text = takeText(this);
    if (text === undefined) return bodyOf(this).json<T>();
    try {
      return resolved(parseJson(text) as T);
    } catch (error) {
      return rejected(error);
    }
  }

  blob(): Promise<Blob> {
    const bytes = readBytes(this), type = native.r2HttpMetadata(this)?.[0] ?? "";
    return then.call(bytes, ((all: Uint8Array) => makeBlob(all, type)) as never) as Promise<Blob>;
  }
}

// Gives what C++ made its body, when it has one. `io` asked for it.
export function withBody(object: HeadResult | null, io: IoContext): HeadResult | null {
  if (object !== null && Object.getPrototypeOf(object) === GetResult.prototype) {
    void new BodyState(object, io);
  }
  return object;
}

exposeClass({}, "HeadResult", HeadResult);
exposeClass({}, "GetResult", GetResult);
exposeClass({}, "Checksums", Checksums);

// In each isolate that has buckets.
export function initR2Objects(flags: ReadonlySet<string>): void {
  native.r2Classes(HeadResult.prototype, GetResult.prototype, Checksums.prototype,
                   flags.has("enable_fast_jsg_struct"));
}
