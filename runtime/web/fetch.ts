// Global fetch (spec/runtime-api.md 2): one hop at a time through native.fetch, redirects followed
// here, so that each hop is a subrequest of its own.

import { badArgument } from "./errors";
import {
  flatHeaders, hasBody, isBuffered, takeForSending, type SendableBody,
} from "./body";
import { fromWire, toWire } from "./headers";
import { type IoContext, requireRequest } from "./io";
import { limits } from "./limits";
import { sendStream } from "./outgoing";
import {
  isRequest, methodOf, redirectOf, Request, type RequestInit, signalOf, urlOf,
} from "./request";
import { makeFetched, type Response } from "./response";
import { SourceOrigin } from "./source";
import { onAbort, type AbortSignal } from "./abort";

const then = Promise.prototype.then;
const ONE_TIME_TEXT =
  "A request with a one-time-use body (it was initialized from a stream, not a buffer) encountered " +
  "a redirect requiring the body to be retransmitted. To avoid this error in the future, construct " +
  "this request from a buffer-like body initializer.";

// Compatibility flags that change fetch; entry.init sets them.
export const fetchFlags = { stripAuthorization: true, customPorts: true, refuseSchemes: true };

type NativeResponse = Awaited<ReturnType<Native["fetch"]>>;

// One call of fetch(), over all its hops.
interface Hop {
  io: IoContext;
  method: string;
  url: string;
  headers: FlatHeaders;
  body: SendableBody;
  rewindable: boolean;
  follow: boolean;
  passed: readonly string[];  // URLs that redirected
  signal: AbortSignal | undefined;
  target: NativeTarget | undefined;  // a guest's own, through a stub; else the network
}

