import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { dev, project } from "./offing.mjs";

const worker = {
  "index.js": `export default { async fetch(request, env) {
    const key = new URL(request.url).pathname.slice(1);
    if (request.method === "PUT") { await env.KV.put(key, await request.text()); return new Response("ok"); }
    if (request.method === "DELETE") { await env.KV.delete(key); return new Response("ok"); }
    const value = await env.KV.get(key);
    return new Response(value ?? "absent", { status: value === null ? 404 : 200 });
  } };`,
};
const config = { kv_namespaces: [{ binding: "KV", id: "kv" }] };
const put = (url, key, value, location = "LHR") =>
  fetch(`${url}/${key}`, { method: "PUT", body: value, headers: { "offing-location": location } });
const get = async (url, key, location = "LHR") =>
  (await fetch(`${url}/${key}`, { headers: { "offing-location": location } })).text();

test("spec/kv.md K1, K3, K4: a location with something cached goes on serving it, one without is fresh", async (t) => {
  const server = await dev(t, project(t, worker, config), ["--kv-lag", "60s"]);
  await put(server.url, "k", "v1");
  assert.equal(await get(server.url, "k", "SIN"), "v1");
  assert.equal(await get(server.url, "missing", "SIN"), "absent");
  await new Promise((done) => setTimeout(done, 1100));  // one write a second to a key (K22)
  await put(server.url, "k", "v2");
  await put(server.url, "missing", "there");
  assert.equal(await get(server.url, "k", "LHR"), "v2");
  assert.equal(await get(server.url, "k", "SIN"), "v1");
  assert.equal(await get(server.url, "missing", "SIN"), "absent");
  assert.equal(await get(server.url, "k", "IAD"), "v2");
  assert.match(server.stderr, /GET \/k 200 SIN .*stale KV reads: 1/);
});

test("spec/kv.md K22: a second write to a key within a second is refused with 429", async (t) => {
  const server = await dev(t, project(t, {
    "index.js": `export default { async fetch(request, env) {
      await env.KV.put("k", "1");
      try { await env.KV.put("k", "2"); return new Response("no error"); }
      catch (e) { return new Response(e.message + " / " + await env.KV.get("k")); } } };`,
  }, config));
  assert.equal(await (await fetch(server.url)).text(), "KV PUT failed: 429 Too Many Requests / 1");
});

test("with --state, what was acknowledged survives kill -9", async (t) => {
  const state = mkdtempSync(join(tmpdir(), "offing-state-"));
  t.after(() => rmSync(state, { recursive: true, force: true }));
  const folder = project(t, worker, config);
  const acknowledged = new Map();
  for (let round = 0; round < 5; ++round) {
    const server = await dev(t, folder, ["--state", state, "--kv-mode", "strong", "--quiet"]);
    for (const [key, value] of acknowledged) assert.equal(await get(server.url, key), value);
    let stop = false;
    const writers = [0, 1, 2, 3].map(async (writer) => {
      for (let i = 0; !stop; ++i) {
        const key = `r${round}w${writer}i${i}`;
        try {
          const res = await put(server.url, key, `value ${key}`);
          if (res.status === 200) acknowledged.set(key, `value ${key}`);
        } catch {
          return;
        }
      }
    });
    await new Promise((done) => setTimeout(done, 60 + round * 37));
    await server.stop("SIGKILL");
    stop = true;
    await Promise.all(writers);
  }
  assert.ok(acknowledged.size > 50, `${acknowledged.size} writes were acknowledged`);
});
