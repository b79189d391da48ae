// Rows of spec/limits.md that need the whole house: Workers that fetch one another without end, the
// platform's pages, clients that leave, what is dropped from a log.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { dev, eventually, project } from "./offing.mjs";

const looping = `
import { DurableObject } from "cloudflare:workers";
const again = async (request, by) => {
  const url = new URL(request.url);
  const left = Number(url.searchParams.get("left")) - 1;
  if (request.headers.has("offing-hops")) return new Response("the guest sees the counter");
  if (left < 0) return new Response("end");
  url.searchParams.set("left", left);
  const inner = await fetch(url, { headers: request.headers });
  return new Response(by + await inner.text(), { status: inner.status });
};
export class Room extends DurableObject {
  fetch(request) { return again(request, "o"); }
  async ask(url) { const r = await again(new Request(url), "r"); return { text: await r.text(), status: r.status }; }
}
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const room = env.ROOM.getByName("room" + new URL(request.url).searchParams.get("left"));
    if (pathname === "/object") return room.fetch(request.url);
    if (pathname === "/rpc") {
      const { text, status } = await room.ask(request.url);
      return new Response(text, { status });
    }
    return again(request, "w");
  },
};`;
const rooms = {
  durable_objects: { bindings: [{ name: "ROOM", class_name: "Room" }] },
  migrations: [{ tag: "v1", new_sqlite_classes: ["Room"] }],
};

test("spec/limits.md 2, 5: Workers that fetch one another: 16 hops, then 1019; objects and RPC pass them on", async (t) => {
  const folder = project(t, { "index.js": looping }, rooms);
  const trace = join(folder, "trace.ndjson");
  const server = await dev(t, folder, ["--allow-loopback", "--trace", trace]);
  const get = async (path) => {
    const answer = await fetch(server.url + path);
    return [answer.status, await answer.text()];
  };
  assert.deepEqual(await get("/?left=16"), [200, "w".repeat(16) + "end"]);
  assert.deepEqual(await get("/?left=17"), [503, "w".repeat(17) + "error code: 1019"]);
  assert.deepEqual(await get("/object?left=40"), [503, "o".repeat(17) + "error code: 1019"]);
  assert.deepEqual(await get("/rpc?left=40"), [503, "r".repeat(17) + "error code: 1019"]);
  const page = await fetch(server.url, { headers: { "offing-hops": "17", accept: "text/html" } });
  assert.equal(page.status, 503);
  assert.match(await page.text(), /<code>error code: 1019<\/code>/);
  await server.stop();
  const refused = readFileSync(trace, "utf8").trim().split("\n").map((line) => JSON.parse(line))
    .filter((event) => event.event === "response" && event.outcome === "unknown");
  assert.equal(refused.length, 4);

  const off = await dev(t, folder, ["--allow-loopback", "--limits", "off"]);
  assert.equal(await (await fetch(off.url + "/?left=30")).text(), "w".repeat(30) + "end");
});

const broken = `
export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname === "/throw") throw new Error("no");
    if (pathname === "/nothing") return;
    if (pathname === "/never") return new Promise(() => {});
    if (pathname === "/spin") for (;;);
    if (pathname === "/fetch") { for (;;) await env.SELF.fetch("http://a/fine"); }
    if (pathname === "/slow") { await scheduler.wait(60_000); }
    if (pathname === "/stream") {
      return new Response(new ReadableStream({
        async pull(c) { await scheduler.wait(20); c.enqueue(new Uint8Array(1000)); },
        cancel(why) { console.log("cancelled: " + why); },
      }));
    }
    return new Response("fine");
  },
};`;

test("spec/limits.md 5, 5.1: 1101 and 1102 with their statuses, as text and as pages", async (t) => {
  const server = await dev(t, project(t, { "index.js": broken },
    { services: [{ binding: "SELF", service: "e2e" }] }), ["--cpu", "100ms"]);
  for (const [path, status, code, title] of [
    ["/throw", 500, 1101, "Worker threw exception"], ["/nothing", 500, 1101, "Worker threw exception"],
    ["/never", 500, 1101, "Worker threw exception"], ["/fetch", 500, 1101, "Worker threw exception"],
    ["/spin", 503, 1102, "Worker exceeded resource limits"]]) {
    const answer = await fetch(server.url + path);
    assert.deepEqual([path, answer.status, await answer.text()], [path, status, `error code: ${code}`]);
    assert.match(answer.headers.get("content-type"), /^text\/plain/);
    const page = await fetch(server.url + path, { headers: { accept: "text/html" } });
    assert.equal(page.status, status);
    const html = await page.text();
    assert.match(html, new RegExp(`<title>${title}</title>`));
    assert.match(html, new RegExp(`error code: ${code}`));
  }
  assert.match(server.stderr, /would never generate a response/);
});

