// TextEncoder and TextDecoder (spec/runtime-api.md 4). UTF-8 is one native call; streaming keeps
// the at most three bytes of a sequence that a chunk cut. Other encodings have their state in C++.

import { badArgument } from "./errors";
import { encodingOf } from "./encoding_labels";
import { illegalInvocation } from "./io";

export let isTextEncoder: (value: unknown) => value is TextEncoder;
export let isTextDecoder: (value: unknown) => value is TextDecoder;

const FAILED_TEXT = "Failed to decode input.";
const EMPTY = new Uint8Array(0);

export class TextEncoder {
  #brand = true;

  get encoding(): string {
    if (!isTextEncoder(this)) throw illegalInvocation();
    return "utf-8";
  }

  encode(input?: string): Uint8Array {
    if (!isTextEncoder(this)) throw illegalInvocation();
    return native.utf8Encode(input === undefined ? "" : `${input}`);
  }

  encodeInto(input: string, into: Uint8Array): { read: number; written: number } {
    if (!isTextEncoder(this)) throw illegalInvocation();
    if (!(into instanceof Uint8Array)) {
      throw badArgument("encodeInto", "TextEncoder", 2, "Uint8Array");
    }
    const [read, written] = native.utf8EncodeInto(`${input}`, into);
    return { read, written };
  }

  static {
    isTextEncoder = (value): value is TextEncoder =>
      typeof value === "object" && value !== null && #brand in value;
  }
}

function bytesOf(input: unknown): Uint8Array {
  if (input instanceof Uint8Array) return input;
  if (ArrayBuffer.isView(input)) {
    return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  }
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  throw badArgument("decode", "TextDecoder", 1, "Array");
}

// How many bytes at the end begin a UTF-8 sequence that is well-formed so far, but not all there.
function cutSequence(bytes: Uint8Array): number {
  const size = bytes.length;
  for (let back = 1; back <= 3 && back <= size; back++) {
    const lead = bytes[size - back] as number;
    if ((lead & 0xc0) === 0x80) continue;
    const length = lead >= 0xc2 && lead <= 0xdf ? 2 : (lead & 0xf0) === 0xe0 ? 3 :
      lead >= 0xf0 && lead <= 0xf4 ? 4 : 1;
    if (length <= back) return 0;
    return back === 1 || secondFits(lead, bytes[size - back + 1] as number) ? back : 0;
  }
  return 0;
}

function secondFits(lead: number, second: number): boolean {
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  return second >= low && second <= high;
}

function decodeUserDefined(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte < 0x80 ? byte : 0xf700 + byte);
  return text;
}

export class TextDecoder {
  #encoding: string;
  #fatal: boolean;
  #ignoreBom: boolean;
  // Streaming: UTF-8's cut sequence, and whether text came out yet; the others' state in C++.
  #held = EMPTY;
  #started = false;
  #native = 0;

  constructor(label?: string, options?: { fatal?: unknown; ignoreBOM?: unknown }) {
    const name = label === undefined ? "utf-8" : encodingOf(`${label}`);
    if (name === undefined) throw new RangeError(`"${label}" is not a valid encoding.`);
    this.#encoding = name;
    this.#fatal = Boolean(options?.fatal);
    this.#ignoreBom = Boolean(options?.ignoreBOM);
  }

  get encoding(): string {
    if (!isTextDecoder(this)) throw illegalInvocation();
    return this.#encoding;
  }
  get fatal(): boolean {
    if (!isTextDecoder(this)) throw illegalInvocation();
    return this.#fatal;
  }
  get ignoreBOM(): boolean {
    if (!isTextDecoder(this)) throw illegalInvocation();
    return this.#ignoreBom;
  }

