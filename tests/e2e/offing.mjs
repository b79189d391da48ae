// Drives the real command for the end-to-end tests: start a server, run a command to its end, make a
// throw-away project.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export const root = new URL("../..", import.meta.url).pathname;
export const command = process.env.OFFING ?? join(root, "build/offing");

// files: {"index.js": "…"}; gives the folder, removed when the test `t` is over.
export function project(t, files, config = {}) {
  const folder = mkdtempSync(join(tmpdir(), "offing-e2e-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const all = {
    "wrangler.json": JSON.stringify({
      name: "e2e", main: "index.js", compatibility_date: "2026-06-01", ...config,
    }),
    ...files,
  };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

// Runs to the end: {code, stdout, stderr}.
export function run(args, { timeoutMs = 60_000 } = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    let stdout = "", stderr = "";
    child.stdout.on("data", (d) => (stdout += d));
    child.stderr.on("data", (d) => (stderr += d));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      done({ code: code ?? signal, stdout, stderr });
    });
  });
}

// Starts `offing dev` on a free port; resolves when it is ready, rejects when it ends before that.
export function dev(t, folder, args = []) {
  return new Promise((ready, failed) => {
    const child = spawn(command, ["dev", folder, "--port", "0", ...args],
                        { stdio: ["ignore", "pipe", "pipe"] });
    const server = { child, stdout: "", stderr: "", url: "" };
    server.closed = new Promise((done) => child.on("close", (code, signal) => done(code ?? signal)));
    server.stop = (signal = "SIGINT") => {
      child.kill(signal);
      return server.closed;
    };
    t.after(() => server.stop("SIGKILL"));
    child.stderr.on("data", (d) => (server.stderr += d));
    child.stdout.on("data", (d) => {
      server.stdout += d;
      const line = /^offing: ready on (http:\S+)\n/.exec(server.stdout);
      if (line && !server.url) {
        server.url = line[1];
        ready(server);
      }
    });
    child.on("close", (code) => failed(new Error(`offing dev ended with ${code}: ${server.stderr}`)));
  });
}

// Waits until `check()` is truthy; for output that another process prints when it gets to it.
export async function eventually(check, what) {
  for (let i = 0; i < 400; ++i) {
    const value = await check();
    if (value) return value;
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error(`never happened: ${what}`);
}
