// Response (spec/runtime-api.md 2). `new Response("text")` is the common case: one object, no header
// list of its own, the string kept as it is.

import { badConstruction, exposeClass } from "./errors";
import {
  Body, cloneBody, extractBody, flatHeaders, headersOf, initMessage, type ExtractedBody,
} from "./body";
import {
  type Headers, hasHeader, initHeaders, isHeaders, listOf, makeHeaders, TEXT_HEADERS,
} from "./headers";
import { illegalInvocation, type IoContext, refuseBodyAtStartup } from "./io";
import { adoptSocket, isWebSocket, type WebSocket } from "./websocket";

const STATUS_TEXT = "Responses may only be constructed with status codes in the range 200 to 599, " +
                    "inclusive.";
const JSON_HEADERS: FlatHeaders = ["content-type", "application/json"];
const NO_HEADERS: FlatHeaders = [];
const NULL_BODY = new Set([101, 204, 205, 304]);
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const BAD_REASON = /[^\t\x20-\x7e\x80-\xff]/;

// What few responses have.
interface Extras {
  url: string;
  redirected: boolean;
  cf: unknown;
  encodedByGuest: boolean;
  isError: boolean;
  webSocket: WebSocket | null;
}
const NO_EXTRAS: Extras = {
  url: "", redirected: false, cf: undefined, encodedByGuest: false, isError: false,
  webSocket: null,
};

export interface ResponseInit {
  status?: number;
  statusText?: string;
  headers?: unknown;
  cf?: unknown;
  webSocket?: unknown;
  encodeBody?: string;
}

export interface Fetched {
  status: number;
  statusText: string;
  headers: FlatHeaders;   // text, not byte strings
  content: ExtractedBody["content"] | Parameters<typeof initMessage>[1];
  url: string;
  redirected: boolean;
  io: IoContext;
  webSocket?: WebSocketId | undefined;   // of status 101
}

export let isResponse: (value: unknown) => value is Response;
export let makeFetched: (from: Fetched) => Response;
export let statusOf: (response: Response) => number;
export let statusTextOf: (response: Response) => string;
export let isEncodedByGuest: (response: Response) => boolean;
export let isErrorResponse: (response: Response) => boolean;
export let webSocketOf: (response: Response) => WebSocket | null;

function checkStatus(value: unknown): number {
  const status = Math.trunc(Number(value)) || 0;
  if (status < 200 || status > 599) throw new RangeError(STATUS_TEXT);
  return status;
}

export class Response extends Body {
  #status = 200;
  #statusText = "";
  #extras: Extras = NO_EXTRAS;

  constructor(body?: unknown, init?: ResponseInit | null) {
    super();
    if (init === undefined || init === null) {
      if (typeof body === "string") {
        refuseBodyAtStartup();
        initMessage(this, body, undefined, TEXT_HEADERS, undefined, false);
        return;
      }
      const { content, type } = extractBody(body);
      const flat = type === undefined ? NO_HEADERS : ["content-type", type];
      initMessage(this, content, undefined, flat, undefined, false);
      return;
    }
    if (typeof init !== "object" && typeof init !== "function") {
      throw badConstruction("Response", 2, "InitializerDict or Response");
    }
    this.#init(extractBody(body), init);
  }

  #init(body: ExtractedBody, init: ResponseInit): void {
    const { webSocket } = init;
    if (webSocket !== undefined && webSocket !== null) this.#upgrade(webSocket, init.status);
    else if (init.status !== undefined) this.#status = checkStatus(init.status);
    if (init.statusText !== undefined) {
      const text = `${init.statusText}`;
      if (BAD_REASON.test(text)) throw new TypeError("Invalid statusText");
      this.#statusText = text;
    }
    if (init.encodeBody !== undefined || init.cf !== undefined) this.#initExtras(init);
    let { content } = body;
    if (content !== null && NULL_BODY.has(this.#status)) {
      if (content !== "" && !(content instanceof Uint8Array && content.length === 0)) {
        throw new TypeError(
          "Response with null body status (101, 204, 205, or 304) cannot have a body.");
      }
      content = null;
    }
    let flat: FlatHeaders | undefined, headers: Headers | undefined;
    const given = isResponseLike(init) ? headersOf(init) : init.headers;
    if (given === undefined) {
      flat = body.type === undefined ? NO_HEADERS : ["content-type", body.type];
    } else {
      headers = isHeaders(given) ? makeHeaders(listOf(given).slice())
                                 : initHeaders(given, "InitializerDict");
      if (body.type !== undefined && !hasHeader(headers, "content-type")) {
        listOf(headers).push("content-type", body.type);
      }
    }
    initMessage(this, content, undefined, flat, headers, false);
  }

