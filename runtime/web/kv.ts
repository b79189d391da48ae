// The KV binding as a guest sees it (spec/kv.md 1): coercion, shapes and the errors that the runtime
// raises itself. Limits, consistency and the service's errors are behind native.kv*.

import { badArgument, exposeClass } from "./errors";
import { illegalInvocation, requireRequest, type IoContext } from "./io";
import { sendStream } from "./outgoing";
import { SourceOrigin } from "./source";
import {
  bytesStream, isDisturbed, isLocked, isReadableStream, LOCKED_TEXT, originStream, takeStream,
} from "./streams";

const KEY_BYTES_MAX = 512;
const RANGE_TEXT = "Value out of range. Must be between -2147483648 and 2147483647 (inclusive).";
const TYPE_TEXT =
  'Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".';
const VALUE_TEXT =
  "KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values.";

const then = Promise.prototype.then;
const rejected = Promise.reject.bind(Promise) as (error: unknown) => Promise<never>;
const parseJson = JSON.parse as (text: string) => unknown;

interface GetOptions {
  type?: unknown;
  cacheTtl?: unknown;
}
interface PutOptions {
  expiration?: unknown;
  expirationTtl?: unknown;
  metadata?: unknown;
}
interface ListOptions {
  prefix?: unknown;
  limit?: unknown;
  cursor?: unknown;
}
interface WithMetadata {
  value: unknown;
  metadata: unknown;
  cacheStatus: string | null;
}
type Raw = undefined | null | string | ArrayBuffer | SourceId;

// spec/kv.md A2.
function toInt32(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  const number = Number(value);
  if (!Number.isFinite(number)) return 0;
  const whole = Math.trunc(number);
  if (whole < -2147483648 || whole > 2147483647) throw new TypeError(RANGE_TEXT);
  return whole;
}

function isOptions(value: unknown): value is object {
  return typeof value === "object" || typeof value === "function";
}

function checkKey(key: string, operation: string): void {
  if (key === "") throw new TypeError("Key name cannot be empty.");
  if (key === "." || key === "..") throw new TypeError(`"${key}" is not allowed as a key name.`);
  if (key.length * 3 > KEY_BYTES_MAX) {
    const size = native.utf8Encode(key).length;
    if (size > KEY_BYTES_MAX) {
      throw new Error(`KV ${operation} failed: 414 UTF-8 encoded length of ${size} exceeds key ` +
                      `length limit of ${KEY_BYTES_MAX}.`);
    }
  }
}

// The type as asked for, and how the bytes shall cross the seam.
function typeOf(options: unknown): { type: string | undefined; cacheTtl: number | undefined } {
  if (options === undefined || options === null) return { type: undefined, cacheTtl: undefined };
  if (!isOptions(options)) return { type: `${options as string}`, cacheTtl: undefined };
  const { type, cacheTtl } = options as GetOptions;
  return {
    type: type === undefined || type === null ? undefined : `${type as string}`,
    cacheTtl: toInt32(cacheTtl),
  };
}

function crossing(type: string | undefined): 0 | 1 | 2 {
  return type === "arrayBuffer" ? 1 : type === "stream" ? 2 : 0;
}

// An unknown type is noticed only when there is a value (A6).
function toValue(raw: Raw, type: string | undefined, io: IoContext): unknown {
  if (raw === undefined || raw === null) return null;
  switch (type) {
    case undefined: case "text": case "arrayBuffer": return raw;
    case "json": return parseJson(raw as string);
    case "stream":
      return typeof raw === "number" ? originStream(new SourceOrigin(raw, io, false))
        : bytesStream(typeof raw === "string" ? native.utf8Encode(raw)
                                              : new Uint8Array(raw));
    default: throw new TypeError(TYPE_TEXT);
  }
}

const orNull = (raw: unknown): unknown => raw ?? null;

function toMetadata(json: string | undefined | null): unknown {
  return json === undefined || json === null ? null : parseJson(json);
}

function toEntry(answer: unknown, type: string | undefined, io: IoContext): WithMetadata {
  const { value, metadata, cacheStatus } =
    answer as { value: Raw; metadata: string | undefined; cacheStatus: string | undefined };
  return {
    value: toValue(value, type, io),
    metadata: toMetadata(metadata),
    cacheStatus: cacheStatus ?? null,
  };
}

// spec/kv.md A5.
function putValue(value: unknown, io: IoContext): string | Uint8Array | number {
  if (typeof value === "string") return value;
  if (typeof value === "function") throw new TypeError(VALUE_TEXT);
  if (typeof value !== "object" || value === null) return `${value as string}`;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  if (!isReadableStream(value)) throw new TypeError(VALUE_TEXT);
  if (isLocked(value)) throw new TypeError(LOCKED_TEXT);
  if (isDisturbed(value)) {
    throw new TypeError("This ReadableStream is disturbed (has already been read from), and " +
                        "cannot be used as a body.");
  }
  const origin = takeStream(value);
  return origin.bytes ?? sendStream(io, origin);
}

export let isKvNamespace: (value: unknown) => value is KvNamespace;

export class KvNamespace {
  #binding: number;

  constructor(binding?: unknown) {
    if (typeof binding !== "number") throw new TypeError("Illegal constructor");
    this.#binding = binding;
  }

