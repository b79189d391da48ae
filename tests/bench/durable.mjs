// Durable Objects beside the peers: requests over 64 objects, 10,000 live objects, 1,000 alarms due
// at one instant. "memory" is tmpfs for the peers, which keep everything in files; "disk" is a real
// disk for all, and the table's end says what of a write is on it when the answer comes.
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { bareWorkerd, miniflare, offing, shared } from "./runners.mjs";
import { classes, objects } from "./workers.mjs";
import { wrk } from "./wrk.mjs";

const PEERS = {
  offing: {
    start: (folder, where) =>
      offing(objects, where === "disk" ? ["--state", folder] : [], classes),
    durability: "one log for all objects, one write and fdatasync a loop turn, answers after it",
  },
  workerd: {
    start: (folder, where, keep) => bareWorkerd(objects, { objects: classes, disk: folder, keep }),
    durability: "a SQLite file (WAL) an object, one fsync a commit, answers after it",
  },
  miniflare: {
    start: (folder) => miniflare(objects, undefined, { objects: classes, objectsPersist: folder }),
    durability: "workerd's",
  },
};
const KINDS = { plain: "fetch, no storage", count: "get + put", log: "SQL insert + select" };
// Peers hold three files open for each object, and so run out of them first; then fewer are measured.
const LIVE = [10_000, 5_000, 1_000];
const ALARMS = 1_000, BATCH = 250;
// How long before they are due alarms are set; the longer one for who is not done in the first.
const LEADS_MS = [4_000, 60_000];

