// What a test suite costs: N tests in Vitest, each on fresh state, each with 5 operations of KV, 5 requests
// that count in a Durable Object, and 2 operations of R2. The same tests on offing through tools/client (a
// fork of a world for each test) and on Miniflare: an instance for each test, and one instance for all, where
// keys that no other test uses stand in for fresh state.
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as client from "../../tools/client/index.js";
import { root } from "./runners.mjs";

const here = new URL(".", import.meta.url).pathname;
const vitest = join(here, "node_modules/vitest/vitest.mjs");
const command = process.env.OFFING ?? join(root, "build/offing");
const CONTROL_CALLS = 3000;
const FORKS = 300;

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
const summary = (times) => {
  const sorted = times.toSorted((a, b) => a - b);
  return { p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), mean: times.reduce((a, b) => a + b) / times.length };
};

async function timed(count, once) {
  for (let i = 0; i < count / 10; ++i) await once();
  const times = [];
  for (let i = 0; i < count; ++i) {
    const began = performance.now();
    await once();
    times.push(performance.now() - began);
  }
  return summary(times);
}

// Without a test runner: a round trip, and a fresh world that is used and closed.
async function alone() {
  const options = { command, config: join(here, "client/wrangler.json") };
  const w = await client.start(options);
  const call = await timed(CONTROL_CALLS, () => w.ask("clock"));
  const request = await timed(CONTROL_CALLS / 3, async () => (await w.fetch("/")).text());
  const fork = await timed(FORKS, async () => (await client.start(options)).close());
  const first = await timed(FORKS, async () => {
    const fresh = await client.start(options);
    await (await fresh.fetch("/")).text();
    await fresh.close();
  });
  await w.close();
  return { call, request, fork, first };
}

// One suite by Vitest: times of each test, hooks and fixtures included, of the tests' file, and of the command.
async function suite(name, tests) {
  const folder = mkdtempSync(join(tmpdir(), "offing-bench-client-"));
  const report = join(folder, "report.json");
  const began = performance.now();
  await new Promise((done, failed) => execFile(process.execPath, [vitest, "run", "--root", join(here, "client"),
    "--config", join(here, "client/vitest.config.mjs"), "--reporter=json", `--outputFile=${report}`, `${name}.bench-test.js`],
    { env: { ...process.env, OFFING: command, BENCH_TESTS: String(tests) }, maxBuffer: 1 << 26 },
    (error, stdout, stderr) => (error ? failed(new Error(`${name}: ${stdout}${stderr}`)) : done())));
  const command_ms = performance.now() - began;
  const { testResults: [file] } = JSON.parse(readFileSync(report, "utf8"));
  rmSync(folder, { recursive: true, force: true });
  const times = file.assertionResults.map((result) => result.duration);
  return { tests, test: summary(times), all_ms: times.reduce((a, b) => a + b), command_ms };
}

export async function testClient({ print, tests, peers }) {
  if (!existsSync(vitest)) throw new Error("Vitest is not installed: tools/setup --bench");
  const ms = (n) => `${n < 10 ? n.toFixed(2) : Math.round(n).toLocaleString("en")} ms`;
  const row = (...cells) => print(cells.map((c, i) => String(c)[i ? "padStart" : "padEnd"](i ? 13 : 40)).join(""));
  const results = {};
  if (peers.includes("offing")) {
    results.alone = await alone();
    row("client, no test runner", "p50", "p95");
    for (const [label, key] of [["control call", "call"], ["request to the Worker", "request"],
                                ["fresh world, made and closed", "fork"], ["the same with one request", "first"]])
      row(`  ${label}`, ms(results.alone[key].p50), ms(results.alone[key].p95));
  }
  row("Vitest, 12 operations a test", "tests", "a test, p50", "p95", "all tests", "the command");
  const suites = [["offing, a fresh world each", "offing", tests, "offing"],
                  ["Miniflare, an instance each", "miniflare_each", Math.min(tests, 20), "miniflare"],
                  ["Miniflare, one, unique keys", "miniflare_one", tests, "miniflare"]];
  for (const [label, name, count, peer] of suites) {
    if (!peers.includes(peer)) continue;
    const r = results[name] = await suite(name, count);
    row(`  ${label}`, r.tests, ms(r.test.p50), ms(r.test.p95), ms(r.all_ms), ms(r.command_ms));
  }
  return results;
}
