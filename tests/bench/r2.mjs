// R2 beside the peers: the binding in a Worker beside Miniflare's, the S3 door beside s3rver.
// "memory" is tmpfs for the peers, which keep everything in files; "disk" is a real disk for all.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { miniflare, offing, s3rver, shared } from "./runners.mjs";
import { presign } from "./sigv4.mjs";
import { r2 } from "./workers.mjs";
import { wrk } from "./wrk.mjs";

const KIB16 = 16 * 1024;
// Miniflare takes four minutes for 100,000 small objects.
const LISTED = { offing: 100_000, miniflare: 10_000 },
  BATCH = 200;
const KEY = { key: "0ff1490ff1490ff1490ff1490ff14900", secret: "0".repeat(64) };

function offingServer(folder, where) {
  const settings = join(folder, "r2.json");
  writeFileSync(
    settings,
    JSON.stringify({
      buckets: { bench: {} },
      tokens: [{ name: "bench", access_key_id: KEY.key, secret_access_key: KEY.secret }],
    }),
  );
  const args = [
    "--r2-settings",
    settings,
    ...(where === "disk" ? ["--state", join(folder, "state")] : []),
  ];
  return offing(r2, args, {}, { r2: true });
}
const WORKERS = {
  offing: {
    start: offingServer,
    durability:
      "one SQLite transaction and fsync a loop turn, after the sync of each body of more " +
      "than 64 KiB; answers after them",
  },
  miniflare: {
    start: (folder) => miniflare(r2, undefined, { r2Persist: join(folder, "state") }),
    durability: "a file each, not synced; metadata in a SQLite file (WAL), one fsync a commit",
  },
};
const S3 = {
  offing: { start: offingServer, key: KEY, durability: "as above" },
  s3rver: {
    start: (folder) => s3rver(join(folder, "state")),
    key: { key: "S3RVER", secret: "S3RVER" },
    durability: "three files an object, nothing synced",
  },
};

/** Starts a server on an empty folder, runs `use`, ends it; a failure is told, not thrown. */
async function withServer(start, name, where, print, use) {
  const folder = mkdtempSync(join(where === "disk" ? tmpdir() : shared, "offing-bench-r2-"));
  let server;
  try {
    server = await start(folder, where);
    return await use(server, folder);
  } catch (error) {
    print(`  ${name}, ${where}: not measured: ${error.message.trim().split("\n")[0]}`);
    return [];
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

async function throughput(peer, where, { seconds, print }) {
  return withServer(WORKERS[peer].start, peer, where, print, async (server) => {
    const out = [];
    for (const kind of ["put", "get", "big"]) {
      await text(`${server.url}/fill-${kind}`);
      await wrk(`${server.url}/${kind}`, { connections: 16, seconds: 1 }); // warm
      const figures = await wrk(`${server.url}/${kind}`, { connections: 16, seconds });
      out.push({ peer, where, kind, ...figures, rss_kib: server.rss() });
    }
    return out;
  });
}

async function listing(peer, where, { seconds, print }) {
  return withServer(WORKERS[peer].start, peer, where, print, async (server) => {
    const starts = Array.from({ length: LISTED[peer] / BATCH }, (_, i) => i * BATCH);
    const began = performance.now();
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        for (let from; (from = starts.shift()) !== undefined;) {
          const url = `${server.url}/fill-list/${from}/${BATCH}`;
          await text(url).catch(() => text(url)); // a busy peer drops connections
        }
      }),
    );
    const filled_ms = performance.now() - began;
    if ((await text(`${server.url}/list`)) !== "1000")
      throw new Error("the list does not have 1,000 keys");
    await wrk(`${server.url}/list`, { connections: 1, seconds: 1 });
    const each = await wrk(`${server.url}/list`, { connections: 1, seconds });
    const none = await wrk(`${server.url}/`, { connections: 1, seconds: 1 });
    const list_ms = (each.p50us - none.p50us) / 1000;
    const rss_kib = server.rss();
    return [
      {
        peer,
        where,
        kind: "list",
        of: LISTED[peer],
        list_ms,
        filled_ms,
        failed: each.failed,
        rss_kib,
      },
    ];
  });
}

/** A script for wrk: these requests in turn, each key of its own for a long while. */
function script(folder, method, paths) {
  const file = join(folder, `${method}.lua`);
  writeFileSync(
    file,
    `local paths = {${paths.map((path) => JSON.stringify(path)).join(",\n")}}
local at = 0
wrk.method = "${method}"
${method === "PUT" ? `wrk.body = string.rep("x", ${KIB16})` : ""}
request = function() at = at % #paths + 1; return wrk.format(nil, paths[at]) end`,
  );
  return file;
}

