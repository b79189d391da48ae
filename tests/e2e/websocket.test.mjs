// WebSockets with real clients: Node's WebSocket, curl, and bare frames. Rows: spec/durable-objects.md 4.
//   OFFING_E2E_PEER=workerd   asks workerd instead
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { serveProject } from "../conformance/workerd_project.mjs";
import { dev, eventually, project } from "./offing.mjs";
import { BINARY, PING, PONG, TEXT, closeFrame, frame, rawSocket } from "./raw_socket.mjs";

const peer = process.env.OFFING_E2E_PEER === "workerd";
const worker = `
import { DurableObject } from "cloudflare:workers";

export class Room extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }
  fetch(request) {
    const ends = new WebSocketPair();
    this.ctx.acceptWebSocket(ends[1], [new URL(request.url).searchParams.get("tag") ?? "none"]);
    return new Response(null, { status: 101, webSocket: ends[0] });
  }
  note(line) { this.ctx.storage.kv.put("log", [...this.log(), line]); }
  log() { return this.ctx.storage.kv.get("log") ?? []; }
  webSocketMessage(ws, message) {
    if (typeof message !== "string") return ws.send(message);
    if (message === "close") return ws.close(4001, "by the room");
    if (message === "count") return ws.send(String(this.ctx.getWebSockets().length));
    if (message.startsWith("all ")) for (const each of this.ctx.getWebSockets()) each.send(message);
    else ws.send(this.ctx.getTags(ws)[0] + ": " + message);
  }
  webSocketClose(ws, code, reason, wasClean) {
    this.note(["close", this.ctx.getTags(ws)[0], code, reason, wasClean].join(" "));
    if (code !== 1006) ws.close(code === 1005 ? undefined : code, code === 1005 ? undefined : reason);
  }
  webSocketError(ws, error) { this.note("error " + error.message); }
}

const routes = {
  "/echo": () => {
    const ends = new WebSocketPair();
    ends[1].accept();
    ends[1].binaryType = "arraybuffer";
    ends[1].addEventListener("message", (e) => {
      if (e.data === "close") ends[1].close(4002, "by the Worker");
      else if (e.data === "throw") throw new Error("in a listener");
      else ends[1].send(e.data);
    });
    return new Response(null, { status: 101, webSocket: ends[0], headers: { "x-worker": "yes" } });
  },
  "/greet": () => {
    const ends = new WebSocketPair();
    ends[1].accept();
    ends[1].send("welcome");
    return new Response(null, { status: 101, webSocket: ends[0] });
  },
  "/farewell": () => {
    const ends = new WebSocketPair();
    ends[1].accept();
    ends[1].send("last words");
    ends[1].close(1000, "that was all");
    return new Response(null, { status: 101, webSocket: ends[0] });
  },
  "/protocol": (r) => {
    const ends = new WebSocketPair();
    ends[1].accept();
    const headers = { "sec-websocket-protocol": r.headers.get("sec-websocket-protocol").split(",").pop().trim() };
    return new Response(null, { status: 101, webSocket: ends[0], headers });
  },
  "/plain": () => new Response("no socket here"),
  "/wants-upgrade": () => new Response("Expected Upgrade: websocket", { status: 426 }),
  "/throw": () => { throw new Error("before the handshake"); },
  "/proxy": async (r) => {
    const to = new URL("/echo", r.url);
    const inner = (await fetch(to, { headers: { Upgrade: "websocket" } })).webSocket;
    return new Response(null, { status: 101, webSocket: inner });
  },
  "/client": (r) => new Promise((done) => {
    const ws = new WebSocket(new URL("/echo", r.url).href.replace("http", "ws"));
    ws.addEventListener("open", () => { ws.send("from a Worker"); });
    ws.addEventListener("message", (e) => { ws.close(1000); done(new Response(e.data)); });
    ws.addEventListener("error", (e) => { done(new Response("error " + e.message, { status: 500 })); });
  }),
};
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const [, kind, name] = pathname.split("/");
    if (kind === "room") return env.ROOM.getByName(name).fetch(request);
    if (kind === "log") return Response.json(await env.ROOM.getByName(name).log());
    return routes[pathname]?.(request) ?? new Response("none", { status: 404 });
  },
};`;
const config = {
  durable_objects: { bindings: [{ name: "ROOM", class_name: "Room" }] },
  migrations: [{ tag: "v1", new_sqlite_classes: ["Room"] }],
};

