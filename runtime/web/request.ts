// Request (spec/runtime-api.md 2). The incoming one is a shell around a request id: headers, cf and
// body are fetched from C++ when the guest first looks.

import type { CfProperties } from "@cloudflare/workers-types";
import { abortSignal, type AbortSignal, isAbortSignal, newSignal } from "./abort";
import {
  Body, cloneBody, extractBody, flatHeaders, hasBody, headersOf, initMessage, isUsed, moveBody,
} from "./body";
import { badConstruction, exposeClass } from "./errors";
import { type Headers, initHeaders, withDefaultType } from "./headers";
import { illegalInvocation, type IoContext } from "./io";

const REDIRECT_TEXT =
  'Invalid redirect value, must be one of "follow" or "manual" ("error" won\'t be implemented ' +
  "since it does not make sense at the edge; use \"manual\" and check the response status code).";
const INTEGRITY_TEXT =
  "Subrequest integrity checking is not implemented. The integrity option must be either " +
  "undefined or an empty string.";

// Compatibility flags that change requests; entry.init sets them.
export const requestFlags = {
  upperCaseMethods: true, cacheOption: true, cacheNoCache: true, cacheReload: false,
  incomingSignal: false,
};

const METHODS = new Set([
  "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "PURGE", "OPTIONS", "PROPFIND", "PROPPATCH",
  "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "ACL", "REPORT", "MKACTIVITY", "CHECKOUT", "MERGE",
  "MSEARCH", "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "SEARCH", "CONNECT", "TRACE", "QUERY",
]);
// Fetch upper-cases only these when the flag is off.
const NORMALIZED = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]);

export interface RequestInit {
  method?: string;
  headers?: unknown;
  body?: unknown;
  redirect?: string;
  cf?: unknown;
  cache?: string;
  integrity?: string;
  signal?: unknown;
  fetcher?: unknown;
  encodeResponseBody?: string;
}

type CacheMode = "no-store" | "no-cache";
export type Redirect = "follow" | "manual";

// What the constructor takes from C++'s request instead of a guest's arguments.
class Incoming {
  io!: IoContext;
  method!: string;
  url!: string;
  hasBody!: boolean;
}
const incoming = new Incoming();

function checkMethod(value: unknown): string {
  const text = `${value as string}`, upper = text.toUpperCase();
  if (METHODS.has(text)) return text;
  if ((requestFlags.upperCaseMethods ? METHODS : NORMALIZED).has(upper)) return upper;
  throw new TypeError(`Invalid HTTP method string: ${text}`);
}

function checkCache(value: unknown): string {
  if (!requestFlags.cacheOption) {
    throw new Error("The 'cache' field on 'RequestInitializerDict' is not implemented.");
  }
  const mode = `${value as string}`;
  const known = mode === "no-store" || (mode === "no-cache" && requestFlags.cacheNoCache) ||
                (mode === "reload" && requestFlags.cacheReload);
  if (!known) throw new TypeError(`Unsupported cache mode: ${mode}`);
  return mode;
}

function parseUrl(text: string): string {
  const parsed = native.urlParse(text, undefined);
  if (parsed === undefined) throw new TypeError(`Invalid URL: ${text}`);
  return parsed[0];
}

const CF_NOT_READ = Symbol("cf of the incoming request");

export let isRequest: (value: unknown) => value is Request;
export let redirectOf: (request: Request) => Redirect;
export let signalOf: (request: Request) => AbortSignal | undefined;
export let methodOf: (request: Request) => string;
export let urlOf: (request: Request) => string;
export let cacheOf: (request: Request) => string | undefined;
export let abortIncoming: (request: Request, reason: unknown) => void;

export class Request extends Body {
  #method = "GET";
  #url = "";
  #redirect: Redirect = "follow";
  #signal: AbortSignal | undefined = undefined;   // the one given, or made when looked at
  #givenSignal: AbortSignal | undefined = undefined;
  #cf: unknown = undefined;
  #cache: string | undefined = undefined;
  #io: IoContext | undefined = undefined;         // whose cf this is, while CF_NOT_READ

  constructor(input: unknown, init?: RequestInit | Request | null) {
    super();
    if (input === incoming) {
      this.#io = incoming.io;
      this.#method = incoming.method;
      this.#url = incoming.url;
      this.#cf = CF_NOT_READ;
      this.#redirect = "manual";
      initMessage(this, incoming.hasBody ? undefined : null, incoming.io, undefined, undefined,
                  true);
      return;
    }
    if (arguments.length === 0) throw badConstruction("Request", 1, "Request or string");
    if (init !== undefined && init !== null && typeof init !== "object" &&
        typeof init !== "function") {
      throw badConstruction("Request", 2, "RequestInitializerDict or Request");
    }
    if (isRequest(input)) this.#fromRequest(input, init);
    else {
      this.#url = parseUrl(`${input as string}`);
      if (init === undefined || init === null) {
        initMessage(this, null, undefined, [], undefined, false);
      } else {
        this.#apply(init, isRequest(init) ? init : undefined, undefined);
      }
    }
  }

