// The Workers that every runner of the benchmark serves, unchanged.
export const hello = `export default { fetch() { return new Response("hello"); } };`;

// GET /key reads, PUT /key?i=N writes a key of its own each time (KV takes one write a second to a
// key, and offing means it).
export const kv = `let n = 0;
const prefix = Math.random().toString(36).slice(2);
export default { async fetch(request, env) {
  if (request.url.endsWith("/put")) {
    await env.KV.put(prefix + n++, "a value of some forty bytes, more or less");
    return new Response("ok");
  }
  return new Response(await env.KV.get("key") ?? "absent");
} };`;

// Durable Objects. GET /plain, /count and /log ask the next of 64 objects; the others serve
// durable.mjs: bring N objects to life, set alarms, say how many ran.
export const objects = `import { DurableObject } from "cloudflare:workers";
let turn = 0;
let ran = 0;
export class Plain extends DurableObject {
  visits = 0;
  fetch() { return new Response("ok"); }
  visit() { return ++this.visits; }
}
export class Counter extends DurableObject {
  visits = 0;
  async fetch() {
    const value = ((await this.ctx.storage.get("value")) ?? 0) + 1;
    await this.ctx.storage.put("value", value);
    return new Response(String(value));
  }
  async visit() {
    if (this.visits === 0) await this.ctx.storage.put("value", 1);
    return ++this.visits;
  }
}
export class Log extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, at INTEGER, text TEXT)");
  }
  fetch() {
    const { sql } = this.ctx.storage;
    sql.exec("INSERT INTO log (at, text) VALUES (?, ?)", Date.now(), "some forty bytes of text, more or less");
    return Response.json(sql.exec("SELECT id, text FROM log ORDER BY id DESC LIMIT 10").toArray());
  }
}
export class Sleeper extends DurableObject {
  setAlarm(due) { return this.ctx.storage.setAlarm(due); }
  alarm() { ran++; }
}
const next = (namespace) => namespace.get(namespace.idFromName("object " + turn++ % 64));
const many = (namespace, from, count, ask) => Promise.all(Array.from({ length: count }, (_, i) =>
  ask(namespace.get(namespace.idFromName("object " + (Number(from) + i))))));
const again = (visits) => new Response(String(visits.filter((n) => n > 1).length));
export default { async fetch(request, env) {
  const [what, from, count, due] = request.url.slice(request.url.indexOf("/", 8) + 1).split("/");
  switch (what) {
    case "plain": return next(env.PLAIN).fetch(request);
    case "count": return next(env.COUNTER).fetch(request);
    case "log": return next(env.LOG).fetch(request);
    case "live-plain": return again(await many(env.PLAIN, from, +count, (stub) => stub.visit()));
    case "live-stored": return again(await many(env.COUNTER, from, +count, (stub) => stub.visit()));
    case "alarms":
      await many(env.SLEEPER, from, +count, (stub) => stub.setAlarm(+due));
      return new Response("set");
    case "ran": return new Response(String(ran));
    default: return new Response("ready");
  }
} };`;
export const classes = { PLAIN: "Plain", COUNTER: "Counter", LOG: "Log", SLEEPER: "Sleeper" };

// R2. /put writes 16 KiB under a key of its own each time, /get and /big read 16 KiB and 1 MiB, /list
// lists a page. The fills put there what is read.
export const r2 = `let n = 0;
const prefix = "put/" + Math.random().toString(36).slice(2) + "/";
const value = new Uint8Array(16 * 1024).fill(120);
export default { async fetch(request, env) {
  const [what, from, count] = request.url.slice(request.url.indexOf("/", 8) + 1).split("/");
  switch (what) {
    case "put": await env.BUCKET.put(prefix + n++, value); break;
    case "get": return new Response((await env.BUCKET.get("get")).body);
    case "big": return new Response((await env.BUCKET.get("big")).body);
    case "list": return new Response(String((await env.BUCKET.list({ prefix: "list/" })).objects.length));
    case "fill-get": await env.BUCKET.put("get", value); break;
    case "fill-big": await env.BUCKET.put("big", new Uint8Array(1024 * 1024).fill(120)); break;
    case "fill-list":
      await Promise.all(Array.from({ length: +count }, (_, i) => env.BUCKET.put("list/" + String(+from + i).padStart(8, "0"), "v")));
      break;
  }
  return new Response("ok");
} };`;
