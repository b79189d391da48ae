// One `offing dev` process: its arguments, its start, its end. It ends with this process, however that ends.
import { spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { OffingError } from "./error.js";
import { Link } from "./link.js";

const STDERR_CHARS_MAX = 256 * 1024;
// The daemon's own end, when it is asked to, before it is made to.
const STOP_MS = 3000;

// Ends the daemon when the test process is gone, even killed: then the pipe on descriptor 3 closes.
const GUARD = `"$@" </dev/null 3<&- & daemon=$!
{ read -r end <&3; kill -9 $daemon; } >/dev/null 2>&1 & guard=$!
exec 3<&-
trap 'kill -TERM $daemon' TERM INT
while :; do wait $daemon; code=$?; kill -0 $daemon 2>/dev/null || break; done
kill $guard 2>/dev/null
exit $code`;

const running = new Set();
process.on("exit", () => {
  for (const daemon of running) daemon.kill();
});

const isFile = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

export function findCommand(given) {
  const named = given ?? process.env.OFFING;
  if (named !== undefined && named !== "") {
    const path = resolve(named);
    if (isFile(path)) return path;
    throw new OffingError("no_command", `${given === undefined ? "OFFING" : "command"}: no program at ` +
      `${path}. A checkout of offing builds it with tools/build, at build/offing.`);
  }
  // In a checkout, the checkout's own.
  const own = new URL("../../../build/offing", import.meta.url).pathname;
  const places = (process.env.PATH ?? "").split(delimiter).filter(Boolean).map((f) => join(f, "offing"));
  const found = [...places, own].find(isFile);
  if (found !== undefined) return found;
  throw new OffingError("no_command", "the command `offing` is neither in PATH nor named by the " +
    "variable OFFING or the option `command`. Build it in a checkout of offing (Debian 12, x86_64) with " +
    "tools/build, then: export OFFING=CHECKOUT/build/offing");
}

const list = (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
const text = (value) => (typeof value === "number" ? `${value}ms` : String(value));

// Option's name: the flags it stands for. An object as settings becomes a file in `folder()`.
const flags = {
  env: (v) => ["--env", v],
  clock: (v) => ["--clock", v],
  startTime: (v) => ["--start", v instanceof Date ? v.toISOString() : String(v)],
  autoSkip: (v) => (v ? [] : ["--no-auto-skip"]),
  locations: (v) => ["--locations", list(v).join(",")],
  isolates: (v) => ["--isolates", String(v)],
  isolateIdle: (v) => ["--isolate-idle", text(v)],
  kvLag: (v) => ["--kv-lag", text(v)],
  kvMode: (v) => ["--kv-mode", v],
  kvSettings: (v, file) => ["--kv-settings", file("kv.json", v)],
  r2Settings: (v, file) => ["--r2-settings", file("r2.json", v)],
  doCommitDelay: (v) => ["--do-commit-delay", text(v)],
  links: (v) => list(v).flatMap((rule) => ["--link", rule]),
  faults: (v) => list(v).flatMap((rule) => ["--fault", rule]),
  state: (v) => ["--state", resolve(v)],
  limits: (v) => ["--limits", v],
  limit: (v) => Object.entries(v).flatMap(([name, value]) => ["--limit", `${name}=${value}`]),
  hosts: (v) => list(v).flatMap((host) => ["--allow-host", host]),
  allowNet: (v) => list(v).flatMap((host) => ["--allow-net", host]),
  allowLoopback: (v) => (v ? ["--allow-loopback"] : []),
  outbound: (v) => ["--outbound", resolve(v)],
  traceFile: (v) => ["--trace", resolve(v)],
  s3Port: (v) => ["--s3-port", String(v)],
  args: (v) => list(v),
};
const OTHERS = ["config", "seed", "command", "log", "timeout", "grace"];

export function checkOptions(options) {
  for (const [name, value] of Object.entries(options)) {
    if (!(name in flags) && !OTHERS.includes(name))
      throw new OffingError("bad_option", `no option ${name}; there are: ` +
        [...OTHERS, ...Object.keys(flags)].sort().join(", "));
    if (name === "clock" && value !== undefined && value !== "virtual" && value !== "real")
      throw new OffingError("bad_option", `clock: "virtual" or "real", got ${JSON.stringify(value)}`);
  }
}

function argumentsOf(options, file) {
  const args = ["dev", resolve(options.config ?? "."), "--port", "0", "--s3-port", "0", "--quiet"];
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && name in flags) args.push(...flags[name](value, file));
  }
  return args;
}

