// What a running Worker meets of its limits (spec/limits.md 2, 5), through the whole house.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { dev, project } from "./offing.mjs";

const worker = {
  "index.js": `export default { async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/inner") return new Response("inner");
    if (request.headers.get("upgrade") === "websocket") {
      const [client, server] = Object.values(new WebSocketPair());
      server.accept();
      server.addEventListener("message", (e) => server.send(String(e.data.length)));
      return new Response(null, { status: 101, webSocket: client });
    }
    let done = 0;
    try {
      for (; done < 60; done++) {
        if (pathname === "/kv") await env.KV.get("key" + done);
        if (pathname === "/service") await env.SELF.fetch("http://a/inner");
        if (pathname === "/fetch") await fetch("http://127.0.0.1:1/").catch((e) => {
          if (e.message.startsWith("Too many")) throw e;
        });
      }
    } catch (e) { return new Response(done + " " + e.message); }
    return new Response(String(done));
  } };`,
};
const config = {
  kv_namespaces: [{ binding: "KV", id: "kv" }],
  services: [{ binding: "SELF", service: "e2e" }],
};

test("spec/limits.md 2: subrequests of a profile, of the Wrangler file, of a flag", async (t) => {
  const folder = project(t, worker, config);
  const trace = join(folder, "trace.ndjson");
  const free = await dev(t, folder, ["--limits", "free@2025-09-01", "--trace", trace]);
  const text = async (server, path) => (await fetch(server.url + path)).text();
  assert.equal(await text(free, "/fetch"), "50 Too many subrequests.");
  assert.equal(await text(free, "/kv"), "60");
  assert.match(await text(free, "/service"), /^31 Subrequest depth limit exceeded\./);
  await free.stop();
  const answers = readFileSync(trace, "utf8").trim().split("\n").map((line) => JSON.parse(line))
    .filter((event) => event.event === "response" && event.status === 200 && event.request < 100)
    .map((event) => [event.subrequests, event.service_calls]);
  assert.deepEqual(answers, [[50, 0], [0, 60], [32, 0]]);

  const file = await dev(t, project(t, worker, { ...config, limits: { subrequests: 20 } }));
  assert.match(await text(file, "/fetch"),
               /^20 Too many subrequests by single Worker invocation\./);
  assert.match(await text(file, "/kv"),
               /^20 Too many API requests by single Worker invocation\./);
  const off = await dev(t, folder, ["--limits", "off"]);
  assert.equal(await text(off, "/service"), "60");
});

test("spec/limits.md 2: headers and WebSocket messages by the profile's day", async (t) => {
  const folder = project(t, worker, config);
  const old = await dev(t, folder, ["--limits", "paid@2025-10-01"]);
  const status = async (server, bytes) =>
    (await fetch(server.url, { headers: { "x-a": "a".repeat(bytes) } })).status;
  assert.equal(await status(old, 16_000), 200);
  assert.equal(await status(old, 17_000), 431);
  const now = await dev(t, folder);
  assert.equal(await status(now, 17_000), 200);

  const length = (server, bytes) => new Promise((done) => {
    const socket = new WebSocket(server.url.replace("http", "ws"));
    socket.onopen = () => socket.send("x".repeat(bytes));
    socket.onmessage = ({ data }) => { socket.close(); done(data); };
    socket.onclose = ({ code }) => done(code);
  });
  assert.equal(await length(old, 1 << 20), String(1 << 20));
  assert.equal(await length(old, (1 << 20) + 1), 1009);
  assert.equal(await length(now, (1 << 20) + 1), String((1 << 20) + 1));
});
