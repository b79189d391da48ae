import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { project, root, run } from "./offing.mjs";

const demo = join(root, "fixtures/signed-out-but-valid");
const recording = join(demo, "recording.har");
const hono = join(root, "fixtures/hono-app");
const modules = join(root, "fixtures/modules");
const lines = (...requests) => requests.map((r) => JSON.stringify(r)).join("\n") + "\n";

before(() => {
  for (const fixture of [demo, hono, modules]) execFileSync(join(root, "tools/bundle"), [fixture]);
});
const scratch = (t) => {
  const folder = mkdtempSync(join(tmpdir(), "offing-replay-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

test("the demo: with 60 s of lag a signed-out session is accepted, strong mode shows none", async (t) => {
  const folder = scratch(t);
  const json = join(folder, "report.json"), junit = join(folder, "report.xml");
  const lagging = await run(["replay", recording, "--project", demo, "--locations", "LHR,SIN",
                             "--kv-lag", "60s", "--json", json, "--junit", junit]);
  assert.equal(lagging.code, 1, lagging.stderr);
  assert.match(lagging.stdout, /Stale reads: 4 of 7 KV reads, in 1 key/);
  const report = JSON.parse(readFileSync(json, "utf8"));
  assert.ok(report.staleness.stale_reads >= 3, JSON.stringify(report.staleness).slice(0, 300));
  assert.match(readFileSync(junit, "utf8"), /^<\?xml[\s\S]*<\/testsuites>\s*$/);
  const strong = await run(["replay", recording, "--project", demo, "--locations", "LHR,SIN",
                            "--kv-mode", "strong"]);
  assert.equal(strong.code, 0, strong.stdout + strong.stderr);
});

// What workerd answers is what the traffic files expect (tests/conformance/verify_traffic.mjs).
for (const [what, fixture] of [["a hono app of many routes", hono], ["a bundle of several modules", modules]]) {
  test(`${what}, bundled as Wrangler does, answers as workerd does`, async () => {
    const result = await run(["replay", join(fixture, "traffic.ndjson"), "--project", fixture, "--kv-mode", "strong"]);
    assert.equal(result.code, 0, result.stdout + result.stderr);
  });
}

test("DESIGN rule 6: 200 seeds, each run twice, the trace hashes agree; other seeds differ", async (t) => {
  const folder = project(t, {
    "index.js": `export default { async fetch(request, env, ctx) {
      const key = "k" + Math.floor(Math.random() * 4);
      const seen = await env.KV.get(key);
      await scheduler_wait(Math.random() * 20);
      ctx.waitUntil(env.KV.put(key, crypto.randomUUID()).catch((e) => console.log(e.message)));
      return Response.json({ seen, now: Date.now(), list: (await env.KV.list()).keys.length });
    } };
    const scheduler_wait = (ms) => new Promise((done) => setTimeout(done, ms));`,
  }, { kv_namespaces: [{ binding: "KV", id: "kv" }] });
  const traffic = join(folder, "traffic.ndjson");
  writeFileSync(traffic, lines(...Array.from({ length: 24 }, (_, i) => ({
    at: i * 700, location: ["LHR", "SIN", "IAD"][i % 3], request: { url: `/${i}` },
  }))));
  const hashOf = async (seed) => {
    const { stdout, stderr, code } = await run([
      "replay", traffic, "--project", folder, "--seed", String(seed), "--quiet", "--isolates", "2",
      "--kv-mode", seed % 2 ? "documented" : "adversarial", "--kv-lag", "uniform:0s..60s",
      "--fault", "kv.put.unavailable=0.05", "--fault", "isolate.evict=0.1"]);
    assert.equal(code, 0, stdout + stderr);
    return /trace ([0-9a-f]{16})/.exec(stdout)[1];
  };
  const hashes = new Set();
  const seeds = Array.from({ length: 200 }, (_, i) => i + 1);
  await Promise.all([0, 1].map(async () => {
    for (let seed; (seed = seeds.pop()); ) {
      const first = await hashOf(seed);
      assert.equal(await hashOf(seed), first, `seed ${seed}`);
      hashes.add(first);
    }
  }));
  assert.ok(hashes.size > 190, `${hashes.size} different hashes`);
});

test("bad traffic ends with 2 and names file, line and field", async (t) => {
  const folder = scratch(t);
  const file = join(folder, "bad.ndjson");
  writeFileSync(file, lines({ request: { url: "/" } }, { request: { url: "/" }, expect: { status: 700 } }));
  const result = await run(["replay", file, "--project", demo]);
  assert.equal(result.code, 2);
  assert.match(result.stderr, /bad\.ndjson:2.*expect\.status.*700/);
});

test("outbound fetch is denied with the way out, or answered from a recording", async (t) => {
  const folder = project(t, {
    "index.js": `export default { async fetch() {
      try { return new Response(await (await fetch("https://api.example.com/price")).text()); }
      catch (e) { return new Response(e.message, { status: 502 }); } } };`,
  });
  const traffic = join(folder, "t.ndjson"), har = join(folder, "out.har");
  writeFileSync(traffic, lines({ request: { url: "/" }, expect: { status: 200, body: "42" } }));
  writeFileSync(har, JSON.stringify({ log: { version: "1.2", creator: { name: "t", version: "1" }, entries: [{
    startedDateTime: "2026-01-01T00:00:00.000Z", time: 1,
    request: { method: "GET", url: "https://api.example.com/price", httpVersion: "HTTP/1.1", headers: [], queryString: [], cookies: [], headersSize: -1, bodySize: 0 },
    response: { status: 200, statusText: "OK", httpVersion: "HTTP/1.1", headers: [], cookies: [], content: { size: 2, mimeType: "text/plain", text: "42" }, redirectURL: "", headersSize: -1, bodySize: 2 },
    cache: {}, timings: { send: 0, wait: 1, receive: 0 } }] } }));
  const denied = await run(["replay", traffic, "--project", folder]);
  assert.equal(denied.code, 1);
  assert.match(denied.stdout, /502/);
  const answered = await run(["replay", traffic, "--project", folder, "--outbound", har]);
  assert.equal(answered.code, 0, answered.stdout);
});
