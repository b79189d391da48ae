// What Request and Response share: a header list and a body, each kept in the cheapest form that
// serves until the guest asks for more (spec/runtime-api.md 2).
//
// The body is text, bytes, an origin (bytes C++ provides) or a guest's stream. It becomes a
// ReadableStream only when `.body` is touched; text(), json(), arrayBuffer() of what is buffered
// read it where it stands.

import { Blob, blobBytes, isBlob, makeBlob } from "./blob";
import { isFormData, type FormData } from "./form_data";
import {
  fromWire, type Headers, listOf, lockHeaders, makeHeaders, peekHeader, TEXT_HEADERS,
} from "./headers";
import { illegalInvocation, type IoContext, refuseBodyAtStartup } from "./io";
import { formToBytes, parseForm } from "./multipart";
import { SourceOrigin } from "./source";
import {
  bytesStream, isDisturbed, isLocked, isReadableStream, knownLength, LOCKED_TEXT, originStream,
  readAll, ReadableStream, setKnownLength, spentStream, takeStream, type Origin,
} from "./streams";
import { isURLSearchParams } from "./url_search_params";

const USED_TEXT =
  "Body has already been used. It can only be used once. Use tee() first if you need to read it " +
  "twice.";
const DISTURBED_TEXT =
  "This ReadableStream is disturbed (has already been read from), and cannot be used as a body.";
const LOCKED_BODY_TEXT = "This ReadableStream is locked to a reader, and cannot be used as a body.";
const LOCKED_CLONE_TEXT = "This ReadableStream is currently locked to a reader,";  // sic

const resolved = Promise.resolve.bind(Promise) as <T>(value: T) => Promise<T>;
const rejected = Promise.reject.bind(Promise) as (error: unknown) => Promise<never>;
const then = Promise.prototype.then;
const parseJson = JSON.parse;

// Compatibility flags that change bodies; entry.init sets them.
export const bodyFlags = { stripBom: true, filesAsText: false, iterables: true };

type Content =
  | null             // no body
  | undefined        // the incoming request's, not asked for yet
  | string | Uint8Array | Origin | ReadableStream;

// What a guest may give as a body, and the content-type that goes with it.
export interface ExtractedBody {
  content: Exclude<Content, undefined>;
  type: string | undefined;
}

function isIterable(value: object): boolean {
  const it = value as { [Symbol.iterator]?: unknown; [Symbol.asyncIterator]?: unknown };
  return typeof it[Symbol.asyncIterator] === "function" ||
         (typeof it[Symbol.iterator] === "function" && !(value instanceof String));
}

export function extractBody(init: unknown): ExtractedBody {
  if (init === null || init === undefined) return { content: null, type: undefined };
  refuseBodyAtStartup();
  if (typeof init === "string") return { content: init, type: TEXT_HEADERS[1] };
  if (typeof init === "object") {
    if (isReadableStream(init)) {
      if (isDisturbed(init)) throw new TypeError(DISTURBED_TEXT);
      if (isLocked(init)) throw new TypeError(LOCKED_BODY_TEXT);
      return { content: init, type: undefined };
    }
    if (init instanceof ArrayBuffer) {
      return { content: new Uint8Array(init.slice(0)), type: undefined };
    }
    if (ArrayBuffer.isView(init)) {
      const view = new Uint8Array(init.buffer, init.byteOffset, init.byteLength);
      return { content: view.slice(), type: undefined };
    }
    if (isURLSearchParams(init)) {
      return { content: String(init), type: "application/x-www-form-urlencoded;charset=UTF-8" };
    }
    if (isBlob(init)) return { content: blobBytes(init).slice(), type: init.type || undefined };
    if (isFormData(init)) {
      const { bytes, type } = formToBytes(init);
      return { content: bytes, type };
    }
    if (bodyFlags.iterables && isIterable(init)) {
      return { content: ReadableStream.from(init as Iterable<unknown>), type: undefined };
    }
  }
  return { content: `${init as string}`, type: TEXT_HEADERS[1] };
}

