// `offing test SCENARIO`: what passes, what fails and how it is told, many seeds, many processes.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { project, root, run } from "./offing.mjs";

const notes = `export default { async fetch(request, env) {
  const key = new URL(request.url).pathname.slice(1);
  if (key === "random") return Response.json({ n: Math.floor(Math.random() * 1000) });
  if (key === "never") return new Promise(() => setTimeout(() => {}, 40 * 86400e3));
  if (request.method === "PUT") { await env.NOTES.put(key, await request.text()); return new Response("stored"); }
  const text = await env.NOTES.get(key);
  return text === null ? new Response("none", { status: 404 }) : Response.json({ key, text });
} };`;
const config = { kv_namespaces: [{ binding: "NOTES", id: "notes" }] };
const head = `worker = "."\nlocations = ["LHR", "SIN"]\n`;
const make = (t, files) => project(t, { "index.js": notes, ...files }, config);
const lines = (text) => text.trim().split("\n").map((line) => JSON.parse(line));

test("the fixtures' own scenarios pass, each of them twice", async () => {
  const out = await run(["test", join(root, "fixtures"), "--seeds", "1..2", "--json"], { timeoutMs: 300_000 });
  assert.equal(out.code, 0, out.stdout + out.stderr);
  const runs = lines(out.stdout);
  assert.ok(runs.length >= 20);
  for (const one of runs) assert.equal(one.ran_twice, one.seed === 1, one.scenario);
});

test("a failure tells step, line, expected and actual, and how to run it again", async (t) => {
  const folder = make(t, { "s.toml": head + `name = "wrong"
[[step]]
name = "ask"
request = "GET /a"
location = "SIN"
expect = { status = 200, contains = "hello" }
` });
  const file = join(folder, "s.toml");
  const out = await run(["test", file]);
  assert.equal(out.code, 1);
  assert.match(out.stdout, /FAIL .*s\.toml: wrong, seed 1/);
  assert.match(out.stdout, /step\[0\] \(ask\), .*s\.toml:6: GET \/a in SIN: status: expected 200, got 404 \(none\)/);
  assert.match(out.stdout, /expected it to contain "hello", got "none"/);
  assert.ok(out.stdout.includes(`again: offing test ${file} --seed 1 --trace t.ndjson`));
  assert.match(out.stdout, /0 passed, 1 failed in /);
});

const story = head + `name = "a note"
[invariants]
read_your_writes = true
[[step]]
request = "GET /a"
location = "SIN"
session = "ada"
expect = { status = 404 }
[[step]]
request = "PUT /a"
body = "one"
location = "LHR"
session = "ada"
[[step]]
request = "GET /a"
location = "SIN"
session = "ada"
`;

test("an invariant names session, places, times and both events; the history says what was read", async (t) => {
  const folder = make(t, { "s.toml": story });
  const trace = join(folder, "t.ndjson"), history = join(folder, "h.edn");
  const out = await run(["test", join(folder, "s.toml"), "--trace", trace, "--history", history]);
  assert.equal(out.code, 1, out.stderr);
  assert.match(out.stdout, /read_your_writes: GET \/a in SIN read nothing of notes\/a, .* after session ada itself had written version 1\./);
  assert.match(readFileSync(trace, "utf8"), /"event":"request".*"session":"ada"/);
  assert.match(readFileSync(history, "utf8"), /:type :ok, :f :txn, :value \[\[:w "kv\/notes\/a" 1\]\]/);
  assert.match(out.stderr, /3 operations on 1 key; linearizable: no .*; sequential by session: no/);
});

test("a seed is a run of its own, and its command repeats it", async (t) => {
  const folder = make(t, { "s.toml": head + `[[step]]
request = "GET /random"
expect = { status = 200 }
save = { n = "json.n" }
[[step]]
request = "PUT /n\${n}"
body = "\${seed}"
` });
  const file = join(folder, "s.toml");
  const many = lines((await run(["test", file, "--seeds", "1..12", "--json"])).stdout);
  assert.equal(many.length, 12);
  assert.equal(new Set(many.map((r) => r.hash)).size, 12);
  const [again] = lines((await run(["test", file, "--seed", "7", "--json"])).stdout);
  assert.equal(again.hash, many[6].hash);
  assert.equal(again.ran_twice, true);
});

test("processes and shards share the runs", async (t) => {
  const folder = make(t, { "s.toml": head + `only_seeds = [1,2,3,4,5,6,7]\n[[step]]\nrequest = "GET /a"\nexpect = { status = 404 }\n` });
  const file = join(folder, "s.toml"), junit = join(folder, "j.xml");
  const out = await run(["test", file, "--jobs", "3", "--json", "--junit", junit]);
  assert.equal(out.code, 0, out.stderr);
  assert.deepEqual(lines(out.stdout).map((r) => r.seed).sort(), [1, 2, 3, 4, 5, 6, 7]);
  assert.match(readFileSync(junit, "utf8"), /tests="7" failures="0"/);
  const parts = await Promise.all(["1/2", "2/2"].map((shard) => run(["test", file, "--shard", shard, "--json"])));
  assert.deepEqual(parts.flatMap((p) => lines(p.stdout).map((r) => r.seed)).sort(), [1, 2, 3, 4, 5, 6, 7]);
  const tap = await run(["test", file, "--jobs", "2", "--tap"]);
  assert.match(tap.stdout, /^TAP version 13\n1\.\.7\nok 1 - /);
});

test("what cannot be run says why", async (t) => {
  const folder = make(t, {
    "typo.toml": head + `[[step]]\nrequest = "GET /a"\nexpct = { status = 200 }\n`,
    "away.toml": `worker = "nowhere"\n[[step]]\nrequest = "GET /a"\n`,
    "never.toml": head + `[[step]]\nrequest = "GET /never"\n`,
    "back.json": JSON.stringify({ worker: ".", step: [{ set: "2020-01-01T00:00:00Z" }] }),
    "fine.toml": head + `[[step]]\nrequest = "GET /a"\n`,
  });
  const at = (name) => join(folder, name);
  let out = await run(["test", at("typo.toml")]);
  assert.equal(out.code, 2);
  assert.match(out.stderr, /typo\.toml:5:\d+: step\[0\]\.expct: is not known here\. Did you mean "expect"\?/);
  out = await run(["test", at("away.toml")]);
  assert.equal(out.code, 2);
  assert.match(out.stderr, /away\.toml: .*nowhere/);
  out = await run(["test", at("never.toml")]);
  assert.equal(out.code, 1);
  assert.match(out.stdout, /never ends: it waits for something/);
  out = await run(["test", at("back.json")]);
  assert.match(out.stdout, /is in the past/);
  out = await run(["test", at("fine.toml"), "--kv-mode", "strong"]);
  assert.match(out.stderr, /--kv-mode: a scenario says that itself/);
  out = await run(["test", at("fine.toml"), "--seeds", "5..1"]);
  assert.match(out.stderr, /--seeds: "5\.\.1" must be/);
  out = await run(["test", at("fine.toml"), "--seeds", "1..2", "--trace", at("t")]);
  assert.match(out.stderr, /--trace is of one run, and these are 2/);
});

test("a replay runs under many seeds, a line for each", async () => {
  const fixture = join(root, "fixtures/counter");
  const out = await run(["replay", join(fixture, "traffic.ndjson"), "--project", fixture, "--seeds", "1..3", "-q"]);
  assert.equal(out.code, 0, out.stdout + out.stderr);
  const told = out.stdout.match(/^seed \d: .* as expected, .* trace [0-9a-f]{16}$/gm);
  assert.equal(told?.length, 3, out.stdout);
});