  #upgrade(webSocket: unknown, status: unknown): void {
    if (!isWebSocket(webSocket)) {
      throw new TypeError("Incorrect type for the 'webSocket' field on 'InitializerDict': the " +
                          "provided value is not of type 'WebSocket'.");
    }
    if (status === undefined || Math.trunc(Number(status)) !== 101) {
      throw new RangeError("Responses with a WebSocket must have status code 101.");
    }
    this.#status = 101;
    this.#extras = { ...NO_EXTRAS, webSocket };
  }

  #initExtras(init: ResponseInit): void {
    const how = init.encodeBody === undefined ? "automatic" : `${init.encodeBody}`;
    if (how !== "automatic" && how !== "manual") {
      throw new TypeError(`encodeBody: unexpected value: ${how}`);
    }
    this.#extras = { ...this.#extras, cf: init.cf, encodedByGuest: how === "manual" };
  }

  clone(): Response {
    if (!isResponse(this)) throw illegalInvocation();
    if (this.#extras.webSocket !== null) {
      throw new TypeError("Cannot clone a response to a WebSocket handshake.");
    }
    const copy = new Response();
    copy.#status = this.#status;
    copy.#statusText = this.#statusText;
    copy.#extras = this.#extras;
    initMessage(copy, cloneBody(this), undefined, flatHeaders(this).slice(), undefined, false);
    return copy;
  }

  get status(): number {
    if (!isResponse(this)) throw illegalInvocation();
    return this.#status;
  }
  get statusText(): string {
    if (!isResponse(this)) throw illegalInvocation();
    return this.#statusText;
  }
  get headers(): Headers {
    if (!isResponse(this)) throw illegalInvocation();
    return headersOf(this);
  }
  get ok(): boolean {
    if (!isResponse(this)) throw illegalInvocation();
    return this.#status >= 200 && this.#status < 300;
  }
  get redirected(): boolean {
    if (!isResponse(this)) throw illegalInvocation();
    return this.#extras.redirected;
  }
  get url(): string {
    if (!isResponse(this)) throw illegalInvocation();
    return this.#extras.url;
  }
  get webSocket(): WebSocket | null {
    if (!isResponse(this)) throw illegalInvocation();
    return this.#extras.webSocket;
  }
  get cf(): unknown {
    if (!isResponse(this)) throw illegalInvocation();
    return this.#extras.cf;
  }
  get type(): "default" | "error" {
    if (!isResponse(this)) throw illegalInvocation();
    return this.#extras.isError ? "error" : "default";
  }

  static error(): Response {
    const response = new Response();
    response.#status = 0;
    response.#extras = { ...NO_EXTRAS, isError: true };
    initMessage(response, null, undefined, NO_HEADERS, undefined, false);
    return response;
  }

  static redirect(url: string, status: number = 302): Response {
    refuseBodyAtStartup();
    if (!REDIRECTS.has(status)) {
      throw new RangeError(`${status} is not a redirect status code. It must be one of: 301, 302, ` +
                           "303, 307, or 308.");
    }
    const parsed = native.urlParse(`${url}`, undefined)?.[0];
    if (parsed === undefined) throw new TypeError(`Unable to parse URL: ${url}`);
    const response = new Response();
    response.#status = status;
    initMessage(response, null, undefined, ["location", parsed], undefined, true);
    return response;
  }

  static json(value: unknown, init?: ResponseInit | null): Response {
    refuseBodyAtStartup();
    const text = JSON.stringify(value) ?? "undefined";
    const response = new Response();
    if (init === undefined || init === null) {
      initMessage(response, text, undefined, JSON_HEADERS, undefined, false);
    } else {
      response.#init({ content: text, type: JSON_HEADERS[1] }, init);
    }
    return response;
  }

  static {
    isResponse = (value): value is Response =>
      typeof value === "object" && value !== null && #status in value;
    statusOf = (response) => response.#status;
    statusTextOf = (response) => response.#statusText;
    isEncodedByGuest = (response) => response.#extras.encodedByGuest;
    isErrorResponse = (response) => response.#extras.isError;
    webSocketOf = (response) => response.#extras.webSocket;
    makeFetched = (from) => {
      const response = new Response();
      response.#status = from.status;
      response.#statusText = from.statusText;
      response.#extras = { ...NO_EXTRAS, url: from.url, redirected: from.redirected };
      if (from.webSocket !== undefined) {
        response.#extras.webSocket = adoptSocket(from.webSocket, from.io);
      }
      initMessage(response, from.content, from.io, from.headers, undefined, true);
      return response;
    };
  }
}

function isResponseLike(init: ResponseInit): init is Response {
  return isResponse(init);
}

export function installResponse(target: object): void {
  exposeClass(target, "Response", Response);
}