  #fromRequest(input: Request, init: RequestInit | Request | null | undefined): void {
    const replaced = init !== undefined && init !== null && init.body !== undefined &&
                     init.body !== null;
    if (!replaced && isUsed(input)) {
      throw new TypeError("Cannot reconstruct a Request with a used body.");
    }
    this.#url = input.#url;
    this.#copy(input);
    this.#apply(init ?? {}, isRequest(init) ? init : undefined, input, replaced);
  }

  #copy(from: Request): void {
    this.#method = from.#method;
    this.#redirect = from.#redirect;
    this.#givenSignal = this.#signal = from.#givenSignal;
    this.#cf = from.#cf;
    this.#io = from.#io;
    this.#cache = from.#cache;
  }

  #apply(init: RequestInit | Request, like: Request | undefined, base: Request | undefined,
         replaced = true): void {
    if (like !== undefined) this.#copy(like);
    else this.#options(init as RequestInit);
    let headers: Headers | undefined, flat: FlatHeaders | undefined;
    const given = like === undefined ? (init as RequestInit).headers : undefined;
    if (given !== undefined) headers = initHeaders(given, "RequestInitializerDict");
    else flat = like !== undefined ? flatHeaders(like).slice()
                : base !== undefined ? flatHeaders(base).slice() : [];
    const from = like ?? (replaced ? undefined : base);
    if (from !== undefined && !hasBody(from)) {
      initMessage(this, null, undefined, flat, headers, false);
      return;
    }
    if (like !== undefined && isUsed(like)) {
      throw new TypeError("Cannot reconstruct a Request with a used body.");
    }
    const body = from !== undefined ? undefined : extractBody((init as RequestInit).body);
    if ((from !== undefined || body!.content !== null) &&
        (this.#method === "GET" || this.#method === "HEAD")) {
      throw new TypeError("Request with a GET or HEAD method cannot have a body.");
    }
    const content = from !== undefined ? moveBody(from) : body!.content;
    initMessage(this, content, undefined, flat, headers, false);
    if (body?.type !== undefined) withDefaultType(headersOf(this), body.type);
  }

  #options(init: RequestInit): void {
    if (init.method !== undefined) this.#method = checkMethod(init.method);
    if (init.redirect !== undefined) {
      if (init.redirect !== "follow" && init.redirect !== "manual") {
        throw new TypeError(REDIRECT_TEXT);
      }
      this.#redirect = init.redirect;
    }
    if (init.integrity !== undefined && `${init.integrity}` !== "") {
      throw new TypeError(INTEGRITY_TEXT);
    }
    if (init.cache !== undefined) this.#cache = checkCache(init.cache);
    if (init.cf !== undefined) this.#cf = init.cf;
    if (init.fetcher !== undefined && init.fetcher !== null) {
      throw new Error("A Request's 'fetcher' is not supported by this version of offing.");
    }
    if (init.signal === null) this.#givenSignal = this.#signal = undefined;
    else if (init.signal !== undefined) {
      if (!isAbortSignal(init.signal)) {
        throw new TypeError("Incorrect type for the 'signal' field on 'RequestInitializerDict': " +
                            "the provided value is not of type 'AbortSignal'.");
      }
      this.#givenSignal = this.#signal = init.signal;
    }
  }

  #readCf(): unknown {
    if (this.#cf === CF_NOT_READ) {
      const text = native.requestCf(this.#io!.request);
      this.#cf = text === "" ? undefined : JSON.parse(text) as unknown;
    }
    return this.#cf;
  }

  clone(): Request {
    if (!isRequest(this)) throw illegalInvocation();
    const content = cloneBody(this);
    const copy = new Request("about:blank");
    copy.#url = this.#url;
    copy.#copy(this);
    initMessage(copy, content, undefined, flatHeaders(this).slice(), undefined, false);
    return copy;
  }

  get method(): string {
    if (!isRequest(this)) throw illegalInvocation();
    return this.#method;
  }
  get url(): string {
    if (!isRequest(this)) throw illegalInvocation();
    return this.#url;
  }
  get headers(): Headers {
    if (!isRequest(this)) throw illegalInvocation();
    return headersOf(this);
  }
  get redirect(): string {
    if (!isRequest(this)) throw illegalInvocation();
    return this.#redirect;
  }
  get fetcher(): null {
    if (!isRequest(this)) throw illegalInvocation();
    return null;
  }
  get signal(): AbortSignal {
    if (!isRequest(this)) throw illegalInvocation();
    return this.#signal ??= newSignal();
  }
  get cf(): CfProperties | undefined {
    if (!isRequest(this)) throw illegalInvocation();
    return this.#readCf() as CfProperties | undefined;
  }
  get integrity(): string {
    if (!isRequest(this)) throw illegalInvocation();
    return "";
  }
  get keepalive(): boolean {
    if (!isRequest(this)) throw illegalInvocation();
    return false;
  }
  get cache(): CacheMode | undefined {
    if (!isRequest(this)) throw illegalInvocation();
    return this.#cache as CacheMode | undefined;
  }

  static {
    isRequest = (value): value is Request =>
      typeof value === "object" && value !== null && #method in value;
    redirectOf = (request) => request.#redirect;
    signalOf = (request) => request.#givenSignal;
    methodOf = (request) => request.#method;
    urlOf = (request) => request.#url;
    cacheOf = (request) => request.#cache;
    abortIncoming = (request, reason) => {
      if (request.#signal !== undefined) abortSignal(request.#signal, reason);
    };
  }
}

export function makeIncoming(io: IoContext, method: string, url: string, body: boolean): Request {
  incoming.io = io;
  incoming.method = method;
  incoming.url = url;
  incoming.hasBody = body;
  return new Request(incoming);
}

export function installRequest(target: object): void {
  exposeClass(target, "Request", Request);
}
