// The client of tools/client against the real daemon: worlds, time, places, stores, how it ends.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import * as offing from "../../tools/client/index.js";
import { command, eventually, project, root } from "./offing.mjs";

const worker = {
  "index.js": `import { DurableObject } from "cloudflare:workers";
let served = 0;
export class Counter extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.live = 0;
    ctx.storage.sql.exec("create table if not exists hits (id integer primary key, who text)");
  }
  hit(who) {
    this.ctx.storage.sql.exec("insert into hits (who) values (?)", who);
    return ++this.live;
  }
  async later(ms) { await this.ctx.storage.setAlarm(Date.now() + ms); }
  alarm() { this.hit("alarm"); }
}
export default { async fetch(request, env) {
  const url = new URL(request.url);
  const [, what, name] = url.pathname.split("/");
  switch (what) {
    case "who": return Response.json({ url: request.url, colo: request.cf.colo, method: request.method,
      type: request.headers.get("content-type"), body: await request.text(), served: ++served,
      marks: [...request.headers.keys()].filter((h) => h.startsWith("offing-")) });
    case "kv":
      if (request.method === "PUT") { await env.KV.put(name, await request.text()); return new Response("ok"); }
      if (request.method === "DELETE") { await env.KV.delete(name); return new Response("ok"); }
      return new Response(await env.KV.get(name) ?? "absent");
    case "r2":
      if (request.method === "PUT") { await env.BUCKET.put(name, request.body); return new Response("ok"); }
      return new Response((await env.BUCKET.get(name))?.body ?? "absent");
    case "hit": return new Response(String(await env.COUNTER.getByName(name).hit(request.cf.colo)));
    case "later": await env.COUNTER.getByName(name).later(60_000); return new Response("set");
    case "time": return new Response(String(Date.now()));
    case "random": return new Response(String(Math.random()));
    case "moved": return Response.redirect("http://localhost/who/moved", 302);
    case "large": return new Response("x".repeat(3_000_000));
    case "zip": return new Response(Uint8Array.from(atob("${gzipSync("zipped ".repeat(1000)).toString("base64")}"),
      (c) => c.charCodeAt(0)), { headers: { "content-encoding": "gzip" }, encodeBody: "manual" });
    case "drip": {
      const { readable, writable } = new TransformStream();
      const writer = writable.getWriter();
      (async () => { for (const part of ["a", "b", "c"]) { await scheduler.wait(1000);
        await writer.write(new TextEncoder().encode(part)); } await writer.close(); })();
      return new Response(readable);
    }
    case "echo": {
      const [client, server] = Object.values(new WebSocketPair());
      server.accept();
      server.addEventListener("message", (e) => server.send(request.cf.colo + " " + e.data));
      return new Response(null, { status: 101, webSocket: client });
    }
    case "throw": throw new Error("as asked");
  }
  return new Response("?", { status: 404 });
} };`,
};
const config = {
  kv_namespaces: [{ binding: "KV", id: "kv" }],
  r2_buckets: [{ binding: "BUCKET", bucket_name: "bucket" }],
  durable_objects: { bindings: [{ name: "COUNTER", class_name: "Counter" }] },
  migrations: [{ tag: "v1", new_sqlite_classes: ["Counter"] }],
};
const folder = project({ after: (end) => process.on("exit", end) }, worker, config);
const common = { command, config: folder, locations: ["LHR", "SIN"], seed: 7 };
const opened = (t, options = {}) => offing.start({ ...common, ...options }).then((w) => {
  t.after(() => w.close());
  return w;
});
const text = async (response) => (await response).text();

