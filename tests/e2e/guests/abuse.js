// A Worker that does what it should not, by path: /loop/plain never ends, /fill/maps takes memory.
// "/", "/other" and "/object" ask whether the default export, another entrypoint and a Durable
// Object still work.
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
import endless from "./endless.wasm";

const never = () => { for (;;); };
const held = [];   // what an isolate keeps between requests

// ---- without end
const loops = {
  plain: () => never(),
  promises() {
    const again = () => Promise.resolve().then(again);
    again();
    return new Promise(() => {});
  },
  microtasks() {
    const again = () => queueMicrotask(again);
    again();
    return new Promise(() => {});
  },
  async awaits() { for (;;) await null; },
  async "async generator"() {
    async function* numbers() { for (let i = 0; ; ++i) yield i; }
    for await (const i of numbers()) if (i < 0) return i;
  },
  getter: () => ({ get x() { return never(); } }).x,
  "getter in JSON": () => JSON.stringify({ get x() { return never(); } }),
  toJSON: () => JSON.stringify({ toJSON: never }),
  "JSON reviver": () => JSON.parse("[1]", never),
  toPrimitive: () => `${{ [Symbol.toPrimitive]: never }}`,
  "thrown text"() { throw { toString: never }; },
  "thrown stack"() { throw Object.defineProperty(new Error("x"), "stack", { get: never }); },
  "thrown message"() { throw Object.defineProperty(new Error("x"), "message", { get: never }); },
  prepareStackTrace() { Error.prepareStackTrace = never; return new Error("x").stack; },
  "then of an answer": () => ({ then: never }),
  comparator: () => [3, 1, 2].sort(never),
  regexp: () => /^(a+)+$/.test("a".repeat(60) + "b"),
  replacer: () => "a".replace(/a/, never),
  iterator() {
    const next = () => ({ done: false, value: 0 });
    for (const i of { [Symbol.iterator]: () => ({ next }) }) if (i > 0) return i;
  },
  wasm: () => new WebAssembly.Instance(endless).exports.run(),
  trap: () => Object.keys(new Proxy({}, { ownKeys: never })),
  clone: () => structuredClone({ get x() { return never(); } }),
  "trap during clone": () => structuredClone(new Proxy({}, { ownKeys: never })),
  bigint() { let n = 3n; for (;;) n = n ** 9n % (1n << 4_000_000n); },
  "bigint power": () => String((7n ** 300_000_000n) & 1n),
  "bigint text": () => (3n ** 40_000_000n).toString().length,
  includes: () => Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1),
  reverse: () => Array.prototype.reverse.call({ length: 2 ** 53 - 1 }),
  console() { for (;;) console.log("x".repeat(100_000)); },
  "console of an object": () => console.log({
    get x() { return never(); }, [Symbol.for("nodejs.util.inspect.custom")]: never, toString: never,
  }) ?? never(),
  async later() { await scheduler.wait(5); never(); },
  timer: () => new Promise(() => setTimeout(never, 1)),
  "dynamic import": () => import("./loop.js"),
  "abort listener"() {
    const controller = new AbortController();
    controller.signal.addEventListener("abort", never);
    controller.abort();
  },
  "header text": () => new Headers({ a: { toString: never } }),
  "a read's start": () => new Response(new ReadableStream({ start: never })),
  "response getter": () => new Proxy(new Response("x"), { get: never }),
  async "pipe without end"() {
    await new ReadableStream({ pull(c) { c.enqueue(1); } }).pipeTo(new WritableStream());
  },
  async "transform without end"() {
    const endless = new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(1)); } });
    for await (const chunk of endless.pipeThrough(new TransformStream())) if (chunk === 0) return 0;
  },
  caught() { for (;;) { try { never(); } catch {} finally { never(); } } },
  finally() { try { never(); } finally { return "escaped"; } },
  async "another entrypoint"(env) { return env.OTHER.loop(); },
};

