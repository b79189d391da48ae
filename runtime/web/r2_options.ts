// Options of R2 calls (spec/r2.md 1.2, 1.5, 1.6, 1.8). `read…` coerces what the guest gave, field
// by field in the platform's order; `encode…` checks it and makes what crosses the seam. Between
// the two a put's stream becomes one to be cancelled when something is wrong (V3).

import { badArgument } from "./errors";
import { type Headers, isHeaders, peekHeader } from "./headers";
import {
  type Condition, encodeCondition, headerDate, isObject, readCondition, readDate, readString,
  wrongType,
} from "./r2_conditional";

const replace = String.prototype.replace as (this: string, what: string, by: string) => string;
const INT_TEXT = "Value out of range. Must be between -2147483648 and 2147483647 (inclusive).";
const HEX = /^[0-9a-fA-F]*$/;
const KEY_HEX = /^[0-9a-f]+$/;
// eslint-disable-next-line no-control-regex
const ASCII = /^[\0-\x7f]*$/;

// Compatibility flags that change R2; entry.init sets them.
export const r2Flags = { listHonorsInclude: true };

const keysOf = Object.keys;

export function toInt(value: unknown): number {
  const given = +(value as number);
  if (!Number.isFinite(given)) return 0;
  const whole = Math.trunc(given);
  if (whole < -2147483648 || whole > 2147483647) throw new TypeError(INT_TEXT);
  return whole;
}

function isBytes(value: unknown): value is ArrayBuffer | ArrayBufferView {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value);
}