function decode(bytes: Uint8Array): string {
  return native.utf8Decode(bytes, false, !bodyFlags.stripBom);
}

function ownText(text: string): string {
  const whole = text.toWellFormed();
  return bodyFlags.stripBom && whole.charCodeAt(0) === 0xfeff ? whole.slice(1) : whole;
}

// A body as the seam takes it: nothing, text, bytes, or an origin to be sent piece by piece.
export type SendableBody = undefined | string | Uint8Array | Origin;

// The runtime's own ways into a Body.
export let initMessage: (body: Body, content: Content, io: IoContext | undefined,
                         flat: FlatHeaders | undefined, headers: Headers | undefined,
                         locked: boolean) => void;
export let headersOf: (body: Body) => Headers;
// The header list as it stands: not to be changed.
export let flatHeaders: (body: Body) => FlatHeaders;
export let hasBody: (body: Body) => boolean;
export let isBuffered: (body: Body) => boolean;
export let isUsed: (body: Body) => boolean;
// Uses the body up, to send it.
export let takeForSending: (body: Body) => SendableBody;
// Moves the body over to another message; the giver's is used from then on.
export let moveBody: (body: Body) => Content;
// A second body of the same bytes; both can be read.
export let cloneBody: (body: Body) => Content;
let isBody: (value: unknown) => value is Body;

export abstract class Body {
  #content: Content = null;
  #stream: ReadableStream | undefined = undefined;
  #used = false;
  #io: IoContext | undefined = undefined;
  #flat: FlatHeaders | undefined = undefined;
  #headers: Headers | undefined = undefined;
  #lockedHeaders = false;

  get body(): ReadableStream<Uint8Array> | null {
    if (!isBody(this)) throw illegalInvocation();
    return this.#body() as ReadableStream<Uint8Array> | null;
  }

