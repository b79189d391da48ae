// `offing check` on real bundles: hono, an image renderer in WebAssembly, and one of more than 3 MiB
// compressed. OFFING_WRANGLER=…/wrangler.js also asks Wrangler itself what it would upload.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { gzipSync } from "node:zlib";
import { project, root, run } from "./offing.mjs";

const here = new URL(".", import.meta.url).pathname;
const esbuild = join(root, "node_modules/@esbuild/linux-x64/bin/esbuild");
const wrangler = process.env.OFFING_WRANGLER;

const hono = `import { Hono } from "hono";
import { cors } from "hono/cors";
import { logger } from "hono/logger";
const app = new Hono();
app.use(cors());
app.use(logger());
app.get("/", (c) => c.text("hello"));
export default app;
`;
const resvg = `import { initWasm, Resvg } from "@resvg/resvg-wasm";
import wasm from "@resvg/resvg-wasm/index_bg.wasm";
let ready;
export default {
  async fetch(request) {
    await (ready ??= initWasm(wasm));
    return new Response(new Resvg(await request.text()).render().asPng());
  },
};
`;
const magick = `import { initializeImageMagick, ImageMagick, MagickFormat } from "@imagemagick/magick-wasm";
import wasm from "@imagemagick/magick-wasm/magick.wasm";
let ready;
export default {
  async fetch(request) {
    await (ready ??= initializeImageMagick(wasm));
    const bytes = new Uint8Array(await request.arrayBuffer());
    return ImageMagick.read(bytes, (image) => image.write(MagickFormat.Png, (d) => new Response(d)));
  },
};
`;

// Builds as Wrangler does: Wasm files stay beside the script.
function build(t, source, config = {}) {
  const folder = project(t, { "source.js": source }, { main: "dist/index.js", ...config });
  execFileSync(esbuild, [join(folder, "source.js"), "--bundle", "--format=esm", "--target=es2024",
    "--sourcemap", "--log-level=error", "--loader:.wasm=copy", "--conditions=workerd,worker,browser",
    `--outfile=${join(folder, "dist/index.js")}`],
    { env: { ...process.env, NODE_PATH: `${root}node_modules:${here}node_modules` } });
  return folder;
}

// What Wrangler compresses: other modules first, the main one last.
function expected(folder) {
  const files = readdirSync(join(folder, "dist")).filter((f) => f.endsWith(".wasm")).sort();
  const bytes = Buffer.concat([...files, "index.js"].map((f) => readFileSync(join(folder, "dist", f))));
  return { raw: bytes.length, gzip: gzipSync(bytes).length };
}

function asWranglerPrints(size) {
  return `Total Upload: ${(size.rawBytes / 1024).toFixed(2)} KiB / ` +
         `gzip: ${(size.gzipBytes / 1024).toFixed(2)} KiB`;
}

async function check(folder, args = []) {
  const answer = await run(["check", folder, "--json", "--runs", "2", "--profile", "", ...args]);
  assert.notEqual(answer.stdout, "", answer.stderr);
  return { code: answer.code, ...JSON.parse(answer.stdout) };
}

for (const [name, source, needs] of [["hono", hono, null], ["resvg", resvg, "@resvg/resvg-wasm"],
                                     ["magick", magick, "@imagemagick/magick-wasm"]]) {
  const skip = needs !== null && !existsSync(join(here, "node_modules", needs)) && `${needs} is not installed`;
  test(`size of a real bundle is Wrangler's to the byte: ${name}`, { skip }, async (t) => {
    const folder = build(t, source);
    const answer = await check(folder);
    const size = expected(folder);
    assert.equal(answer.size.rawBytes, size.raw);
    assert.equal(answer.size.gzipBytes, size.gzip);
    assert.equal(answer.code, 0, JSON.stringify(answer.violations));
    const old = await check(folder, ["--limits", "free@2025-09-01"]);
    const tooLarge = old.violations.some((v) => v.code === 10027);
    assert.equal(tooLarge, size.gzip > 3 * 1024 * 1024);
    if (wrangler) {
      const printed = execFileSync(process.execPath,
        [wrangler, "deploy", "--dry-run", "--no-bundle", "--cwd", folder], { encoding: "utf8" });
      assert.ok(printed.includes(asWranglerPrints(answer.size)), printed);
    }
  });
}

test("packages come from source maps", async (t) => {
  const answer = await check(build(t, hono));
  const sizes = Object.fromEntries(answer.size.packages.map((p) => [p.name, p.bytes]));
  assert.ok(sizes.hono > 10_000);
  assert.ok(sizes["(own code)"] > 0);
  assert.equal(answer.size.packages.reduce((sum, p) => sum + p.bytes, 0), answer.size.rawBytes);
});

test("--bundle-gzip, --startup-cpu: single limits decide, with the deploy's codes", async (t) => {
  const folder = project(t, {
    "index.js": "for (let i = 0, s = 0; i < 3e7; ++i) s += i % 7;\n" +
                "export default { fetch() { return new Response(''); } };",
  });
  const slow = await check(folder, ["--startup-cpu", "1ms"]);
  assert.equal(slow.code, 1);
  assert.deepEqual(slow.violations.map((v) => v.code), [10021]);
  assert.match(slow.violations[0].message, /^Error: Script startup exceeded CPU time limit\.$/);
  assert.equal(slow.startup.decidedBy, "measured");
  assert.equal((await check(folder, ["--startup-cpu", "1ms", "--scaled"])).startup.decidedBy, "scaled");
  assert.equal((await check(folder, ["--startup-cpu", "none"])).code, 0);
  const large = await check(folder, ["--bundle-gzip", "20B", "--startup-cpu", "none"]);
  assert.deepEqual(large.violations.map((v) => v.code), [10027]);
});

test("a stranger's report names what is wrong, where, and what decided", async (t) => {
  const folder = project(t, {
    "index.js": "export class Room {}\nexport default { fetch() { return new Response(''); } };",
  }, {
    vars: { BIG: "x".repeat(6000) },
    durable_objects: { bindings: [{ name: "ROOM", class_name: "Room" }, { name: "HALL", class_name: "Hall" }] },
    migrations: [{ tag: "v1", new_sqlite_classes: ["Hall"] }],
    limits: { cpu_ms: 50 },
  });
  const profile = join(folder, "startup.cpuprofile");
  const answer = await run(["check", folder, "--limits", "free", "--runs", "2", "--profile", profile]);
  assert.equal(answer.code, 1);
  for (const words of [/10054 +Text binding BIG is too large \(6000 bytes\)/, /10061 /, /10097 /,
                       /10070 +Durable Object class Hall is not exported/, /100328 +CPU limits/,
                       /compared with the measured time/, /default +fetch/, /gzip +\d/])
    assert.match(answer.stdout, words);
  const written = JSON.parse(readFileSync(profile, "utf8"));
  assert.equal(written.samples.length, written.timeDeltas.length);
});

test("a configuration that contradicts itself is refused with its code; a missing one is exit 2", async (t) => {
  const folder = project(t, { "index.js": "export default { fetch() {} };" }, {
    vars: { A: "1" }, kv_namespaces: [{ binding: "A", id: "a" }],
  });
  const answer = await check(folder);
  assert.equal(answer.code, 1);
  assert.equal(answer.violations[0].code, 10053);
  assert.equal((await run(["check", join(folder, "nothing")])).code, 2);
  assert.equal((await run(["check", folder, "--limits", "cheap"])).code, 2);
});
