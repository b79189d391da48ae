// WHATWG Requests to a world's Worker, and Responses from it, over node's HTTP client.
import { Readable } from "node:stream";
import zlib from "node:zlib";

// What the Worker sees when the test gives a path only. Without a port, which differs from run to run.
export const ORIGIN = "http://localhost";
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const NULL_BODY = new Set([101, 204, 205, 304]);
const REDIRECTS_MAX = 20;

// {url, method, headers (lower-case names to text or list), body (string, bytes, Readable or undefined),
//  redirect, signal}
export async function normalize(input, init = {}) {
  const given = typeof input === "object" && input !== null && !(input instanceof URL);
  const from = given ? new Request(input, init) : undefined;
  const url = new URL(given ? from.url : String(input), ORIGIN);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new TypeError(`fetch: http:, https: or a path, got ${url.protocol}`);
  const headers = headersOf(given ? from.headers : init.headers);
  const method = String((given ? from.method : init.method) ?? "GET");
  const request = {
    url, headers, method: /^(get|head|post|put|delete|options)$/i.test(method) ? method.toUpperCase() : method,
    redirect: (given && init.redirect === undefined ? "manual" : init.redirect) ?? "manual",
    signal: (given ? from.signal : init.signal) ?? undefined, body: undefined,
  };
  const body = given ? from.body : init.body;
  if (body === undefined || body === null) return request;
  if (request.method === "GET" || request.method === "HEAD")
    throw new TypeError(`fetch: a ${request.method} request cannot have a body`);
  if (typeof body === "string") {
    request.body = body;
    headers["content-type"] ??= "text/plain;charset=UTF-8";
  } else if (body instanceof ArrayBuffer) {
    request.body = Buffer.from(body);
  } else if (ArrayBuffer.isView(body)) {
    request.body = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  } else if (body instanceof ReadableStream) {
    request.body = Readable.fromWeb(body);
  } else {
    const encoded = new Response(body);
    const type = encoded.headers.get("content-type");
    if (type) headers["content-type"] ??= type;
    request.body = Buffer.from(await encoded.arrayBuffer());
  }
  return request;
}

function headersOf(given) {
  const headers = {};
  if (given === undefined || given === null) return headers;
  for (const [name, value] of given instanceof Headers ? given : new Headers(given)) headers[name] = value;
  // It is the body's own.
  delete headers["content-length"];
  return headers;
}

// `marks` are offing's own headers: world, location, session.
export async function fetchFrom(link, marks, input, init) {
  const request = await normalize(input, init);
  request.signal?.throwIfAborted();
  for (let hops = 0; ; ++hops) {
    const response = await once(link, marks, request);
    const where = REDIRECTS.has(response.status) ? response.headers.get("location") : null;
    if (where === null || request.redirect === "manual") return response;
    if (request.redirect === "error") throw new TypeError(`fetch: redirected to ${where}`);
    const next = new URL(where, request.url);
    if (next.origin !== request.url.origin) return response;
    if (hops === REDIRECTS_MAX) throw new TypeError(`fetch: more than ${REDIRECTS_MAX} redirects`);
    if (request.body instanceof Readable && response.status !== 303)
      throw new TypeError("fetch: a streamed body cannot follow a redirect; send bytes");
    await response.body?.cancel();
    follow(request, next, response.status);
  }
}

function follow(request, url, status) {
  request.url = url;
  const becomesGet = (status === 303 && request.method !== "HEAD") ||
                     ((status === 301 || status === 302) && request.method === "POST");
  if (!becomesGet) return;
  request.method = "GET";
  request.body = undefined;
  for (const name of ["content-type", "content-length", "content-encoding", "content-language"])
    delete request.headers[name];
}

async function once(link, marks, { url, method, headers, body, signal }) {
  const sent = { host: url.host, ...headers, ...marks };
  const path = url.pathname + url.search;
  const answer = body instanceof Readable ? await link.stream(method, path, sent, body, signal)
                                          : await link.exchange(method, path, sent, body, signal);
  return responseOf(answer, method, url, headers["accept-encoding"] !== undefined);
}

function responseOf({ status, reason, headers: list, body }, method, url, wantsEncoded) {
  const headers = new Headers();
  for (let i = 0; i < list.length; i += 2) headers.append(list[i], list[i + 1]);
  const empty = method === "HEAD" || NULL_BODY.has(status);
  if (empty && body instanceof Readable) body.resume();
  const decode = wantsEncoded || empty ? undefined : decoderOf(headers.get("content-encoding"));
  const plain = body instanceof Uint8Array && (decode === undefined || body.length === 0);
  const response = new Response(empty ? null : plain ? body : stream(body, decode),
                                { status, statusText: reason, headers });
  Object.defineProperty(response, "url", { value: url.href, configurable: true });
  return response;
}

function decoderOf(encoding) {
  switch (encoding?.toLowerCase()) {
    case "gzip": return zlib.createGunzip({ flush: zlib.constants.Z_SYNC_FLUSH });
    case "br": return zlib.createBrotliDecompress();
    case "deflate": return zlib.createInflate();
    default: return undefined;
  }
}

// `source`: a message that goes on, or the bytes of one that is over.
function stream(source, decode) {
  let out = source;
  if (decode !== undefined) {
    out = decode;
    if (source instanceof Uint8Array) decode.end(source);
    else source.on("error", (error) => decode.destroy(error)).pipe(decode);
  }
  return new ReadableStream({
    start(controller) {
      out.on("data", (chunk) => {
        controller.enqueue(new Uint8Array(chunk));
        if (controller.desiredSize <= 0) out.pause();
      });
      out.on("end", () => controller.close());
      out.on("error", (cause) => controller.error(new TypeError("the answer broke off", { cause })));
      out.pause();
    },
    pull() {
      out.resume();
    },
    cancel() {
      if (source instanceof Uint8Array) out.destroy();
      else source.destroy();
    },
  });
}

// As an entry of a group of requests that begin at one instant (`World.parallel`).
export async function groupEntry({ url, at, as, location = at, session = as, after, ...init }) {
  const request = await normalize(url, init);
  const headers = Object.entries(request.headers);
  if (!("host" in request.headers)) headers.push(["host", request.url.host]);
  const entry = { method: request.method, url: request.url.href, headers };
  if (location !== undefined) entry.location = location;
  if (session !== undefined) entry.session = session;
  if (after !== undefined) entry.at = after;
  if (typeof request.body === "string") entry.body = request.body;
  else if (request.body instanceof Uint8Array) entry.body_base64 = request.body.toString("base64");
  else if (request.body !== undefined)
    throw new TypeError("parallel: bodies are text or bytes, not streams");
  return entry;
}

export function groupResponse(answer, entry) {
  const body = answer.body_base64 === undefined ? answer.body : Buffer.from(answer.body_base64, "base64");
  const headers = Array.isArray(answer.headers) ? answer.headers : Object.entries(answer.headers ?? {});
  const empty = entry.method === "HEAD" || NULL_BODY.has(answer.status);
  // 0: the client got no answer.
  const response = answer.status < 200 ? Response.error()
    : new Response(empty ? null : body, { status: answer.status, headers });
  Object.defineProperty(response, "url", { value: entry.url, configurable: true });
  return Object.assign(response, { requestNumber: answer.request, nowMs: answer.now_ms });
}
