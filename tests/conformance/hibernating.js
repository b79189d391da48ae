// A Durable Object with hibernatable sockets, which does what a message names.
import { DurableObject } from "cloudflare:workers";
import { throws } from "./assert.js";

const bodies = [];

export class Actor extends DurableObject {
  log = [];
  accepted = [];
  async fetch(request) {
    const query = new URL(request.url).searchParams;
    const ends = new WebSocketPair();
    this.accepted.push(ends[1]);
    this.ctx.acceptWebSocket(ends[1], query.getAll("tag"));
    if (query.has("attach")) ends[1].serializeAttachment(query.get("attach"));
    if (query.has("greet")) ends[1].send("hello");
    if (query.has("listen")) ends[1].addEventListener("message", () => { this.log.push("listener"); });
    return new Response(null, { status: 101, webSocket: ends[0] });
  }
  async webSocketMessage(ws, message) {
    this.log.push(message);
    switch (message) {
      case "close": return ws.close(3001, "by the object");
      case "close and send":
        ws.close(3001, "by the object");
        return throws(() => ws.send("x"), "TypeError", "Can't call WebSocket send() after close().");
      case "throw": throw new RangeError("in webSocketMessage");
      case "who": return ws.send(JSON.stringify([this.ctx.getTags(ws), ws.deserializeAttachment(), ws.readyState]));
      case "self": return ws.send(String(this.ctx.getWebSockets()[0] === ws));
      case "pause": await scheduler.wait(5); return ws.send("paused");
      case "store": this.ctx.storage.kv.put("stored", true); return ws.send("stored");
      case "no answer": return undefined;
      default: return ws.send(message);
    }
  }
  webSocketClose(ws, code, reason, wasClean) {
    this.log.push(`close ${code} ${reason} ${wasClean} ${this.ctx.getTags(ws)}`);
    if (reason === "throw") throw new Error("in webSocketClose");
    if (reason === "state") this.log.push(`state ${ws.readyState}`);
    else if (code === 1005 || code === 1006) ws.close();
    else ws.close(code, reason);
  }
  webSocketError(ws, error) { this.log.push(`error ${error.name}`); }
  entries() { return this.log.map((e) => (e instanceof ArrayBuffer ? `bytes ${new Uint8Array(e)}` : e)); }
  tagsOfAll(tag) { return this.ctx.getWebSockets(tag).map((ws) => this.ctx.getTags(ws).join()); }
  sendAll(text, tag) { for (const ws of this.ctx.getWebSockets(tag)) ws.send(text); }
  attachments() { return this.ctx.getWebSockets().map((ws) => ws.deserializeAttachment()); }
  autoRespond(request, response) {
    this.ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(request, response));
  }
  noAutoResponse() { this.ctx.setWebSocketAutoResponse(); }
  autoResponse() {
    const p = this.ctx.getWebSocketAutoResponse();
    return p === null ? null : [p instanceof WebSocketRequestResponsePair, p.request, p.response];
  }
  timestamps() { return this.ctx.getWebSockets().map((ws) => this.ctx.getWebSocketAutoResponseTimestamp(ws)); }
  stored() { return this.ctx.storage.kv.get("stored") ?? false; }
  hangUp() { for (const ws of this.accepted) ws.close(1000); }
  stop() { this.ctx.abort("stopped"); }
  async run(index) { await bodies[index](this.ctx, this); }
}

/** A check that runs `body(ctx, instance)` inside an object of its own. */
export function within(body) {
  const index = bodies.push(body) - 1;
  return async (_, env) => { await env.ACTOR.getByName(`within ${index}`).run(index); };
}
export const at = (env, name) => env.ACTOR.getByName(name);