// ---- without measure
const megabyte = 1 << 20;
const hoard = (make, count = Infinity) => {
  const all = [];
  for (let i = 0; i < count; ++i) all.push(make(i));
  return all.length;
};
const flat = (text) => (/z/.test(text), text);
const deep = (levels) => Array.from({ length: levels }).reduce((o) => ({ o }), {});
const resized = (bytes) => {
  const buffer = new ArrayBuffer(0, { maxByteLength: bytes });
  buffer.resize(bytes);
  return new Uint8Array(buffer).fill(1);
};
const fills = {
  objects: () => hoard((i) => ({ i, text: "x" + i })),
  strings: () => hoard((i) => flat("xy".repeat(megabyte / 2) + i), 300),
  rope() {
    let s = "x";
    for (let i = 0; i < 28; ++i) s += s;
    return flat(s).length;
  },
  ropes: () => hoard((i) => {
    let s = i + "x";
    for (let n = 0; n < 20; ++n) s += s;
    return flat(s);
  }, 300),
  "one giant string": () => flat("x".repeat(500_000_000)).length,
  "giant join": () => new Array(300).fill("x".repeat(megabyte)).join("-").length,
  "join of many": () => Array.from({ length: 5e6 }, (_, i) => i).join("-".repeat(40)).length,
  buffers: () => hoard(() => new Uint8Array(megabyte).fill(1), 300),
  "one giant buffer": () => new Uint8Array(300 * megabyte).fill(1).length,
  async "buffers slowly"() {
    for (let i = 0; i < 300; ++i) {
      held.push(new Uint8Array(megabyte).fill(1));
      await scheduler.wait(1);
    }
  },
  "resizable buffer": () => resized(300 * megabyte).length,
  "resizable buffers": () => hoard(() => resized(10 * megabyte), 100),
  "WebAssembly memory"() {
    const m = new WebAssembly.Memory({ initial: 1 });
    while (m.grow(16));
  },
  async "WebAssembly memory in steps"() {
    const m = new WebAssembly.Memory({ initial: 1 });
    for (;;) {
      m.grow(16);
      new Uint8Array(m.buffer).fill(1);
      await scheduler.wait(1);
    }
  },
  maps: () => hoard((i) => new Map([[i, i]])),
  "one map"() { const m = new Map(); for (let i = 0; ; ++i) m.set(i, i); },
  properties() { const o = {}; for (let i = 0; ; ++i) o["k" + i] = i; },
  promises: () => hoard(() => new Promise(() => {})),
  async "a million promises"() {
    const promise = async (_, i) => (await null, i);
    return (await Promise.all(Array.from({ length: 1e6 }, promise))).length;
  },
  "giant array fill": () => new Array(2 ** 32 - 1).fill(0).length,
  "array spread"() { for (let a = [1]; ; a = [...a, ...a]); },
  "JSON parse": () => JSON.parse("[" + "1.5,".repeat(8e6) + "1]").length,
  "bigints": () => hoard((i) => 1n << BigInt(8 * megabyte + i)),
  "structured clone"() {
    for (let a = [new Uint8Array(megabyte).fill(1)]; ; a = [a, structuredClone(a)]);
  },
  blobs: () => hoard(() => new Blob([new Uint8Array(megabyte).fill(1)]), 300),
  "text encoded": () => hoard(() => new TextEncoder().encode("x".repeat(megabyte)), 300),
  headers() {
    const headers = new Headers();
    for (let i = 0; ; ++i) headers.append("a" + i % 1000, "x".repeat(1000));
  },
  async tee() {
    const pull = (controller) => controller.enqueue(new Uint8Array(megabyte).fill(1));
    const [a, b] = new ReadableStream({ pull }).tee();
    held.push(b);
    for await (const chunk of a) if (chunk.length === 0) return;
  },
  "timers": () => hoard((i) => setTimeout(() => i, 60_000)),
  recursion() { const f = (n) => f(n + 1) + 1; return f(0); },
  "recursion in a getter": () => ({ get x() { return this.x; } }).x,
  "recursion in a proxy": () => new Proxy({}, { get: (_, key, proxy) => proxy[key] }).x,
  "recursion in a clone": () => structuredClone(deep(1e5)),
  "recursion in console": () => console.log(deep(1e5)),
  "nested JSON": () => JSON.parse("[".repeat(1e6) + "]".repeat(1e6)).length,
  "rejected promises": () => hoard((i) => void Promise.reject(new Error("x" + i)), 2_000),
};

export class Other extends WorkerEntrypoint {
  fetch() { return new Response("other"); }
  loop() { never(); }
}

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
  async transaction() {
    await this.ctx.storage.transaction(async (t) => (await t.put("a", 1), never()));
  }
  async inserts() {
    const { sql } = this.ctx.storage;
    sql.exec("CREATE TABLE IF NOT EXISTS t (a)");
    for (;;) sql.exec("INSERT INTO t VALUES (1)");
  }
  async query() {
    return [...this.ctx.storage.sql.exec(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n")];
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

async function object(stub, method) {
  try {
    const result = method === "fetch" ? (await stub.fetch("http://a/fetch")).status
                                      : await stub[method]();
    return new Response(String(result));
  } catch (e) {
    return new Response(`${e.message} ${e.durableObjectReset ?? false}`, { status: 500 });
  }
}

const streams = {
  pull: () => new ReadableStream({ pull: never }),
  "pull later": () => new ReadableStream({
    async pull(c) { await scheduler.wait(1); c.enqueue(new Uint8Array(10)); never(); },
  }),
  cancel: () => new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(999)), cancel: never }),
  endless: () => new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(9_999)) }),
  memory: () => new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(10)); fills.objects(); } }),
};

export default {
  async fetch(request, env, ctx) {
    const path = decodeURIComponent(new URL(request.url).pathname.slice(1));
    const [kind, name = "", method] = path.split("/");
    const room = (called) => env.ROOM.get(env.ROOM.idFromName(called));
    const text = async () => {
      switch (kind) {
        case "": return "fine";
        case "other": return (await env.OTHER.fetch("http://a/")).text();
        case "object": return (await room("well").fetch("http://a/")).text();
        case "loop": return loops[name](env);
        case "fill": return fills[name](env);
        case "names": return JSON.stringify([Object.keys(loops), Object.keys(fills)]);
        case "waitUntil":
          ctx.waitUntil((async () => { await scheduler.wait(5); never(); })());
          return "answered";
        case "waitUntilNow":
          ctx.waitUntil((async () => { never(); })());
          return "answered";
      }
    };
    if (kind === "stream") return new Response(streams[name]());
    if (kind === "durable") return object(room(name), method);
    if (kind === "socket") {
      if (name !== "") return room("socket").fetch(`http://a/${name}`, request);
      const [client, server] = Object.values(new WebSocketPair());
      server.accept();
      server.addEventListener("message", never);
      return new Response(null, { status: 101, webSocket: client });
    }
    const result = await text();
    return result instanceof Response ? result : new Response(String(result));
  },
};
