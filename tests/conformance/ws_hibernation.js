// Hibernatable WebSockets, their handlers and tags: spec/durable-objects.md section 4.
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
import { eq, same, throws, rejects, until } from "./assert.js";
import { at, within } from "./hibernating.js";
import { closing, connect, handshake, tick } from "./sockets.js";

export { Actor } from "./hibernating.js";
export class Deaf extends DurableObject {
  accepted = [];
  async fetch() {
    const ends = new WebSocketPair();
    this.accepted.push(ends[1]);
    this.ctx.acceptWebSocket(ends[1]);
    return new Response(null, { status: 101, webSocket: ends[0] });
  }
  ping() { return "pong"; }
  hangUp() { for (const ws of this.accepted) ws.close(1000); }
}
export class Named extends WorkerEntrypoint {
  /** Connects and ends, neither accepting nor closing. */
  async leave(name) { await handshake(this.env.ACTOR.getByName(name), "tag=left"); }
}
const entry = (stub, start) => until(async () => (await stub.entries()).find((e) => e.startsWith(start)), start);

export const ws_hibernation_text = {
  test: closing(async (_, env) => {
    const client = await connect(at(env, "text"));
    client.ws.send("é😀");
    same(await client.first(1), ["é😀"]);
    same(await at(env, "text").entries(), ["é😀"]);
  }),
};
export const ws_hibernation_binary_is_an_array_buffer = {
  test: closing(async (_, env) => {
    const client = await connect(at(env, "binary"));
    client.ws.binaryType = "arraybuffer";
    client.ws.send(new Uint8Array([1, 2, 255]));
    same(new Uint8Array((await client.first(1))[0]), new Uint8Array([1, 2, 255]));
    same(await at(env, "binary").entries(), ["bytes 1,2,255"]);
  }),
};
export const ws_hibernation_order = {
  test: closing(async (_, env) => {
    const client = await connect(at(env, "order"));
    const sent = Array.from({ length: 20 }, (_, i) => String(i));
    for (const m of sent) client.ws.send(m);
    same(await client.first(20), sent);
  }),
};
export const ws_hibernation_handlers_interleave = {
  test: closing(async (_, env) => {
    const client = await connect(at(env, "interleave"));
    client.ws.send("pause");
    client.ws.send("quick");
    same(await client.first(2), ["quick", "paused"]);
    same(await at(env, "interleave").entries(), ["pause", "quick"]);
  }),
};
export const ws_hibernation_greeting = {
  test: closing(async (_, env) => { same(await (await connect(at(env, "greet"), "greet")).first(1), ["hello"]); }),
};
export const ws_hibernation_client_close = {
  test: closing(async (_, env) => {
    const client = await connect(at(env, "close"), "tag=t");
    client.ws.close(3001, "bye");
    same(await client.first(1), ["close 3001 bye true"]);
    eq(await entry(at(env, "close"), "close"), "close 3001 bye true t");
  }),
};
export const ws_hibernation_client_close_without_code = {
  test: closing(async (_, env) => {
    const client = await connect(at(env, "close-none"), "tag=t");
    client.ws.close();
    eq(await entry(at(env, "close-none"), "close"), "close 1005  true t");
  }),
};
export const ws_hibernation_client_close_is_answered_by_the_runtime = {
  test: closing(async (_, env) => {
    const client = await connect(at(env, "close-state"));
    client.ws.close(3001, "state");
    eq(await entry(at(env, "close-state"), "state"), "state 3");
    same(await client.first(1), ["close 3001 state true"]);
  }),
};
export const ws_hibernation_object_closes = {
  test: closing(async (_, env) => {
    const client = await connect(at(env, "closes"));
    client.ws.send("close");
    same(await client.first(1), ["close 3001 by the object true"]);
  }),
};
export const ws_hibernation_no_send_after_close = {
  test: closing(async (_, env) => {
    const client = await connect(at(env, "close-send"));
    client.ws.send("close and send");
    same(await client.first(1), ["close 3001 by the object true"]);
  }),
};
export const ws_hibernation_closed_sockets_are_left_out = {
  test: closing(async (_, env) => {
    const stub = at(env, "left-out");
    const client = await connect(stub, "tag=first");
    await connect(stub, "tag=second");
    client.ws.close(1000, "done");
    await entry(stub, "close");
    await until(async () => (await stub.tagsOfAll()).length === 1);
    same(await stub.tagsOfAll(), ["second"]);
  }),
};
export const ws_hibernation_handler_throws = {
  test: closing(async (_, env) => {
    const client = await connect(at(env, "throws"));
    client.ws.send("throw");
    client.ws.send("after");
    same(await client.first(1), ["after"]);
    same(await at(env, "throws").entries(), ["throw", "after"]);
  }),
};
export const ws_hibernation_close_handler_throws = {
  test: closing(async (_, env) => {
    const stub = at(env, "close-throws");
    const client = await connect(stub);
    client.ws.close(1000, "throw");
    await entry(stub, "close");
    const other = await connect(stub);
    other.ws.send("works");
    same(await other.first(1), ["works"]);
  }),
};
export const ws_hibernation_missing_handlers = {
  test: closing(async (_, env) => {
    const stub = env.DEAF.getByName("deaf");
    const client = await connect(stub);
    client.ws.send("unheard");
    await tick();
    eq(await stub.ping(), "pong");
    client.ws.close(1000, "bye");
    await tick();
    eq(await stub.ping(), "pong");
  }),
};
export const ws_hibernation_listeners_hear_nothing = {
  test: closing(async (_, env) => {
    const client = await connect(at(env, "listen"), "listen");
    client.ws.send("m");
    await client.first(1);
    same(await at(env, "listen").entries(), ["m"]);
  }),
};
export const ws_hibernation_peer_vanishes = {
  test: closing(async (_, env) => {
    await env.NAMED.leave("left");
    eq(await entry(at(env, "left"), "close"),
      "close 1006 WebSocket disconnected without sending Close frame. false left");
  }),
};
export const ws_hibernation_writes_are_kept = {
  test: closing(async (_, env) => {
    const client = await connect(at(env, "store"));
    client.ws.send("store");
    same(await client.first(1), ["stored"]);
    eq(await at(env, "store").stored(), true);
  }),
};
export const ws_hibernation_abort_drops_sockets = {
  test: closing(async (_, env) => {
    const client = await connect(at(env, "abort"));
    await rejects(at(env, "abort").stop(), "Error", "stopped");
    same(await client.first(1), ["close 1006 WebSocket disconnected without sending Close frame. false"]);
    same(await at(env, "abort").tagsOfAll(), []);
  }),
};
export const ws_hibernation_socket_is_one_object = {
  test: closing(async (_, env) => {
    const client = await connect(at(env, "self"));
    client.ws.send("self");
    same(await client.first(1), ["true"]);
  }),
};
export const ws_hibernation_handler_sees_tags_attachment_and_state = {
  test: closing(async (_, env) => {
    const client = await connect(at(env, "who"), "tag=a&tag=b&attach=note");
    client.ws.send("who");
    same(await client.first(1), ['[["a","b"],"note",1]']);
  }),
};
export const ws_hibernation_list_newest_first = {
  test: closing(async (_, env) => {
    const stub = at(env, "newest");
    for (const n of ["1", "2", "3"]) await connect(stub, `tag=${n}`);
    same(await stub.tagsOfAll(), ["3", "2", "1"]);
  }),
};
export const ws_hibernation_list_by_tag = {
  test: closing(async (_, env) => {
    const stub = at(env, "by-tag");
    const a = await connect(stub, "tag=a&tag=both");
    const b = await connect(stub, "tag=b&tag=both");
    same(await stub.tagsOfAll("a"), ["a,both"]);
    eq((await stub.tagsOfAll("both")).length, 2);
    same(await stub.tagsOfAll("none"), []);
    await stub.sendAll("to b", "b");
    await stub.sendAll("to both", "both");
    same(await b.first(2), ["to b", "to both"]);
    same(await a.first(1), ["to both"]);
  }),
};
export const ws_hibernation_tags = {
  test: within((ctx) => {
    const ws = new WebSocketPair()[0];
    ctx.acceptWebSocket(ws, ["x", "y", "x"]);
    same([...ctx.getTags(ws)].sort(), ["x", "y"]);
    eq(ctx.getWebSockets("x")[0], ws);
    const bare = new WebSocketPair()[0];
    ctx.acceptWebSocket(bare);
    same(ctx.getTags(bare), []);
  }),
};
export const ws_hibernation_ten_tags = {
  test: within((ctx) => {
    const tags = Array.from({ length: 10 }, (_, i) => `t${i}`);
    const ws = new WebSocketPair()[0];
    ctx.acceptWebSocket(ws, tags);
    eq(ctx.getTags(ws).length, 10);
    throws(() => ctx.acceptWebSocket(new WebSocketPair()[0], [...tags, "one more"]), "Error",
      "a Hibernatable WebSocket cannot have more than 10 tags");
    ctx.acceptWebSocket(new WebSocketPair()[0], Array(11).fill("repeated"));
  }),
};
export const ws_hibernation_tag_length = {
  test: within((ctx) => {
    ctx.acceptWebSocket(new WebSocketPair()[0], ["x".repeat(256)]);
    const long = "x".repeat(257);
    throws(() => ctx.acceptWebSocket(new WebSocketPair()[0], [long]), "Error",
      `"${long}" is longer than the max tag length (256 characters).`);
  }),
};
export const ws_hibernation_empty_tag_and_other_types = {
  test: within((ctx) => {
    const ws = new WebSocketPair()[0];
    ctx.acceptWebSocket(ws, ["", 5]);
    same([...ctx.getTags(ws)].sort(), ["", "5"]);
  }),
};
export const ws_hibernation_accept_needs_a_socket = {
  test: within((ctx) => {
    throws(() => ctx.acceptWebSocket({}), "TypeError",
      "Failed to execute 'acceptWebSocket' on 'DurableObjectState': parameter 1 is not of type 'WebSocket'.");
  }),
};
export const ws_hibernation_after_accept = {
  test: within((ctx) => {
    const ws = new WebSocketPair()[0];
    ws.accept();
    throws(() => ctx.acceptWebSocket(ws), "Error",
      "Cannot call `acceptWebSocket()` if the WebSocket was already accepted via `accept()`");
  }),
};
export const ws_hibernation_accept_afterwards = {
  test: within((ctx) => {
    const ws = new WebSocketPair()[0];
    ctx.acceptWebSocket(ws);
    throws(() => ws.accept(), "TypeError", "Can't accept() WebSocket after enabling hibernation.");
  }),
};
export const ws_hibernation_accept_twice = {
  test: within((ctx) => {
    const ws = new WebSocketPair()[0];
    ctx.acceptWebSocket(ws);
    throws(() => ctx.acceptWebSocket(ws), "Error", "Cannot call `acceptWebSocket()` if the WebSocket was already accepted via `accept()`");
  }),
};
export const ws_hibernation_both_ends = {
  test: within((ctx) => {
    const ends = new WebSocketPair();
    ctx.acceptWebSocket(ends[0]);
    throws(() => ctx.acceptWebSocket(ends[1]), "Error", "Cannot call `acceptWebSocket()` on this WebSocket because " +
      "its pair has already been accepted or used in a Response.");
  }),
};
export const ws_hibernation_end_used_in_a_response = {
  test: closing(async (_, env) => {
    const ws = await handshake(at(env, "received"));
    ws.accept();
    eq(ws.readyState, 1);
  }),
};
export const ws_hibernation_tags_of_other_sockets = {
  test: within((ctx) => {
    const fresh = new WebSocketPair()[0];
    throws(() => ctx.getTags(fresh), "Error",
      "you must call 'acceptWebSocket()' before attempting to access the tags of a WebSocket.");
    fresh.accept();
    throws(() => ctx.getTags(fresh), "Error", "only hibernatable websockets can have tags.");
  }),
};
export const ws_hibernation_sockets_before_the_response = {
  test: within((ctx) => {
    const ws = new WebSocketPair()[0];
    ctx.acceptWebSocket(ws, ["now"]);
    eq(ctx.getWebSockets().length, 1);
    eq(ctx.getWebSockets()[0], ws);
  }),
};
export const ws_hibernation_both_halves_in_the_object = {
  test: within(async (ctx, instance) => {
    const ends = new WebSocketPair();
    ctx.acceptWebSocket(ends[1]);
    ends[0].accept();
    const seen = [];
    ends[0].addEventListener("message", (e) => { seen.push(e.data); });
    ends[0].send("to myself");
    await until(() => seen.length);
    same(seen, ["to myself"]);
    same(instance.log, ["to myself"]);
  }),
};
