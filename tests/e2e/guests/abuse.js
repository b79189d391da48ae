// A Worker that does everything it should not, by path: /plain loops for ever, /maps fills its memory.
// "/", "/other" and "/object" ask whether the default export, another entrypoint and a Durable Object
// still work.
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
import endless from "./endless.wasm";

const never = () => { for (;;); };
const held = [];   // what an isolate keeps between requests

// ---- without end
const loops = {
  plain: () => never(),
  promises() { const again = () => Promise.resolve().then(again); again(); return new Promise(() => {}); },
  microtasks() { const again = () => queueMicrotask(again); again(); return new Promise(() => {}); },
  async awaits() { for (;;) await null; },
  async "async generator"() {
    async function* numbers() { for (let i = 0; ; ++i) yield i; }
    for await (const i of numbers()) if (i < 0) return i;
  },
  generator() { for (const i of (function* () { for (;;) yield 1; })()) if (i < 0) return i; },
  getter: () => ({ get x() { return never(); } }).x,
  "getter in JSON": () => JSON.stringify({ get x() { return never(); } }),
  toJSON: () => JSON.stringify({ toJSON: never }),
  "JSON reviver": () => JSON.parse("[1]", never),
  toPrimitive: () => `${{ [Symbol.toPrimitive]: never }}`,
  valueOf: () => +{ valueOf: never },
  "thrown text"() { throw { toString: never }; },
  "thrown stack"() { const e = new Error("x"); Object.defineProperty(e, "stack", { get: never }); throw e; },
  "thrown message"() { const e = new Error("x"); Object.defineProperty(e, "message", { get: never }); throw e; },
  prepareStackTrace() { Error.prepareStackTrace = never; return new Error("x").stack; },
  "then of an answer": () => ({ then: never }),
  comparator: () => [3, 1, 2].sort(never),
  regexp: () => /^(a+)+$/.test("a".repeat(60) + "b"),
  replacer: () => "a".replace(/a/, never),
  iterator: () => [...{ [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 0 }) }) }].length,
  wasm: () => new WebAssembly.Instance(endless).exports.run(),
  trap: () => Object.keys(new Proxy({}, { ownKeys: never })),
  clone: () => structuredClone({ get x() { return never(); } }),
  "trap during clone": () => structuredClone(new Proxy({}, { ownKeys: never })),
  "getter during clone": () => structuredClone([{ a: { get b() { return never(); } } }]),
  bigint() { let n = 3n; for (;;) n = n ** 9n % (1n << 4_000_000n); },
  "bigint power": () => String((7n ** 300_000_000n) & 1n),
  "bigint text": () => (3n ** 40_000_000n).toString().length,
  "index of": () => Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1),
  includes: () => Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1),
  "last index of": () => Array.prototype.lastIndexOf.call({ length: 2 ** 53 - 1 }, 1),
  reverse: () => Array.prototype.reverse.call({ length: 2 ** 53 - 1 }),
  "join of holes": () => Array.prototype.join.call({ length: 2 ** 53 - 1 }, ""),
  "fill of an object": () => Array.prototype.fill.call(new Proxy({ length: 2 ** 53 - 1 }, { set: () => true }), 0),
  console() { for (;;) console.log("x".repeat(100_000)); },
  "console of a getter": () => console.log({ get x() { return 1; }, [Symbol.for("nodejs.util.inspect.custom")]: never, toString: never, [Symbol.toStringTag]: { toString: never } }),
  "console of a proxy"() { for (;;) console.log(new Proxy({}, { get: never, ownKeys: never })); },
  async later() { await scheduler.wait(5); never(); },
  timer: () => new Promise(() => setTimeout(never, 1)),
  interval() { setInterval(() => { const until = performance.now() + 1; for (let i = 0; i < 1e8; ++i); }, 1); return new Promise(() => {}); },
  "dynamic import": () => import("./loop.js"),
  "event listener"() { const t = new EventTarget(); t.addEventListener("x", never); t.dispatchEvent(new Event("x")); },
  "abort listener"() { const c = new AbortController(); c.signal.addEventListener("abort", never); c.abort(); },
  "header text": () => new Headers({ a: { toString: never } }),
  "request init": () => new Request("http://a/", { get method() { return never(); } }),
  "response init": () => new Response("", { get status() { return never(); } }),
  "a read's start": () => new Response(new ReadableStream({ start: never })),
  "response getter": () => new Proxy(new Response("x"), { get: never }),
  async "pipe without end"() {
    await new ReadableStream({ pull(c) { c.enqueue(1); } }).pipeTo(new WritableStream());
  },
  async "transform without end"() {
    const endless = new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(1)); } });
    for await (const chunk of endless.pipeThrough(new TransformStream())) if (chunk === 0) return 0;
  },
  "url search": () => { const p = new URLSearchParams(); for (;;) p.set("a", "b"); },
  async "caught"() { for (;;) { try { never(); } catch {} finally { never(); } } },
  async "finally"() { try { never(); } finally { return "escaped"; } },
  async "storage value"(env) { return env.KV.put("key", { toString: never }); },
  async "another entrypoint"(env) { return env.OTHER.loop(); },
};

