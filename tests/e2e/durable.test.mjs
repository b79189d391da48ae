// Durable Objects through the real command: state over restarts, eviction on demand, new code while it runs.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { dev, eventually, project, run } from "./offing.mjs";

const worker = (version) => `
import { DurableObject } from "cloudflare:workers";
export class Counter extends DurableObject {
  seen = 0;
  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname === "/wait") { await scheduler.wait(60_000); return new Response("late"); }
    if (url.pathname === "/alarm") { await this.ctx.storage.setAlarm(Date.now() + 50); return new Response("set"); }
    const stored = ((await this.ctx.storage.get("n")) ?? 0) + 1;
    await this.ctx.storage.put("n", stored);
    return Response.json({ version: ${version}, stored, seen: ++this.seen, alarms: await this.ctx.storage.get("alarms") ?? 0 });
  }
  async alarm() { await this.ctx.storage.put("alarms", 1 + (await this.ctx.storage.get("alarms") ?? 0)); }
}
export default {
  async fetch(request, env) {
    try {
      return await env.COUNTER.getByName(new URL(request.url).searchParams.get("name") ?? "a").fetch(request);
    } catch (error) {
      return Response.json({ message: error.message, reset: error.durableObjectReset }, { status: 500 });
    }
  }
};`;
const config = {
  durable_objects: { bindings: [{ name: "COUNTER", class_name: "Counter" }] },
  migrations: [{ tag: "v1", new_sqlite_classes: ["Counter"] }],
};
const json = async (url, init) => (await fetch(url, init)).json();
const control = { method: "POST", headers: { "offing-control": "1" } };

test("state survives a restart, memory does not; an alarm that fell due meanwhile runs", async (t) => {
  const folder = project(t, { "index.js": worker(1) }, config);
  const state = mkdtempSync(join(tmpdir(), "offing-state-"));
  t.after(() => rmSync(state, { recursive: true, force: true }));
  const first = await dev(t, folder, ["--state", state]);
  await json(first.url);
  assert.deepEqual(await json(first.url), { version: 1, stored: 2, seen: 2, alarms: 0 });
  await fetch(`${first.url}/alarm`);
  await first.stop("SIGKILL");
  await new Promise((done) => setTimeout(done, 60));
  const second = await dev(t, folder, ["--state", state]);
  const again = await json(second.url);
  assert.equal(again.stored, 3);
  assert.equal(again.seen, 1);
  await eventually(async () => (await json(second.url)).alarms === 1, "the alarm");
});

test("eviction on demand: memory goes, storage stays; what is not there is named", async (t) => {
  const server = await dev(t, project(t, { "index.js": worker(1) }, config));
  await json(`${server.url}/?name=a`);
  await json(`${server.url}/?name=b`);
  const evict = (query) => fetch(`${server.url}/cdn-cgi/offing/objects/evict${query}`, control);
  assert.deepEqual(await (await evict("?class=Counter&name=a")).json(), { evicted: 1 });
  assert.equal((await json(`${server.url}/?name=a`)).seen, 1);
  assert.equal((await json(`${server.url}/?name=b`)).seen, 2);
  assert.equal((await json(`${server.url}/?name=a`)).stored, 3);
  assert.deepEqual(await (await evict("")).json(), { evicted: 2 });
  const wrong = await evict("?class=Nobody");
  assert.equal(wrong.status, 404);
  assert.match(await wrong.text(), /there is no Durable Object class \\"Nobody\\"; there are: Counter/);
  assert.equal((await evict("?colour=red")).status, 400);
  const uninvited = await fetch(`${server.url}/cdn-cgi/offing/objects/evict`, { method: "POST" });
  assert.equal(uninvited.status, 403);
});

test("new code while it runs: objects are reset and go on with it, their state stays", async (t) => {
  const folder = project(t, { "index.js": worker(1) }, config);
  const server = await dev(t, folder);
  assert.equal((await json(server.url)).version, 1);
  const cut = json(`${server.url}/wait`);
  await new Promise((done) => setTimeout(done, 30));
  writeFileSync(join(folder, "index.js"), worker(2));
  assert.deepEqual(await cut, { message: "Durable Object reset because its code was updated.", reset: true });
  await eventually(() => server.stderr.includes("offing: reloaded index.js"), "the reload");
  const after = await json(server.url);
  assert.equal(after.version, 2);
  assert.equal(after.stored, 2);
  assert.equal(after.seen, 1);
});

test("new code that does not start is reported, and the old goes on", async (t) => {
  const folder = project(t, { "index.js": worker(1) }, config);
  const server = await dev(t, folder);
  assert.equal((await json(server.url)).version, 1);
  writeFileSync(join(folder, "wrangler.json"), "{ not json");
  await eventually(() => /offing: not reloaded: .*wrangler\.json/.test(server.stderr), "the report");
  assert.equal((await json(server.url)).version, 1);
});

test("the same seed gives the same trace, objects and alarms included", async (t) => {
  const folder = project(t, { "index.js": worker(1) }, config);
  const traffic = Array.from({ length: 40 }, (_, at) => JSON.stringify({
    at: at * 700, location: ["LHR", "SIN", "IAD"][at % 3],
    request: { url: `/${at % 5 === 0 ? "alarm" : ""}?name=${at % 4}` } })).join("\n");
  writeFileSync(join(folder, "traffic.ndjson"), traffic + "\n");
  const hashes = new Set();
  for (const round of [1, 2]) {
    const trace = join(folder, `trace${round}.ndjson`);
    const { code, stderr } = await run(["replay", join(folder, "traffic.ndjson"), "--project", folder,
      "--seed", "11", "--fault", "do.evict=0.3", "--fault", "do.commit.fail=0.05", "--trace", trace]);
    assert.ok(code === 0 || code === 1, stderr);
    hashes.add(JSON.parse(readFileSync(trace, "utf8").trim().split("\n").at(-1)).hash);
  }
  assert.equal(hashes.size, 1);
});