test("requests: paths, places, bodies, redirects, streams, encodings", async (t) => {
  const w = await opened(t);
  const who = async (view, ...rest) => (await view.fetch(...rest)).json();
  const first = await who(w.at("SIN").as("alice"), "/who?a=b c");
  assert.equal(first.url, "http://localhost/who?a=b%20c");
  assert.equal(first.colo, "SIN");
  assert.deepEqual(first.marks, []);
  assert.equal((await who(w, "/who")).colo, "LHR");
  const posted = await who(w, new Request("http://localhost/who", { method: "POST", body: "text" }));
  assert.deepEqual([posted.method, posted.body], ["POST", "text"]);
  const form = await who(w, "/who", { method: "POST", body: new URLSearchParams({ a: "1" }) });
  assert.match(form.type, /^application\/x-www-form-urlencoded/);
  assert.equal(form.body, "a=1");
  assert.equal((await w.fetch("/moved")).status, 302);
  const followed = await w.fetch("/moved", { redirect: "follow" });
  assert.equal(followed.url, "http://localhost/who/moved");
  await assert.rejects(w.fetch("/moved", { redirect: "error" }), TypeError);
  assert.equal((await text(w.fetch("/large"))).length, 3_000_000);
  assert.equal((await text(w.fetch("/zip"))).length, 7000);
  assert.equal(await text(w.fetch("/drip")), "abc");
  assert.equal((await w.fetch("/nothing", { method: "HEAD" })).body, null);
  const body = new ReadableStream({ start(c) {
    c.enqueue(new TextEncoder().encode("from a "));
    c.enqueue(new TextEncoder().encode("stream"));
    c.close();
  } });
  assert.equal((await who(w, "/who", { method: "POST", body, duplex: "half" })).body, "from a stream");
  await assert.rejects(w.fetch("/who", { body: "x" }), /cannot have a body/);
  await assert.rejects(w.fetch("/who", { signal: AbortSignal.abort(new Error("no more")) }), /no more/);
});

test("each start is a fresh world of the same daemon", async (t) => {
  const [a, b] = [await opened(t), await opened(t)];
  assert.equal(a.url, b.url);
  assert.notEqual(a.id, b.id);
  await text(a.fetch("/kv/k", { method: "PUT", body: "of a" }));
  assert.equal(await text(a.fetch("/kv/k")), "of a");
  assert.equal(await text(b.fetch("/kv/k")), "absent");
  await a.close();
  await a.close();
  await assert.rejects(a.status(), { name: "OffingError", code: "no_such_world" });
  assert.equal(await text(b.fetch("/kv/k")), "absent");
});

test("the clock moves when it is moved, and what lapses lapses", async (t) => {
  const w = await opened(t);
  assert.equal((await w.clock.now()).toISOString(), "2026-01-01T00:00:00.000Z");
  const london = w.at("LHR"), singapore = w.at("SIN");
  await text(london.fetch("/kv/k", { method: "PUT", body: "v1" }));
  assert.equal(await text(singapore.fetch("/kv/k")), "v1");
  await w.clock.advance("2s");
  await text(london.fetch("/kv/k", { method: "PUT", body: "v2" }));
  assert.equal(await text(singapore.fetch("/kv/k")), "v1");
  const seen = await w.kv("KV").inspect("k");
  const there = seen.locations.find((l) => l.location === "SIN");
  assert.ok(there.version < seen.newest.version, JSON.stringify(seen));
  const [stale] = (await w.trace({ event: "kv.read" })).slice(-1);
  assert.equal(stale.location, "SIN");
  const { now, events } = await w.clock.advance("60s");
  assert.equal(now.getTime(), (await w.clock.now()).getTime());
  assert.equal(typeof events, "number");
  assert.equal(await text(singapore.fetch("/kv/k")), "v2");
  await w.increaseTime(1000);
  assert.ok((await w.clock.now()) > now);
  await w.clock.set("2026-02-01T00:00:00Z");
  assert.equal((await w.clock.now()).toISOString(), "2026-02-01T00:00:00.000Z");
  await assert.rejects(w.clock.set(new Date("2025-01-01")), { name: "OffingError", status: 400 });
  const idle = await w.clock.runUntilIdle({ limit: "1h" });
  assert.equal(typeof idle.idle, "boolean");
});

test("auto-skip: off, a request that waits for a time waits for the test", async (t) => {
  const w = await opened(t);
  await w.clock.autoSkip(false);
  const response = w.fetch("/drip");
  await eventually(async () => (await w.clock.state()).waiting > 0, "the request waits");
  assert.equal((await w.clock.state()).autoSkip, false);
  await w.clock.advance("3s");
  assert.equal(await text(response), "abc");
});