function checkScheme(url: string): string {
  if (url.startsWith("https://") || url.startsWith("http://")) return url;
  if (fetchFlags.refuseSchemes) throw new TypeError(`Fetch API cannot load: ${url}`);
  return url.replace(/^[a-z][a-z0-9+.-]*:\/*/i, "http://");
}

// Before 2024-09-02 a port in the URL was ignored.
function dropPort(url: string): string {
  const parsed = native.urlSet(url, "port", "");
  return parsed === undefined ? url : parsed[0];
}

function withoutFragment(url: string): string {
  const at = url.indexOf("#");
  return at < 0 ? url : url.slice(0, at);
}

function send(hop: Hop): Promise<NativeResponse> {
  const { io, body, target } = hop;
  const headers = toWire(hop.headers);
  const whole = body === undefined || typeof body === "string" || body instanceof Uint8Array;
  const sent = whole ? body : sendStream(io, body);
  const length = body === undefined || typeof body === "string" ? -1 : body.length;
  if (target !== undefined) {
    return native.callFetch(io.request, target, hop.method, withoutFragment(hop.url), headers, sent,
                            length);
  }
  const url = withoutFragment(fetchFlags.customPorts ? hop.url : dropPort(hop.url));
  return native.fetch(io.request, hop.method, url, headers, sent, length);
}

function header(list: FlatHeaders, name: string): string | undefined {
  for (let i = 0; i < list.length; i += 2) {
    if (list[i] === name) return list[i + 1];
  }
  return undefined;
}

function without(list: FlatHeaders, drop: (name: string) => boolean): FlatHeaders {
  return list.filter((_, at) => !drop(list[at - at % 2]!));
}

function cancelBody(answer: NativeResponse): void {
  if (typeof answer.body === "number") native.sourceCancel(answer.body, "");
  if (answer.webSocket !== undefined) native.socketDrop(answer.webSocket);
}

// The next hop, or undefined when this answer is the last.
function redirected(hop: Hop, status: number, headers: FlatHeaders): Hop | undefined {
  if (!hop.follow || (status !== 301 && status !== 302 && status !== 303 && status !== 307 &&
                      status !== 308)) return undefined;
  const location = header(headers, "location");
  if (location === undefined) return undefined;
  const passed = [...hop.passed, hop.url];
  if (passed.length > limits.redirects) {
    throw new TypeError(`Too many redirects.${passed.join(", ")}`);
  }
  const parsed = native.urlParse(location, hop.url);
  if (parsed === undefined) throw new TypeError(`Invalid URL: ${location}`);
  const next: Hop = { ...hop, url: checkScheme(parsed[0]), passed };
  const toGet = status === 303 ? hop.method !== "GET" && hop.method !== "HEAD"
                               : status < 303 && hop.method === "POST";
  if (toGet) {
    next.method = "GET";
    next.body = undefined;
    next.headers = without(next.headers, (name) => name.startsWith("content-"));
  } else if (hop.body !== undefined && !hop.rewindable) {
    throw new TypeError(ONE_TIME_TEXT);
  }
  if (fetchFlags.stripAuthorization &&
      native.urlOrigin(next.url) !== native.urlOrigin(hop.url)) {
    next.headers = without(next.headers, (name) => name === "authorization");
  }
  return next;
}

async function run(first: Hop): Promise<Response> {
  let hop = first;
  for (;;) {
    const answer = await send(hop);
    if (hop.signal?.aborted) {
      cancelBody(answer);
      throw hop.signal.reason;
    }
    const headers = fromWire(answer.headers);
    let next: Hop | undefined;
    try {
      next = redirected(hop, answer.status, headers);
    } catch (error) {
      cancelBody(answer);
      throw error;
    }
    if (next === undefined) return finish(hop, answer, headers);
    cancelBody(answer);
    hop = next;
  }
}

function finish(hop: Hop, answer: NativeResponse, headers: FlatHeaders): Response {
  const { status, statusText, body } = answer;
  const empty = hop.method === "HEAD" || status === 101 || status === 204 || status === 205 ||
                status === 304;
  let content = typeof body === "number" ? new SourceOrigin(body, hop.io, false) : body ?? null;
  if (empty && content !== null) {
    if (content instanceof SourceOrigin) content.cancel("");
    content = null;
  } else if (content === null && !empty) {
    content = new Uint8Array(0);
  }
  if (content instanceof SourceOrigin && hop.signal !== undefined) {
    const origin = content;
    origin.abortable = true;
    onAbort(hop.signal, (reason) => origin.abort(reason));
  }
  return makeFetched({
    status, statusText, headers, content, url: withoutFragment(hop.url),
    redirected: hop.passed.length > 0, io: hop.io, webSocket: answer.webSocket,
  });
}

// Settles with the fetch, or rejects as soon as the signal fires.
function orAborted(work: Promise<Response>, signal: AbortSignal): Promise<Response> {
  return new Promise((resolve, reject) => {
    const forget = onAbort(signal, reject);
    then.call(work, (response: unknown) => {
      forget();
      resolve(response as Response);
    }, (error: unknown) => {
      forget();
      reject(error);
    });
  });
}

function start(input: unknown, init: RequestInit | undefined,
               target: NativeTarget | undefined): Promise<Response> {
  const io = requireRequest("fetch");
  const request = isRequest(input) && init === undefined ? input
                                                         : new Request(input as string, init);
  const signal = signalOf(request);
  if (signal?.aborted) throw signal.reason;
  const url = checkScheme(urlOf(request));
  const rewindable = isBuffered(request);
  const body = hasBody(request) ? takeForSending(request) : undefined;
  const work = run({
    io, method: methodOf(request), url, headers: flatHeaders(request), body, rewindable,
    follow: redirectOf(request) === "follow", passed: [], signal, target,
  });
  return signal === undefined ? work : orAborted(work, signal);
}

export function fetch(input: unknown, init?: RequestInit | null): Promise<Response> {
  try {
    if (arguments.length === 0) {
      throw badArgument("fetch", "ServiceWorkerGlobalScope", 1, "Request or string");
    }
    return start(input, init ?? undefined, undefined);
  } catch (error) {
    return Promise.reject(error);
  }
}

// fetch of a stub: the same, but what answers is a guest.
export function fetchTarget(target: NativeTarget, input: unknown,
                            init?: RequestInit | null): Promise<Response> {
  try {
    return start(input, init ?? undefined, target);
  } catch (error) {
    return Promise.reject(error);
  }
}

export function installFetch(target: object): void {
  Object.defineProperty(target, "fetch",
                        { value: fetch, writable: true, enumerable: true, configurable: true });
}
