import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import { dev, eventually, project, run } from "./offing.mjs";

const hello = `export default { fetch() { return new Response("hello"); } };`;

const get = (url, headers = {}) =>
  new Promise((done, failed) => {
    const req = request(url, { headers, agent: false }, (res) => {
      let body = "";
      res.on("data", (d) => (body += d));
      res.on("end", () => done({ status: res.statusCode, headers: res.headers, body }));
    });
    req.on("error", failed);
    req.end();
  });

test("prints one ready line to stdout, serves, and ends cleanly on Ctrl-C", async (t) => {
  const server = await dev(t, project(t, { "index.js": hello }));
  assert.equal(await (await fetch(server.url)).text(), "hello");
  assert.equal(await server.stop("SIGINT"), 0);
  assert.equal(server.stdout, `offing: ready on ${server.url}\n`);
  assert.match(server.stderr, /GET \/ 200 LHR/);
});

test("a port in use is a clear error that says what to do", async (t) => {
  const folder = project(t, { "index.js": hello });
  const server = await dev(t, folder);
  const port = new URL(server.url).port;
  const second = await run(["dev", folder, "--port", port]);
  assert.equal(second.code, 1);
  assert.match(second.stderr, new RegExp(`${port}.*in use.*--port`));
});

test("Host is checked: a foreign name is refused, --allow-host lets it in", async (t) => {
  const folder = project(t, { "index.js": hello });
  const server = await dev(t, folder, ["--allow-host", "shop.test"]);
  const refused = await get(server.url, { host: "evil.example" });
  assert.equal(refused.status, 421);
  assert.match(refused.body, /evil\.example.*--allow-host/s);
  assert.equal((await get(server.url, { host: "shop.test" })).status, 200);
});

test("the location header decides where a request runs; cf-ray and request.cf say it", async (t) => {
  const server = await dev(t, project(t, {
    "index.js": `export default { fetch(r) {
      return Response.json({ colo: r.cf.colo, country: r.cf.country, ip: r.headers.get("cf-connecting-ip"),
                             leaked: r.headers.get("offing-location") }); } };`,
  }));
  for (const [asked, colo, country] of [[undefined, "LHR", "GB"], ["SIN", "SIN", "SG"]]) {
    const res = await fetch(server.url, { headers: asked ? { "offing-location": asked } : {} });
    assert.match(res.headers.get("cf-ray"), new RegExp(`^[0-9a-f]{16}-${colo}$`));
    assert.deepEqual(await res.json(), { colo, country, ip: "127.0.0.1", leaked: null });
  }
  const unknown = await fetch(server.url, { headers: { "offing-location": "XXX" } });
  assert.equal(unknown.status, 400);
  assert.match(await unknown.text(), /XXX.*LHR, SIN, IAD.*--locations/s);
});

test("module state is an isolate's own, and is lost when it is evicted", async (t) => {
  const folder = project(t, {
    "index.js": `let n = 0; export default { fetch() { return new Response(String(++n)); } };`,
  });
  const server = await dev(t, folder, ["--isolates", "2"]);
  const ask = async (location = "LHR") =>
    (await fetch(server.url, { headers: { "offing-location": location } })).text();
  const four = [await ask(), await ask(), await ask(), await ask()];
  assert.deepEqual(four.sort(), ["1", "1", "2", "2"]);
  assert.equal(await ask("SIN"), "1");
  const control = { method: "POST", headers: { "offing-control": "1" } };
  const evicted = await (await fetch(`${server.url}/cdn-cgi/offing/isolates/evict?location=LHR`, control)).json();
  assert.equal(evicted.evicted, 2);
  assert.equal(await ask(), "1");
  assert.equal((await fetch(`${server.url}/cdn-cgi/offing/status`)).status, 403);
});

test("an uncaught error answers 1101 and its stack names the source", async (t) => {
  const folder = project(t, {
    "index.js": `export default { async fetch() { throw new TypeError("boom"); } };\n//# sourceMappingURL=index.js.map\n`,
    "index.js.map": JSON.stringify({
      version: 3, sources: ["src/app.ts"], names: [], mappings: "AASA,kCAAkC,MAAM",
    }),
  });
  const server = await dev(t, folder);
  const res = await fetch(server.url);
  assert.equal(res.status, 500);
  assert.match(await res.text(), /^error code: 1101\n?$/);
  const page = await fetch(server.url, { headers: { accept: "text/html" } });
  assert.match(await page.text(), /<title>Worker threw exception<\/title>/);
  await eventually(() => /TypeError: boom[\s\S]*src\/app\.ts:10/.test(server.stderr), "a mapped stack");
});

test("a Worker that does not start says why, and dev ends with 1", async (t) => {
  const broken = await run(["dev", project(t, { "index.js": `import x from "./missing.js"; export default {};` })]);
  assert.equal(broken.code, 1);
  assert.match(broken.stderr, /No such module "missing\.js"[\s\S]*imported from "index\.js"/);
});

test("a wrong configuration names the file, the key and the value, and ends with 2", async (t) => {
  const folder = project(t, { "index.js": hello }, { kv_namespaces: [{ binding: 7 }] });
  const bad = await run(["dev", folder]);
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /wrangler\.json.*kv_namespaces\[0\]\.binding/);
  const unknown = await dev(t, project(t, { "index.js": hello }, { compatability_flags: [] }));
  assert.match(unknown.stderr, /compatability_flags.*compatibility_flags/s);
});

test("bodies stream both ways through a Worker", async (t) => {
  const server = await dev(t, project(t, {
    "index.js": `export default { fetch(r) { return new Response(r.body?.pipeThrough(new TransformStream())); } };`,
  }));
  const big = Buffer.alloc(3_000_000, "offing ");
  const res = await fetch(server.url, { method: "POST", body: big });
  assert.deepEqual(Buffer.from(await res.arrayBuffer()), big);
});
