// The control API on its real socket, and `offing ctl`: who may ask, every group of verbs both ways, what works
// with which clock and storage, and that docs/control.md tells all of it and its examples run.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { command, dev, eventually, project, root, run } from "./offing.mjs";

const guest = join(root, "tests/e2e/guests/control");
const manual = readFileSync(join(root, "docs/control.md"), "utf8");
const start = (t, ...args) => dev(t, guest, ["--clock", "virtual", "--locations", "LHR,SIN", "--s3-port", "0", ...args]);

// One verb over HTTP: {status, json}. A body makes it a POST.
async function ask(server, path, body, headers = {}) {
  const answer = await fetch(`${server.url}/cdn-cgi/offing/${path}`, {
    method: body === undefined ? "GET" : "POST", body: body && JSON.stringify(body),
    headers: { "offing-control": "1", ...headers },
  });
  return { status: answer.status, json: await answer.json() };
}
async function good(server, path, body, headers) {
  const { status, json } = await ask(server, path, body, headers);
  assert.equal(status, 200, JSON.stringify(json));
  return json;
}
async function refused(server, status, code, text, path, body, headers) {
  const answer = await ask(server, path, body, headers);
  assert.equal(answer.status, status, JSON.stringify(answer.json));
  assert.equal(answer.json.error.code, code);
  assert.match(answer.json.error.message, text);
}
const ctl = (server, ...words) => run(["ctl", "--url", server.url, ...words]);
async function text(server, ...words) {
  const out = await ctl(server, ...words);
  assert.equal(out.code, 0, `${words.join(" ")}: ${out.stderr}`);
  return out.stdout;
}
const json = async (server, ...words) => JSON.parse(await text(server, ...words, "--json"));
const get = (server, path, headers = {}, method = "GET", body = undefined) =>
  fetch(server.url + path, { method, headers, body }).then((r) => r.text());