test("spec/limits.md 5: a client that leaves: canceled before the response, responseStreamDisconnected in it", async (t) => {
  const folder = project(t, { "index.js": broken }, { services: [{ binding: "SELF", service: "e2e" }] });
  const trace = join(folder, "trace.ndjson");
  const server = await dev(t, folder, ["--trace", trace]);
  const leave = (path, when) => new Promise((gone) => {
    const asked = request(server.url + path);
    asked.on("error", () => gone());
    asked.on("response", (response) => {
      response.on("error", () => gone());
      response.once("data", () => asked.destroy());
      response.on("close", () => gone());
    });
    asked.end(() => { if (when === "before") setTimeout(() => asked.destroy(), 100); });
  });
  await leave("/slow", "before");
  await leave("/stream", "in it");
  await eventually(() => /cancelled: /.test(server.stderr), "the stream's cancel()");
  assert.equal(await (await fetch(server.url)).text(), "fine");
  await server.stop();
  const outcomes = readFileSync(trace, "utf8").trim().split("\n").map((line) => JSON.parse(line))
    .filter((event) => /^response/.test(event.event)).map((event) => [event.event, event.outcome]);
  assert.deepEqual(outcomes, [["response", "canceled"], ["response", "ok"],
                              ["response.cut", "responseStreamDisconnected"], ["response", "ok"]]);
});

const objects = `
import { DurableObject } from "cloudflare:workers";
export class Room extends DurableObject {
  async spin() { for (;;); }
  async fill() { const all = []; for (let i = 0; i < 1e9; i++) all.push({ i }); return all.length; }
  async ask() { return "fine"; }
}
export default {
  async fetch(request, env) {
    const what = new URL(request.url).pathname.slice(1);
    if (what === "wait") { await scheduler.wait(500); return new Response("waited"); }
    if (what === "much") {
      let left = 160;
      return new Response(new ReadableStream({ pull(c) {
        if (left-- === 0) c.close();
        else c.enqueue(new Uint8Array(1 << 20));
      } }));
    }
    try {
      return new Response(await env.ROOM.getByName("a")[what]());
    } catch (e) {
      return new Response(e.message);
    }
  },
};`;

test("spec/limits.md 2, 5: an object's CPU time and memory: it is reset, its caller is told", async (t) => {
  const folder = project(t, { "index.js": objects }, rooms);
  for (const [what, limit, text] of [
    ["spin", ["--limit", "actor-cpu=200ms"], "Durable Object exceeded its CPU time limit and was reset."],
    ["fill", ["--memory", "64MiB"], "Durable Object's isolate exceeded its memory limit and was reset."]]) {
    const server = await dev(t, folder, [...limit, "--isolates", "2"]);
    const ask = async (path) => {
      const answer = await fetch(`${server.url}/${path}`);
      return `${answer.status} ${await answer.text()}`;
    };
    // The second: when caller and object shared the isolate that was stopped.
    assert.ok([`200 ${text}`, "503 error code: 1102"].includes(await ask(what)), what);
    assert.equal(await ask("ask"), "200 fine");
  }
});

test("spec/limits.md 2.1: waiting is no CPU time", async (t) => {
  const server = await dev(t, project(t, { "index.js": objects }, rooms), ["--cpu", "100ms"]);
  assert.equal(await (await fetch(`${server.url}/wait`)).text(), "waited");
});

test("spec/limits.md 2: a response's body may be larger than anything else", async (t) => {
  const server = await dev(t, project(t, { "index.js": objects }, rooms), ["--memory", "64MiB"]);
  let bytes = 0;
  for await (const chunk of (await fetch(`${server.url}/much`)).body) bytes += chunk.length;
  assert.equal(bytes, 160 << 20);
});