function bytesOf(value: ArrayBuffer | ArrayBufferView): Uint8Array {
  return value instanceof ArrayBuffer ? new Uint8Array(value)
    : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

function bytesOfHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

// ---- Keys of SSE-C.

export type SsecKey = string | Uint8Array | undefined;

export function readSsecKey(value: unknown): SsecKey {
  if (value === undefined) return undefined;
  return isBytes(value) ? bytesOf(value) : `${value as string}`;
}

export function encodeSsecKey(key: SsecKey): Uint8Array | undefined {
  if (key === undefined) return undefined;
  const isText = typeof key === "string";
  if (isText && !KEY_HEX.test(key)) throw new Error("SSE-C Key has invalid format");
  if (key.length !== (isText ? 64 : 32)) throw new Error("SSE-C Key must be 32 bytes in length");
  return isText ? bytesOfHex(key) : key;
}

// ---- get

interface Range {
  readonly offset: number | undefined;
  readonly length: number | undefined;
  readonly suffix: number | undefined;
}
export interface GetOptions {
  readonly onlyIf: Condition;
  readonly range: Headers | Range | undefined;
  readonly ssecKey: SsecKey;
}

function toNumber(value: unknown): number | undefined {
  return value === undefined ? undefined : +(value as number);
}

function readRange(value: unknown): GetOptions["range"] {
  if (value === undefined || isHeaders(value)) return value;
  if (value !== null && !isObject(value)) {
    throw wrongType("range", "GetOptions", "Range or Headers");
  }
  const given = (value ?? {}) as { [field in keyof Range]?: unknown };
  return {
    offset: toNumber(given.offset), length: toNumber(given.length), suffix: toNumber(given.suffix),
  };
}

export function readGetOptions(options: unknown): GetOptions | undefined {
  if (options === undefined || options === null) return undefined;
  if (!isObject(options)) throw badArgument("get", "R2Bucket", 2, "GetOptions");
  const given = options as { [field in keyof GetOptions]?: unknown };
  return {
    onlyIf: readCondition(given.onlyIf, "GetOptions"), range: readRange(given.range),
    ssecKey: readSsecKey(given.ssecKey),
  };
}

export function encodeGetOptions(options: GetOptions): R2NativeGetOptions {
  return [encodeCondition(options.onlyIf), encodeRange(options.range),
          encodeSsecKey(options.ssecKey)];
}

// R1: `what` and the number begin the sentence.
function checkWhole(kind: string, what: string, value: number): void {
  const shown = Number.isNaN(value) ? "nan" : value === Infinity ? "inf"
    : value === -Infinity ? "-inf" : replace.call(`${value}`, "e+", "e");
  if (!(value >= 0)) {
    throw new RangeError(`Invalid ${kind}. ${what} (${shown}) must be greater than or equal to 0.`);
  }
  if (value !== Infinity && value !== Math.trunc(value)) {
    throw new RangeError(
      `Invalid range. ${what} (${shown}) must be an integer, not floating point.`);
  }
}

function encodeRange(range: GetOptions["range"]): R2NativeGetOptions[1] {
  if (range === undefined) return undefined;
  if (isHeaders(range)) return peekHeader(range, "range") ?? undefined;
  const { offset, length, suffix } = range;
  if (offset !== undefined) checkWhole("range", "Starting offset", offset);
  if (length !== undefined) checkWhole("range", "Length", length);
  if (suffix !== undefined) {
    if (offset !== undefined) throw new TypeError("Suffix is incompatible with offset.");
    if (length !== undefined) throw new TypeError("Suffix is incompatible with length.");
    checkWhole("suffix", "Suffix", suffix);
    return [undefined, undefined, suffix];
  }
  return [offset ?? 0, length, undefined];   // a range that says nothing begins at the beginning
}

// ---- put and createMultipartUpload

// Name of the option, label in errors, size.
const DIGESTS = [["md5", "MD5", 16], ["sha1", "SHA-1", 20], ["sha256", "SHA-256", 32],
                 ["sha384", "SHA-384", 48], ["sha512", "SHA-512", 64]] as const;

type HttpMetadata = R2NativeHttp;
export interface WriteOptions {
  readonly onlyIf: Condition;
  readonly http: Headers | HttpMetadata | undefined;
  readonly custom: string[] | undefined;
  // In the order of DIGESTS; undefined when there is none at all.
  readonly digests: (string | Uint8Array | undefined)[] | undefined;
  readonly storageClass: string | undefined;
  readonly ssecKey: SsecKey;
}

function toText(value: unknown): string | undefined {
  return value === undefined ? undefined : `${value as string}`;
}

function readHttp(value: unknown, owner: string): WriteOptions["http"] {
  if (value === undefined || isHeaders(value)) return value;
  if (value === null) return undefined;
  if (!isObject(value)) throw wrongType("httpMetadata", owner, "HttpMetadata or Headers");
  const given = value as {
    contentType?: unknown; contentLanguage?: unknown; contentDisposition?: unknown;
    contentEncoding?: unknown; cacheControl?: unknown; cacheExpiry?: unknown;
  };
  return [
    toText(given.contentType), toText(given.contentLanguage), toText(given.contentDisposition),
    toText(given.contentEncoding), toText(given.cacheControl),
    readDate(given.cacheExpiry, "cacheExpiry", "HttpMetadata"),
  ];
}

// [name, value, …]
function readCustom(value: unknown, owner: string): string[] | undefined {
  if (value === undefined) return undefined;
  if (!isObject(value) || Array.isArray(value)) {
    throw wrongType("customMetadata", owner, "object");
  }
  const flat: string[] = [];
  for (const name of keysOf(value)) {
    flat.push(name, `${(value as Record<string, unknown>)[name] as string}`);
  }
  return flat;
}

function readDigests(given: Record<string, unknown>): WriteOptions["digests"] {
  let digests: WriteOptions["digests"];
  for (let at = 0; at < DIGESTS.length; at++) {
    const [name] = DIGESTS[at]!;
    const value = given[name];
    if (value === undefined) continue;
    digests ??= [];
    if (typeof value === "string") digests[at] = value;
    else if (isBytes(value)) digests[at] = bytesOf(value);
    else throw wrongType(name, "PutOptions", "BufferSource or string");
  }
  return digests;
}

function readWriteOptions(given: Record<string, unknown>, isPut: boolean): WriteOptions {
  const owner = isPut ? "PutOptions" : "MultipartOptions";
  return {
    onlyIf: isPut ? readCondition(given.onlyIf, owner) : undefined,
    http: readHttp(given.httpMetadata, owner),
    custom: readCustom(given.customMetadata, owner),
    digests: isPut ? readDigests(given) : undefined,
    storageClass: toText(given.storageClass),
    ssecKey: readSsecKey(given.ssecKey),
  };
}

export function readPutOptions(options: unknown): WriteOptions | undefined {
  if (options === undefined || options === null) return undefined;
  if (!isObject(options)) throw badArgument("put", "R2Bucket", 3, "PutOptions");
  return readWriteOptions(options as Record<string, unknown>, true);
}

export function readMultipartOptions(options: unknown): WriteOptions | undefined {
  if (options === undefined || options === null) return undefined;
  if (!isObject(options)) {
    throw badArgument("createMultipartUpload", "R2Bucket", 2, "MultipartOptions");
  }
  return readWriteOptions(options as Record<string, unknown>, false);
}

export function encodeWriteOptions(options: WriteOptions): R2NativeWriteOptions {
  const onlyIf = encodeCondition(options.onlyIf);
  const http = isHeaders(options.http) ? httpOfHeaders(options.http) : options.http;
  const [algorithm, digest] = encodeDigest(options.digests);
  return [onlyIf, http, options.custom, algorithm, digest, options.storageClass,
          encodeSsecKey(options.ssecKey)];
}

function httpOfHeaders(headers: Headers): HttpMetadata {
  const text = (name: string): string | undefined => peekHeader(headers, name) ?? undefined;
  return [text("content-type"), text("content-language"), text("content-disposition"),
          text("content-encoding"), text("cache-control"),
          headerDate(peekHeader(headers, "expires"))];
}

// Spec/r2.md 1.6.
function encodeDigest(
    digests: WriteOptions["digests"]): [algorithm: number, digest: Uint8Array | undefined] {
  let found: [number, Uint8Array | undefined] = [0, undefined];
  if (digests === undefined) return found;
  for (let at = 0; at < digests.length; at++) {
    const given = digests[at];
    if (given === undefined) continue;
    if (found[1] !== undefined) {
      throw new TypeError("You cannot specify multiple hashing algorithms.");
    }
    const [, label, size] = DIGESTS[at]!;
    found = [at, digestBytes(given, label, size)];
  }
  return found;
}

function digestBytes(given: string | Uint8Array, label: string, size: number): Uint8Array {
  if (typeof given !== "string") {
    if (given.length === size) return given;
    throw new TypeError(`${label} is ${size} bytes, not ${given.length}`);
  }
  const length = ASCII.test(given) ? given.length : native.utf8Encode(given).length;
  if (length !== 2 * size) {
    throw new TypeError(`${label} is ${2 * size} hex characters, not ${length}`);
  }
  if (!HEX.test(given)) throw new TypeError(`Provided ${label} wasn't a valid hex string`);
  return bytesOfHex(given);
}

// ---- list

export interface ListOptions {
  readonly limit: number | undefined;
  readonly prefix: string | undefined;
  readonly cursor: string | undefined;
  readonly delimiter: string | undefined;
  readonly startAfter: string | undefined;
  readonly include: string[] | undefined;
}

export function readListOptions(options: unknown): ListOptions | undefined {
  if (options === undefined || options === null) return undefined;
  if (!isObject(options)) throw badArgument("list", "R2Bucket", 1, "ListOptions");
  const given = options as { [field in keyof ListOptions]?: unknown };
  return {
    limit: given.limit === undefined ? undefined : toInt(given.limit),
    prefix: readString(given.prefix, "prefix", "ListOptions"),
    cursor: readString(given.cursor, "cursor", "ListOptions"),
    delimiter: readString(given.delimiter, "delimiter", "ListOptions"),
    startAfter: readString(given.startAfter, "startAfter", "ListOptions"),
    include: readInclude(given.include),
  };
}

function readInclude(value: unknown): string[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw wrongType("include", "ListOptions", "Array");
  value.forEach((field, at) => {
    if (typeof field === "string") return;
    throw new TypeError(`Incorrect type for array element ${at}: the provided value is not of ` +
                        "type 'string'.");
  });
  return value as string[];
}

// L4: whether HTTP and custom metadata are asked for.
export function includedFields(options: ListOptions | undefined): [http: boolean, custom: boolean] {
  let http = false, custom = false;
  for (const field of options?.include ?? []) {
    if (field === "httpMetadata") http = true;
    else if (field === "customMetadata") custom = true;
    else throw new RangeError(`Unsupported include value ${field}`);
  }
  return r2Flags.listHonorsInclude ? [http, custom] : [true, true];
}