/** {url, ws, server?}: the same Worker in offing, or in workerd. */
async function serve(t, args = []) {
  const folder = project(t, { "index.js": worker }, config);
  if (peer) {
    cpSync(join(folder, "wrangler.json"), join(folder, "wrangler.jsonc"));
    const server = await serveProject(folder);
    t.after(server.stop);
    const url = `http://127.0.0.1:${server.port}`;
    return { url, ws: url.replace("http", "ws") };
  }
  const server = await dev(t, folder, args);
  return { url: server.url, ws: server.url.replace("http", "ws"), server };
}

/** Node's client: `next()` gives what it receives in order, at last {code, reason, wasClean}. */
class Client {
  #got = [];
  #next = 0;
  #wake = () => {};

  static async open(t, url, protocols) {
    const client = new Client();
    client.socket = new WebSocket(url, protocols);
    client.socket.binaryType = "arraybuffer";
    const put = (item) => { client.#got.push(item); client.#wake(); };
    client.socket.addEventListener("message", (e) => put(e.data));
    client.socket.addEventListener("close", ({ code, reason, wasClean }) => put({ code, reason, wasClean }));
    t.after(() => client.socket.close());
    await new Promise((done, failed) => {
      client.socket.addEventListener("open", done);
      client.socket.addEventListener("error", () => failed(new Error("refused")));
    });
    return client;
  }
  send(data) { this.socket.send(data); }
  async next() {
    while (this.#next === this.#got.length) await new Promise((done) => (this.#wake = done));
    return this.#got[this.#next++];
  }
}

const curl = (...args) => new Promise((done) => {
  execFile("curl", ["-s", "-i", "--max-time", "5", "--http1.1", ...args], (_, stdout) => done(stdout));
});
const upgrade = ["-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13",
                 "-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];

test("messages of every kind come back as they were sent", async (t) => {
  const { ws } = await serve(t);
  const client = await Client.open(t, `${ws}/echo`);
  for (const text of ["hello", "", "é😀\u0000", "x".repeat(70_000), "y".repeat(3_000_000)]) {
    client.send(text);
    assert.equal(await client.next(), text);
  }
  for (const size of [0, 1, 125, 126, 65_535, 65_536, 5_000_000]) {
    const bytes = new Uint8Array(size).map((_, i) => (i * 31) & 255);
    client.send(bytes);
    assert.deepEqual(new Uint8Array(await client.next()), bytes);
  }
});

test("messages keep their order", async (t) => {
  const { ws } = await serve(t);
  const client = await Client.open(t, `${ws}/echo`);
  for (let i = 0; i < 1000; ++i) client.send(String(i));
  for (let i = 0; i < 1000; ++i) assert.equal(await client.next(), String(i));
});

test("a message sent before the response comes first", async (t) => {
  const { ws } = await serve(t);
  assert.equal(await (await Client.open(t, `${ws}/greet`)).next(), "welcome");
});

test("a Worker may close at once; its messages still arrive", async (t) => {
  const { ws } = await serve(t);
  const client = await Client.open(t, `${ws}/farewell`);
  assert.equal(await client.next(), "last words");
  assert.deepEqual(await client.next(), { code: 1000, reason: "that was all", wasClean: true });
});

test("spec/durable-objects.md 4, Peer's close: the client's close is answered", async (t) => {
  const { ws } = await serve(t);
  const client = await Client.open(t, `${ws}/echo`);
  client.socket.close(4003, "by the client");
  assert.deepEqual(await client.next(), { code: 4003, reason: "by the client", wasClean: true });
});

test("spec/durable-objects.md 4, close: the Worker's close says code and reason", async (t) => {
  const { ws } = await serve(t);
  const client = await Client.open(t, `${ws}/echo`);
  client.send("close");
  assert.deepEqual(await client.next(), { code: 4002, reason: "by the Worker", wasClean: true });
});

test("a listener that throws ends its socket alone", async (t) => {
  const { ws } = await serve(t);
  const [bad, good] = [await Client.open(t, `${ws}/echo`), await Client.open(t, `${ws}/echo`)];
  bad.send("throw");
  const { code, wasClean } = await bad.next();
  assert.deepEqual([code, wasClean], [1006, false]);
  good.send("still here");
  assert.equal(await good.next(), "still here");
});

test("a subprotocol the Worker chooses is the client's", async (t) => {
  const { ws } = await serve(t);
  const client = await Client.open(t, `${ws}/protocol`, ["one", "two"]);
  assert.equal(client.socket.protocol, "two");
});

test("the handshake's answer: RFC 6455's sample key, the Worker's own headers", async (t) => {
  const { url } = await serve(t);
  const raw = await rawSocket(t, `${url}/echo`);
  assert.equal(raw.status, 101);
  assert.equal(raw.headers["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  assert.match(raw.headers.upgrade, /^websocket$/i);
  assert.match(raw.headers.connection, /upgrade/i);
  assert.equal(raw.headers["x-worker"], "yes");
  assert.equal(raw.headers["content-length"], undefined);
});

test("an upgrade that the Worker refuses is an ordinary response, to curl and to a browser", async (t) => {
  const { url, ws } = await serve(t);
  const plain = await curl(...upgrade, `${url}/plain`);
  assert.match(plain, /^HTTP\/1\.1 200 /);
  assert.match(plain, /no socket here$/);
  assert.match(await curl(...upgrade, `${url}/wants-upgrade`), /^HTTP\/1\.1 426 /);
  assert.match(await curl(...upgrade, `${url}/nowhere`), /^HTTP\/1\.1 404 /);
  assert.match(await curl(...upgrade, `${url}/throw`), /^HTTP\/1\.1 500 /);
  for (const path of ["/plain", "/wants-upgrade", "/throw"]) {
    await assert.rejects(Client.open(t, ws + path), /refused/, path);
  }
});

test("spec/runtime-api.md 7: a WebSocket for a request without Upgrade is a server error", async (t) => {
  const { url, ws } = await serve(t);
  const answer = await fetch(`${url}/echo`);
  assert.equal(answer.status, 500);
  await answer.text();
  const client = await Client.open(t, `${ws}/echo`);
  client.send("the Worker still runs");
  assert.equal(await client.next(), "the Worker still runs");
});

test("a wrong handshake is refused, with the reason", { skip: peer && "its texts are its own" }, async (t) => {
  const { url } = await serve(t);
  const wrong = (headers, method) => rawSocket(t, `${url}/echo`, headers, method);
  const version = await wrong({ "sec-websocket-version": "12" });
  assert.deepEqual([version.status, version.headers["sec-websocket-version"]], [426, "13"]);
  assert.match(version.body, /"12".*13/);
  const none = await wrong({ "sec-websocket-key": undefined });
  assert.equal(none.status, 400);
  assert.match(none.body, /Sec-WebSocket-Key/);
  const short = await wrong({ "sec-websocket-key": "c2hvcnQ=" });
  assert.equal(short.status, 400);
  assert.match(short.body, /"c2hvcnQ=".*16 bytes/);
  assert.equal((await wrong({ "content-length": "0" }, "POST")).status, 400);
});

test("fragments are one message; a ping between them is answered", async (t) => {
  const { url } = await serve(t);
  const raw = await rawSocket(t, `${url}/echo`);
  raw.send(frame(TEXT, "one ", { fin: false }), frame(PING, "p1"), frame(0, "tw", { fin: false }), frame(0, "o"));
  const pong = await raw.next();
  assert.deepEqual([pong.opcode, pong.payload.toString()], [PONG, "p1"]);
  assert.equal(await raw.text(), "one two");
  raw.send(frame(BINARY, "é"));
  const echoed = await raw.next();
  assert.deepEqual([echoed.opcode, echoed.payload.toString()], [BINARY, "é"]);
});

test("bytes may come one by one", async (t) => {
  const { url } = await serve(t);
  const raw = await rawSocket(t, `${url}/echo`);
  raw.socket.setNoDelay(true);
  for (const byte of frame(TEXT, "slowly")) {
    raw.send(Buffer.from([byte]));
    await new Promise((done) => setImmediate(done));
  }
  assert.equal(await raw.text(), "slowly");
});

test("RFC 6455: what breaks the rules is answered with its code, and the connection ends",
     { skip: peer && "its texts are its own" }, async (t) => {
  const { url } = await serve(t);
  const cases = [
    [frame(TEXT, "x", { mask: false }), "1002 A client's frame must be masked."],
    [frame(TEXT, "x", { first: 0xc1 }), "1002 A frame has reserved bits set, but no extension was agreed upon."],
    [frame(3, "x"), "1002 A frame has the unknown opcode 3."],
    [frame(PING, "x".repeat(126)), "1002 A control frame is over 125 bytes."],
    [frame(PING, "x", { fin: false }), "1002 A control frame must not be fragmented."],
    [frame(0, "x"), "1002 A continuation frame has no message to continue."],
    [Buffer.concat([frame(TEXT, "x", { fin: false }), frame(TEXT, "y")]),
     "1002 A message begins inside a fragmented one."],
    [frame(TEXT, Buffer.from([0xc3, 0x28])), "1007 A text message is not UTF-8."],
    [closeFrame(1005), "1002 A Close frame has the invalid code 1005."],
    [frame(BINARY, "", { length: 33_554_433 }), "1009 Message is too large: 33554433 > 33554432"],
  ];
  for (const [bytes, said] of cases) {
    const raw = await rawSocket(t, `${url}/echo`);
    raw.send(bytes);
    assert.equal(await raw.close(), said);
    assert.equal(await raw.next(), null);
  }
  const client = await rawSocket(t, `${url}/echo`);
  client.send(frame(TEXT, "others are well"));
  assert.equal(await client.text(), "others are well");
});

test("spec/durable-objects.md 4, Message size: 32 MiB pass", async (t) => {
  const { url } = await serve(t);
  const raw = await rawSocket(t, `${url}/echo`);
  raw.send(frame(BINARY, Buffer.alloc(33_554_432, 7)));
  const { opcode, payload } = await raw.next();
  assert.deepEqual([opcode, payload.length, payload[33_554_431]], [BINARY, 33_554_432, 7]);
});

test("spec/durable-objects.md 4: a room's messages, tags and broadcast", async (t) => {
  const { ws } = await serve(t);
  const clients = [];
  for (let i = 0; i < 20; ++i) clients.push(await Client.open(t, `${ws}/room/many?tag=c${i}`));
  clients[3].send("hello");
  assert.equal(await clients[3].next(), "c3: hello");
  clients[7].send("all of you");
  for (const client of clients) assert.equal(await client.next(), "all of you");
  clients[0].send("count");
  assert.equal(await clients[0].next(), "20");
  const bytes = new Uint8Array([0, 255]);
  clients[0].send(bytes);
  assert.deepEqual(new Uint8Array(await clients[0].next()), bytes);
});

test("spec/durable-objects.md 4, setWebSocketAutoResponse: text alone is answered", async (t) => {
  const { ws } = await serve(t);
  const client = await Client.open(t, `${ws}/room/auto?tag=a`);
  client.send("ping");
  assert.equal(await client.next(), "pong");
  client.send("pings");
  assert.equal(await client.next(), "a: pings");
  client.send(new TextEncoder().encode("ping"));
  assert.equal(new TextDecoder().decode(await client.next()), "ping");
});

test("spec/durable-objects.md 4: a room hears how its sockets end", async (t) => {
  const { url, ws } = await serve(t);
  const log = async () => await (await fetch(`${url}/log/ends`)).json();
  const polite = await Client.open(t, `${ws}/room/ends?tag=polite`);
  polite.socket.close(4004, "bye");
  assert.deepEqual(await polite.next(), { code: 4004, reason: "bye", wasClean: true });
  await eventually(async () => (await log()).length === 1, "the polite close");
  const rude = await rawSocket(t, `${url}/room/ends?tag=rude`);
  rude.socket.destroy();
  await eventually(async () => (await log()).length === 2, "the lost connection");
  const silent = await rawSocket(t, `${url}/room/ends?tag=silent`);
  silent.send(frame(8));
  assert.equal(await silent.close(), "1005");
  await eventually(async () => (await log()).length === 3, "the close without a code");
  assert.deepEqual(await log(), [
    "close polite 4004 bye true",
    "close rude 1006 WebSocket disconnected without sending Close frame. false",
    "close silent 1005  true",
  ]);
  const told = await Client.open(t, `${ws}/room/ends?tag=told`);
  told.send("close");
  assert.deepEqual(await told.next(), { code: 4001, reason: "by the room", wasClean: true });
});

test("a Worker opens WebSockets itself", { skip: peer && "it has no way to loopback addresses" }, async (t) => {
  const { url, ws } = await serve(t, ["--allow-loopback"]);
  assert.equal(await (await fetch(`${url}/client`)).text(), "from a Worker");
  const client = await Client.open(t, `${ws}/proxy`);
  client.send("through two");
  assert.equal(await client.next(), "through two");
  client.send("close");
  assert.deepEqual(await client.next(), { code: 4002, reason: "by the Worker", wasClean: true });
});

test("Ctrl-C says goodbye to open sockets and ends with 0", { skip: peer && "another command" }, async (t) => {
  const { ws, server } = await serve(t);
  const clients = [await Client.open(t, `${ws}/echo`), await Client.open(t, `${ws}/room/open?tag=a`)];
  const code = server.stop("SIGINT");
  for (const client of clients) assert.equal((await client.next()).code, 1001);
  assert.equal(await code, 0);
});
