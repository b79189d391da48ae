// Attachments, automatic responses and the event timeout: spec/durable-objects.md section 4.
import { eq, same, ok, throws, utf8 } from "./assert.js";
import { at, within } from "./hibernating.js";
import { closing, connect } from "./sockets.js";

export { Actor } from "./hibernating.js";

export const ws_attachment_is_null_at_first = {
  test: within((ctx) => {
    const ws = new WebSocketPair()[0];
    ctx.acceptWebSocket(ws);
    eq(ws.deserializeAttachment(), null);
  }),
};
export const ws_attachment_is_a_copy = {
  test: within((ctx) => {
    const ws = new WebSocketPair()[0];
    ctx.acceptWebSocket(ws);
    const value = { when: new Date(5), set: new Set([1]), list: [undefined, null] };
    ws.serializeAttachment(value);
    value.list.push("not seen");
    const got = ws.deserializeAttachment();
    eq(got.when.getTime(), 5);
    ok(got.set.has(1));
    eq(got.list.length, 2);
    eq(got === ws.deserializeAttachment(), false);
    ws.serializeAttachment(7);
    eq(ws.deserializeAttachment(), 7);
  }),
};
export const ws_attachment_limit = {
  test: within((ctx) => {
    const ws = new WebSocketPair()[0];
    ctx.acceptWebSocket(ws);
    ws.serializeAttachment("x".repeat(16_300));
    const e = throws(() => ws.serializeAttachment("x".repeat(16_400)), "Error",
      /^A WebSocket 'attachment' cannot be larger than 16384 bytes\.'attachment' was \d+ bytes\.$/);
    eq(e.message.includes("was 16406 bytes."), true, e.message);
    eq(ws.deserializeAttachment().length, 16_300);
  }),
};
export const ws_attachment_must_be_cloneable = {
  test: within((ctx) => {
    const ws = new WebSocketPair()[0];
    ctx.acceptWebSocket(ws);
    throws(() => ws.serializeAttachment(() => 1), "DataCloneError", "() => 1 could not be cloned.");
  }),
};
export const ws_attachment_seen_from_other_events = {
  test: closing(async (_, env) => {
    const stub = at(env, "attached");
    await connect(stub, "attach=one");
    await connect(stub);
    same(await stub.attachments(), [null, "one"]);
  }),
};
export const ws_auto_response = {
  test: closing(async (_, env) => {
    const stub = at(env, "auto");
    await stub.autoRespond("ping", "pong");
    const client = await connect(stub);
    client.ws.send("ping");
    client.ws.send("other");
    client.ws.send("ping ");
    same(await client.first(3), ["pong", "other", "ping "]);
    same(await stub.entries(), ["other", "ping "]);
  }),
};
export const ws_auto_response_answers_text_only = {
  test: closing(async (_, env) => {
    const stub = at(env, "auto-binary");
    await stub.autoRespond("ping", "pong");
    const client = await connect(stub);
    client.ws.send(utf8("ping"));
    await client.first(1);
    same(await stub.entries(), ["bytes 112,105,110,103"]);
  }),
};
export const ws_auto_response_reaches_open_sockets = {
  test: closing(async (_, env) => {
    const stub = at(env, "auto-later");
    const client = await connect(stub);
    await stub.autoRespond("ping", "pong");
    client.ws.send("ping");
    same(await client.first(1), ["pong"]);
    await stub.autoRespond("ping", "another");
    client.ws.send("ping");
    same(await client.first(2), ["pong", "another"]);
  }),
};
export const ws_auto_response_can_be_removed = {
  test: closing(async (_, env) => {
    const stub = at(env, "auto-removed");
    await stub.autoRespond("ping", "pong");
    same(await stub.autoResponse(), [true, "ping", "pong"]);
    await stub.noAutoResponse();
    eq(await stub.autoResponse(), null);
    const client = await connect(stub);
    client.ws.send("ping");
    same(await client.first(1), ["ping"]);
  }),
};
export const ws_auto_response_is_null_at_first = {
  test: closing(async (_, env) => { eq(await at(env, "auto-none").autoResponse(), null); }),
};
export const ws_auto_response_timestamp = {
  test: closing(async (_, env) => {
    const stub = at(env, "auto-time");
    await stub.autoRespond("ping", "pong");
    const client = await connect(stub);
    same(await stub.timestamps(), [null]);
    const before = Date.now();
    client.ws.send("ping");
    await client.first(1);
    const [at1] = await stub.timestamps();
    ok(at1 instanceof Date);
    ok(at1.getTime() >= before - 1000 && at1.getTime() <= Date.now() + 1000, `${at1.getTime()} ${before}`);
  }),
};
export const ws_auto_response_limits = {
  test: within((ctx) => {
    const set = (a, b) => ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(a, b));
    set("x".repeat(2048), "y".repeat(2048));
    throws(() => set("x".repeat(2049), "y"), "RangeError",
      "Request cannot be larger than 2048 bytes. A request of size 2049 was provided.");
    throws(() => set("x", "é".repeat(1025)), "RangeError",
      "Response cannot be larger than 2048 bytes. A response of size 2050 was provided.");
  }),
};
export const ws_auto_response_pair_class = {
  test: closing(async () => {
    const p = new WebSocketRequestResponsePair("a", "b");
    eq(p.request, "a");
    eq(p.response, "b");
    throws(() => new WebSocketRequestResponsePair("a"), "TypeError");
  }),
};
export const ws_auto_response_wants_a_pair = {
  test: within((ctx) => { throws(() => ctx.setWebSocketAutoResponse({ request: "a", response: "b" }), "TypeError"); }),
};
export const ws_event_timeout = {
  test: within((ctx) => {
    eq(ctx.getHibernatableWebSocketEventTimeout(), null);
    ctx.setHibernatableWebSocketEventTimeout(1000);
    eq(ctx.getHibernatableWebSocketEventTimeout(), 1000);
    ctx.setHibernatableWebSocketEventTimeout(604_800_000);
    throws(() => ctx.setHibernatableWebSocketEventTimeout(604_800_001), "Error",
      "Event timeout should not exceed 604800000 ms.");
    ctx.setHibernatableWebSocketEventTimeout(0);
    eq(ctx.getHibernatableWebSocketEventTimeout(), null);
    ctx.setHibernatableWebSocketEventTimeout(5);
    ctx.setHibernatableWebSocketEventTimeout();
    eq(ctx.getHibernatableWebSocketEventTimeout(), null);
  }),
};
