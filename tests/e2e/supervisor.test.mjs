// A guest can kill V8, and with it the daemon, and hurts only itself: the daemon is started again behind the
// same listening sockets, what was acknowledged is there, and stderr says which Worker it was. Everything
// else about the process is as if it were one (docs/limits.md).
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { command, dev, eventually, project, run } from "./offing.mjs";

const worker = `
import { DurableObject } from "cloudflare:workers";
export class Counter extends DurableObject {
  next() {
    const n = (this.ctx.storage.kv.get("n") ?? 0) + 1;
    this.ctx.storage.kv.put("n", n);
    return n;
  }
}
export default { async fetch(request, env) {
  const { pathname } = new URL(request.url);
  if (pathname === "/kill") return new Response("ab".repeat(100e6).split("").length);   // V8 ends the process
  if (pathname === "/loop") for (;;);
  if (pathname === "/next") return new Response(String(await env.COUNTER.getByName("one").next()));
  return new Response("ok");
} };`;
const config = {
  name: "fragile",
  durable_objects: { bindings: [{ name: "COUNTER", class_name: "Counter" }] },
  migrations: [{ tag: "v1", new_sqlite_classes: ["Counter"] }],
};

const childrenOf = (pid) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
const alive = (pid) => {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};
/** Without keep-alive, so that each request makes a connection: its body, or the error's code. */
const ask = (url, path = "/") => new Promise((done) => {
  const sent = request(url + path, { agent: false }, (answer) => {
    let body = "";
    answer.on("data", (chunk) => (body += chunk));
    answer.on("end", () => done(body));
    answer.on("error", (error) => done(error.code));
  });
  sent.on("error", (error) => done(error.code));
  sent.end();
});

test("a guest kills V8: the port stays, acknowledged writes are there, stderr says who it was", async (t) => {
  const state = mkdtempSync(join(tmpdir(), "offing-supervisor-"));
  t.after(() => rmSync(state, { recursive: true, force: true }));
  const server = await dev(t, project(t, { "index.js": worker }, config), ["--state", state]);
  assert.equal(await ask(server.url, "/next"), "1");
  assert.equal(await ask(server.url, "/next"), "2");
  const [first] = childrenOf(server.child.pid);
  assert.equal(await ask(server.url, "/kill?of=me"), "ECONNRESET");
  // At once, and many: they wait in the listening socket, none is refused.
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(server.url, "/next")));
  assert.deepEqual(answers.map(Number).sort((a, b) => a - b), Array.from({ length: 20 }, (_, i) => i + 3));
  const [second, ...others] = childrenOf(server.child.pid);
  assert.deepEqual(others, []);
  assert.notEqual(second, first);
  assert.ok(!alive(first));
  assert.match(server.stderr, new RegExp(
      `the engine died by SIG\\w+ while Worker "fragile" ran in LHR, isolate 0, called for GET ${server.url}/kill\\?of=me`));
  assert.match(server.stderr, /starting again/);
  assert.doesNotMatch(server.stderr, /stored data was in memory/);
  await eventually(() => server.stdout.split("\n").length > 2, "the second ready line");
  assert.deepEqual(server.stdout.split("\n").slice(0, 2), Array(2).fill(`offing: ready on ${server.url}`));
  assert.equal(await server.stop("SIGINT"), 0);
  assert.ok(!alive(second));
});

test("process.crash: what is in flight is named, memory's state and the trace's file are spoken of", async (t) => {
  const folder = project(t, { "index.js": worker }, config);
  const trace = join(folder, "trace.ndjson");
  const server = await dev(t, folder, ["--fault", "process.crash=#3", "--trace", trace]);
  assert.equal(await ask(server.url, "/next"), "1");
  assert.equal(await ask(server.url, "/next"), "2");
  assert.equal(await ask(server.url, "/third"), "ECONNRESET");
  assert.equal(await ask(server.url, "/next"), "1");
  assert.match(server.stderr, /died by SIGABRT while Worker "fragile" ran in LHR, isolate 0, called for GET \S+\/third\n/);
  assert.match(server.stderr, /stored data was in memory and is gone; --state DIR keeps it/);
  assert.ok(server.stderr.includes(`the trace goes on in ${trace}.1`));
  assert.equal(await server.stop("SIGTERM"), 0);
  assert.match(readFileSync(`${trace}.1`, "utf8"), /"event":"end"/);
});

