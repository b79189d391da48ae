// A guest can hurt only itself (spec/limits.md 2, 5): whatever it does for ever, or too much of, is
// stopped and answered with the platform's error, and the next request finds a Worker that works.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dev, project } from "./offing.mjs";

// Exports a function that never returns: (module (func (export "run") (loop (br 0)))).
const endless = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 7, 1, 3, 114, 117, 110,
  0, 0, 10, 9, 1, 7, 0, 3, 64, 12, 0, 11, 11];
const worker = `
import endless from "./endless.wasm";
const abuses = {
  plain() { for (;;); },
  promises() { const again = () => Promise.resolve().then(again); again(); return new Promise(() => {}); },
  getter() { return { get x() { for (;;); } }.x; },
  regexp() { return /^(a+)+$/.test("a".repeat(60) + "b"); },
  wasm() { return new WebAssembly.Instance(endless).exports.run(); },
  clone() { return structuredClone({ get x() { for (;;); } }); },
  trap() { return Object.keys(new Proxy({}, { ownKeys() { for (;;); } })); },
  async later() { await scheduler.wait(5); for (;;); },
  async stream() { return new Response(new ReadableStream({ pull() { for (;;); } })); },
  strings() { const all = []; for (let i = 0; i < 1e9; i++) all.push({ i, text: "x" + i }); return all.length; },
  buffers() { const all = []; for (let i = 0; i < 300; i++) all.push(new Uint8Array(1 << 20).fill(1)); return all.length; },
  memory() { const m = new WebAssembly.Memory({ initial: 1 }); while (m.grow(16)); },
  recursion() { const f = (n) => f(n + 1) + 1; return f(0); },
};
export default {
  async fetch(request) {
    const what = new URL(request.url).pathname.slice(1);
    if (what === "") return new Response("fine");
    const result = await abuses[what]();
    return result instanceof Response ? result : new Response(String(result));
  }
};`;

const cpu = ["plain", "promises", "getter", "regexp", "wasm", "clone", "trap", "later"];

test("spec/limits.md 5: CPU: each endless loop is stopped, answers 1102, and the next request is served", async (t) => {
  const folder = project(t, { "index.js": worker, "endless.wasm": Buffer.from(endless) }, {});
  const server = await dev(t, folder, ["--cpu", "200ms"]);
  for (const what of cpu) {
    const answer = await fetch(`${server.url}/${what}`);
    assert.deepEqual([what, answer.status, (await answer.text()).trim()], [what, 503, "error code: 1102"]);
    assert.equal(await (await fetch(server.url)).text(), "fine", `after ${what}`);
  }
  assert.match(server.stderr, /Worker exceeded CPU time limit\./);
});

test("spec/limits.md 5: memory: objects, buffers, WebAssembly memory and frames beyond it answer 1102 or 1101", async (t) => {
  const folder = project(t, { "index.js": worker, "endless.wasm": Buffer.from(endless) }, {});
  const server = await dev(t, folder, ["--memory", "64MiB"]);
  for (const [what, code] of [["strings", 1102], ["buffers", 1102], ["memory", 1101], ["recursion", 1101]]) {
    const answer = await fetch(`${server.url}/${what}`);
    assert.deepEqual([what, (await answer.text()).trim()], [what, `error code: ${code}`]);
    assert.equal(answer.status, code === 1102 ? 503 : 500);
    assert.equal(await (await fetch(server.url)).text(), "fine", `after ${what}`);
  }
});