test("snapshot, revert, reset, fork", async (t) => {
  const w = await opened(t);
  await w.kv("KV").put("k", "one");
  await text(w.fetch("/hit/a"));
  const s = await w.snapshot();
  await w.kv("KV").put("k", "two");
  await text(w.fetch("/hit/a"));
  await w.clock.advance("1h");
  const f = await w.fork({ snapshot: s });
  t.after(() => f.close());
  assert.equal(await f.kv("KV").get("k"), "one");
  assert.equal(await w.kv("KV").get("k"), "two");
  await w.revert(s);
  assert.equal(await w.kv("KV").get("k"), "one");
  assert.equal((await w.durableObject("Counter", "a").sql`select * from hits`).length, 1);
  assert.equal((await w.clock.now()).toISOString().slice(0, 16), "2026-01-01T00:00");
  await w.reset();
  assert.equal(await w.kv("KV").get("k"), null);
  await assert.rejects(w.revert("s999"), { name: "OffingError" });
});

test("KV: values, metadata, expiration, places", async (t) => {
  const w = await opened(t);
  const kv = w.kv("KV");
  await kv.put("json", JSON.stringify({ a: 1 }), { metadata: { m: 1 }, expirationTtl: 90 });
  assert.deepEqual(await kv.get("json", "json"), { a: 1 });
  const whole = await kv.getWithMetadata("json");
  assert.deepEqual(whole.metadata, { m: 1 });
  assert.equal(whole.expiration, Date.parse("2026-01-01T00:01:30Z") / 1000);
  await kv.put("bytes", new Uint8Array([0, 255, 254]));
  assert.deepEqual([...new Uint8Array(await kv.get("bytes", "arrayBuffer"))], [0, 255, 254]);
  assert.deepEqual((await kv.list({ prefix: "js" })).keys.map((k) => k.name), ["json"]);
  await kv.delete("bytes");
  assert.equal(await kv.get("bytes"), null);
  assert.equal(await w.at("SIN").kv("KV").get("json"), "{\"a\":1}");
  await w.clock.advance("2s");
  await w.at("LHR").kv("KV").put("json", "newer");
  assert.equal(await w.at("SIN").kv("KV").get("json"), "{\"a\":1}");
  assert.equal(await kv.get("json"), "newer");
  await assert.rejects(w.kv("NOPE").get("k"), (e) => e instanceof offing.OffingError && /NOPE/.test(e.message));
});

test("R2: as the Worker sees it", async (t) => {
  const w = await opened(t);
  const r2 = w.r2("BUCKET");
  await text(w.fetch("/r2/a", { method: "PUT", body: "from the Worker" }));
  const object = await r2.get("a");
  assert.equal(await object.text(), "from the Worker");
  assert.equal(object.size, 15);
  await r2.put("b", "from the test", {
    httpMetadata: { contentType: "text/plain" }, customMetadata: { by: "test" },
  });
  assert.equal(await text(w.fetch("/r2/b")), "from the test");
  const head = await r2.head("b");
  assert.equal(head.customMetadata.by, "test");
  assert.equal(head.httpMetadata.contentType, "text/plain");
  assert.deepEqual((await r2.list()).objects.map((o) => o.key), ["a", "b"]);
  await r2.delete("a");
  assert.equal(await r2.get("a"), null);
  assert.equal(await r2.head("a"), null);
});

test("Durable Objects: SQL, storage, memory, alarms", async (t) => {
  const w = await opened(t);
  const stub = w.durableObject("Counter", { name: "a" });
  assert.equal(await text(w.at("SIN").fetch("/hit/a")), "1");
  assert.equal(await text(w.fetch("/hit/a")), "2");
  const rows = await stub.sql`select who from hits where id > ${0} order by id`;
  assert.deepEqual([...rows], [{ who: "SIN" }, { who: "LHR" }]);
  assert.deepEqual(rows.columns, ["who"]);
  assert.equal((await stub.sql("insert into hits (who) values (?)", "test")).rowsWritten, 1);
  await stub.put("k", { deep: [1, 2] });
  assert.deepEqual(await stub.get("k"), { deep: [1, 2] });
  assert.deepEqual([...await stub.list()], [["k", { deep: [1, 2] }]]);
  await stub.delete("k");
  assert.equal(await stub.get("k"), undefined);
  assert.equal(await text(w.fetch("/hit/a")), "3");
  await stub.evict();
  assert.equal(await text(w.fetch("/hit/a")), "1");
  await stub.abort("for a test");
  assert.equal(await text(w.fetch("/hit/a")), "1");

  assert.equal(await offing.runDurableObjectAlarm(stub), false);
  await text(w.fetch("/later/a"));
  assert.equal(await offing.runDurableObjectAlarm(stub), true);
  assert.equal((await stub.sql`select * from hits where who = 'alarm'`).length, 1);
  await text(w.fetch("/later/a"));
  await w.clock.advance("61s");
  assert.equal((await stub.sql`select * from hits where who = 'alarm'`).length, 2);

  const [id] = await w.listDurableObjectIds("Counter");
  assert.match(id, /^[0-9a-f]{64}$/);
  const [listed] = await w.durableObjects("Counter");
  assert.equal(listed.id, id);
  assert.equal((await w.durableObject("Counter", { id }).sql`select 1 as one`)[0].one, 1);
  assert.throws(() => w.durableObject("Counter", {}), TypeError);
});

