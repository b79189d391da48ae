// Responses that carry a socket, and handlers that answer an upgrade: spec/durable-objects.md section 4.
import { eq, same, ok, throws, rejects, until } from "./assert.js";
import { closing, newPair, record, tracked } from "./sockets.js";

const UPGRADE = { headers: { Upgrade: "websocket" } };
const routes = {
  "/plain": () => new Response("no socket"),
  "/echo": () => {
    const ends = new WebSocketPair();
    ends[1].accept();
    ends[1].addEventListener("message", (e) => {
      if (e.data === "close") ends[1].close(3003, "by the server");
      else if (e.data === "throw") throw new Error("in a listener");
      else ends[1].send(`echo ${e.data}`);
    });
    return new Response(null, { status: 101, webSocket: ends[0], headers: { "x-a": "1" } });
  },
  "/greeting": () => {
    const ends = new WebSocketPair();
    ends[1].accept();
    ends[1].send("sent before the response");
    return new Response(null, { status: 101, webSocket: ends[0] });
  },
  "/accepted": () => {
    const ends = new WebSocketPair();
    ends[0].accept();
    return new Response(null, { status: 101, webSocket: ends[0] });
  },
  "/headers": (r) => Response.json(r.headers.get("upgrade")),
};
export default {
  async fetch(request) { return await routes[new URL(request.url).pathname](request); },
};

const upgrade = async (env, path) => tracked((await env.SELF.fetch(`http://self${path}`, UPGRADE)).webSocket);
const open = async (env, path) => {
  const ws = await upgrade(env, path);
  ws.accept();
  return record(ws);
};
const NOT_ACCEPTED =
  "You must call one of accept() or state.acceptWebSocket() on this WebSocket before sending messages.";

export const ws_response_with_socket = {
  test: closing(async () => {
    const ws = newPair()[0];
    const r = new Response(null, { status: 101, webSocket: ws });
    eq(r.status, 101);
    eq(r.webSocket, ws);
    eq(new Response("x").webSocket, null);
  }),
};
export const ws_response_needs_status_101 = {
  test: closing(async () => {
    throws(() => new Response(null, { webSocket: new WebSocketPair()[0] }), "RangeError",
      "Responses with a WebSocket must have status code 101.");
  }),
};
export const ws_response_101_needs_a_socket = {
  test: closing(async () => {
    throws(() => new Response(null, { status: 101 }), "RangeError",
      "Responses may only be constructed with status codes in the range 200 to 599, inclusive.");
  }),
};
export const ws_response_socket_must_be_one = {
  test: closing(async () => {
    throws(() => new Response(null, { status: 101, webSocket: {} }), "TypeError",
      "Incorrect type for the 'webSocket' field on 'InitializerDict': the provided value is not of type 'WebSocket'.");
  }),
};
export const ws_response_cannot_be_cloned = {
  test: closing(async () => {
    const r = new Response(null, { status: 101, webSocket: new WebSocketPair()[0] });
    throws(() => r.clone(), "TypeError", "Cannot clone a response to a WebSocket handshake.");
  }),
};
export const ws_upgrade_answered_with_a_socket = {
  test: closing(async (_, env) => {
    const r = await env.SELF.fetch("http://self/echo", UPGRADE);
    eq(r.status, 101);
    eq(r.headers.get("x-a"), "1");
    eq(r.body, null);
    ok(r.webSocket instanceof WebSocket);
    tracked(r.webSocket).accept();
    const client = record(r.webSocket);
    client.ws.send("x");
    same(await client.first(1), ["echo x"]);
  }),
};
export const ws_upgrade_header_reaches_the_handler = {
  test: closing(async (_, env) => {
    eq(await (await env.SELF.fetch("http://self/headers", UPGRADE)).json(), "websocket");
  }),
};
export const ws_upgrade_refused = {
  test: closing(async (_, env) => {
    const r = await env.SELF.fetch("http://self/plain", UPGRADE);
    eq(r.status, 200);
    eq(r.webSocket, null);
  }),
};
export const ws_socket_for_a_request_without_upgrade = {
  test: closing(async (_, env) => {
    await rejects(env.SELF.fetch("http://self/echo"), "TypeError",
      "Worker tried to return a WebSocket in a response to a request which did not contain the header " +
      "\"Upgrade: websocket\".");
  }),
};
export const ws_message_sent_before_the_response = {
  test: closing(async (_, env) => {
    same(await (await open(env, "/greeting")).first(1), ["sent before the response"]);
  }),
};
export const ws_server_closes = {
  test: closing(async (_, env) => {
    const client = await open(env, "/echo");
    client.ws.send("close");
    same(await client.first(1), ["close 3003 by the server true"]);
  }),
};
export const ws_server_listener_throws = {
  test: closing(async (_, env) => {
    const client = await open(env, "/echo");
    client.ws.send("throw");
    same(await client.first(1), ["close 1006 WebSocket disconnected without sending Close frame. false"]);
  }),
};
export const ws_return_after_accept = {
  test: closing(async (_, env) => {
    const answer = await upgrade(env, "/accepted").catch((e) => e);
    if (answer instanceof Error) {
      eq(answer.message, "Can't return WebSocket in a Response after calling accept().");
      return;
    }
    const client = record(answer); // the handshake may be over by then: the socket is dead
    answer.accept();
    await until(() => client.seen.length);
    same(client.seen.filter((e) => !e.startsWith("close 1006")), []);
  }),
};
export const ws_received_socket_needs_accept = {
  test: closing(async (_, env) => {
    const ws = await upgrade(env, "/echo");
    throws(() => ws.send("x"), "TypeError", NOT_ACCEPTED);
  }),
};