test("docs/control.md names every verb with its arguments, and no other", async (t) => {
  const server = await start(t);
  const openapi = await (await fetch(`${server.url}/cdn-cgi/offing/openapi.json`)).json();
  const told = new Map();  // "POST clock/advance" to its rows
  for (const line of manual.split("\n").filter((l) => /^\| `(GET|POST) /.test(l))) {
    const [, names, rest] = /^\| (.*?) \| (.*)$/.exec(line);
    let method = "";
    for (const [, word] of names.matchAll(/`([^`]+)`/g)) {
      const [first, second] = word.split(" ");
      if (second) method = first;
      const verb = `${method} ${second ?? first}`;
      told.set(verb, (told.get(verb) ?? "") + rest);
    }
  }
  assert.ok(manual.includes("`POST requests` begins a `group`"));
  told.set("POST requests", "group");
  const there = new Set();
  for (const [path, methods] of Object.entries(openapi.paths)) {
    for (const [method, one] of Object.entries(methods)) {
      const verb = `${method.toUpperCase()} ${path.slice(1)}`;
      there.add(verb);
      assert.ok(told.has(verb), `docs/control.md does not tell of ${verb}`);
      const names = [...one.parameters.filter((p) => p.in === "query").map((p) => p.name),
                     ...Object.keys(one.requestBody?.content["application/json"].schema.properties ?? {})];
      for (const name of names) {
        const object = /^objects/.test(path.slice(1)) && ["class", "name", "id"].includes(name);
        assert.ok(object || manual.includes(`\`${name}`), `docs/control.md does not tell of ${name} of ${verb}`);
      }
    }
  }
  for (const verb of told.keys()) assert.ok(there.has(verb), `docs/control.md tells of ${verb}, which is none`);
  const list = (await run(["ctl"])).stdout;
  for (const verb of there) assert.ok(list.includes(`  ${verb.split(" ")[1].replaceAll("/", " ")}`), verb);
});

test("the examples of docs/control.md run, in its order", async (t) => {
  const server = await start(t);
  const folder = project(t, {});
  mkdirSync(join(folder, "bin"));
  symlinkSync(command, join(folder, "bin/offing"));
  const blocks = [...manual.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block);
  const endless = (line) => /trace\/stream|trace stream/.test(line);
  const lines = blocks.join("").trim().split("\n").filter((l) => !l.startsWith("offing dev") && !endless(l));
  assert.ok(lines.length > 60);
  const script = lines.map((line) => `echo '${line.replaceAll("'", `'\\''`)}'\n${line
    .replaceAll("http://127.0.0.1:8787", server.url)
    .replace(/^offing ctl/, `offing ctl --url ${server.url}`)
    .replace(/^curl/, "curl -sS --fail-with-body")} || exit 1\n`).join("");
  const child = spawn("/bin/sh", ["-c", script], {
    cwd: folder, env: { ...process.env, PATH: `${join(folder, "bin")}:${process.env.PATH}` },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (d) => (said += d));
  assert.equal(await new Promise((done) => child.on("close", done)), 0, said);
  // What the text says of them.
  assert.match(said, /w1/);
  assert.match(said, /SIN +\d+ +false +cache-hit +1 +5000/);
  assert.match(said, /id +what\n1 +tea\n/);
});

test("pages of other origins, other hosts and whoever does not say so are not answered", async (t) => {
  const server = await start(t);
  const bare = await fetch(`${server.url}/cdn-cgi/offing/status`);
  assert.equal(bare.status, 403);
  assert.equal((await bare.json()).error.code, "no_control_header");
  assert.equal((await fetch(`${server.url}/cdn-cgi/offing/status`, { headers: { "offing-control": "0" } })).status, 403);
  // fetch() may not set these.
  const raw = (headers) => new Promise((done, failed) => {
    request(`${server.url}/cdn-cgi/offing/status`, { headers: { "offing-control": "1", ...headers } }, async (answer) => {
      let body = "";
      for await (const chunk of answer) body += chunk;
      done({ status: answer.statusCode, headers: answer.headers, body });
    }).on("error", failed).end();
  });
  assert.equal((await raw({})).status, 200);
  assert.equal((await raw({ origin: server.url })).status, 200);
  const misdirected = await raw({ host: "evil.example" });
  assert.equal(misdirected.status, 421);
  assert.match(misdirected.body, /--allow-host evil\.example/);
  for (const header of [{ origin: "https://evil.example" }, { origin: "null" }, { origin: "http://127.0.0.1:1" },
                        { "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }]) {
    const answer = await raw(header);
    assert.equal(answer.status, 403, JSON.stringify(header));
    assert.match(answer.body, /"cross_site"/);
    assert.equal(Object.keys(answer.headers).filter((h) => h.startsWith("access-control")).length, 0);
  }
  const preflight = await fetch(`${server.url}/cdn-cgi/offing/status`, { method: "OPTIONS",
    headers: { origin: "https://evil.example", "access-control-request-headers": "offing-control" } });
  assert.equal(preflight.status, 403);
});

test("worlds: snapshot, fork, revert, reset, over HTTP and in words", async (t) => {
  const server = await start(t, "--seed", "5");
  await get(server, "/session/a", {}, "PUT", "one");
  const { snapshot } = await good(server, "snapshot", {});
  await good(server, "clock/advance", { by: "2s" });      // one write a second to a key
  await get(server, "/session/a", {}, "PUT", "two");
  const { world } = await good(server, "fork", { snapshot, seed: 9, options: { auto_skip: false, kv: { lag: "5s" } } });
  assert.equal(await get(server, "/session/a", { "offing-world": world }), "one");
  assert.equal(await get(server, "/session/a"), "two");
  assert.equal((await good(server, "status", undefined, { "offing-world": world })).seed, 9);
  assert.equal((await good(server, "kv/settings", undefined, { "offing-world": world })).lag, "5s");
  assert.equal((await json(server, "status", "--world", world)).world, world);
  assert.match(await text(server, "worlds"), /^world +now_ms .*\nmain .*\nw1 /);
  await text(server, "revert", snapshot);
  assert.equal(await get(server, "/session/a"), "one");
  const waits = fetch(`${server.url}/wait/5000`, { headers: { "offing-world": world } });
  while ((await good(server, "clock", undefined, { "offing-world": world })).waiting === 0);
  await text(server, "worlds", "close", world);
  assert.equal((await waits).status, 503);
  assert.deepEqual(Object.keys(await json(server, "reset")), ["now_ms", "now"]);
  assert.equal(await get(server, "/session/a"), "signed out");
  const status = await json(server, "status");
  assert.equal(status.seed, 5);
  assert.equal(status.trace.hash.length, 16);
  assert.match(await text(server, "snapshots"), /s1 /);
  assert.equal((await fetch(`${server.url}/`, { headers: { "offing-world": world } })).status, 404);
});

test("the clock moves when it is asked to, and while a request waits", async (t) => {
  const server = await start(t, "--start", "2026-03-01");
  await eventually(() => /clock is virtual and stands at 2026-03-01T00:00:00\.000Z; `offing ctl clock advance 60s --url/
    .test(server.stdout), "what the clock does");
  assert.equal(await get(server, "/wait/60000"), "2026-03-01T00:01:00.000Z");
  assert.equal((await good(server, "clock/advance", { by: "1.5h" })).now, "2026-03-01T01:31:00.000Z");
  assert.equal((await json(server, "clock", "set", "2026-04-01")).now, "2026-04-01T00:00:00.000Z");
  assert.match(await text(server, "clock"), /now +2026-04-01T00:00:00\.000Z\n/);
  await text(server, "auto-skip", "off");
  const waits = get(server, "/wait/60000");
  while ((await good(server, "clock")).waiting === 0);
  assert.equal((await good(server, "clock")).next_due_ms, Date.parse("2026-04-01T00:01:00Z"));
  await good(server, "clock/advance?by=60s", {});
  assert.equal(await waits, "2026-04-01T00:01:00.000Z");
  assert.equal((await good(server, "clock/run-until-idle", { limit: "1d" })).idle, true);
  await refused(server, 400, "bad_argument", /2020-01-01T00:00:00.000Z, and it is .* already; .*revert/, "clock/set", { to: "2020-01-01" });
});

test("KV: the newest state, and what a location is served", async (t) => {
  const server = await start(t);
  await good(server, "kv/put", { namespace: "SESSIONS", key: "a", value: "Ada", metadata: { n: 1 } });
  assert.equal(await get(server, "/session/a", { "offing-location": "SIN" }), "Ada");
  await good(server, "kv/delete", { namespace: "sessions", key: "a", location: "LHR" });
  assert.equal((await json(server, "kv", "get", "SESSIONS", "a")).found, false);
  assert.equal((await json(server, "kv", "get", "SESSIONS", "a", "SIN")).value, "Ada");
  const inspected = await good(server, "kv/inspect?namespace=SESSIONS&key=a");
  assert.deepEqual(inspected.locations.map((l) => [l.location, l.absent, l.cause]),
                   [["LHR", true, "central"], ["SIN", false, "cache-hit"]]);
  assert.match(await text(server, "kv", "inspect", "SESSIONS", "a"), /SIN +1 +false +cache-hit/);
  await text(server, "kv", "put", "SESSIONS", "b", "-5");
  await text(server, "kv", "put", "SESSIONS", "c", "[1,2]");
  assert.equal((await good(server, "kv/get", { namespace: "SESSIONS", key: "b" })).value, "-5");
  assert.equal((await good(server, "kv/get", { namespace: "SESSIONS", key: "c" })).value, "[1,2]");
  assert.deepEqual((await json(server, "kv", "list", "SESSIONS")).keys.map((k) => k.name), ["b", "c"]);
  assert.equal((await json(server, "kv", "settings", "lag=30s")).lag, "30s");
});

test("R2, objects and isolates", async (t) => {
  const server = await start(t);
  await text(server, "r2", "put", "AUDIT", "a/b", "hello", 'http_metadata={"contentType":"text/plain"}');
  const found = await good(server, "r2/get", { bucket: "audit-log", key: "a/b", offset: 1, length: 3 });
  assert.deepEqual([found.value, found.size, found.http_metadata.contentType], ["ell", 5, "text/plain"]);
  assert.match(await text(server, "r2", "list", "AUDIT"), /a\/b .* 5 /);
  await good(server, "r2/delete", { bucket: "AUDIT", key: "a/b" });
  assert.equal((await json(server, "r2", "head", "AUDIT", "a/b")).found, false);

  await get(server, "/cart/ada/tea", { "offing-location": "SIN" });
  await good(server, "objects/put", { class: "Cart", name: "ada", key: "note", value: { gift: true } });
  assert.deepEqual((await json(server, "objects", "get", "CARTS", "ada", "note")).value, { gift: true });
  assert.deepEqual((await json(server, "objects", "sql", "Cart", "ada", "select what from items where id = ?", "[1]")).rows,
                   [["tea"]]);
  assert.match(await text(server, "objects", "sql", "Cart", "ada", "select * from items"),
               /^rows_read +1\nrows_written +0\n\nid +what\n1 +tea\n$/);
  const [object] = (await good(server, "objects/list", {})).objects;
  assert.deepEqual([object.class, object.name, object.location, object.in_memory], ["Cart", "ada", "SIN", true]);
  assert.match(await text(server, "objects", "list"), new RegExp(`Cart +${object.id} +ada +SIN +true +\\d+\\n`));
  assert.deepEqual(await json(server, "objects", "alarm", "Cart", "ada"), { ran: true, error: null });
  assert.deepEqual((await good(server, "objects/sql", { class: "Cart", id: object.id, query: "select * from items" })).rows, []);
  assert.equal((await json(server, "objects", "evict", "Cart", "ada")).evicted, 1);
  assert.equal((await good(server, "isolates/evict", { location: "SIN" })).evicted, 1);
});

test("links and faults", async (t) => {
  const server = await start(t, "--fault", "kv.list.unavailable=#2");
  await text(server, "links", "set", "LHR-SIN=90ms");
  await text(server, "partition", "LHR", "SIN");
  const link = (await good(server, "links")).links.find((l) => l.from === "LHR" && l.to === "SIN");
  assert.deepEqual(link, { from: "LHR", to: "SIN", us: 90_000, state: "cut" });
  await good(server, "links/repair", {});
  assert.match(await text(server, "links"), /LHR +SIN +90000 +open/);

  const { id } = await good(server, "faults", { service: "kv", operation: "get", times: 1, effect: { status: 503 } });
  await refused(server, 400, "kv_refused", /503/, "kv/get", { namespace: "SESSIONS", key: "a", location: "LHR" });
  assert.deepEqual((await good(server, "faults")).rules.map((r) => [r.id, r.hits, r.fired]), [[id, 1, 1]]);
  await text(server, "faults", "clear", String(id));
  // "#1" is the first time from now, and clearing ends it, too.
  await text(server, "faults", "kv.get.unavailable", "#1");
  await refused(server, 400, "kv_refused", /503/, "kv/get", { namespace: "SESSIONS", key: "a", location: "LHR" });
  await text(server, "faults", "kv.get.unavailable", "#1");
  await text(server, "faults", "clear");
  await good(server, "kv/get", { namespace: "SESSIONS", key: "a", location: "LHR" });
  for (let i = 0; i < 2; ++i) await good(server, "kv/list", { namespace: "SESSIONS", location: "LHR" });
});

test("the trace, as a list and as it happens; the report and its invariants", async (t) => {
  const server = await start(t);
  const stopped = new AbortController();
  const stream = await fetch(`${server.url}/cdn-cgi/offing/trace/stream?event=request,response`,
                             { headers: { "offing-control": "1" }, signal: stopped.signal });
  assert.equal(stream.headers.get("content-type"), "text/event-stream");
  const follower = spawn(command, ["ctl", "--url", server.url, "trace", "stream", "response", "0"],
                         { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => follower.kill("SIGKILL"));
  await good(server, "invariants", { read_your_writes: true, no_stale_auth_reads: ["SESSIONS/*"] });
  await get(server, "/session/a", { "offing-session": "ada", "offing-location": "SIN" });
  await get(server, "/session/a", { "offing-session": "ada" }, "PUT", "Ada");
  await good(server, "clock/advance", { by: "1s" });
  await get(server, "/session/a", { "offing-session": "ada", "offing-location": "SIN" });
  let said = "";
  for await (const chunk of stream.body) {
    said += Buffer.from(chunk).toString();
    if (said.split("\n\n").length > 6) break;
  }
  stopped.abort();
  const [, first] = said.split("\n\n");
  const [id, event, data] = first.split("\n");
  assert.equal(event, "event: request");
  assert.equal(JSON.parse(data.slice(6)).session, "ada");
  assert.equal(`id: ${JSON.parse(data.slice(6)).seq}`, id);
  const line = await new Promise((done) => follower.stdout.once("data", (d) => done(d.toString())));
  assert.equal(JSON.parse(line.split("\n")[0]).event, "response");

  const events = await good(server, "trace?event=kv.read&limit=1");
  assert.equal(events.events.length, 1);
  const rest = await json(server, "trace", "kv.read", `after=${events.next}`);
  assert.deepEqual(rest.events.map((e) => [e.location, e.version_served, e.version_newest]), [["SIN", 0, 1]]);
  assert.match(await text(server, "trace", "kv.read"), /cause +cache_status\n/);
  const report = await good(server, "report");
  assert.equal(report.staleness.stale_reads, 1);
  assert.equal(report.hash, (await json(server, "status")).trace.hash);
  assert.deepEqual(report.invariants.violations.map((v) => v.invariant).sort(), ["no_stale_auth_reads", "read_your_writes"]);
  assert.match(await text(server, "report"), /staleness.stale_reads +1\n/);
});

test("a group of requests is one order, and one run", async (t) => {
  const server = await start(t);
  const group = [{ path: "/cart/ada/tea" }, { path: "/cart/ada/milk", location: "SIN" }, { path: "/", at: "1s" }];
  const first = await good(server, "requests", { group });
  assert.deepEqual(first.responses.map((r) => [r.status, r.body]),
                   [[200, "tea is in the cart"], [200, "milk is in the cart"], [200, "hello from LHR"]]);
  const { hash } = await good(server, "report");
  await good(server, "reset", {});
  assert.deepEqual(await json(server, "requests", JSON.stringify(group)), first);
  assert.equal((await good(server, "report")).hash, hash);
  await refused(server, 400, "bad_argument", /group\[1\]: .*"method" is "G T"/, "requests",
                { group: [{ path: "/" }, { path: "/", method: "G T" }] });
});

test("errors name the value and the way out, in HTTP and in words", async (t) => {
  const server = await start(t);
  await refused(server, 404, "no_such_world", /no world "w9"; there is only main.*fork/, "status", undefined, { "offing-world": "w9" });
  await refused(server, 404, "no_such_snapshot", /no snapshot "s9"; none has been taken/, "revert", { snapshot: "s9" });
  await refused(server, 404, "no_such_verb", /"clock\/advanse".*did you mean POST clock\/advance\?/, "clock/advanse", {});
  await refused(server, 405, "wrong_method", /asked with POST, not with GET/, "clock/advance");
  await refused(server, 400, "bad_argument", /"by" is "banana"; it must be a duration .*"60s"/, "clock/advance", { by: "banana" });
  await refused(server, 400, "bad_argument", /no argument "per" here; there are: by/, "clock/advance", { per: 1 });
  await refused(server, 400, "bad_argument", /"by" is missing: how far/, "clock/advance", {});
  await refused(server, 404, "not_found", /no KV namespace "NOPE"; there are: SESSIONS/, "kv/get", { namespace: "NOPE", key: "a" });
  await refused(server, 404, "not_found", /no location "XXX"; there are: LHR, SIN/, "isolates/evict", { location: "XXX" });
  await refused(server, 404, "no_such_object", /no object of Cart has the id "abc"/, "objects/get", { class: "Cart", id: "abc", key: "k" });
  await refused(server, 404, "no_such_fault", /no fault 9/, "faults/clear", { id: 9 });
  const broken = await fetch(`${server.url}/cdn-cgi/offing/clock/advance`,
                             { method: "POST", body: '{"by":\n}', headers: { "offing-control": "1" } });
  assert.match((await broken.json()).error.message, /not JSON: line 2, column 1/);

  const wrong = async (code, pattern, ...words) => {
    const out = await ctl(server, ...words);
    assert.equal(out.code, code, out.stdout + out.stderr);
    assert.match(out.stderr, pattern);
  };
  await wrong(1, /^offing ctl: there is no world "w9"/, "status", "--world", "w9");
  await wrong(1, /^\{"error":\{"code":"no_such_snapshot"/, "revert", "s9", "--json");
  await wrong(2, /no verb "clok"; did you mean `offing ctl clock`/, "clok");
  await wrong(2, /"advanse" is one too many; did you mean `offing ctl clock advance`/, "clock", "advanse", "5s");
  await wrong(2, /"evict" may be: objects\/evict, isolates\/evict/, "evict");
  await wrong(2, /"key" is missing.*\noffing ctl kv get NAMESPACE KEY \[LOCATION\]\n/s, "kv", "get", "SESSIONS");
  await wrong(2, /no option --wrld/, "status", "--wrld");
  const away = await run(["ctl", "--url", "http://127.0.0.1:1", "status"]);
  assert.equal(away.code, 1);
  assert.match(away.stderr, /nothing answers at http:\/\/127\.0\.0\.1:1 .*`offing dev`.*--url/);
  assert.match((await run(["ctl", "clock", "advance", "--help"])).stdout, /^offing ctl clock advance BY\n/);
});

test("the system's clock cannot be moved, and what runs by it not taken back", async (t) => {
  const server = await dev(t, guest, ["--s3-port", "0"]);
  for (const [path, body] of [["clock/advance", { by: 1 }], ["clock/set", { to: "2099-01-01" }], ["clock/run-until-idle", {}],
                              ["clock/auto-skip", { on: true }], ["snapshot", {}], ["revert", { snapshot: "s1" }], ["reset", {}],
                              ["fork", {}], ["load", { directory: "/nowhere" }]])
    await refused(server, 409, "real_clock", /--clock virtual/, path, body);
  assert.equal((await good(server, "clock")).virtual, false);
  await get(server, "/");
  const early = await good(server, "trace");      // from now on they are kept
  assert.equal(early.events.length, 0);
  assert.ok(early.dropped > 0);
  await get(server, "/");
  assert.ok((await good(server, "trace?event=response")).events.length === 1);
  await text(server, "kv", "put", "SESSIONS", "a", "b");
  const target = join(project(t, {}), "dumped");
  await good(server, "dump", { directory: target });
  const again = await start(t);
  await text(again, "load", target);
  assert.equal(await get(again, "/session/a"), "b");
  await refused(again, 409, "cannot_load", /nowhere/, "load", { directory: "/nowhere" });
  await refused(again, 409, "cannot_dump", /is there already; name a directory/, "dump", { directory: target });
});

test("a state directory has one history, whose clock moves", async (t) => {
  const server = await start(t, "--state", join(project(t, {}), "state"));
  for (const [path, body] of [["snapshot", {}], ["revert", { snapshot: "s1" }], ["reset", {}], ["fork", {}],
                              ["load", { directory: "/nowhere" }]])
    await refused(server, 409, "state_on_disk", /--state/, path, body);
  await refused(server, 409, "cannot_dump", /copy that directory/, "dump", { directory: "/nowhere/else" });
  assert.equal((await json(server, "clock", "advance", "60s")).now, "2026-01-01T00:01:00.000Z");
});