  decode(input?: ArrayBuffer | ArrayBufferView, options?: { stream?: unknown }): string {
    if (!isTextDecoder(this)) throw illegalInvocation();
    const bytes = input === undefined ? EMPTY : bytesOf(input);
    const stream = Boolean(options?.stream);
    if (this.#encoding !== "utf-8") return this.#decodeOther(bytes, stream);
    if (!stream && !this.#started && this.#held.length === 0) {
      return native.utf8Decode(bytes, this.#fatal, this.#ignoreBom);
    }
    return this.#decodeUtf8(bytes, stream);
  }

  #decodeUtf8(chunk: Uint8Array, stream: boolean): string {
    let bytes = chunk;
    if (this.#held.length > 0) {
      bytes = new Uint8Array(this.#held.length + chunk.length);
      bytes.set(this.#held);
      bytes.set(chunk, this.#held.length);
      this.#held = EMPTY;
    }
    const ignoreBom = this.#ignoreBom || this.#started;
    if (!stream) {
      this.#started = false;
      return native.utf8Decode(bytes, this.#fatal, ignoreBom);
    }
    const cut = cutSequence(bytes);
    if (cut > 0) {
      this.#held = bytes.slice(bytes.length - cut);
      bytes = bytes.subarray(0, bytes.length - cut);
    }
    if (bytes.length === 0) return "";
    this.#started = true;
    try {
      return native.utf8Decode(bytes, this.#fatal, ignoreBom);
    } catch (error) {
      this.#held = EMPTY;
      this.#started = false;
      throw error;
    }
  }

  #decodeOther(bytes: Uint8Array, stream: boolean): string {
    if (this.#encoding === "x-user-defined") return decodeUserDefined(bytes);
    if (this.#native === 0) {
      this.#native = native.decoderOpen(this.#encoding, this.#fatal, this.#ignoreBom);
      if (this.#native === 0) {
        throw new RangeError(`The encoding "${this.#encoding}" is not supported by this version ` +
                             "of offing: its tables are not part of the engine.");
      }
    }
    const id = this.#native;
    if (!stream) this.#native = 0;
    try {
      return native.decoderDecode(id, bytes, !stream);
    } catch (error) {
      if (stream) this.#drop(id);
      throw error instanceof TypeError ? error : new TypeError(FAILED_TEXT);
    }
  }

  #drop(id: number): void {
    this.#native = 0;
    try {
      native.decoderDecode(id, EMPTY, true);
    } catch {
      // A broken rest is of no interest: the decoder is gone.
    }
  }

  static {
    isTextDecoder = (value): value is TextDecoder =>
      typeof value === "object" && value !== null && #held in value;
  }
}

interface StreamPair { readonly readable: object; readonly writable: object }
interface Controller { enqueue(chunk: unknown): void }
type TransformStreamClass = new (transformer: {
  transform(chunk: unknown, controller: Controller): void;
  flush(controller: Controller): void;
}) => StreamPair;

// A surrogate pair may be cut between two chunks: its first half waits for the second.
function encodeTransform(TransformStream: TransformStreamClass): StreamPair {
  let high = "";
  return new TransformStream({
    transform(chunk, controller): void {
      let text = high + `${chunk as string}`;
      high = "";
      const last = text.charCodeAt(text.length - 1);
      if (last >= 0xd800 && last <= 0xdbff) {
        high = text.slice(-1);
        text = text.slice(0, -1);
      }
      if (text.length > 0) controller.enqueue(native.utf8Encode(text));
    },
    flush(controller): void {
      if (high !== "") controller.enqueue(native.utf8Encode(high));
    },
  });
}

export function makeEncodingStreams(TransformStream: TransformStreamClass) {
  class TextEncoderStream {
    #pair = encodeTransform(TransformStream);
    get encoding(): string { void this.#pair; return "utf-8"; }
    get readable(): object { return this.#pair.readable; }
    get writable(): object { return this.#pair.writable; }
  }

  class TextDecoderStream {
    #decoder: TextDecoder;
    #pair: StreamPair;
    constructor(label?: string, options?: { fatal?: unknown; ignoreBOM?: unknown }) {
      const decoder = new TextDecoder(label, options);
      this.#decoder = decoder;
      this.#pair = new TransformStream({
        transform(chunk, controller): void {
          const text = decoder.decode(chunk as ArrayBuffer, { stream: true });
          if (text !== "") controller.enqueue(text);
        },
        flush(controller): void {
          const text = decoder.decode();
          if (text !== "") controller.enqueue(text);
        },
      });
    }
    get encoding(): string { return this.#decoder.encoding; }
    get fatal(): boolean { return this.#decoder.fatal; }
    get ignoreBOM(): boolean { return this.#decoder.ignoreBOM; }
    get readable(): object { return this.#pair.readable; }
    get writable(): object { return this.#pair.writable; }
  }
  return { TextEncoderStream, TextDecoderStream };
}
