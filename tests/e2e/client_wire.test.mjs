// The client's own HTTP (tools/client/lib/wire.js) against a server that answers byte by byte as it is told.
import assert from "node:assert/strict";
import net from "node:net";
import test from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Wire } from "../../tools/client/lib/wire.js";

// Answers each request with the pieces of `server.script`, one a turn.
async function scripted(t) {
  const server = { script: [], connections: 0, requests: "" };
  const listener = net.createServer({ noDelay: true }, (socket) => {
    ++server.connections;
    socket.on("error", () => {});
    socket.on("data", async (bytes) => {
      server.requests += bytes;
      for (const piece of server.script) {
        if (piece === "close") socket.destroy();
        else socket.write(piece);
        await new Promise((turn) => setImmediate(turn));
      }
    });
  });
  await new Promise((done) => listener.listen(0, "127.0.0.1", done));
  server.wire = new Wire({ host: "127.0.0.1", port: listener.address().port });
  t.after(() => {
    server.wire.close();
    listener.close();
  });
  return server;
}

const get = ({ wire }, method = "GET", ...rest) => wire.send(method, "/", { host: "x" }, ...rest);
async function whole({ body }) {
  if (body instanceof Uint8Array) return body.toString();
  let text = "";
  for await (const chunk of body) text += chunk;
  return text;
}

const chunked = "HTTP/1.1 200 OK\r\nX-A: b\r\ntransfer-encoding: chunked\r\n\r\n" +
                "5\r\nhello\r\n1;x=y\r\n!\r\n0\r\n\r\n";
const continued = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 3\r\n\r\nabc";
for (const [name, answer, want] of [["in chunks", chunked, "hello!"], ["behind a 100", continued, "abc"]]) {
  test(`an answer ${name}, cut in two or three anywhere`, async (t) => {
    const server = await scripted(t);
    for (let i = 1; i < answer.length; ++i) {
      for (const j of [i + 1, i + 3]) {
        server.script = [answer.slice(0, i), answer.slice(i, j), answer.slice(j)].filter(Boolean);
        assert.equal(await whole(await get(server)), want, `cut at ${i} and ${j}`);
      }
    }
    assert.equal(server.connections, 1);
  });
}

test("answers without a body", async (t) => {
  const server = await scripted(t);
  server.script = ["HTTP/1.1 200 OK\r\ncontent-length: 30\r\n\r\n"];
  assert.equal(await whole(await get(server, "HEAD")), "");
  server.script = ["HTTP/1.1 204 No Content\r\n\r\n"];
  assert.equal((await get(server)).status, 204);
  server.script = ["HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n"];
  assert.equal(await whole(await get(server)), "");
  server.script = ["HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"];
  assert.equal(await whole(await get(server)), "");
  assert.equal(server.connections, 1);
});

test("a large body waits for its reader, and leaves a socket that reads on", async (t) => {
  const server = await scripted(t);
  const pieces = Array.from({ length: 40 }, () => "y".repeat(100_000));
  server.script = ["HTTP/1.1 200 OK\r\ncontent-length: 4000000\r\n\r\n", ...pieces];
  const answer = await get(server);
  await sleep(100);
  assert.ok(answer.body.readableLength < 2_000_000, `${answer.body.readableLength} bytes are kept`);
  assert.equal((await whole(answer)).length, 4_000_000);
  server.script = ["HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"];
  assert.equal(await whole(await get(server)), "ok");
  assert.equal(server.connections, 1);
});

test("what is canceled or aborted ends its socket, and no other", async (t) => {
  const server = await scripted(t);
  server.script = ["HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"];
  const partly = await get(server);
  partly.body.on("error", () => {}).destroy();
  server.script = [];
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error("stop")), 20);
  await assert.rejects(get(server, "GET", undefined, abort.signal), /stop/);
  server.script = ["HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok"];
  assert.equal(await whole(await get(server)), "ok");
  assert.equal(await whole(await get(server)), "ok");
  assert.equal(server.connections, 4);
});

test("a socket that was closed while unused is replaced; a cut answer is an error", async (t) => {
  const server = await scripted(t);
  server.script = ["HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", "close"];
  await get(server);
  assert.equal(await whole(await get(server)), "ok");
  assert.equal(server.connections, 2);
  await sleep(20);
  server.script = ["HTTP/1.1 200 OK\r\ncontent-", "close"];
  await assert.rejects(get(server), { code: "ECONNRESET" });
  server.script = ["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok", "close"];
  await assert.rejects(async () => whole(await get(server)), { code: "ECONNRESET" });
  server.script = ["SSH-2.0\r\n\r\n"];
  await assert.rejects(get(server), /no HTTP: SSH/);
});

test("nothing can be written into a head that is not of it", async (t) => {
  const { wire } = await scripted(t);
  await assert.rejects(wire.send("GET", "/", { "offing-session": "a\r\nb: c" }), TypeError);
});