/** Starts a peer on an empty folder, runs `use`, ends it; a failure is told, not thrown. */
async function withServer(peer, where, print, use, keep = false) {
  const folder = mkdtempSync(join(where === "disk" ? tmpdir() : shared, "offing-bench-objects-"));
  let server;
  try {
    server = await PEERS[peer].start(join(folder, "state"), where, keep);
    return await use(server);
  } catch (error) {
    print(`  ${peer}, ${where}: not measured: ${error.message.trim().split("\n")[0]}`);
    return { peer, where, error: error.message };
  } finally {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function text(url) {
  const answer = await fetch(url);
  const body = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} from ${url}: ${body.slice(0, 200)}`);
  return body;
}

/** Asks for all of `total` objects, a batch a request, four requests at a time; the answers. */
async function inBatches(total, urlOf) {
  const starts = Array.from({ length: Math.ceil(total / BATCH) }, (_, i) => i * BATCH);
  const answers = [];
  await Promise.all(Array.from({ length: 4 }, async () => {
    for (let from; (from = starts.shift()) !== undefined; ) {
      answers.push(await text(urlOf(from, Math.min(BATCH, total - from))));
    }
  }));
  return answers;
}

async function throughput(peer, where, { seconds, print }) {
  return withServer(peer, where, print, async (server) => {
    const out = [];
    for (const kind of Object.keys(KINDS)) {
      if (kind === "plain" && where === "disk") continue;
      const url = `${server.url}/${kind}`;
      await text(url);
      await wrk(url, { connections: 16, seconds: 1 });  // warm
      const figures = await wrk(url, { connections: 16, seconds });
      out.push({ peer, where, kind, ...figures, load: loadavg()[0] });
    }
    return out;
  });
}

async function live(peer, kind, { print }) {
  const measure = (total) => withServer(peer, "memory", print, async (server) => {
    const before_kib = server.rss();
    const began = performance.now();
    const urlOf = (from, count) => `${server.url}/live-${kind}/${from}/${count}`;
    const ask = () => inBatches(total, urlOf);
    await ask();
    const took_ms = performance.now() - began;
    const rss_kib = server.rss();
    // An object that was evicted meanwhile has lost its count of visits.
    const alive = (await ask()).reduce((sum, n) => sum + Number(n), 0);
    const each_kib = (rss_kib - before_kib) / total;
    return { peer, total, before_kib, rss_kib, each_kib, alive, took_ms };
  }, true);
  let result;
  for (const total of LIVE) {
    result = await measure(total);
    if (!result.error) break;
  }
  return { kind, ...result };
}

/** Sets all alarms for one instant; that instant, or undefined when it came before all were set. */
async function setAlarms(server, lead_ms) {
  const due = Date.now() + lead_ms;
  try {
    await inBatches(ALARMS, (from, count) => {
      if (Date.now() > due) throw new RangeError("too slow");
      return `${server.url}/alarms/${from}/${count}/${due}`;
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return Date.now() < due ? due : undefined;
}

async function alarms(peer, where, { print }) {
  const measure = (lead_ms) => withServer(peer, where, print, async (server) => {
    const due = await setAlarms(server, lead_ms);
    if (due === undefined) throw new Error(`${ALARMS} alarms were not set within ${lead_ms} ms`);
    await new Promise((done) => setTimeout(done, Math.max(0, due - Date.now() - 5)));
    while (Date.now() < due + 60_000) {
      const ran = Number(await text(`${server.url}/ran`));
      if (ran >= ALARMS) return { peer, where, lead_ms, ran, all_ran_ms: Date.now() - due };
      await new Promise((done) => setTimeout(done, 2));
    }
    throw new Error(`60 s after they were due, not all of ${ALARMS} alarms had run`);
  });
  let result;
  for (const lead_ms of LEADS_MS) {
    result = await measure(lead_ms);
    if (!result.error) break;
  }
  return result;
}

const whole = (n) => Math.round(n).toLocaleString("en");
const line = (title, ...cells) =>
  title.padEnd(34) + cells.map((cell) => cell.padStart(14)).join("");

function ratiosOf(rows, value, names) {
  const offingRow = rows.find((r) => r.peer === "offing" && !r.error);
  return names.filter((n) => n !== "offing").map((name) => {
    const row = rows.find((r) => r.peer === name && !r.error);
    return offingRow && row ? value(offingRow, row).toFixed(1) + " x" : "-";
  });
}

function printTables({ requests, living, waking }, peers, print) {
  const others = peers.filter((p) => p !== "offing");
  const heads = [...peers, ...(peers.includes("offing") ? others.map((p) => `x ${p}`) : [])];
  print(`load average ${loadavg().map((n) => n.toFixed(1)).join(" ")} at the end\n`);
  const table = (title, rows, cell, ratio) => {
    const cells = peers.map((p) => {
      const found = rows.find((r) => r.peer === p && !r.error);
      return found ? cell(found) : "-";
    });
    print(line(title, ...cells, ...(peers.includes("offing") ? ratiosOf(rows, ratio, peers) : [])));
  };
  if (requests.length > 0) print(line("requests/s, 16 connections", ...heads));
  for (const where of ["memory", "disk"]) {
    for (const [kind, what] of Object.entries(KINDS)) {
      const rows = requests.filter((r) => r.where === where && r.kind === kind);
      if (rows.length > 0) {
        const cell = (r) => whole(r.rps) + (r.failed ? ` (${r.failed} failed)` : "");
        table(`${what}, ${where}`, rows, cell, (a, b) => a.rps / b.rps);
      }
    }
  }
  if (living.length > 0) print(`\n${line(`${whole(LIVE[0])} live objects, KiB RSS each`, ...heads)}`);
  for (const kind of living.length > 0 ? ["plain", "stored"] : []) {
    const title = kind === "plain" ? "without storage" : "with one stored value";
    table(title, living.filter((r) => r.kind === kind),
          (r) => r.each_kib.toFixed(1) + (r.alive < LIVE[0] ? ` (${whole(r.alive)})` : ""),
          (a, b) => b.each_kib / a.each_kib);
  }
  if (waking.length > 0) print(`\n${line(`${whole(ALARMS)} alarms, due to all ran`, ...heads)}`);
  for (const where of waking.length > 0 ? ["memory", "disk"] : []) {
    table(where, waking.filter((r) => r.where === where), (r) => `${whole(r.all_ran_ms)} ms`,
          (a, b) => b.all_ran_ms / Math.max(1, a.all_ran_ms));
  }
  if (living.length > 0) print("(n): so many objects were alive, not all");
  print("\non disk, when an answer comes:");
  for (const peer of peers) print(`  ${peer}: ${PEERS[peer].durability}`);
}

export const PARTS = ["requests", "living", "waking"];

/** Measures `parts` of each of `peers`, one at a time; prints tables; gives an array a part. */
export async function durable(options) {
  const { peers, parts, print } = options;
  for (const [name, given, known] of [
    ["--peers", peers, Object.keys(PEERS)], ["--parts", parts, PARTS],
  ]) {
    const unknown = given.find((each) => !known.includes(each));
    if (unknown !== undefined) throw new Error(`${name}: ${known.join(", ")}; not ${unknown}`);
  }
  const out = { requests: [], living: [], waking: [] };
  for (const peer of peers) {
    for (const where of parts.includes("requests") ? ["memory", "disk"] : []) {
      out.requests.push(await throughput(peer, where, options));
    }
    // Miniflare's objects are workerd's.
    for (const kind of parts.includes("living") && peer !== "miniflare" ? ["plain", "stored"] : []) {
      out.living.push(await live(peer, kind, options));
    }
    for (const where of parts.includes("waking") ? ["memory", "disk"] : []) {
      out.waking.push(await alarms(peer, where, options));
    }
  }
  out.requests = out.requests.flat();
  printTables(out, peers, print);
  return out;
}