test("links and faults", async (t) => {
  const w = await opened(t);
  await w.links.set("LHR-SIN=90ms");
  assert.ok((await w.links.list()).some((l) => l.from === "LHR" && l.to === "SIN" && l.us === 90_000));
  await w.links.partition(["LHR"], "SIN");
  assert.ok((await w.links.list()).some((l) => l.state === "cut"));
  await w.links.repair();
  assert.ok((await w.links.list()).every((l) => l.state === "open"));
  const id = await w.faults.add({ service: "kv", operation: "get", key: "bad*", effect: { status: 503 } });
  assert.equal((await w.fetch("/kv/bad1")).status, 500);
  assert.equal((await w.fetch("/kv/good")).status, 200);
  assert.ok((await w.faults.list()).rules.some((rule) => rule.id === id && rule.fired === 1));
  await w.faults.clear(id);
  assert.equal((await w.fetch("/kv/bad1")).status, 200);
});

test("a group of requests begins at one instant, and runs the same every time", async (t) => {
  const run = async () => {
    const w = await opened(t);
    const responses = await w.parallel([
      { at: "LHR", url: "/kv/k", method: "PUT", body: "v" }, { at: "SIN", url: "/kv/k" }, { at: "SIN", url: "/hit/a" },
      { at: "LHR", url: "/random" },
    ]);
    assert.equal(responses[0].status, 200);
    const texts = await Promise.all(responses.map((r) => r.text()));
    assert.ok(responses.every((r) => r.requestNumber > 0));
    return { texts, hash: (await w.report()).hash };
  };
  assert.deepEqual(await run(), await run());
});

test("events: page by page, and as they happen", async (t) => {
  const w = await opened(t);
  const seen = [];
  const wanted = (async () => {
    for await (const event of w.events({ event: ["response"] })) {
      seen.push(event);
      if (seen.length === 2) break;
    }
  })();
  await text(w.at("SIN").fetch("/kv/k"));
  await text(w.fetch("/kv/k"));
  await wanted;
  assert.deepEqual(seen.map((e) => [e.event, e.location]), [["response", "SIN"], ["response", "LHR"]]);
  const reads = await w.trace({ event: "kv.read", key: "k" });
  assert.deepEqual(reads.map((e) => e.location), ["SIN", "LHR"]);
  assert.equal((await w.trace({ limit: 3 })).length, 3);
  assert.deepEqual(await w.trace({ event: "alarm" }), []);
  assert.match(await offing.failureReport(w, { command: "x" }), /seed 7.*\n.*\n[^]*kv\.read +.*key=k[^]*OFFING_SEED=7 x/);
});

test("the seed decides, the world's own", async (t) => {
  const random = async (seed) => text((await opened(t, { seed })).fetch("/random"));
  assert.equal(await random(3), await random(3));
  assert.notEqual(await random(3), await random(4));
});

test("WebSockets open in a world and a place", { skip: !globalThis.WebSocket }, async (t) => {
  const w = await opened(t);
  const socket = await w.at("SIN").webSocket("/echo");
  const answer = new Promise((done) => socket.addEventListener("message", (e) => done(e.data), { once: true }));
  socket.send("hello");
  assert.equal(await answer, "SIN hello");
  socket.close();
  await assert.rejects(w.webSocket("/who"), { code: "no_web_socket" });
});

test("isolates and objects leave memory, what is stored stays", async (t) => {
  const w = await opened(t);
  const served = async () => (await (await w.fetch("/who")).json()).served;
  await served();
  assert.equal(await served(), 2);
  await text(w.fetch("/hit/a"));
  const gone = await w.evict();
  assert.deepEqual(gone, { objects: 1, isolates: 1 });
  assert.equal(await served(), 1);
  assert.equal((await w.durableObject("Counter", "a").sql`select * from hits`).length, 1);
});