export class Daemon {
  stderr = "";
  url = undefined;
  link = undefined;
  #child;
  #folder;
  #log;
  #stopping = false;
  #closed;

  static async start(command, options) {
    const daemon = new Daemon();
    try {
      await daemon.#begin(command, options);
    } catch (error) {
      daemon.kill();
      throw error;
    }
    return daemon;
  }

  #file = (name, value) => {
    if (typeof value === "string") return resolve(value);
    this.#folder ??= mkdtempSync(join(tmpdir(), "offing-client-"));
    const path = join(this.#folder, name);
    writeFileSync(path, JSON.stringify(value));
    return path;
  };

  #begin(command, options) {
    const { seed, log, timeout = 60_000 } = options;
    const args = argumentsOf(options, this.#file);
    if (seed !== undefined) args.push("--seed", String(seed));
    this.#log = log;
    const child = spawn("/bin/sh", ["-c", GUARD, "offing", command, ...args],
      { stdio: ["ignore", "pipe", "pipe", "pipe"], detached: true });
    this.#child = child;
    running.add(this);
    return new Promise((ready, failed) => {
      const timer = setTimeout(() => failed(this.#error("not_started", `${command} was not ready after ` +
        `${timeout} ms (option timeout)`)), timeout);
      let stdout = "";
      child.stdout.setEncoding("utf8").on("data", (chunk) => {
        if (this.url !== undefined) return;
        stdout += chunk;
        const line = /^offing: ready on (http:\S+)$/m.exec(stdout);
        if (line === null) return;
        this.url = line[1];
        this.link = new Link(this.url);
        clearTimeout(timer);
        this.#letGo();
        ready();
      });
      child.stderr.setEncoding("utf8").on("data", (chunk) => this.#keep(chunk));
      child.on("error", (error) => failed(this.#error("not_started", `${command}: ${error.message}`)));
      this.#closed = new Promise((done) => child.on("close", (code, signal) => {
        clearTimeout(timer);
        running.delete(this);
        const how = `offing ended with ${signal ?? code}`;
        const error = this.#error(this.url === undefined ? "not_started" : "ended", how);
        if (this.link) this.link.ended = this.#stopping ? "this offing was closed" : error.message;
        this.link?.close();
        this.#clean();
        failed(error);
        done();
      }));
    });
  }

  get running() {
    return running.has(this);
  }

  #error(code, what) {
    const said = this.stderr.trim();
    return new OffingError(code, said === "" ? what : `${what}. It said:\n${said.slice(-4000)}`);
  }

  #keep(chunk) {
    this.stderr = (this.stderr + chunk).slice(-STDERR_CHARS_MAX);
    if (this.#log) process.stderr.write(chunk);
  }

  // A test process with nothing else to do may end.
  #letGo() {
    this.#child.unref();
    for (const stream of this.#child.stdio) stream?.unref?.();
  }

  #clean() {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }

  async stop() {
    if (!this.running) return;
    this.#stopping = true;
    this.link?.close();
    this.#child.ref();
    const timer = setTimeout(() => this.kill(), STOP_MS);
    this.#child.kill("SIGTERM");
    await this.#closed;
    clearTimeout(timer);
  }

  // At once, and nothing is left behind: the guard and the daemon are a process group of their own.
  kill() {
    this.#stopping = true;
    if (this.#child?.pid !== undefined && this.running) {
      try {
        process.kill(-this.#child.pid, "SIGKILL");
      } catch {
        // It has just ended.
      }
    }
    running.delete(this);
    this.#clean();
  }
}
