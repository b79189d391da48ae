// A guest can hurt only itself (spec/limits.md 2, 5): whatever it does for ever, or too much of, is
// stopped and answered with the platform's error, and the next requests, to the same Worker, to
// another entrypoint, in another location and to a Durable Object, find a server that works: the
// same process, with little memory. Where V8 itself cannot be stopped, another process.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { dev, eventually, project } from "./offing.mjs";

const guest = readFileSync(new URL("guests/abuse.js", import.meta.url), "utf8");
// Exports a function that never returns: (module (func (export "run") (loop (br 0)))).
const endless = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 7, 1, 3, 114, 117,
  110, 0, 0, 10, 9, 1, 7, 0, 3, 64, 12, 0, 11, 11];
// A sanitizer's allocator keeps what is freed, so that memory says nothing there.
const sanitized = (pid) => readFileSync(`/proc/${pid}/maps`, "utf8").includes("libasan");
const HELD_KIB = 600 << 10, PEAK_KIB = 1200 << 10;

async function serve(t, args) {
  const folder = project(t, {
    "index.js": guest, "endless.wasm": Buffer.from(endless), "loop.js": "for (;;);",
  }, {
    kv_namespaces: [{ binding: "KV", id: "kv" }],
    services: [{ binding: "OTHER", service: "e2e", entrypoint: "Other" }],
    durable_objects: { bindings: [{ name: "ROOM", class_name: "Room" }] },
    migrations: [{ tag: "v1", new_sqlite_classes: ["Room"] }],
  });
  const server = await dev(t, folder, ["--locations", "LHR,SIN", ...args]);
  const { pid } = server.child;
  const children = () => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  server.engine = () => children().split(" ")[0];
  server.memory = (field) =>
    Number(new RegExp(`${field}:\\s+(\\d+)`).exec(
      readFileSync(`/proc/${server.engine()}/status`, "utf8"))[1]);
  server.ask = async (path, headers = {}) => {
    const answer = await fetch(`${server.url}/${path}`, { headers });
    return [answer.status, (await answer.text()).trim()];
  };
  return server;
}

async function works(server) {
  assert.deepEqual(await server.ask(""), [200, "fine"]);
  assert.deepEqual(await server.ask("other"), [200, "other"]);
  assert.deepEqual(await server.ask("object"), [200, "object"]);
  assert.deepEqual(await server.ask("", { "offing-location": "SIN" }), [200, "fine"]);
}

// Does it, and looks whether everything else goes on.
async function abuse(t, server, name, body) {
  await t.test(name, async () => {
    const engine = server.engine();
    await body();
    await works(server);
    assert.equal(server.engine(), engine, `another process: ${server.stderr}`);
    if (sanitized(engine)) return;
    assert.ok(server.memory("VmRSS") < HELD_KIB, `holds ${server.memory("VmRSS")} KiB`);
    assert.ok(server.memory("VmHWM") < PEAK_KIB, `held ${server.memory("VmHWM")} KiB`);
  });
}

const failed = (code) => [code === 1101 ? 500 : 503, `error code: ${code}`];
const uncaught = new Set([
  "thrown text", "thrown stack", "thrown message",   // stopped while the exception is described
  "trap during clone",                               // a Proxy cannot be cloned: it is never asked
  "another entrypoint",                              // the caller is told, and does not catch it
]);

test("spec/limits.md 5: CPU: each endless loop is stopped and answers 1102", async (t) => {
  const server = await serve(t, ["--cpu", "100ms"]);
  const [loops] = JSON.parse((await server.ask("names"))[1]);
  assert.ok(loops.length > 35);
  for (const name of loops.filter((name) => name !== "reverse" && name !== "includes")) {
    await abuse(t, server, name, async () => {
      const code = uncaught.has(name) ? 1101 : 1102;
      assert.deepEqual(await server.ask(`loop/${encodeURIComponent(name)}`), failed(code));
    });
  }
  assert.match(server.stderr, /Worker exceeded CPU time limit\./);
});

test("spec/limits.md 5: CPU: after the response too", async (t) => {
  const server = await serve(t, ["--cpu", "100ms"]);
  const stopped = () => server.stderr.split("Worker exceeded CPU time limit.").length - 1;
  await abuse(t, server, "waitUntil", async () => {
    assert.deepEqual(await server.ask("waitUntil"), [200, "answered"]);
    await eventually(() => stopped() === 1, "the end of the promise's loop");
  });
  await abuse(t, server, "waitUntil, at once", async () => {
    assert.deepEqual(await server.ask("waitUntilNow"), failed(1102));
  });
  await abuse(t, server, "the first pull of a body", async () => {
    assert.deepEqual(await server.ask("stream/pull"), failed(1102));
  });
  await abuse(t, server, "a later pull of a body: it breaks off, and does not end", async () => {
    await assert.rejects(server.ask("stream/pull%20later"), /terminated|fetch failed/);
  });
  await abuse(t, server, "a body without end: it breaks off", async () => {
    await assert.rejects(server.ask("stream/endless"), /terminated|fetch failed/);
  });
  await abuse(t, server, "a body without end, which nobody reads", async () => {
    const stop = new AbortController();
    await fetch(`${server.url}/stream/endless`, { signal: stop.signal });
    await works(server);
    stop.abort();
  });
  await abuse(t, server, "cancel of a body", async () => {
    const before = stopped();
    const stop = new AbortController();
    await fetch(`${server.url}/stream/cancel`, { signal: stop.signal });
    stop.abort();
    await eventually(() => stopped() > before, "the end of cancel's loop");
  });
});