  // `any`: what comes back depends on `type`, and the official types say so by overloads.
  get(key: unknown, options?: unknown): Promise<any> {
    if (!isKvNamespace(this)) throw illegalInvocation();
    if (typeof key === "string" && options === undefined && key.length > 2) {
      try {
        checkKey(key, "GET");
        return then.call(native.kvGet(requireRequest("KV get()").request, this.#binding, key,
                                      undefined, false, 0), orNull);
      } catch (error) {
        return rejected(error);
      }
    }
    if (arguments.length === 0) throw badArgument("get", "KvNamespace", 1, "string or Array");
    // What cannot be converted is thrown at once (A11); everything later rejects.
    const { type, cacheTtl } = typeOf(options);
    if (Array.isArray(key)) return this.#bulk(key, type, cacheTtl, false);
    const name = `${key as string}`;
    try {
      checkKey(name, "GET");
      const io = requireRequest("KV get()");
      return then.call(
        native.kvGet(io.request, this.#binding, name, cacheTtl, false, crossing(type)),
        (raw: unknown) => toValue(raw as Raw, type, io));
    } catch (error) {
      return rejected(error);
    }
  }

  getWithMetadata(key: unknown, options?: unknown): Promise<any> {
    if (!isKvNamespace(this)) throw illegalInvocation();
    if (arguments.length === 0) {
      throw badArgument("getWithMetadata", "KvNamespace", 1, "string or Array");
    }
    const { type, cacheTtl } = typeOf(options);
    if (Array.isArray(key)) return this.#bulk(key, type, cacheTtl, true);
    const name = `${key as string}`;
    checkKey(name, "GET");
    try {
      const io = requireRequest("KV getWithMetadata()");
      return then.call(
        native.kvGet(io.request, this.#binding, name, cacheTtl, true, crossing(type)),
        (answer: unknown) => toEntry(answer, type, io));
    } catch (error) {
      return rejected(error);
    }
  }

  #bulk(given: unknown[], type: string | undefined, cacheTtl: number | undefined,
        withMetadata: boolean): Promise<Map<string, unknown>> {
    const keys = [...new Set(given.map((key) => `${key as string}`))];
    try {
      const io = requireRequest("KV get()");
      return then.call(
        native.kvGetBulk(io.request, this.#binding, keys, type, cacheTtl, withMetadata),
        ((found: ({ value: string; metadata: string | undefined } | undefined)[]) =>
          new Map(keys.map((key, at) => {
            const entry = found[at];
            if (entry === undefined || entry === null) return [key, null];
            const value = type === "json" ? parseJson(entry.value) : entry.value;
            return [key, withMetadata ? { value, metadata: toMetadata(entry.metadata) } : value];
          }))) as never) as Promise<Map<string, unknown>>;
    } catch (error) {
      return rejected(error);
    }
  }

  put(key: unknown, value: unknown, options?: unknown): Promise<void> {
    try {
      if (!isKvNamespace(this)) throw illegalInvocation();
      if (arguments.length === 0) throw badArgument("put", "KvNamespace", 1, "string");
      if (arguments.length === 1) throw badArgument("put", "KvNamespace", 2, "string or Object");
      if (options !== undefined && !isOptions(options)) {
        throw badArgument("put", "KvNamespace", 3, "PutOptions");
      }
      const name = `${key as string}`;
      const { expiration, expirationTtl, metadata } = (options ?? {}) as PutOptions;
      const expires = toInt32(expiration), ttl = toInt32(expirationTtl);
      checkKey(name, "PUT");
      const io = requireRequest("KV put()");
      const json = metadata === undefined || metadata === null ? undefined
                                                               : JSON.stringify(metadata);
      return native.kvPut(io.request, this.#binding, name, putValue(value, io), json, expires, ttl);
    } catch (error) {
      return rejected(error);
    }
  }

  delete(key: unknown): Promise<void> {
    try {
      if (!isKvNamespace(this)) throw illegalInvocation();
      if (arguments.length === 0) throw badArgument("delete", "KvNamespace", 1, "string");
      const name = `${key as string}`;
      checkKey(name, "DELETE");
      return native.kvDelete(requireRequest("KV delete()").request, this.#binding, name);
    } catch (error) {
      return rejected(error);
    }
  }

  list(options?: unknown): Promise<any> {
    try {
      if (!isKvNamespace(this)) throw illegalInvocation();
      if (options !== undefined && !isOptions(options)) {
        throw badArgument("list", "KvNamespace", 1, "ListOptions");
      }
      const { prefix, limit, cursor } = (options ?? {}) as ListOptions;
      const count = toInt32(limit);
      const text = (value: unknown): string | undefined =>
        value === undefined || value === null ? undefined : `${value as string}`;
      const io = requireRequest("KV list()");
      return then.call(
        native.kvList(io.request, this.#binding, text(prefix), text(cursor),
                      count !== undefined && count > 0 ? count : undefined),
        toPage as never);
    } catch (error) {
      return rejected(error);
    }
  }

  static {
    isKvNamespace = (value): value is KvNamespace =>
      typeof value === "object" && value !== null && #binding in value;
  }
}

type NativePage = Awaited<ReturnType<Native["kvList"]>>;

// spec/kv.md 1.5: what is not there is left out.
function toPage(page: NativePage): unknown {
  const keys = page.keys.map((entry) => {
    const key: { name: string; expiration?: number; metadata?: unknown } = { name: entry.name };
    if (entry.expiration !== undefined && entry.expiration !== null) {
      key.expiration = entry.expiration;
    }
    if (entry.metadata !== undefined && entry.metadata !== null) {
      key.metadata = parseJson(entry.metadata);
    }
    return key;
  });
  const cacheStatus = page.cacheStatus ?? null;
  return page.listComplete ? { keys, list_complete: true, cacheStatus }
                           : { keys, list_complete: false, cursor: page.cursor, cacheStatus };
}

// The class has a tag and enumerable members, but no global name.
exposeClass({}, "KvNamespace", KvNamespace);