test("with the real clock all share one world, and time is not ours", async (t) => {
  const w = await opened(t, { clock: "real", grace: 0 });
  assert.equal(w.id, "main");
  await assert.rejects(w.clock.advance("1s"), { code: "real_clock", status: 409 });
  assert.ok(Math.abs(Number(await text(w.fetch("/time"))) - Date.now()) < 60_000);
});

test("what cannot start says why", async (t) => {
  await assert.rejects(offing.start({ ...common, config: join(folder, "nothing") }),
    (e) => e.code === "not_started" && /nothing/.test(e.message));
  await assert.rejects(offing.start({ ...common, command: "no/such/offing" }), { code: "no_command" });
  await assert.rejects(offing.start({ ...common, lag: 3 }), /no option lag; there are: .*kvLag/);
  const broken = project(t, { "index.js": "export default {" });
  await assert.rejects(offing.start({ ...common, config: broken }), /It said:\n/);
});

// A process of its own: prints the daemon's URL, then ends in its way.
const script = (how) => `import * as offing from ${JSON.stringify(join(root, "tools/client/index.js"))};
  const w = await offing.start(${JSON.stringify(common)});
  await (await w.fetch("/who")).text();
  console.log(w.url);
  ${how}`;
const reachable = async (url) => fetch(url).then(() => true, () => false);

for (const [how, code] of [["process.exit(3)", 3], ["process.kill(process.pid, 'SIGKILL')", "SIGKILL"],
                           ["process.kill(process.pid, 'SIGTERM')", "SIGTERM"], ["throw new Error('x')", 1],
                           ["/* nothing more to do */", 0], ["await w.close()", 0]]) {
  test(`no daemon outlives its test process: ${how}`, async () => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", script(how)],
      { stdio: ["ignore", "pipe", "ignore"] });
    let url = "";
    child.stdout.on("data", (d) => (url += d));
    const ended = await new Promise((done) => child.on("close", (c, signal) => done(c ?? signal)));
    assert.equal(ended, code);
    assert.match(url, /^http:/);
    await eventually(async () => !(await reachable(url.trim())), `the daemon of ${how} ends`);
  });
}

test("node:test: a world for each test, and a report of what fails", async (t) => {
  const file = join(project(t, {}), "counting.test.mjs");
  writeFileSync(file, `import assert from "node:assert/strict";
    import { configure, test } from ${JSON.stringify(join(root, "tools/client/node-test.js"))};
    configure(${JSON.stringify({ ...common, seed: undefined })});
    for (const round of [1, 2]) test("fresh " + round, async (w, t) => {
      assert.equal(await (await w.fetch("/hit/a")).text(), "1");
      assert.equal(t.name, "fresh " + round);
    });
    test("wrong (really)", { seed: 11, timeout: 60_000 }, async (w) => {
      assert.equal(await (await w.fetch("/hit/a")).text(), "2");
    });
    test("never ends", { timeout: 1000 }, async (w) => { await w.fetch("/who"); await new Promise(() => {}); });
    test("left out", { skip: true }, async () => assert.fail());
  `);
  const { NODE_TEST_CONTEXT, ...env } = process.env;
  const output = await new Promise((done) => execFile(process.execPath,
    ["--no-warnings", "--test", "--test-reporter=spec", file], { env, cwd: folder },
    (error, stdout, stderr) => done(stdout + stderr)));
  assert.match(output, /pass 2\n/);
  assert.match(output, /fail 1\n[^]*cancelled 1\n/);
  assert.match(output, /offing: seed 11, world w\d+/);
  assert.match(output, /object\.call .*class=Counter/);
  assert.match(output, /again: OFFING_SEED=11 node --test --test-name-pattern='\^wrong \\\(really\\\)\$'/);
  assert.match(output, /again: OFFING_SEED=1 node --test --test-name-pattern='\^never ends\$'/);
});

test("types: the declarations fit a test that uses them all", async (t) => {
  const types = join(root, "tools/client");
  const exported = readdirSync(types).filter((name) => name.endsWith(".d.ts"));
  assert.equal(exported.length, 4);
  const implemented = Object.keys(offing).sort();
  const declared = [...readFileSync(join(types, "index.d.ts"), "utf8")
    .matchAll(/^export (?:declare )?(?:function|class) (\w+)/gm)].map(([, name]) => name).sort();
  assert.deepEqual(declared, implemented);
});