const closed = (server, path) => new Promise((done) => {
  const socket = new WebSocket(`${server.url.replace("http", "ws")}/${path}`);
  socket.onopen = () => socket.send("x");
  socket.onclose = ({ code }) => done(code);
});

test("spec/limits.md 5: CPU: WebSockets' handlers", async (t) => {
  const server = await serve(t, ["--cpu", "100ms"]);
  for (const path of ["socket", "socket/accepted", "socket/hibernatable"]) {
    await abuse(t, server, path, async () => assert.equal(await closed(server, path), 1006));
  }
});

const reset = (what) => [500, `Durable Object${what} and was reset. true`];

test("spec/limits.md 5: CPU: a Durable Object is reset, wherever it loops", async (t) => {
  const server = await serve(t, ["--cpu", "100ms"]);
  const methods = ["fetch", "method", "transaction", "inserts", "query", "waiting", "value",
    "result"];
  for (const [name, method] of [...methods.map((method) => [method, method]),
    ["constructor", "fetch"], ["gated", "fetch"]]) {
    await abuse(t, server, `${name}/${method}`, async () => {
      const answer = await server.ask(`durable/${name}/${method}`);
      assert.deepEqual(answer, reset(" exceeded its CPU time limit"));
    });
  }
  await abuse(t, server, "alarm, which is tried again", async () => {
    assert.deepEqual(await server.ask("durable/clock/set"), [200, "undefined"]);
    await eventually(async () => (await server.ask("durable/clock/tried"))[1] === "true",
                     "the alarm's first try");
  });
});

test("spec/limits.md 5: startup: top-level code that loops in a later isolate", async (t) => {
  const folder = project(t, { "index.js": `
    const unlucky = Math.random() < 0.5;
    if (unlucky) for (;;);
    export default { fetch: () => new Response("fine") };` });
  let server;
  for (let i = 0; server === undefined; ++i) {
    server = await dev(t, folder, ["--startup-cpu", "50ms"]).catch((e) => {
      assert.match(e.message, /Script startup exceeded CPU time limit/);
      assert.ok(i < 40, "it never started");
    });
  }
  const seen = {};
  for (let i = 0; i < 40 && !(seen[200] && seen[500]); ++i) {
    await fetch(`${server.url}/cdn-cgi/offing/isolates/evict`,
                { method: "POST", headers: { "offing-control": "1" } });
    const answer = await fetch(server.url);
    const text = (await answer.text()).trim();
    if (answer.ok) assert.equal(text, "fine");
    else assert.match(text, /: Script startup exceeded CPU time limit\.$/);
    seen[answer.ok ? 200 : 500] = true;
  }
  assert.deepEqual(seen, { 200: true, 500: true });
});

// [what], or [what, answers]: those of the table's second half need not be stopped, or not so.
const either = [failed(1102), failed(1101)];
const expected = {
  "WebAssembly memory": [failed(1101)], "WebAssembly memory in steps": [failed(1101), failed(1102)],
  timers: [failed(1101)], recursion: [failed(1101)], "recursion in a getter": [failed(1101)],
  "recursion in a proxy": [failed(1101)], "recursion in a clone": [failed(1101)],
  "recursion in console": [[200, "undefined"]], "rejected promises": [[200, "2000"]],
  "a million promises": [failed(1102), [200, "1000000"]],
  "nested JSON": [failed(1102), failed(1101), [200, "1"]],
  "JSON parse": [failed(1102), [200, "8000001"]],
  // One allocation takes more than the limit: what runs may end, its isolate serves nothing new.
  rope: [failed(1102), [200, String(2 ** 28)]],
  "one giant string": [failed(1102), [200, "500000000"]],
  "giant join": [failed(1102), [200, String(300 * (1 << 20) + 299)]],
};

test("spec/limits.md 5: memory: whatever takes too much of it answers 1102 or 1101", async (t) => {
  const server = await serve(t, ["--memory", "64MiB"]);
  const [, fills] = JSON.parse((await server.ask("names"))[1]);
  assert.ok(fills.length > 30);
  for (const name of fills.filter((name) => name !== "giant array fill")) {
    await abuse(t, server, name, async () => {
      const answer = await server.ask(`fill/${encodeURIComponent(name)}`);
      const one_of = expected[name] ?? either;
      assert.ok(one_of.some((e) => e.join() === answer.join()), answer.join(": "));
    });
  }
  await abuse(t, server, "a body's pull", async () => {
    assert.deepEqual(await server.ask("stream/memory"), failed(1102));
  });
  for (const method of ["memory", "buffers"]) {
    await abuse(t, server, `a Durable Object's ${method}`, async () => {
      const answer = await server.ask(`durable/${method}/${method}`);
      assert.deepEqual(answer, reset("'s isolate exceeded its memory limit"));
    });
  }
});

// Loops of V8's own that look at no request to stop: all that is left is another process.
test("spec/limits.md 5: what V8 does not stop ends the process, another one serves", async (t) => {
  const server = await serve(t, ["--cpu", "100ms", "--memory", "64MiB"]);
  for (const path of ["loop/includes", "fill/giant%20array%20fill"]) {
    await t.test(path, async () => {
      const engine = server.engine();
      await assert.rejects(server.ask(path), /fetch failed/);
      await works(server);
      assert.notEqual(server.engine(), engine);
    });
  }
  assert.match(server.stderr, /the engine died by SIG\w+ while Worker "e2e" ran in LHR/);
});
