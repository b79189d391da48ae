// What a running Worker meets of its limits (spec/limits.md 2, 5), through the whole house.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { dev, eventually, project, run } from "./offing.mjs";

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

test("dev --verbose says what each request used; the log without it does not", async (t) => {
  const folder = project(t, worker, config);
  const trace = join(folder, "trace.ndjson");
  const server = await dev(t, folder, ["--verbose", "--trace", trace]);
  await (await fetch(server.url + "/kv")).text();
  await (await fetch(server.url + "/inner")).text();
  await eventually(() => /\/inner 200/.test(server.stderr), "the request log");
  assert.match(server.stderr,
               /^GET \/kv 200 LHR [\d.]+ ms  cpu [\d.]+ ms, [\d.]+ MiB, 60 service calls$/m);
  assert.match(server.stderr, /^GET \/inner 200 LHR [\d.]+ ms  cpu [\d.]+ ms, [\d.]+ MiB$/m);
  await server.stop();
  const first = readFileSync(trace, "utf8").split("\n").map((line) => line && JSON.parse(line))
    .find((event) => event.event === "response");
  assert.equal(first.kv_operations, 60);
  assert.ok(first.cpu_us > 0 && first.memory_bytes > 100_000, JSON.stringify(first));

  const usual = await dev(t, folder);
  await (await fetch(usual.url + "/inner")).text();
  await eventually(() => /\/inner 200/.test(usual.stderr), "the request log");
  assert.match(usual.stderr, /^GET \/inner 200 LHR [\d.]+ ms$/m);
  const both = await run(["dev", folder, "--verbose", "--quiet"]);
  assert.equal(both.code, 2);
});

test("replay --report limits: who came closest; equal runs have equal traces, measured or not", async (t) => {
  const folder = project(t, worker, config);
  const traffic = join(folder, "traffic.ndjson"), json = join(folder, "report.json");
  writeFileSync(traffic, ["/kv", "/service", "/fetch", "/inner"].map((url, i) =>
    JSON.stringify({ at: i * 1000, location: "SIN", request: { url } }) + "\n").join(""));
  const replay = async (...options) => {
    const trace = join(folder, "trace.ndjson");
    const { code, stdout, stderr } = await run([
      "replay", traffic, "--project", folder, "--limits", "free@2025-09-01", "--quiet",
      "--trace", trace, ...options]);
    assert.equal(code, 0, stdout + stderr);
    return { stdout, hash: /trace ([0-9a-f]{16})/.exec(stdout)[1], trace: readFileSync(trace, "utf8") };
  };
  const one = await replay("--report", "limits", "--json", json);
  assert.match(one.stdout, /^Limits: free@2025-09-01$/m);
  assert.match(one.stdout, /^  100 % of 50 subrequests: GET \/fetch\n    50  \+2\.0 s  SIN  #3 GET \/fetch\n/m);
  assert.match(one.stdout, /^  100 % of 32 Workers in a chain: GET \/service$/m);
  assert.match(one.stdout, /% of 1,000 service calls/);
  assert.match(one.stdout, /^Not used: .*\blog\b/m);
  assert.doesNotMatch(one.stdout, /stale reads/i);
  const { limits } = JSON.parse(readFileSync(json, "utf8"));
  const byName = Object.fromEntries(limits.limits.map((limit) => [limit.name, limit]));
  assert.deepEqual([limits.profile, byName["internal-subrequests"].worst[0].value,
                    byName["request-cpu"].measured, byName["memory"].worst[0].value > 100_000],
                   ["free@2025-09-01", 60, true, true]);
  const both = await replay("--report", "staleness,limits");
  assert.match(both.stdout, /stale reads[\s\S]*Limits: free/i);
  const measured = await replay("--trace-measured");
  assert.match(measured.stdout, /No stale reads/);
  assert.doesNotMatch(measured.stdout, /Limits:/);
  assert.equal(one.trace, both.trace);
  assert.equal(one.hash, measured.hash);
  assert.doesNotMatch(one.trace, /cpu_us/);
  assert.match(measured.trace, /"cpu_us":\d+,"memory_bytes":\d/);
});
