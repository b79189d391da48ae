// Sockets a Durable Object accepts with accept(): spec/durable-objects.md section 4.
import { DurableObject } from "cloudflare:workers";
import { eq, same, rejects, until } from "./assert.js";
import { closing, connect, handshake, tick } from "./sockets.js";

export class Actor extends DurableObject {
  log = [];
  sockets = [];
  async fetch(request) {
    const mode = new URL(request.url).searchParams.get("mode");
    const ends = new WebSocketPair();
    const server = ends[1];
    server.accept();
    this.sockets.push(server);
    server.addEventListener("message", async (e) => {
      this.log.push(e.data);
      if (e.data === "store") this.ctx.storage.kv.put("stored", true);
      if (e.data === "pause") await scheduler.wait(3);
      if (e.data === "close") server.close(3001, "by the object");
      else server.send(`echo ${e.data}`);
    });
    server.addEventListener("close", (e) => { this.log.push(`close ${e.code} ${e.reason} ${e.wasClean}`); });
    if (mode === "greet") server.send("hello");
    return new Response(null, { status: 101, webSocket: ends[0] });
  }
  webSocketMessage() { this.log.push("webSocketMessage"); }
  webSocketClose() { this.log.push("webSocketClose"); }
  entries() { return this.log; }
  stored() { return this.ctx.storage.kv.get("stored") ?? false; }
  hibernatable() { return this.ctx.getWebSockets().length; }
  sendAll(text) { for (const s of this.sockets) s.send(text); }
  stop() { this.ctx.abort("stopped"); }
}
const at = (env, name) => env.ACTOR.getByName(name);

export const ws_accept_echo = {
  test: closing(async (_, env) => {
    const client = await connect(at(env, "echo"));
    client.ws.send("a");
    client.ws.send("b");
    same(await client.first(2), ["echo a", "echo b"]);
  }),
};
export const ws_accept_greeting = {
  test: closing(async (_, env) => { same(await (await connect(at(env, "greet"), "mode=greet")).first(1), ["hello"]); }),
};
export const ws_accept_uses_listeners_only = {
  test: closing(async (_, env) => {
    const stub = at(env, "listeners");
    const client = await connect(stub);
    client.ws.send("a");
    await client.first(1);
    client.ws.close(1000, "done");
    await until(async () => (await stub.entries()).length === 2);
    same(await stub.entries(), ["a", "close 1000 done true"]);
  }),
};
export const ws_accept_is_not_hibernatable = {
  test: closing(async (_, env) => {
    await connect(at(env, "plain"));
    eq(await at(env, "plain").hibernatable(), 0);
  }),
};
export const ws_accept_object_sends_from_another_event = {
  test: closing(async (_, env) => {
    const stub = at(env, "broadcast");
    const [a, b] = [await connect(stub), await connect(stub)];
    await stub.sendAll("to all");
    same(await a.first(1), ["to all"]);
    same(await b.first(1), ["to all"]);
  }),
};
export const ws_accept_writes_are_kept = {
  test: closing(async (_, env) => {
    const client = await connect(at(env, "store"));
    client.ws.send("store");
    same(await client.first(1), ["echo store"]);
    eq(await at(env, "store").stored(), true);
  }),
};
export const ws_accept_object_closes = {
  test: closing(async (_, env) => {
    const client = await connect(at(env, "closes"));
    client.ws.send("close");
    same(await client.first(1), ["close 3001 by the object true"]);
  }),
};
export const ws_accept_abort_drops_the_socket = {
  test: closing(async (_, env) => {
    const client = await connect(at(env, "abort"));
    await rejects(at(env, "abort").stop(), "Error", "stopped");
    same(await client.first(1), ["close 1006 WebSocket disconnected without sending Close frame. false"]);
  }),
};
export const ws_accept_handlers_interleave = {
  test: closing(async (_, env) => {
    const client = await connect(at(env, "interleave"));
    client.ws.send("pause");
    client.ws.send("quick");
    same(await client.first(2), ["echo quick", "echo pause"]);
  }),
};
export const ws_accept_client_may_wait = {
  test: closing(async (_, env) => {
    const ws = await handshake(at(env, "waits"), "mode=greet");
    await tick();
    const seen = [];
    ws.addEventListener("message", (e) => { seen.push(e.data); });
    ws.accept();
    await until(() => seen.length);
    same(seen, ["hello"]);
  }),
};
