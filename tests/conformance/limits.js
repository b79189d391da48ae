// What a guest meets of spec/limits.md that no other area has: sections 5, 6, 6.2 and 6.3.
import { env as importedEnv } from "cloudflare:workers";
import { eq, ok, match, throws, rejects } from "./assert.js";

const TEXT = /^Disallowed operation called within global scope\. Asynchronous I\/O/;
const attempt = (call) => {
  try {
    const value = call();
    return value instanceof Promise ? value.then((v) => ({ value: v }), (error) => ({ error })) : { value };
  } catch (error) {
    return { error };
  }
};
const seen = {
  binding: attempt(() => importedEnv.SELF.fetch("http://self/text")),
  socket: attempt(() => new WebSocket("ws://127.0.0.1:1/")),
  hmac: attempt(() => crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"])),
  random: attempt(() => Math.random()),
  abort: attempt(() => AbortSignal.timeout(1)),
};

const kept = {};
let resolve;
const routes = {
  "/text": () => new Response("text"),
  "/loop": () => Response.redirect("http://self/loop"),
  "/twenty": (r) => {
    const left = Number(new URL(r.url).searchParams.get("left"));
    return left === 0 ? new Response("there") : Response.redirect(`http://self/twenty?left=${left - 1}`);
  },
  "/hang": () => new Promise(() => {}),
  "/keep": async (r) => {
    kept.request = r;
    kept.response = new Response(new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(1)); } }));
    await scheduler.wait(50);
    return new Response("kept");
  },
  "/await": async () => {
    const settled = new Promise((r) => { resolve = r; });
    await scheduler.wait(20);
    return new Response(await settled);
  },
};
export default {
  fetch(request) { return routes[new URL(request.url).pathname](request); },
};

const refused = async (name) => {
  const { error } = await seen[name];
  ok(error instanceof Error, `${name} refused`);
  match(error.message, TEXT);
};
export const limits_global_scope_binding = {
  async test() { await refused("binding"); },
};
export const limits_global_scope_socket = {
  async test() { await refused("socket"); },
};
export const limits_global_scope_hmac_key = {
  async test() { await refused("hmac"); },
};
export const limits_global_scope_abort_timeout = {
  async test() { await refused("abort"); },
};
export const limits_global_scope_math_random = {
  test() {
    ok(seen.random.value >= 0);
    ok(seen.random.value < 1);
  },
};
export const limits_dynamic_import_is_global_scope = {
  async test() {
    const late = await import("./modules/late.js");
    ok(late.timer instanceof Error, "setTimeout refused");
    match(late.timer.message, TEXT);
  },
};
export const limits_dynamic_import_makes_no_code = {
  async test() {
    const late = await import("./modules/late.js");
    eq(late.evaluated.name, "EvalError");
    eq(late.evaluated.message, "Code generation from strings disallowed for this context");
  },
};
export const limits_function_subclass_is_allowed = {
  test() {
    class Callable extends Function {
      constructor() { super(); }
    }
    eq(new Callable()(), undefined);
  },
};
export const limits_no_other_clock = {
  test() {
    const shared = new Int32Array(new SharedArrayBuffer(4));
    throws(() => Atomics.wait(shared, 0, 0, 1), "TypeError");
  },
};
// The text is followed by the URLs that redirected.
export const limits_redirects_too_many = {
  async test(_, env) {
    const url = "http://self/loop";
    await rejects(env.SELF.fetch(url), "TypeError", `Too many redirects.${Array(21).fill(url).join(", ")}`);
  },
};
export const limits_redirects_twenty = {
  async test(_, env) {
    eq(await (await env.SELF.fetch("http://self/twenty?left=20")).text(), "there");
  },
};
export const limits_blob_size = {
  test() {
    const part = new Uint8Array(16 * 1024 * 1024);
    throws(() => new Blob(Array(9).fill(part)), "RangeError",
      `Blob size ${9 * part.length} exceeds limit ${128 * 1024 * 1024}`);
  },
};
export const limits_hung_callee = {
  async test(_, env) {
    await rejects(env.SELF.fetch("http://self/hang"), "Error",
      "The Workers runtime canceled this request because it detected that your Worker's code had hung and " +
      "would never generate a response. Refer to: https://developers.cloudflare.com/workers/observability/errors/");
  },
};
const OTHER_REQUEST = "Cannot perform I/O on behalf of a different request. I/O objects (such as streams, " +
  "request/response bodies, and others) created in the context of one request handler cannot be accessed from " +
  "a different request's handler. This is a limitation of Cloudflare Workers which allows us to improve overall " +
  "performance. (I/O type: ";
export const limits_body_of_another_request = {
  async test(_, env) {
    const body = new ReadableStream({ pull(c) { c.enqueue(new TextEncoder().encode("x")); c.close(); } });
    const keeping = env.SELF.fetch("http://self/keep", { method: "POST", body });
    await scheduler.wait(10);
    const e = await rejects(kept.request.text(), "Error", /^Cannot perform I\/O on behalf of a different request\./);
    ok(e.message.startsWith(OTHER_REQUEST), e.message);
    match(e.message, /\(I\/O type: [\w<>]+\)$/);
    eq(await (await keeping).text(), "kept");
  },
};
export const limits_promise_of_another_request = {
  async test(_, env) {
    const waiting = env.SELF.fetch("http://self/await");
    await scheduler.wait(5);
    resolve("from another");
    eq(await (await waiting).text(), "from another");
  },
};