test("after five starts within a minute it gives up, and ends as the engine did", { timeout: 60_000 }, async (t) => {
  const server = await dev(t, project(t, { "index.js": worker }, config), ["--fault", "process.crash=always", "--quiet"]);
  for (let n = 0; n < 6; ++n) assert.match(await ask(server.url), /ECONNRESET/, `request ${n}`);
  assert.equal(await server.closed, "SIGABRT");
  assert.match(server.stderr, /it died 6 times within a minute and is not started again/);
  assert.equal(await ask(server.url), "ECONNREFUSED");
});

test("what dies before it was ready is not started again; other ends are passed on", async (t) => {
  const dead = await run(["dev", project(t, { "index.js": `"ab".repeat(100e6).split(""); export default {};` }), "--port", "0"]);
  assert.match(String(dead.code), /^SIG(TRAP|ABRT|ILL)$/);
  assert.match(dead.stderr, /the engine died by SIG\w+ while Worker "e2e" ran in LHR, isolate 0\n/);
  assert.doesNotMatch(dead.stderr, /starting again/);
  assert.equal((await run(["dev", "no-such-folder"])).code, 2);
  assert.equal((await run(["dev", "--help"])).code, 0);
  const server = await dev(t, project(t, { "index.js": worker }, config));
  process.kill(childrenOf(server.child.pid)[0], "SIGKILL");
  assert.equal(await server.closed, "SIGKILL");
});

test("signals: SIGHUP ends it by SIGHUP, killing the parent leaves nobody, a group's signal counts once", async (t) => {
  const folder = project(t, { "index.js": worker }, config);
  const hung = await dev(t, folder);
  const [below] = childrenOf(hung.child.pid);
  assert.equal(await hung.stop("SIGHUP"), "SIGHUP");
  assert.ok(!alive(below));

  const killed = await dev(t, folder);
  const [orphan] = childrenOf(killed.child.pid);
  await killed.stop("SIGKILL");
  await eventually(() => !alive(orphan), "the daemon's end");

  // As `timeout`, and wrappers that tell a whole tree, do: parent and daemon at the same time.
  const told = await dev(t, folder);
  for (const pid of [...childrenOf(told.child.pid), told.child.pid]) process.kill(pid, "SIGTERM");
  assert.equal(await told.closed, 0);
});

test("a second Ctrl-C ends it at once, even when a guest computes", async (t) => {
  const folder = project(t, { "index.js": worker }, config);
  const server = await dev(t, folder);
  ask(server.url, "/loop");
  await new Promise((done) => setTimeout(done, 300));
  server.child.kill("SIGINT");
  await new Promise((done) => setTimeout(done, 300));
  server.child.kill("SIGINT");
  assert.equal(await server.closed, 130);
});

test("in a terminal Ctrl-C ends it gracefully, with the terminal's own signal", async (t) => {
  const folder = project(t, { "index.js": worker }, config);
  try {
    execFileSync("python3", ["-c", "import pty"]);
  } catch {
    return t.skip("needs Python");
  }
  const child = spawn("python3", ["-c", `
import os, pty, sys, time
pid, fd = pty.fork()
if pid == 0: os.execv(sys.argv[1], sys.argv[1:])
seen = b""
while b"ready on" not in seen: seen += os.read(fd, 4096)
os.write(fd, b"\\x03")
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))`, command, "dev", folder, "--port", "0"]);
  let out = "";
  child.stdout.on("data", (d) => (out += d));
  await new Promise((done) => child.on("close", done));
  assert.equal(out.trim(), "0");
});