// ---- without measure
const megabyte = 1 << 20;
const hoard = (make, count = Infinity) => {
  const all = [];
  for (let i = 0; i < count; ++i) all.push(make(i));
  return all.length;
};
const fills = {
  objects: () => hoard((i) => ({ i, text: "x" + i })),
  strings: () => hoard((i) => "x".repeat(megabyte) + i, 300).toString(),
  "flat strings": () => hoard((i) => { const s = "xy".repeat(megabyte / 2) + i; /z/.test(s); return s; }, 300),
  "wide strings": () => hoard((i) => { const s = "\u1234".repeat(megabyte / 2) + i; /z/.test(s); return s; }, 300),
  rope() { let s = "x"; for (let i = 0; i < 28; ++i) s += s; /y/.test(s); return s.length; },
  ropes: () => hoard((i) => { let s = i + "x"; for (let n = 0; n < 20; ++n) s += s; /y/.test(s); return s; }, 300),
  "one giant string": () => { const s = "x".repeat(500_000_000); /y/.test(s); return s.length; },
  "giant join": () => new Array(300).fill("x".repeat(megabyte)).join("-").length,
  "join of many": () => Array.from({ length: 5e6 }, (_, i) => i).join("-----------------------------------").length,
  "text decoded": () => hoard((i) => new TextDecoder().decode(new Uint8Array(megabyte).fill(65 + i % 20)), 300),
  buffers: () => hoard(() => new Uint8Array(megabyte).fill(1), 300),
  "one giant buffer": () => new Uint8Array(300 * megabyte).fill(1).length,
  async "buffers slowly"() { for (let i = 0; i < 300; ++i) { held.push(new Uint8Array(megabyte).fill(1)); await scheduler.wait(1); } },
  "small buffers": () => hoard(() => new Uint8Array(100).fill(1)),
  "resizable buffer"() { const b = new ArrayBuffer(0, { maxByteLength: 300 * megabyte }); b.resize(300 * megabyte); return new Uint8Array(b).fill(1).length; },
  "resizable buffers": () => hoard(() => { const b = new ArrayBuffer(0, { maxByteLength: 10 * megabyte }); b.resize(10 * megabyte); new Uint8Array(b).fill(1); return b; }, 100),
  "WebAssembly memory"() { const m = new WebAssembly.Memory({ initial: 1 }); while (m.grow(16)); },
  async "WebAssembly memory in steps"() {
    const m = new WebAssembly.Memory({ initial: 1 });
    for (;;) { m.grow(16); new Uint8Array(m.buffer).fill(1); await null; }
  },
  "WebAssembly memories": () => hoard(() => { const m = new WebAssembly.Memory({ initial: 160 }); new Uint8Array(m.buffer).fill(1); return m; }, 100),
  "WebAssembly table": () => hoard(() => new WebAssembly.Table({ initial: 1e6, element: "externref" }, {})),
  maps: () => hoard((i) => new Map([[i, i]])),
  "one map"() { const m = new Map(); for (let i = 0; ; ++i) m.set(i, i); },
  "one set of objects"() { const m = new Set(); for (;;) m.add({}); },
  "weak map"() { const m = new WeakMap(); for (;;) { const k = {}; held.push(k); m.set(k, k); } },
  properties() { const o = {}; for (let i = 0; ; ++i) o["k" + i] = i; },
  closures: () => hoard((i) => () => i),
  "promises": () => hoard(() => new Promise(() => {})),
  async "promises awaited"() { await Promise.all(Array.from({ length: 3e6 }, async (_, i) => { await null; return i; })); },
  "microtasks": () => hoard((i) => Promise.resolve(i).then((x) => x)),
  "array fill": () => new Array(2 ** 25).fill(0).map((_, i) => i + 0.5).length,
  "giant array fill": () => new Array(2 ** 32 - 1).fill(0).length,
  "array spread": () => { let a = [1]; for (;;) a = [...a, ...a]; },
  "array concat": () => { let a = [1.5]; for (;;) a = a.concat(a); },
  "array from": () => Array.from({ length: 2 ** 32 - 1 }).length,
  "split": () => "ab".repeat(20e6).split("").length,
  "JSON parse": () => JSON.parse("[" + "1.5,".repeat(30e6) + "1]").length,
  "JSON stringify": () => JSON.stringify(new Array(300).fill("\u0001".repeat(megabyte))).length,
  "match all": () => "ab".repeat(10e6).match(/a|b/g).length,
  "replace all": () => "a".repeat(1e6).replaceAll("a", "b".repeat(1000)).length,
  "pad": () => hoard((i) => "x".padStart(10 * megabyte, "y" + i), 100),
  "bigints": () => hoard((i) => 1n << BigInt(8 * megabyte + i)),
  "structured clone": () => { let a = [new Uint8Array(megabyte).fill(1)]; for (;;) a = structuredClone([a, a, [...a]]); },
  "blobs": () => hoard(() => new Blob([new Uint8Array(megabyte).fill(1)]), 300),
  "text encoded": () => hoard(() => new TextEncoder().encode("x".repeat(megabyte)), 300),
  "headers"() { const h = new Headers(); for (let i = 0; ; ++i) h.append("a" + i % 1000, "x".repeat(1000)); },
  async "tee"() {
    let n = 0;
    const [a, b] = new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(megabyte).fill(1)); if (++n === 300) c.close(); } }).tee();
    held.push(b);
    for await (const chunk of a) if (chunk.length === 0) return;
  },
  async "enqueued at once"() {
    new ReadableStream({ start(c) { for (let i = 0; i < 300; ++i) c.enqueue(new Uint8Array(megabyte).fill(1)); } });
  },
  async "gzip bomb"() {
    const zeros = () => { let n = 0; return new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(megabyte)); if (++n === 300) c.close(); } }); };
    const bomb = await new Response(zeros().pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
    return (await new Response(new Response(bomb).body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer()).byteLength;
  },
  async "body of a response"() {
    return (await new Response(new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(megabyte).fill(1)); } })).text()).length;
  },
  "error stacks": () => hoard((i) => new Error("x".repeat(1000) + i)),
  "symbols": () => hoard((i) => Symbol("x".repeat(100) + i)),
  "dates": () => hoard((i) => new Date(i)),
  "regexps": () => hoard((i) => new RegExp("x".repeat(100) + i)),
  "typed views": () => { const b = new ArrayBuffer(8); return hoard(() => new Uint8Array(b)); },
  "timers": () => hoard((i) => setTimeout(() => i, 60_000)),
  recursion() { const f = (n) => f(n + 1) + 1; return f(0); },
  "recursion in a getter"() { const o = { get x() { return this.x; } }; return o.x; },
  "recursion in a proxy"() { const p = new Proxy({}, { get: (t, k, r) => r[k] }); return p.x; },
  "recursion in toString"() { const o = { toString() { return `${this}`; } }; return `${o}`; },
  "recursion in JSON"() { let o = {}; for (let i = 0; i < 1e5; ++i) o = { o }; return JSON.stringify(o).length; },
  "recursion in a regexp": () => new RegExp("(".repeat(1e5) + ")".repeat(1e5)).test("a"),
  "recursion in a clone"() { let o = {}; for (let i = 0; i < 1e5; ++i) o = { o }; return structuredClone(o) && 1; },
  "recursion in console"() { let o = {}; for (let i = 0; i < 1e5; ++i) o = { o }; console.log(o); return 1; },
  "recursion in flat"() { let o = []; for (let i = 0; i < 1e5; ++i) o = [o]; return o.flat(Infinity).length; },
  "nested JSON": () => JSON.parse("[".repeat(1e6) + "]".repeat(1e6)).length,
  "nested promises"() { let p = Promise.resolve(1); for (let i = 0; i < 1e5; ++i) p = p.then((x) => x); return p; },
  "rejected promises": () => hoard((i) => { Promise.reject(new Error("x" + i)); return 0; }, 20_000),
};

