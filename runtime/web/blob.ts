// Blob and File (spec/runtime-api.md 2): immutable bytes with a media type.

import { badConstruction, exposeClass } from "./errors";
import { illegalInvocation } from "./io";
import { limits } from "./limits";
import { bytesStream, type ReadableStream } from "./streams";

const TYPE = /^[\x20-\x7e]*$/;

function checkSize(size: number): void {
  if (size > limits.blobBytes) {
    throw new RangeError(`Blob size ${size} exceeds limit ${limits.blobBytes}`);
  }
}

function normalType(type: unknown): string {
  const text = type === undefined ? "" : `${type as string}`;
  return TYPE.test(text) ? text.toLowerCase() : "";
}

function partBytes(part: unknown): Uint8Array {
  if (part instanceof ArrayBuffer) return new Uint8Array(part);
  if (ArrayBuffer.isView(part)) {
    return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  }
  return isBlob(part) ? blobBytes(part) : native.utf8Encode(`${part as string}`.toWellFormed());
}

function concat(parts: Uint8Array[]): Uint8Array {
  let size = 0;
  for (const part of parts) size += part.length;
  checkSize(size);
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

// The bytes themselves: not to be changed, not to be handed out.
export let blobBytes: (blob: Blob) => Uint8Array;
export let isBlob: (value: unknown) => value is Blob;
// Takes the bytes over.
export let makeBlob: (bytes: Uint8Array, type: string) => Blob;

const NO_PARTS: unknown[] = [];

export class Blob {
  #bytes: Uint8Array;
  #type: string;

  constructor(parts?: unknown, options?: { type?: unknown } | null) {
    if (parts === undefined || parts === NO_PARTS) {
      this.#bytes = new Uint8Array(0);
    } else {
      const list = parts as Iterable<unknown>;
      if (typeof parts !== "object" || parts === null ||
          typeof list[Symbol.iterator] !== "function") {
        throw badConstruction("Blob", 1, "Array");
      }
      this.#bytes = concat(Array.from(list, partBytes));
    }
    this.#type = normalType(options?.type);
  }

  get size(): number {
    if (!isBlob(this)) throw illegalInvocation();
    return this.#bytes.length;
  }

  get type(): string {
    if (!isBlob(this)) throw illegalInvocation();
    return this.#type;
  }

  slice(start?: number, end?: number, type?: string): Blob {
    if (!isBlob(this)) throw illegalInvocation();
    const part = this.#bytes.subarray(start ?? 0, end);
    return makeBlob(part, normalType(type));
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    if (!isBlob(this)) return Promise.reject(illegalInvocation());
    return Promise.resolve(this.#bytes.slice().buffer as ArrayBuffer);
  }

  bytes(): Promise<Uint8Array> {
    if (!isBlob(this)) return Promise.reject(illegalInvocation());
    return Promise.resolve(this.#bytes.slice());
  }

  text(): Promise<string> {
    if (!isBlob(this)) return Promise.reject(illegalInvocation());
    return Promise.resolve(native.utf8Decode(this.#bytes, false, false));
  }

  stream(): ReadableStream<Uint8Array> {
    if (!isBlob(this)) throw illegalInvocation();
    return bytesStream(this.#bytes.slice());
  }

  static {
    blobBytes = (blob) => blob.#bytes;
    isBlob = (value): value is Blob =>
      typeof value === "object" && value !== null && #bytes in value;
    makeBlob = (bytes, type) => {
      const blob = new Blob(NO_PARTS);
      blob.#bytes = bytes;
      blob.#type = type;
      return blob;
    };
  }
}

export let isFile: (value: unknown) => value is File;

export class File extends Blob {
  #name: string;
  #lastModified: number;

  constructor(parts?: unknown, name?: string,
              options?: { type?: unknown; lastModified?: unknown } | null) {
    if (arguments.length < 2) throw badConstruction("File", arguments.length + 1, "string");
    super(parts, options);
    this.#name = `${name as string}`;
    this.#lastModified = options?.lastModified === undefined
      ? Date.now() : Math.trunc(Number(options.lastModified)) || 0;
  }

  get name(): string {
    if (!isFile(this)) throw illegalInvocation();
    return this.#name;
  }

  get lastModified(): number {
    if (!isFile(this)) throw illegalInvocation();
    return this.#lastModified;
  }

  static {
    isFile = (value): value is File =>
      typeof value === "object" && value !== null && #name in value;
  }
}

export function installBlob(target: object): void {
  exposeClass(target, "Blob", Blob);
  exposeClass(target, "File", File);
}
