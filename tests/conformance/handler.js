// The fetch handler, called through a service binding to the Worker itself: sections 1 and 2.
import { eq, same, ok, rejects, streamOf, utf8 } from "./assert.js";

const contexts = [];
const routes = {
  "/text": () => new Response("hi", { headers: { "x-a": "1" } }),
  "/method": (r) => new Response(r.method),
  "/url": (r) => new Response(r.url),
  "/headers": (r) => Response.json([...r.headers].filter(([k]) => k.startsWith("x-"))),
  "/echo": (r) => new Response(r.body, { headers: { "content-type": r.headers.get("content-type") ?? "none" } }),
  "/json": async (r) => Response.json(await r.json()),
  "/throw": () => { throw new RangeError("from handler"); },
  "/not-a-response": () => "text",
  "/nothing": () => undefined,
  "/error": () => Response.error(),
  "/immutable": (r) => {
    try {
      r.headers.set("x", "y");
    } catch (e) {
      return new Response(`${e.name}: ${e.message}`);
    }
    return new Response("mutable");
  },
  "/stream": () => new Response(streamOf(utf8("a"), utf8("b"))),
  "/cookies": () => new Response(null, { headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]] }),
  "/redirect": () => Response.redirect("http://self/text"),
  "/status": () => new Response("teapot", { status: 418, statusText: "Teapot" }),
  "/context": (r, env, ctx) => { contexts.push(ctx); return new Response(); },
  "/wait": (r, env, ctx) => {
    ctx.waitUntil(scheduler.wait(1).then(() => { globalThis.waited = true; }));
    return new Response("soon");
  },
};
export default {
  async fetch(request, env, ctx) {
    const route = routes[new URL(request.url).pathname];
    return route ? route(request, env, ctx) : new Response("none", { status: 404 });
  },
};
const call = (env, path, init) => env.SELF.fetch(`http://self${path}`, init);

export const handler_text = {
  async test(_, env) {
    const r = await call(env, "/text");
    eq(r.status, 200);
    eq(r.headers.get("x-a"), "1");
    eq(await r.text(), "hi");
  },
};
export const handler_sees_method = {
  async test(_, env) { eq(await (await call(env, "/method", { method: "DELETE" })).text(), "DELETE"); },
};
export const handler_sees_url = {
  async test(_, env) { eq(await (await call(env, "/url?a=b%20c")).text(), "http://self/url?a=b%20c"); },
};
export const handler_sees_headers = {
  async test(_, env) {
    same(await (await call(env, "/headers", { headers: { "X-One": "1" } })).json(), [["x-one", "1"]]);
  },
};
export const handler_echoes_body = {
  async test(_, env) {
    const r = await call(env, "/echo", { method: "POST", body: "é" });
    eq(r.headers.get("content-type"), "text/plain;charset=UTF-8");
    eq(await r.text(), "é");
  },
};
export const handler_reads_json = {
  async test(_, env) {
    same(await (await call(env, "/json", { method: "POST", body: '{"a":1}' })).json(), { a: 1 });
  },
};
export const handler_exception_reaches_caller = {
  async test(_, env) { await rejects(call(env, "/throw"), "RangeError", "from handler"); },
};
export const handler_returning_text = {
  async test(_, env) { await rejects(call(env, "/not-a-response"), "TypeError"); },
};
export const handler_returning_nothing = {
  async test(_, env) { await rejects(call(env, "/nothing"), "TypeError"); },
};
export const handler_returning_error_response = {
  async test(_, env) {
    await rejects(call(env, "/error"), "TypeError",
      "Return value from serve handler must not be an error response (like Response.error())");
  },
};
export const handler_request_headers_are_immutable = {
  async test(_, env) {
    eq(await (await call(env, "/immutable")).text(), "TypeError: Can't modify immutable headers.");
  },
};
export const handler_response_headers_are_immutable = {
  async test(_, env) {
    const r = await call(env, "/text");
    await rejects(async () => r.headers.set("a", "b"), "TypeError", "Can't modify immutable headers.");
  },
};
export const handler_streams_body = {
  async test(_, env) { eq(await (await call(env, "/stream")).text(), "ab"); },
};
export const handler_keeps_cookies_apart = {
  async test(_, env) { same((await call(env, "/cookies")).headers.getSetCookie(), ["a=1", "b=2"]); },
};
export const handler_redirect_manual = {
  async test(_, env) {
    const r = await call(env, "/redirect", { redirect: "manual" });
    eq(r.status, 302);
    eq(r.headers.get("location"), "http://self/text");
  },
};
export const handler_redirect_followed = {
  async test(_, env) {
    const r = await call(env, "/redirect");
    eq(await r.text(), "hi");
    eq(r.redirected, true);
  },
};
export const handler_status = {
  async test(_, env) {
    const r = await call(env, "/status");
    eq(r.status, 418);
    eq(r.statusText, "Teapot");
    eq(r.ok, false);
  },
};
export const handler_context_is_fresh = {
  async test(_, env) {
    await call(env, "/context");
    await call(env, "/context");
    ok(contexts.length === 2 && contexts[0] !== contexts[1]);
  },
};
export const handler_wait_until_runs_after_response = {
  async test(_, env) {
    eq(await (await call(env, "/wait")).text(), "soon");
    await scheduler.wait(20);
    eq(globalThis.waited, true);
  },
};