export class Other extends WorkerEntrypoint {
  fetch() { return new Response("other"); }
  loop() { never(); }
}

let live = 0;
const awake = new Map();
export class Room extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    if (ctx.id.name === "constructor") never();
    if (ctx.id.name === "gated") ctx.blockConcurrencyWhile(async () => never());
  }
  fetch(request) {
    const what = new URL(request.url).pathname.slice(1);
    if (what === "fetch") never();
    if (request.headers.get("upgrade") !== "websocket") return new Response("object");
    const [client, server] = Object.values(new WebSocketPair());
    if (what === "hibernatable") this.ctx.acceptWebSocket(server);
    else server.accept(), server.addEventListener("message", never);
    return new Response(null, { status: 101, webSocket: client });
  }
  webSocketMessage() { never(); }
  method() { never(); }
  async transaction() { await this.ctx.storage.transaction(async (t) => { await t.put("a", 1); never(); }); }
  async sql() { this.ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS t (a)"); for (;;) this.ctx.storage.sql.exec("INSERT INTO t VALUES (1)"); }
  async query() {
    return [...this.ctx.storage.sql.exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n")];
  }
  async waiting() { await scheduler.wait(5); never(); }
  async value() { await this.ctx.storage.put("a", { get x() { return never(); } }); }
  result() { return { get x() { return never(); } }; }
  memory() { return fills.objects(); }
  buffers() { return fills.buffers(); }
  async set() { await this.ctx.storage.setAlarm(Date.now()); }
  async alarm() {
    if (await this.ctx.storage.get("tried")) return;
    await this.ctx.storage.put("tried", true);
    await this.ctx.storage.sync();
    never();
  }
  async tried() { return Boolean(await this.ctx.storage.get("tried")); }
}

async function object(env, name, method) {
  const stub = env.ROOM.get(env.ROOM.idFromName(name));
  try {
    const result = method === "fetch" ? await (await stub.fetch("http://a/fetch")).text() : await stub[method]();
    return new Response(String(result));
  } catch (e) {
    return new Response(`${e.message} ${e.durableObjectReset ?? false}`, { status: 500 });
  }
}

const streams = {
  pull: () => new ReadableStream({ pull: never }),
  "pull later": () => new ReadableStream({ async pull(c) { await scheduler.wait(1); c.enqueue(new Uint8Array(10)); never(); } }),
  cancel: () => new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(100_000)); }, cancel: never }),
  endless: () => new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(100_000)); } }),
  memory: () => new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(10)); fills.objects(); } }),
};

