// WebSockets before their compatibility dates; this area's date is 2025-06-01: spec/durable-objects.md section 4.
import { DurableObject } from "cloudflare:workers";
import { eq, same, ok, throws, until } from "./assert.js";
import { closing, connect, pair, tick } from "./sockets.js";

export class Actor extends DurableObject {
  log = [];
  accepted = [];
  async fetch(request) {
    const ends = new WebSocketPair();
    this.accepted.push(ends[1]);
    this.ctx.acceptWebSocket(ends[1], new URL(request.url).searchParams.getAll("tag"));
    return new Response(null, { status: 101, webSocket: ends[0] });
  }
  webSocketMessage(ws, message) {
    this.log.push(message instanceof ArrayBuffer);
    ws.send(message);
  }
  webSocketClose(ws, code, reason) {
    this.log.push(`close ${code}`);
    if (reason !== "leave") ws.close(code, "by the handler");
  }
  hangUp() { for (const ws of this.accepted) ws.close(1000); }
  entries() { return this.log; }
}

export const ws_compat_binary_is_an_array_buffer = {
  test: closing(async () => {
    const [a, b] = pair();
    eq(b.ws.binaryType, "arraybuffer");
    a.ws.send(new Uint8Array([1]));
    ok((await b.first(1))[0] instanceof ArrayBuffer);
  }),
};
export const ws_compat_close_is_not_answered = {
  test: closing(async () => {
    const [a, b] = pair();
    a.ws.close(3001, "bye");
    await b.first(1);
    await tick();
    same(a.seen, []);
    eq(b.ws.readyState, WebSocket.CLOSING);
    b.ws.close(3001, "answer");
    same(await a.first(1), ["close 3001 answer true"]);
  }),
};
export const ws_compat_long_reason = {
  test: closing(async () => {
    const [a] = pair();
    eq(a.ws.close(1000, "é".repeat(62)), undefined);
  }),
};
export const ws_compat_handler_answers_the_close = {
  test: closing(async (_, env) => {
    const client = await connect(env.ACTOR.getByName("answers"));
    client.ws.close(3001, "bye");
    same(await client.first(1), ["close 3001 by the handler true"]);
  }),
};
export const ws_compat_hibernatable_close_is_not_answered = {
  test: closing(async (_, env) => {
    const stub = env.ACTOR.getByName("leaves");
    const client = await connect(stub);
    client.ws.close(3001, "leave");
    await until(async () => (await stub.entries()).length);
    same(await stub.entries(), ["close 3001"]);
    eq(client.seen.includes("close 3001 leave true"), false);
  }),
};