  get bodyUsed(): boolean {
    if (!isBody(this)) throw illegalInvocation();
    return this.#isUsed();
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    if (!isBody(this)) return rejected(illegalInvocation());
    return this.#read((bytes) =>
      (bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice()).buffer as ArrayBuffer);
  }

  bytes(): Promise<Uint8Array> {
    if (!isBody(this)) return rejected(illegalInvocation());
    return this.#read((bytes) => bytes);
  }

  text(): Promise<string> {
    if (!isBody(this)) return rejected(illegalInvocation());
    try {
      const content = this.#take();
      if (typeof content === "string") return resolved(ownText(content));
      if (content === null) return resolved("");
      if (content instanceof Uint8Array) return resolved(decode(content));
      return then.call(readAll(content), decode as never) as Promise<string>;
    } catch (error) {
      return rejected(error);
    }
  }

  json<T>(): Promise<T> {
    if (!isBody(this)) return rejected(illegalInvocation());
    try {
      const content = this.#take();
      if (typeof content === "string") return resolved(parseJson(ownText(content)) as T);
      if (content === null) return resolved(parseJson("") as T);
      if (content instanceof Uint8Array) return resolved(parseJson(decode(content)) as T);
      return then.call(readAll(content),
                       ((bytes: Uint8Array) => parseJson(decode(bytes))) as never) as Promise<T>;
    } catch (error) {
      return rejected(error);
    }
  }

  formData(): Promise<FormData> {
    if (!isBody(this)) return rejected(illegalInvocation());
    const type = peekHeader(this.#header(), "content-type");
    return this.#read((bytes) => parseForm(bytes, type, bodyFlags.filesAsText));
  }

  blob(): Promise<Blob> {
    if (!isBody(this)) return rejected(illegalInvocation());
    const type = peekHeader(this.#header(), "content-type") ?? "";
    return this.#read((bytes) => makeBlob(bytes, type.includes("charset=UTF-8")
      ? type : type.toLowerCase()));
  }

  #read<T>(convert: (bytes: Uint8Array) => T): Promise<T> {
    try {
      const content = this.#take();
      if (content === null) return resolved(convert(new Uint8Array(0)));
      if (typeof content === "string") return resolved(convert(native.utf8Encode(content)));
      if (content instanceof Uint8Array) return resolved(convert(content));
      return then.call(readAll(content), convert as never) as Promise<T>;
    } catch (error) {
      return rejected(error);
    }
  }

  #load(): Exclude<Content, undefined> {
    const content = this.#content;
    if (content !== undefined) return content;
    const io = this.#io!;
    const given = native.requestBody(io.request);
    return this.#content = typeof given === "number" ? new SourceOrigin(given, io, true)
                                                     : given ?? null;
  }

  #isUsed(): boolean {
    return this.#used || (this.#stream !== undefined && isDisturbed(this.#stream));
  }

  // Uses the body up. Buffered contents come as they are; everything else as an origin.
  #take(): null | string | Uint8Array | Origin {
    const content = this.#load();
    if (content === null) return null;
    if (this.#isUsed()) throw new TypeError(USED_TEXT);
    const stream = this.#stream ?? (isReadableStream(content) ? content : undefined);
    if (stream !== undefined) {
      if (isLocked(stream)) throw new TypeError(LOCKED_TEXT);
      if (isDisturbed(stream)) throw new TypeError(USED_TEXT);
    }
    this.#used = true;
    if (stream !== undefined) return takeStream(stream);
    return content as string | Uint8Array | Origin;
  }

  #body(): ReadableStream | null {
    const content = this.#load();
    if (content === null) return null;
    if (this.#stream !== undefined) return this.#stream;
    if (isReadableStream(content)) return this.#stream = content;
    if (this.#used) return this.#stream = spentStream();
    this.#stream = typeof content === "string" ? bytesStream(native.utf8Encode(content))
      : content instanceof Uint8Array ? bytesStream(content) : originStream(content as Origin);
    return this.#stream;
  }

  #header(): Headers {
    let headers = this.#headers;
    if (headers !== undefined) return headers;
    const flat = this.#flat;
    headers = makeHeaders(flat !== undefined ? flat.slice()
                          : fromWire(native.requestHeaders(this.#io!.request)));
    this.#flat = undefined;
    if (this.#lockedHeaders) lockHeaders(headers);
    return this.#headers = headers;
  }

  static {
    initMessage = (body, content, io, flat, headers, locked) => {
      body.#content = content;
      body.#io = io;
      body.#flat = flat;
      body.#headers = headers;
      body.#lockedHeaders = locked;
    };
    headersOf = (body) => body.#header();
    flatHeaders = (body) => body.#headers === undefined && body.#flat !== undefined
      ? body.#flat : listOf(body.#header());
    hasBody = (body) => body.#load() !== null;
    isBuffered = (body) => {
      const content = body.#load();
      return body.#stream === undefined &&
        (content === null || typeof content === "string" || content instanceof Uint8Array);
    };
    isUsed = (body) => body.#isUsed();
    isBody = (value): value is Body =>
      typeof value === "object" && value !== null && #content in value;
    takeForSending = (body) => {
      const content = body.#take();
      if (content === null) return undefined;
      if (typeof content === "string" || content instanceof Uint8Array) return content;
      return content.bytes ?? content;
    };
    moveBody = (body) => body.#take();
    cloneBody = (body) => {
      const content = body.#load();
      if (content === null) return null;
      if (body.#isUsed()) throw new TypeError(LOCKED_CLONE_TEXT);
      if (body.#stream === undefined) {
        if (typeof content === "string") return content;
        if (content instanceof Uint8Array) return content.slice();
      }
      const stream = body.#body()!;
      const length = knownLength(stream);
      const [mine, other] = stream.tee();
      if (length >= 0) {
        setKnownLength(mine, length);
        setKnownLength(other, length);
      }
      body.#content = body.#stream = mine;
      return other;
    };
  }
}