export default {
  async fetch(request, env, ctx) {
    const [kind, name = "", method] = decodeURIComponent(new URL(request.url).pathname.slice(1)).split("/");
    const text = async () => {
      switch (kind) {
        case "": return "fine";
        case "other": return (await env.OTHER.fetch("http://a/")).text();
        case "object": return (await env.ROOM.get(env.ROOM.idFromName("well")).fetch("http://a/")).text();
        case "loop": return loops[name](env);
        case "fill": return fills[name](env);
        case "names": return JSON.stringify({ loops: Object.keys(loops), fills: Object.keys(fills) });
        case "waitUntil":
          ctx.waitUntil((async () => { await scheduler.wait(5); never(); })());
          return "answered";
        case "waitUntilNow":
          ctx.waitUntil((async () => { never(); })());
          return "answered";
      }
    };
    if (kind === "stream") return new Response(streams[name]());
    if (kind === "durable") return object(env, name, method);
    if (kind === "socket") {
      if (name !== "") return env.ROOM.get(env.ROOM.newUniqueId()).fetch(`http://a/${name}`, request);
      const [client, server] = Object.values(new WebSocketPair());
      server.accept();
      server.addEventListener("message", never);
      return new Response(null, { status: 101, webSocket: client });
    }
    const result = await text();
    return result instanceof Response || typeof result === "object" ? result : new Response(String(result));
  },
};