async function s3(peer, where, { seconds, print }) {
  return withServer(S3[peer].start, `S3 ${peer}`, where, print, async (server, folder) => {
    const out = [];
    for (const method of ["PUT", "GET"]) {
      const origin = server.s3;
      const paths = Array.from({ length: 2000 }, (_, i) =>
        presign(origin, method, `/bench/${method === "GET" ? "got" : `o${i}`}`, S3[peer].key),
      );
      if (method === "GET") {
        const put = presign(origin, "PUT", "/bench/got", S3[peer].key);
        const answer = await fetch(origin + put, { method: "PUT", body: "x".repeat(KIB16) });
        if (!answer.ok) throw new Error(`PUT answered ${answer.status}: ${await answer.text()}`);
      }
      const file = script(folder, method, paths);
      await wrk(origin, { connections: 16, seconds: 1, script: file }); // warm
      const figures = await wrk(origin, { connections: 16, seconds, script: file });
      out.push({ peer, where, kind: `S3 ${method}`, ...figures });
    }
    return out;
  });
}

const whole = (n) => Math.round(n).toLocaleString("en");
const line = (title, ...cells) =>
  title.padEnd(36) + cells.map((cell) => cell.padStart(24)).join("");
const failed = (r) => (r.failed ? ` (${r.failed} failed)` : "");

const rate = (title, kind) => ({
  title: `${title}, requests/s`,
  kind,
  value: (r) => r.rps,
  show: (r) => whole(r.rps) + failed(r),
});
const of = (r) => (r.of < LISTED.offing ? ` (of ${whole(r.of)})` : "");
const ROWS = [
  rate("put 16 KiB", "put"),
  rate("get 16 KiB", "get"),
  rate("get 1 MiB", "big"),
  {
    title: "list 1,000 of 100,000 keys",
    kind: "list",
    value: (r) => 1 / r.list_ms,
    show: (r) => `${r.list_ms.toFixed(2)} ms${of(r)}`,
  },
];
const S3_ROWS = [rate("S3 PUT 16 KiB", "S3 PUT"), rate("S3 GET 16 KiB", "S3 GET")];

function printTable(rows, found, other, print) {
  print(line("", "offing", other, `x ${other}`));
  for (const where of ["memory", "disk"]) {
    for (const { title, kind, value, show } of rows) {
      const of = (peer) =>
        found.find((r) => r.peer === peer && r.where === where && r.kind === kind);
      const [mine, theirs] = [of("offing"), of(other)];
      if (!mine && !theirs) continue;
      print(
        line(
          `${title}, ${where}`,
          mine ? show(mine) : "-",
          theirs ? show(theirs) : "-",
          mine && theirs ? `${(value(mine) / value(theirs)).toFixed(1)} x` : "-",
        ),
      );
    }
  }
  print("");
}

export const R2_PARTS = ["requests", "list", "s3"];

/** Measures `parts`, one server at a time; prints tables; gives an array of figures. */
export async function objectStorage(options) {
  const { parts, peers, print } = options;
  const unknown = parts.find((part) => !R2_PARTS.includes(part));
  if (unknown !== undefined) throw new Error(`--parts: ${R2_PARTS.join(", ")}; not ${unknown}`);
  const found = [];
  for (const where of ["memory", "disk"]) {
    for (const peer of Object.keys(WORKERS).filter((name) => peers.includes(name))) {
      if (parts.includes("requests")) found.push(...(await throughput(peer, where, options)));
      // A fsync for each of 10,000 puts is no list's fault.
      if (parts.includes("list") && (where === "memory" || peer === "offing")) {
        found.push(...(await listing(peer, where, options)));
      }
    }
    for (const peer of parts.includes("s3") ? Object.keys(S3) : []) {
      found.push(...(await s3(peer, where, options)));
    }
  }
  print(
    `load average ${loadavg()
      .map((n) => n.toFixed(1))
      .join(" ")} at the end\n`,
  );
  printTable(ROWS, found, "miniflare", print);
  printTable(S3_ROWS, found, "s3rver", print);
  print("on disk, when an answer comes:");
  for (const [peer, { durability }] of Object.entries({ ...WORKERS, s3rver: S3.s3rver })) {
    print(`  ${peer}: ${durability}`);
  }
  return found;
}
